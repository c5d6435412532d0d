"""An agent dials out: his desk is allowed a number, his browser phone arrives and dials it."""

import re
from datetime import datetime, timedelta

from sqlalchemy import select

from infra.clock import now
from infra.db import session
from infra.events import publish
from infra.privacy import mask, national
from models import Activity, Call, CallEvent, CallStatus, Direction, Outgoing, Seat
from queues import callbacks, calls, hindsight, talk
from queues.journal import desk_of, note
from telephony.callers import LANDLINE, MOBILE, dialled
from telephony.sentences import tongue
from tickets import completion

# What is played to whom an agent has dialled, before the two are connected.
NOTICE = "dialled"
# A browser phone arrives a moment after it was allowed to; a permit is no licence for later.
PERMITTED_FOR = timedelta(seconds=60)
# What an agent may dial, as ``national`` writes it.  Emergency numbers are not among them: whoever
# is rung there hears the hotline, not the citizen.
DIALLABLE = re.compile(
    f"{MOBILE}|{LANDLINE}"
    r"|[48]00[0-9]{7}"
    r"|1[0-9]{4}|9[56][0-9]{3,4}"  # a service such as 12315, 95598, 968000
    r"|\+(?!86)[1-9][0-9]{6,14}"  # abroad
)


class NotFree(Exception):
    """The agent is ringing, talking or wrapping up; he dials when he is done."""

    permanent = True


class NotDiallable(Exception):
    """No mobile, landline with its area code, service or foreign number."""

    permanent = True


def begin(*, agent: Seat, number: str, ticket_id: int | None = None) -> Outgoing:
    """Allow the agent's browser phone to dial this number once, now."""
    plain = national(number)
    if not DIALLABLE.fullmatch(plain):
        raise NotDiallable
    if agent.activity not in (Activity.IDLE, Activity.WRAP_UP):
        raise NotFree
    allowed = Outgoing(
        agent_id=agent.staff_id,
        number=plain,
        number_masked=mask(plain),
        ticket_id=ticket_id,
        created_at=now(),
    )
    session.add(allowed)
    session.flush()  # the browser phone names its id
    return allowed


def arrive(outgoing_id: int, *, leg: str, by: Seat) -> tuple[Call, str]:
    """The agent's leg is here: the call's row, and the number to dial.

    A repeat by the same leg answers alike; anybody else's raises OfferGone."""
    allowed = session.get(Outgoing, outgoing_id, with_for_update=True)
    if allowed is None or allowed.agent_id != by.staff_id:
        raise talk.OfferGone
    if allowed.call_id is not None:
        call = session.get_one(Call, allowed.call_id)
        if call.sid != leg or call.over:
            raise talk.OfferGone
        return call, dialled(allowed.number)
    late = now() - allowed.created_at > PERMITTED_FOR
    if late or by.activity not in (Activity.IDLE, Activity.WRAP_UP):
        raise talk.OfferGone
    call = _open(allowed, leg, by)
    allowed.call_id = call.id
    return call, dialled(allowed.number)


def answered(call: Call, *, before: timedelta = timedelta()) -> None:
    """The other side has picked up, so long ago; a notice is played to him first, so they may yet
    not speak."""
    if call.status is not CallStatus.CONNECTING:
        return
    at = now() - before
    call.move_to(CallStatus.TALKING)
    # Recorded and transcribed since it was dialled, and told so before he is connected.
    call.answered_at = call.tapped_at = at
    seat = session.get_one(Seat, call.agent_id)
    seat.move_to(Activity.TALKING, now())
    note(call, "talking", agent=seat.staff_id)
    _settle_missed(call)
    publish(desk_of(seat.staff_id), "call-talking", call=call.id)


def notice_until(call: Call) -> datetime | None:
    """Until about when the other side, having picked up, hears a notice and not the agent."""
    if call.direction is not Direction.OUT or call.answered_at is None:
        return None
    return call.answered_at + tongue(call.language).lasts(NOTICE)


def over(call: Call, *, bridged: bool, seconds: int) -> None:
    """The dialled part has ended; what was taken for a talk at the pick-up is put right."""
    if call.direction is not Direction.OUT:
        return
    known = call.answered_at is not None
    if bridged:
        answered(call, before=timedelta(seconds=seconds))
    hindsight.spoke(call, bridged=bridged, seconds=seconds)
    if bridged:
        # Only now it is certain that they spoke: what was promised to him is kept.
        callbacks.reached(call)
    if bridged and not known:
        _settle_missed(call)
    elif known and not bridged:
        _still_missed(call)


def _settle_missed(call: Call) -> None:
    rung_back = completion.settle_missed(call)
    if rung_back:
        note(call, "rung_back", agent=call.agent_id, contacts=rung_back)


def _still_missed(call: Call) -> None:
    settled = select(CallEvent).where(CallEvent.call_id == call.id, CallEvent.name == "rung_back")
    event = session.scalar(settled)
    if event is not None:
        completion.owe_again(call, event.detail["contacts"])
        note(call, "rung_back_in_vain", contacts=event.detail["contacts"])


def _open(allowed: Outgoing, leg: str, by: Seat) -> Call:
    at = now()
    if by.activity is Activity.WRAP_UP:
        by.move_to(Activity.IDLE, at)
    by.move_to(Activity.CONNECTING, at)
    person = calls.person_of(allowed.number)
    call = Call(
        sid=leg,
        direction=Direction.OUT,
        person_id=person.id if person else None,
        number_masked=allowed.number_masked,
        language=person.language if person else "zh",
        status=CallStatus.CONNECTING,
        agent_id=by.staff_id,
        agent_leg=leg,
        connecting_since=at,
        started_at=at,
    )
    session.add(call)
    session.flush()  # its journal needs the id
    note(call, "dialled", agent=by.staff_id)
    publish(desk_of(by.staff_id), "call-connecting", call=call.id)
    return call
