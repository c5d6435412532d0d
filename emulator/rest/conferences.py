"""Conferences and their participants."""

from xml.etree import ElementTree

from emulator import conferring
from emulator.bulletin import Bulletin, text
from emulator.exchange import Exchange
from emulator.program import Go
from emulator.recording import Recording
from emulator.rest import outgoing, recordings
from emulator.rest.wire import Answered, Json, Query, answer, date, invalid, not_found, page
from emulator.room import LARGEST, Participant, Room

NOBODY_TO_COACH = 13240


def find(exchange: Exchange, query: Query, name: str) -> Room:
    """By sid, or the one of that name that is going on."""
    for room in exchange.rooms:
        if room.sid == name:
            return room
    found = exchange.room(name)
    if found is None:
        raise not_found(query.path)
    return found


def show(room: Room) -> Json:
    base = f"/2010-04-01/Accounts/{room.exchange.account.sid}/Conferences/{room.sid}"
    return {
        "account_sid": room.exchange.account.sid,
        "date_created": date(room.created),
        "date_updated": date(room.updated),
        "api_version": "2010-04-01",
        "friendly_name": room.name,
        "region": "us1",
        "sid": room.sid,
        "status": room.status,
        "uri": f"{base}.json",
        "reason_conference_ended": room.reason,
        "call_sid_ending_conference": room.ended_by,
        "subresource_uris": {
            "participants": f"{base}/Participants.json",
            "recordings": f"{base}/Recordings.json",
        },
    }


def show_participant(room: Room, one: Participant) -> Json:
    account = room.exchange.account.sid
    base = f"/2010-04-01/Accounts/{account}/Conferences/{room.sid}"
    return {
        "account_sid": account,
        "call_sid": one.leg.sid,
        "label": one.label or None,
        "call_sid_to_coach": one.coaches or None,
        "coaching": bool(one.coaches),
        "conference_sid": room.sid,
        "date_created": date(one.joined),
        "date_updated": date(room.updated),
        "end_conference_on_exit": one.ends,
        "muted": one.muted,
        "hold": one.hold,
        "start_conference_on_enter": one.starts,
        "status": "connected",
        "queue_time": "0",
        "uri": f"{base}/Participants/{one.leg.sid}.json",
    }


def everything(exchange: Exchange, query: Query) -> Answered:
    found = [
        room
        for room in reversed(exchange.rooms)
        if query.get("FriendlyName", room.name) == room.name
        and query.get("Status", room.status) == room.status
        and query.within("DateCreated", room.created)
        and query.within("DateUpdated", room.updated)
    ]
    return page(query, "conferences", found, show)


def fetch(exchange: Exchange, query: Query, conference: str) -> Answered:
    return answer(show(find(exchange, query, conference)))


def update(exchange: Exchange, query: Query, conference: str) -> Answered:
    room = find(exchange, query, conference)
    if query.get("Status") == "completed":
        room.end("conference-ended-via-api")
    elif query.get("Status"):
        raise invalid("Status must be completed")
    if query.get("AnnounceUrl"):
        _announce(query, room, room.participants)
    return answer(show(room))


def participants(exchange: Exchange, query: Query, conference: str) -> Answered:
    room = find(exchange, query, conference)
    found = [
        one
        for one in room.participants
        if query.flag("Muted") in (None, one.muted)
        and query.flag("Hold") in (None, one.hold)
        and query.flag("Coaching") in (None, bool(one.coaches))
    ]
    return page(query, "participants", found, lambda one: show_participant(room, one))


def participant(exchange: Exchange, query: Query, conference: str, leg: str) -> Answered:
    room = find(exchange, query, conference)
    return answer(show_participant(room, _participant(room, query, leg)))


def change(exchange: Exchange, query: Query, conference: str, leg: str) -> Answered:
    room = find(exchange, query, conference)
    one = _participant(room, query, leg)
    room.change(
        one,
        muted=query.flag("Muted"),
        hold=query.flag("Hold"),
        ends=query.flag("EndConferenceOnExit"),
        coaches=_coached(room, query),
    )
    if query.flag("BeepOnExit") is not None:
        one.beeps = "onExit" if query.flag("BeepOnExit") else "false"
    if query.flag("Hold") and query.get("HoldUrl"):
        conferring.hold(one, query.url("HoldUrl"), query.method("HoldMethod", "GET"))
    if query.get("WaitUrl") and room.status == "init":
        conferring.wait(room, one, Go(query.url("WaitUrl"), query.method("WaitMethod")))
    if query.get("AnnounceUrl"):
        _announce(query, room, [one])
    return answer(show_participant(room, one))


def remove(exchange: Exchange, query: Query, conference: str, leg: str) -> Answered:
    room = find(exchange, query, conference)
    room.kick(_participant(room, query, leg))
    return Answered(204, "")


