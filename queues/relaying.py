"""A unit's clerk speaks to a citizen through the line: his duty phone rings first.

Both see the hotline's number.  What was said is recorded and belongs to the ticket; that the
citizen answered, or did not, is the unit's contact with him."""

from datetime import timedelta
from enum import StrEnum

from flask import current_app
from sqlalchemy import exists, select

from infra import apart
from infra.clock import now
from infra.db import session, transaction
from infra.localtime import local
from models import (
    Assignment,
    AttemptState,
    Call,
    CallStatus,
    Contact,
    ContactWay,
    Dial,
    DialAttempt,
    DialPurpose,
    DialState,
    Direction,
    DutyPhone,
    Part,
    Person,
    Relay,
    StaffMember,
    Ticket,
    TicketState,
    Urgency,
)
from models.lifecycle import IN_HAND
from queues import calls, hindsight, talk
from queues.journal import note
from staff import norms
from telephony import attempts, outbound
from telephony.callers import dialled
from tickets import contacting, handling, locking
from web.languages import _
from web.refusals import Refused

# Where the carrier asks what to say; the attempt's id follows.
DOCUMENT = "/voice/relay"
# Somebody sits at the page and waits for it.
PRIORITY = 10
RUNG_WITHIN = timedelta(minutes=5)
# A clerk may work at night; a citizen is left to sleep, unless it is urgent.
AT_ANY_HOUR = (Urgency.URGENT, Urgency.INSTANT)


# The carrier's report that a talk is over comes within this, or never.
REPORTED_WITHIN = timedelta(minutes=1)


class NotNow(Refused):
    """The citizen is not rung; the message says why, and what else can be done."""


class Stage(StrEnum):
    """How far a relay is, as its page tells."""

    RINGING_CLERK = "ringing_clerk"
    CLERK_MISSED = "clerk_missed"
    RINGING_CITIZEN = "ringing_citizen"
    TALKING = "talking"
    TALKED = "talked"
    CITIZEN_MISSED = "citizen_missed"


def why_not(assignment: Assignment) -> str:
    """What keeps the line from ringing this citizen for the unit; empty where nothing does."""
    ticket = assignment.ticket
    in_hand = assignment.signed_at is not None and assignment.in_hand
    refusals = (
        (not in_hand or assignment.part is Part.INFO, _("签收后、反馈前才能致电市民")),
        (ticket.state is TicketState.SUSPENDED, _("工单已挂账，恢复办理后才能致电市民")),
    )
    reason = next((why for holds, why in refusals if holds), "") or contacting.why_not(ticket)
    if not reason and not _hour_allows(ticket):
        reason = _("8:00 至 21:00 可以致电市民，紧急工单不限")
    return reason


def ask(assignment: Assignment, phone: DutyPhone, *, by: StaffMember) -> Relay:
    """Let the clerk's telephone ring within seconds.  Raises NotNow."""
    if phone.unit_id != assignment.unit_id:
        raise NotNow(_("请选择本单位的值班手机"))
    reason = why_not(assignment)
    if reason:
        raise NotNow(reason)
    if _is_rung(phone.number_fingerprint):
        raise NotNow(_("这部值班手机正在呼叫或通话，请稍后再试"))
    if _is_busy(assignment.ticket.person):
        raise NotNow(_("市民正在与热线通话，请稍后再试"))
    at = now()
    dial = outbound.plan(
        DialPurpose.RELAY,
        key=f"relay:{assignment.id}:{at:%Y%m%d%H%M%S%f}",
        number=phone.number,
        url=current_app.config["SETTINGS"].public_url + DOCUMENT,
        priority=PRIORITY,
        not_after=at + RUNG_WITHIN,
    )
    relay = Relay(assignment=assignment, by_id=by.id, asked_at=at, dial=dial)
    session.add(relay)
    session.flush()  # the audit log names it
    return relay


def picked_up(attempt_id: int, leg: str) -> Relay | None:
    """Somebody answers the duty phone; None where there is nothing to say to him any more."""
    attempt = attempts.picked_up(attempt_id, leg)
    return _of(attempt_id) if attempt is not None else None


def connect(attempt_id: int, leg: str) -> tuple[Call, str] | None:
    """The clerk has said that it is he: the call's row, and the number to dial.

    A repeat answers alike; None where the citizen may not, or need not, be rung any more."""
    relay = picked_up(attempt_id, leg)
    person = relay.assignment.ticket.person if relay else None
    if relay is None or person is None:
        return None
    if relay.call is None:
        if why_not(relay.assignment) or _is_busy(person):
            return None
        relay.call = _open(person, leg)
        outbound.done(relay.dial)
    return None if relay.call.over else (relay.call, dialled(person.number))


def answered(attempt_id: int, *, before: timedelta = timedelta()) -> None:
    """The citizen has picked up, so long ago; he hears a notice before they talk, and may hang up
    on it."""
    relay = _behind_ticket(attempt_id)
    if relay is None or relay.call is None or relay.call.status is not CallStatus.CONNECTING:
        return
    call, at = relay.call, now() - before
    call.move_to(CallStatus.TALKING)
    call.answered_at = call.tapped_at = at
    note(call, "talking")


