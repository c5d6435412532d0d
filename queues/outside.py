"""三方通话 with somebody outside: 110, 119, 120, a unit's duty phone, rung by the one dialler.

He hears both as soon as he has picked up; the agent may put the citizen on hold meanwhile, as in
any talk.  The citizen's exit ends the talk, but for one with 110, which goes on until the agent
leaves it; whose agent's line is cut then stays with 110, and is first in line afterwards."""

from datetime import timedelta

from flask import current_app
from sqlalchemy import ColumnElement, bindparam, select

from infra import apart
from infra.clock import now
from infra.db import session
from infra.events import publish
from models import (
    EMERGENCY_NUMBERS,
    Call,
    Dial,
    DialAttempt,
    DialPurpose,
    DialState,
    DutyPhone,
    Outside,
    OutsideEnd,
    OutsideKind,
    OutsideState,
    Seat,
)
from queues import calls, consults, holding, pressing
from queues.holding import NotNow
from queues.journal import desk_of, note
from telephony import attempts, orders, outbound

# Where the carrier asks what to say; the attempt's id follows.
DOCUMENT = "/voice/outside"
# A citizen is on the line, and may be in danger.
PRIORITY = 100
RUNG_WITHIN = timedelta(minutes=1)
CALL_OF_ATTEMPT = (
    select(Outside.call_id)
    .join(DialAttempt, DialAttempt.dial_id == Outside.dial_id)
    .where(DialAttempt.id == bindparam("attempt"))
)


def ring_emergency(call: Call, kind: OutsideKind, *, by: Seat) -> Outside:
    """A switchboard that takes many calls at once: nobody waits for another's.  Raises NotNow."""
    number = EMERGENCY_NUMBERS[kind]
    return ring(call, kind, number, number, by=by, many=True)


def ring_unit(call: Call, phone: DutyPhone, *, by: Seat) -> Outside:
    return ring(call, OutsideKind.UNIT, phone.number, phone.unit.name, by=by)


def ring(
    call: Call, kind: OutsideKind, number: str, name: str, *, by: Seat, many: bool = False
) -> Outside:
    """``many``: a switchboard that takes many calls at once.  Raises NotNow."""
    busy = of_call(call) is not None or consults.of_call(call) is not None
    if busy or not holding.may(call, by):
        raise NotNow
    dial = plan(call, number, many=many)
    party = Outside(call=call, by=by, dial=dial, kind=kind, name=name[:64], asked_at=now())
    session.add(party)
    session.flush()  # the audit log names it
    note(call, "outside_rung", party=party.name, agent=by.staff_id)
    _tell(party)
    return party


def plan(call: Call, number: str, *, many: bool = False) -> Dial:
    at = now()
    return outbound.plan(
        DialPurpose.THREE_WAY,
        key=f"three_way:{call.id}:{at:%Y%m%d%H%M%S%f}",
        number=number,
        url=current_app.config["SETTINGS"].public_url + DOCUMENT,
        priority=PRIORITY,
        not_after=at + RUNG_WITHIN,
        line=str(call.id) if many else "",
    )


def of_call(call: Call) -> Outside | None:
    return _live(Outside.call_id == call.id)


def asked_by(seat: Seat) -> Outside | None:
    return _live(Outside.by_id == seat.staff_id)


def was_with_police(call: Call) -> bool:
    """Whether 110 has been in this talk, so that its conference was told to outlast him."""
    police = select(Outside.id).where(
        Outside.call_id == call.id,
        Outside.kind == OutsideKind.POLICE,
        Outside.joined_at.is_not(None),
    )
    return session.scalar(police.limit(1)) is not None


def of_leg(leg: str) -> Outside | None:
    return _live(Outside.leg == leg)


def picked_up(attempt_id: int, leg: str) -> Call | None:
    """He answers: the talk that he enters.  A repeat answers alike; None: he is needed no more."""
    # Behind the call's lock first, as whoever dismisses him: dial and call, taken in the other
    # order, would wait for each other, and who has just been dismissed would be let in.
    call_id = session.scalar(CALL_OF_ATTEMPT, {"attempt": attempt_id})
    if call_id is not None:
        calls.by_id(call_id)
    attempt = attempts.picked_up(attempt_id, leg)
    party = _live(Outside.dial_id == attempt.dial_id) if attempt is not None else None
    if party is None:
        return None
    if party.state is OutsideState.RINGING:
        party.move_to(OutsideState.JOINED)
        party.leg, party.joined_at = leg, now()
        outbound.done(party.dial)
        if party.outlives:
            orders.outlast(party.call, party.call.sid, key=f"{party.call_id}:outlast:{party.id}")
        note(party.call, "outside_joined", party=party.name)
        _tell(party)
    return party.call


def dismiss(party: Outside, because: OutsideEnd) -> None:
    """He is let go, or rung no more."""
    stop_ringing(party)
    close(party, because)


def stop_ringing(party: Outside) -> None:
    """Whoever is rung for him, or is in the talk already, is hung up on."""
    outbound.cancel(party.dial)
    leg = party.leg or _ringing_leg(party)
    if leg is not None:
        orders.hang_up(party.call, leg)


def close(party: Outside, because: OutsideEnd) -> None:
    if party.outlives and not party.call.over:
        orders.end_with(party.call, party.call.sid, key=f"{party.call_id}:end_with:{party.id}")
    party.move_to(OutsideState.ENDED)
    party.outcome, party.ended_at = because, now()
    pressing.forget(party)
    note(party.call, "outside_ended", party=party.name, outcome=because)
    _tell(party)


def lapse_due() -> int:
    """Whom the dialler could not reach; the caller holds the routing lock."""
    unreached = session.scalars(
        select(Outside).where(
            Outside.state == OutsideState.RINGING,
            Outside.dial.has(Dial.state.not_in((DialState.WAITING, DialState.DIALLING))),
        )
    ).all()
    return apart.each(unreached, lambda party: close(party, OutsideEnd.MISSED))


def _ringing_leg(party: Outside) -> str | None:
    newest = select(DialAttempt.leg).where(DialAttempt.dial_id == party.dial_id)
    return session.scalar(newest.order_by(DialAttempt.id.desc()).limit(1))


def _tell(party: Outside) -> None:
    publish(desk_of(party.by_id), holding.MOVED, outside=party.outcome or party.state)


def _live(which: ColumnElement[bool]) -> Outside | None:
    return session.scalar(select(Outside).where(which, Outside.live()))
