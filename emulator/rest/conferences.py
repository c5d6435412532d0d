"""Conferences and their participants."""

from emulator.exchange import Exchange
from emulator.legs import Reports
from emulator.program import Go
from emulator.rest.wire import Answered, Json, Query, answer, date, invalid, not_found, page
from emulator.room import Participant, Room

GRACE = 5.0


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
        for one in room.participants:
            _announce(exchange, query, one)
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
    coaches = None
    if query.flag("Coaching") is False:
        coaches = ""
    elif query.get("CallSidToCoach"):
        coaches = query.get("CallSidToCoach")
        if room.find(coaches) is None:
            raise invalid("CallSidToCoach is not in this conference", 13240)
    room.change(
        one,
        muted=query.flag("Muted"),
        hold=query.flag("Hold"),
        ends=query.flag("EndConferenceOnExit"),
        coaches=coaches,
    )
    if query.get("AnnounceUrl"):
        _announce(exchange, query, one)
    return answer(show_participant(room, one))


def remove(exchange: Exchange, query: Query, conference: str, leg: str) -> Answered:
    one = _participant(find(exchange, query, conference), query, leg)
    one.leg.end()
    return Answered(204, "")


def create(exchange: Exchange, query: Query, conference: str) -> Answered:
    """Dial somebody into a conference; of one that is named but not there yet it is the first."""
    called, caller = query.required("To", 21201), query.required("From", 21213)
    room = exchange.room(conference)
    if room is None and conference.startswith("CF"):
        room = find(exchange, query, conference)
    if room is None:
        room = Room(
            exchange,
            conference,
            events_url=query.get("ConferenceStatusCallback"),
            events_method=query.get("ConferenceStatusCallbackMethod", "POST"),
            events=frozenset(" ".join(query.all("ConferenceStatusCallbackEvent")).split()),
        )
        exchange.open_room(room)
    reports = None
    if query.get("StatusCallback"):
        events = frozenset(" ".join(query.all("StatusCallbackEvent")).split() or ["completed"])
        reports = Reports(
            query.get("StatusCallback"), query.get("StatusCallbackMethod", "POST"), events
        )
    leg = exchange.place(caller, called, "outbound-api", reports=reports)
    label, name = query.get("Label"), room.name
    muted, coach = query.flag("Muted") or False, query.get("CallSidToCoach")
    starts, ends = query.flag("StartConferenceOnEnter"), query.flag("EndConferenceOnExit")
    document = (
        "<Response><Dial><Conference"
        f' participantLabel="{label}" muted="{str(muted).lower()}" coach="{coach}"'
        f' startConferenceOnEnter="{str(starts is not False).lower()}"'
        f' endConferenceOnExit="{str(ends is True).lower()}">{name}</Conference></Dial></Response>'
    )
    leg.picked_up.then(lambda: exchange.perform(leg, Go("", text=document)))
    exchange.ring_in_turn(leg, patience=query.number("Timeout", 60) + GRACE)
    one = Participant(leg, exchange.timeline.now, label=label, muted=muted, coaches=coach)
    return answer(show_participant(room, one) | {"status": "queued"}, 201)


def _participant(room: Room, query: Query, leg: str) -> Participant:
    found = room.find(leg)
    if found is None:
        raise not_found(query.path)
    return found


def _announce(exchange: Exchange, query: Query, one: Participant) -> None:
    exchange.announce(one.leg, query.get("AnnounceUrl"), query.get("AnnounceMethod", "POST"))
