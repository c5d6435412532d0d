"""Recordings with their media, and real-time transcriptions of a call."""

from emulator.exchange import Exchange
from emulator.legs import Leg, Reports
from emulator.recording import Recording
from emulator.rest.calls import NOT_IN_PROGRESS
from emulator.rest.calls import find as find_call
from emulator.rest.wire import Answered, Json, Query, answer, date, invalid, not_found, page
from emulator.transcription import Transcription

CURRENT = "Twilio.CURRENT"
READY = ("completed", "absent")


def show(one: Recording) -> Json:
    account = one.exchange.account.sid
    base = f"/2010-04-01/Accounts/{account}/Recordings/{one.sid}"
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "call_sid": one.leg.sid,
        "conference_sid": one.conference,
        "date_created": date(one.began),
        "date_updated": date(one.began),
        "start_time": date(one.began),
        "duration": str(one.seconds) if one.status in READY else None,
        "sid": one.sid,
        "price": None,
        "price_unit": "USD",
        "status": one.status,
        "channels": one.channels,
        "source": _source(one),
        "error_code": None,
        "uri": f"{base}.json",
        "encryption_details": None,
        "subresource_uris": {
            "add_on_results": f"{base}/AddOnResults.json",
            "transcriptions": f"{base}/Transcriptions.json",
        },
        "media_url": one.url,
    }


def show_of_call(one: Recording) -> Json:
    shown = show(one)
    base = f"/2010-04-01/Accounts/{one.exchange.account.sid}/Calls/{one.leg.sid}"
    for name in ("media_url", "subresource_uris"):
        del shown[name]
    return shown | {"track": "both", "uri": f"{base}/Recordings/{one.sid}.json"}


def everything(exchange: Exchange, query: Query) -> Answered:
    found = [
        one
        for one in reversed(exchange.recordings.all.values())
        if query.get("CallSid", one.leg.sid) == one.leg.sid
        and query.get("ConferenceSid") in ("", one.conference)
    ]
    return page(query, "recordings", found, show)


def fetch(exchange: Exchange, query: Query, recording: str) -> Answered:
    return answer(show(_find(exchange, query, recording)))


def delete(exchange: Exchange, query: Query, recording: str, call: str = "") -> Answered:
    one = _find(exchange, query, recording)
    del exchange.recordings.all[one.sid]
    return Answered(204, "")


def media(exchange: Exchange, query: Query, recording: str) -> Answered:
    """The WAV file; not found until it is ready."""
    one = _find(exchange, query, recording)
    if one.status != "completed":
        raise not_found(query.path)
    return Answered(200, "", "audio/x-wav", one.media)


def of_call(exchange: Exchange, query: Query, call: str) -> Answered:
    leg = find_call(exchange, query, call)
    return page(query, "recordings", exchange.recordings.of(leg), show_of_call)


def start(exchange: Exchange, query: Query, call: str) -> Answered:
    leg = _live(exchange, query, call)
    running = [
        one for one in exchange.recordings.of(leg) if one.status in ("in-progress", "paused")
    ]
    if running:
        return answer(show_of_call(running[0]))
    reports = None
    if query.get("RecordingStatusCallback"):
        reports = Reports(
            query.get("RecordingStatusCallback"),
            query.get("RecordingStatusCallbackMethod", "POST"),
            frozenset(query.all("RecordingStatusCallbackEvent") or ["completed"]),
        )
    one = exchange.recordings.start(
        leg,
        source="StartCallRecordingAPI",
        channels=2 if query.get("RecordingChannels") == "dual" else 1,
        callback=reports,
    )
    return answer(show_of_call(one), 201)


def fetch_of_call(exchange: Exchange, query: Query, call: str, recording: str) -> Answered:
    return answer(show_of_call(_current(exchange, query, call, recording)))


def steer(exchange: Exchange, query: Query, call: str, recording: str) -> Answered:
    one = _current(exchange, query, call, recording)
    match query.required("Status", 20001):
        case "paused":
            one.pause(skip=query.get("PauseBehavior") == "skip")
        case "in-progress":
            one.resume()
        case "stopped":
            one.stop()
        case _:
            raise invalid("Status must be paused, in-progress or stopped")
    return answer(show_of_call(one))


def transcribe(exchange: Exchange, query: Query, call: str) -> Answered:
    leg = _live(exchange, query, call)
    callback = Reports(query.get("StatusCallbackUrl"), query.get("StatusCallbackMethod", "POST"))
    one = Transcription(
        exchange,
        leg,
        callback,
        name=query.get("Name"),
        track=query.get("Track", "both_tracks"),
        language=query.get("LanguageCode", "en-US"),
        partial=query.flag("PartialResults") or False,
        labels=(query.get("InboundTrackLabel"), query.get("OutboundTrackLabel")),
        engine=query.get("TranscriptionEngine", "google"),
    )
    one.start()
    return answer(_show_transcription(one))


def stop_transcription(exchange: Exchange, query: Query, call: str, sid: str) -> Answered:
    leg = find_call(exchange, query, call)
    if query.required("Status", 20001) != "stopped":
        raise invalid("Status must be stopped")
    for one in leg.transcriptions:
        if sid in (one.sid, one.name):
            one.stop()
            return answer(_show_transcription(one))
    raise not_found(query.path)


def _show_transcription(one: Transcription) -> Json:
    account = one.exchange.account.sid
    base = f"/2010-04-01/Accounts/{account}/Calls/{one.leg.sid}/Transcriptions"
    return {
        "sid": one.sid,
        "account_sid": account,
        "call_sid": one.leg.sid,
        "name": one.name or None,
        "status": one.status,
        "date_updated": date(one.exchange.timeline.now),
        "uri": f"{base}/{one.sid}.json",
    }


def _find(exchange: Exchange, query: Query, sid: str) -> Recording:
    one = exchange.recordings.all.get(sid)
    if one is None:
        raise not_found(query.path)
    return one


def _current(exchange: Exchange, query: Query, call: str, sid: str) -> Recording:
    leg = find_call(exchange, query, call)
    for one in reversed(exchange.recordings.of(leg)):
        if sid in (one.sid, CURRENT):
            return one
    raise not_found(query.path)


def _live(exchange: Exchange, query: Query, call: str) -> Leg:
    leg = find_call(exchange, query, call)
    if leg.status != "in-progress":
        raise invalid("Requested resource is not eligible for recording", NOT_IN_PROGRESS)
    return leg


def _source(one: Recording) -> str:
    """The document names no source for recordings begun by a verb; the API's own stands in."""
    return "StartCallRecordingAPI" if one.source == "StartCallRecordingTwiML" else one.source