def create(exchange: Exchange, query: Query, conference: str) -> Answered:
    """Dial somebody into a conference; of one that is named but not there yet it is the first."""
    room = exchange.room(conference)
    if room is None and conference.startswith("CF"):
        room = find(exchange, query, conference)
        if not room.live:
            raise not_found(query.path)
    leg = outgoing.place(exchange, query, outgoing.Parties.of(query))
    if room is None:
        room = _open(exchange, query, conference)
    go = Go("", text=_document(query, room))
    leg.picked_up.then(lambda: exchange.perform(leg, go))
    leg.over.then(room.abandon)
    one = Participant(
        leg,
        exchange.timeline.now,
        label=query.get("Label"),
        muted=query.flag("Muted") or False,
        starts=query.flag("StartConferenceOnEnter") is not False,
        ends=query.flag("EndConferenceOnExit") or False,
        coaches=query.get("CallSidToCoach"),
    )
    return answer(show_participant(room, one) | {"status": "queued"}, 201)


def recordings_of(exchange: Exchange, query: Query, conference: str) -> Answered:
    found = find(exchange, query, conference).recordings
    kept = [one for one in found if query.within("DateCreated", one.began)]
    return page(query, "recordings", kept, _show_recording)


def recording(exchange: Exchange, query: Query, conference: str, recording: str) -> Answered:
    return answer(_show_recording(_recording(exchange, query, conference, recording)))


def steer(exchange: Exchange, query: Query, conference: str, recording: str) -> Answered:
    one = _recording(exchange, query, conference, recording)
    recordings.move(one, query)
    return answer(_show_recording(one))


def delete_recording(exchange: Exchange, query: Query, conference: str, recording: str) -> Answered:
    exchange.recordings.delete(_recording(exchange, query, conference, recording))
    return Answered(204, "")


def _open(exchange: Exchange, query: Query, name: str) -> Room:
    bulletin = Bulletin()
    reports = query.reports("ConferenceStatusCallback")
    if reports is not None:
        groups = " ".join(query.all("ConferenceStatusCallbackEvent")).split()
        bulletin = Bulletin(reports.url, reports.method, frozenset(groups or ["start", "end"]))
    room = Room(
        exchange,
        name,
        bulletin,
        max_participants=min(LARGEST, query.number("MaxParticipants", LARGEST)),
        recorded=query.get("ConferenceRecord") in ("record-from-start", "true"),
        recording_reports=query.reports("ConferenceRecordingStatusCallback"),
    )
    exchange.open_room(room)
    return room


def _document(query: Query, room: Room) -> str:
    """What a leg performs that is dialled into a conference: nothing but to be in it."""
    response = ElementTree.Element("Response")
    attributes = {
        "participantLabel": query.get("Label"),
        "muted": text(query.flag("Muted") or False),
        "startConferenceOnEnter": text(query.flag("StartConferenceOnEnter") is not False),
        "endConferenceOnExit": text(query.flag("EndConferenceOnExit") or False),
        "beep": query.get("Beep", "true"),
        "coach": query.get("CallSidToCoach"),
    }
    if query.has("WaitUrl"):
        attributes |= {"waitUrl": query.url("WaitUrl"), "waitMethod": query.method("WaitMethod")}
    dial = ElementTree.SubElement(response, "Dial")
    ElementTree.SubElement(dial, "Conference", attributes).text = room.name
    return ElementTree.tostring(response, encoding="unicode")


def _coached(room: Room, query: Query) -> str | None:
    """Whom he coaches from now on: nobody any more, somebody, or as before."""
    if query.flag("Coaching") is False:
        return ""
    coached = query.get("CallSidToCoach") or None
    if coached is not None and room.find(coached) is None:
        raise invalid("CallSidToCoach is not in this conference", NOBODY_TO_COACH)
    return coached


def _participant(room: Room, query: Query, leg: str) -> Participant:
    found = room.find(leg)
    if found is None:
        raise not_found(query.path)
    return found


def _announce(query: Query, room: Room, to: list[Participant]) -> None:
    url, method = query.url("AnnounceUrl"), query.method("AnnounceMethod")
    conferring.announce(room, to, url, method)


def _recording(exchange: Exchange, query: Query, conference: str, sid: str) -> Recording:
    return recordings.pick(find(exchange, query, conference).recordings, query, sid)


def _show_recording(one: Recording) -> Json:
    shown = recordings.show(one)
    base = f"/2010-04-01/Accounts/{one.exchange.account.sid}/Conferences/{one.conference}"
    for name in ("media_url", "subresource_uris"):
        del shown[name]
    return shown | {"uri": f"{base}/Recordings/{one.sid}.json"}
