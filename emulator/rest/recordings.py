"""Recordings with their media."""

from emulator.exchange import Exchange
from emulator.legs import Leg
from emulator.recording import Recording
from emulator.rest.calls import NOT_IN_PROGRESS
from emulator.rest.calls import find as find_call
from emulator.rest.outgoing import record
from emulator.rest.wire import Answered, Json, Query, answer, date, invalid, not_found, page

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
        "error_code": one.error or None,
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
    return shown | {"track": one.track, "uri": f"{base}/Recordings/{one.sid}.json"}


def everything(exchange: Exchange, query: Query) -> Answered:
    found = [
        one
        for one in reversed(exchange.recordings.all.values())
        if query.get("CallSid", one.leg.sid) == one.leg.sid
        and query.get("ConferenceSid") in ("", one.conference)
        and query.within("DateCreated", one.began)
    ]
    return page(query, "recordings", found, show)


def fetch(exchange: Exchange, query: Query, recording: str) -> Answered:
    return answer(show(_find(exchange, query, recording)))


def delete(exchange: Exchange, query: Query, recording: str) -> Answered:
    exchange.recordings.delete(_find(exchange, query, recording))
    return Answered(204, "")


def media(exchange: Exchange, query: Query, recording: str) -> Answered:
    """The WAV file; not found until it is ready."""
    one = _find(exchange, query, recording)
    if one.status != "completed" or not one.media:
        raise not_found(query.path)
    return Answered(200, "", "audio/x-wav", one.media)


def of_call(exchange: Exchange, query: Query, call: str) -> Answered:
    leg = find_call(exchange, query, call)
    found = [one for one in leg.recordings if query.within("DateCreated", one.began)]
    return page(query, "recordings", found, show_of_call)


def start(exchange: Exchange, query: Query, call: str) -> Answered:
    """A second recording of the same call is silently not made."""
    leg = live(exchange, query, call)
    running = exchange.recordings.running(leg)
    if running is not None:
        return answer(show_of_call(running))
    record(exchange, query, leg, "StartCallRecordingAPI")
    return answer(show_of_call(leg.recordings[-1]), 201)


def fetch_of_call(exchange: Exchange, query: Query, call: str, recording: str) -> Answered:
    return answer(show_of_call(_of_call(exchange, query, call, recording)))


def steer(exchange: Exchange, query: Query, call: str, recording: str) -> Answered:
    one = _of_call(exchange, query, call, recording)
    move(one, query)
    return answer(show_of_call(one))


def delete_of_call(exchange: Exchange, query: Query, call: str, recording: str) -> Answered:
    exchange.recordings.delete(_of_call(exchange, query, call, recording))
    return Answered(204, "")


def move(one: Recording, query: Query) -> None:
    match query.required("Status", 20001):
        case "paused":
            one.pause(skip=query.get("PauseBehavior") == "skip")
        case "in-progress":
            one.resume()
        case "stopped":
            one.stop()
        case _:
            raise invalid("Status must be paused, in-progress or stopped")


def pick(found: list[Recording], query: Query, sid: str) -> Recording:
    """By its sid, or the one that runs now."""
    for one in reversed(found):
        if sid in (one.sid, CURRENT):
            return one
    raise not_found(query.path)


def _find(exchange: Exchange, query: Query, sid: str) -> Recording:
    one = exchange.recordings.all.get(sid)
    if one is None:
        raise not_found(query.path)
    return one


def _of_call(exchange: Exchange, query: Query, call: str, sid: str) -> Recording:
    return pick(find_call(exchange, query, call).recordings, query, sid)


def live(exchange: Exchange, query: Query, call: str) -> Leg:
    leg = find_call(exchange, query, call)
    if leg.status != "in-progress":
        raise invalid("Requested resource is not eligible for recording", NOT_IN_PROGRESS)
    return leg


def _source(one: Recording) -> str:
    """The document names no source for recordings begun by a verb; the API's own stands in."""
    return "StartCallRecordingAPI" if one.source == "StartCallRecordingTwiML" else one.source
