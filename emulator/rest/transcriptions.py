"""Real-time transcriptions of a call; of recordings this carrier writes none."""

from emulator.exchange import Exchange
from emulator.legs import Reports
from emulator.recording import Recording
from emulator.rest.calls import find as find_call
from emulator.rest.recordings import live
from emulator.rest.wire import Answered, Json, Query, answer, date, invalid, not_found, page
from emulator.transcription import Transcription


def create(exchange: Exchange, query: Query, call: str) -> Answered:
    leg = live(exchange, query, call)
    callback = Reports(query.url("StatusCallbackUrl"), query.method("StatusCallbackMethod"))
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
    return answer(show(one))


def update(exchange: Exchange, query: Query, call: str, sid: str) -> Answered:
    leg = find_call(exchange, query, call)
    if query.required("Status", 20001) != "stopped":
        raise invalid("Status must be stopped")
    for one in leg.transcriptions:
        if sid in (one.sid, one.name):
            one.stop()
            return answer(show(one))
    raise not_found(query.path)


def show(one: Transcription) -> Json:
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


def of_recordings(exchange: Exchange, query: Query, recording: str = "") -> Answered:
    if recording and recording not in exchange.recordings.all:
        raise not_found(query.path)
    nothing: list[Recording] = []
    return page(query, "transcriptions", nothing, lambda _one: {})
