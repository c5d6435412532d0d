"""What the carrier's doors of waiting and talking share: addresses, and where a caller belongs."""

from typing import Any

from flask import Response, current_app, url_for

from infra.db import session
from models import GENERAL, Call, CallStatus, Line, Party, Role, Seat, StaffMember
from queues import callbacks, calls, waiting
from queues.admission import admit, turn_away
from telephony import orders
from telephony.replies import Reply, Room
from telephony.words import LONGEST_NUMBER

LEAD = "lead_"


def absolute(endpoint: str, **values: Any) -> str:
    """The carrier keeps this address for later: it must not depend on how we were asked."""
    base: str = current_app.config["SETTINGS"].public_url
    return base + url_for(endpoint, **values)


def seat_of(identity: str | None) -> Seat | None:
    """The seat of a browser phone; None where its owner may no longer sit there."""
    name = (identity or "").removeprefix("agent_")
    known = name.isascii() and name.isdecimal() and len(name) <= LONGEST_NUMBER
    seat = session.get(Seat, int(name)) if known else None
    if seat is None or seat.staff.disabled_at is not None or not seat.staff.may(Role.AGENT):
        return None
    return seat


def is_lead(identity: str | None) -> bool:
    """Whether a browser phone is one by which a lead listens; it asks no database."""
    return (identity or "").startswith(LEAD)


def lead_of(identity: str | None) -> StaffMember | None:
    """Whose browser phone listens to talks; None where its owner may lead nobody."""
    name = (identity or "").removeprefix(LEAD)
    known = name.isascii() and name.isdecimal() and len(name) <= LONGEST_NUMBER
    if not known or not is_lead(identity):
        return None
    staff = session.get(StaffMember, int(name))
    return staff if staff is not None and staff.is_active and staff.may(Role.LEAD) else None


def lead_identity(staff: StaffMember) -> str:
    """His name at the carrier as a lead; at a desk of his own he has another."""
    return f"{LEAD}{staff.id}"


def enqueue(call: Call, reply: Reply | None = None) -> Response:
    """Into the carrier's queue; a caller without a place gets one."""
    if waiting.place_of(call) is None:
        waiting.enter(call, call.line or calls.general())
    reply = reply or Reply(call.language)
    return reply.queue(wait=absolute("queues.wait"), then=absolute("queues.dequeued")).send()


def take_in(call: Call, asked: Line, reply: Reply) -> Response:
    """To the line that he asks for.  One that is closed, full or has nobody says so; the general
    line or a call back is next."""
    admission = admit(call, asked)
    if admission.told is not None:
        name, values = admission.told
        reply.say(name, **values)
    if admission.line is None:
        if admission.because is not None:
            turn_away(call, asked, admission.because)
        if callbacks.protected(call.person, asked):
            return _asked_for_danger(asked, reply)
        # A hidden number cannot be rung back.
        return reply.say("will_ring_back" if call.person_id else "call_again").hang_up().send()
    place = waiting.enter(call, admission.line)
    if place.age_from < place.entered_at:
        reply.say("place_kept")
    reply.say("entering", line=admission.line.name_in(call.language))
    if callbacks.protected(call.person, admission.line):
        reply.say("quick_exit")
    return enqueue(call, reply)


def _asked_for_danger(asked: Line, reply: Reply) -> Response:
    """Nobody may ring him: he is promised nothing, and a person is one key away."""
    action = absolute("ivr.refused", **({"general": 1} if asked.code == GENERAL else {}))
    return reply.ask("protected_refused", action).go_to(action).send()


def where_he_belongs(call: Call) -> Response:
    """The citizen's leg asks what next: talk, wait or good-bye, whatever brought it here."""
    match call.status:
        case CallStatus.CONNECTING | CallStatus.TALKING:
            return citizen_joins(call)
        case CallStatus.GREETED | CallStatus.WAITING:
            return enqueue(call)
        case CallStatus.RATING:
            return Reply(call.language).go_to(absolute("ivr.rate")).send()
        case CallStatus.ENDED:
            return Reply(call.language).hang_up().send()


def citizen_joins(call: Call) -> Response:
    """However he came here: an order that is yet to be given would pull him out again."""
    orders.has_come(call, call.sid)
    reply = Reply(call.language)
    if call.tapped_at is None:
        reply.record(absolute("recordings.arrived"))
        # Whose joining was not reported may be listened to already: once is enough.
        reply.stop_transcribing(str(call.key))
        reply.transcribe(str(call.key), absolute("recordings.words", speaker=Party.CITIZEN))
    return reply.join(_room(call, after=absolute("queues.after")), citizen=True).send()


def agent_joins(call: Call) -> Response:
    """His leg ends with the conference; its status report tells that he is gone."""
    reply = Reply(call.language) if not call.unrung else Reply().say("ringing_back")
    return reply.join(_room(call), citizen=False).send()


def outside_joins(call: Call) -> Response:
    """He has no document to go on with: his leg ends with the conference."""
    return Reply().say("outside").join(_room(call), citizen=False).send()


def lead_joins(call: Call) -> Response:
    """Muted, whatever he has asked for: who hears him is ordered once he is in."""
    return Reply().listen_in(_room(call)).send()


def _room(call: Call, after: str | None = None) -> Room:
    return Room(call.conference, absolute("queues.conference"), after)