def over(attempt_id: int, *, bridged: bool, seconds: int, clerk_stayed: bool) -> Relay | None:
    """The dialled part has ended: the two spoke, or the citizen was tried, or neither.

    A clerk who hung up before has not given the citizen the time to answer: that is no contact."""
    relay = _behind_ticket(attempt_id)
    if relay is None or relay.call is None:
        return None
    if bridged:
        answered(attempt_id, before=timedelta(seconds=seconds))
    hindsight.spoke(relay.call, bridged=bridged, seconds=seconds)
    if (bridged or clerk_stayed) and not _written(relay):
        _contact(relay, reached=bridged)
    talk.end(relay.call)
    return relay


def settle_lost() -> None:
    """Talks whose end only the report of the clerk's leg has told: they were contacts as well.

    However long ago it was, as long as the unit is at work on it: what is over needs none."""
    with transaction():
        lost = session.scalars(
            select(Relay.id)
            .join(Call, Call.id == Relay.call_id)
            .join(Assignment, Assignment.id == Relay.assignment_id)
            .where(
                Assignment.state.in_(IN_HAND),
                Call.answered_at.is_not(None),
                Call.ended_at < now() - REPORTED_WITHIN,
                ~exists().where(Contact.call_id == Call.id),
            )
        ).all()
    for relay_id in lost:
        with transaction():
            apart.each([relay_id], _settle_lost, called="relay {}".format)


def newest(assignment: Assignment) -> Relay | None:
    asked = select(Relay).where(Relay.assignment_id == assignment.id)
    return session.scalar(asked.order_by(Relay.id.desc()).limit(1))


def stage(relay: Relay) -> Stage:
    if relay.call is None:
        return Stage.RINGING_CLERK if relay.dial.open else Stage.CLERK_MISSED
    if relay.call.over:
        return Stage.TALKED if relay.call.answered_at is not None else Stage.CITIZEN_MISSED
    return Stage.TALKING if relay.call.answered_at is not None else Stage.RINGING_CITIZEN


def phones_of(assignment: Assignment) -> list[DutyPhone]:
    mine = select(DutyPhone).where(DutyPhone.unit_id == assignment.unit_id)
    return list(session.scalars(mine.order_by(DutyPhone.id)))


def _hour_allows(ticket: Ticket) -> bool:
    opens, closes = norms.clock("relay_from"), norms.clock("relay_until")
    return ticket.urgency in AT_ANY_HOUR or opens <= local(now()).time() < closes


def _is_rung(number_fingerprint: str) -> bool:
    """Also while it talks: a ringing lasts until it is hung up."""
    waiting = exists().where(
        Dial.number_fingerprint == number_fingerprint, Dial.state == DialState.WAITING
    )
    live = exists().where(
        DialAttempt.number_fingerprint == number_fingerprint,
        DialAttempt.state != AttemptState.ENDED,
    )
    return bool(session.scalar(select(waiting | live)))


def _is_busy(person: Person | None) -> bool:
    """He talks to the hotline, or waits for it, or is being rung by its robot."""
    if person is None:
        return False
    calling = exists().where(Call.person_id == person.id, Call.status != CallStatus.ENDED)
    rung = exists().where(
        DialAttempt.number_fingerprint == person.number_fingerprint,
        DialAttempt.state != AttemptState.ENDED,
    )
    return bool(session.scalar(select(calling | rung)))


def _open(person: Person, leg: str) -> Call:
    """No draft is owed for it: the ticket is there already."""
    at = now()
    call = Call(
        sid=leg,
        direction=Direction.OUT,
        relayed=True,
        person_id=person.id,
        number_masked=person.number_masked,
        language=person.language,
        status=CallStatus.CONNECTING,
        connecting_since=at,
        started_at=at,
        ticket_due_at=None,
    )
    session.add(call)
    session.flush()  # its journal needs the id
    note(call, "relayed")
    return call


def _contact(relay: Relay, *, reached: bool) -> None:
    handling.contact(
        relay.assignment, by=relay.by, way=ContactWay.PHONE, reached=reached, call=relay.call
    )


def _settle_lost(relay_id: int) -> None:
    relay = session.get_one(Relay, relay_id)
    locking.assignment(relay.assignment_id)
    # Its last report may have come meanwhile, and have said that they did not speak.
    call = calls.by_id(relay.call_id or 0)
    spoke = call is not None and call.answered_at is not None
    if spoke and relay.assignment.in_hand and not _written(relay):
        _contact(relay, reached=True)


def _written(relay: Relay) -> bool:
    return bool(session.scalar(select(exists().where(Contact.call_id == relay.call_id))))


def _of(attempt_id: int) -> Relay | None:
    dial = select(DialAttempt.dial_id).where(DialAttempt.id == attempt_id).scalar_subquery()
    return session.scalar(select(Relay).where(Relay.dial_id == dial))


def _behind_ticket(attempt_id: int) -> Relay | None:
    """The ticket first, as everybody who changes it, then the call: reports must not cross."""
    relay = _of(attempt_id)
    if relay is None:
        return None
    locking.assignment(relay.assignment_id)
    if relay.call_id is not None:
        calls.by_id(relay.call_id)
    session.refresh(relay)
    return relay
