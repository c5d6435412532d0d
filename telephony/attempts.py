"""One ringing at the carrier, from the moment that it is claimed to whatever came of it.

Reports come doubled, late, out of order or never.  They move an attempt forward only, and what was
never reported the carrier is asked about: nobody is rung twice because a report was lost."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from flask import current_app
from sqlalchemy import select, update

from infra import parallel, seldom
from infra.clock import now
from infra.db import session, transaction
from models import AttemptResult, AttemptState, Dial, DialAttempt, DialPurpose, DialState
from telephony import machines
from telephony.callers import dialled
from telephony.carrier import carrier
from telephony.errors import BadNumber, CarrierError, LegGone
from telephony.told import Rung
from telephony.windows import Rules, rules

log = structlog.get_logger(__name__)

# Longer than asking the carrier may take.
UNDER_WAY = timedelta(seconds=5)
# By then its list shows a call that it has placed.
LISTED_WITHIN = timedelta(seconds=15)
# How far its clock and ours may be apart.
SKEW = timedelta(seconds=60)
RING_GRACE = timedelta(seconds=20)
TALK_LOOK = timedelta(seconds=60)
# The account or the network is out of order, not the number.
AFTER_MISFIRE = timedelta(minutes=1)
LONGEST_MISFIRE = timedelta(hours=1)
AT_ONCE_AGAIN = timedelta(seconds=2)
AT_ONCE = 20

# The carrier's words for how a call that we placed is over.
RESULTS = {
    "completed": AttemptResult.TALKED,
    "busy": AttemptResult.BUSY,
    "no-answer": AttemptResult.NO_ANSWER,
    "failed": AttemptResult.FAILED,
    "canceled": AttemptResult.CANCELLED,
}
UNANSWERED = (AttemptState.CLAIMED, AttemptState.RINGING)


def placed(attempt_id: int, leg: str) -> None:
    """The carrier has taken it; its reports may have said so before."""
    attempt = _of_leg(attempt_id, leg)
    if attempt is not None and attempt.live:
        attempt.look_at = _next_look(attempt)


def stop_ringing(dial: Dial) -> None:
    """Nobody needs to pick up any more.  Whoever talks already is not cut short."""
    session.execute(
        update(DialAttempt)
        .where(DialAttempt.dial_id == dial.id, DialAttempt.state.in_(UNANSWERED))
        .values(look_at=now())
    )


def refused(attempt_id: int, error: CarrierError) -> None:
    """The carrier has not placed it: because of the number, or for another while."""
    attempt = _locked(attempt_id)
    if attempt is None or not attempt.live:
        return
    attempt.error = str(error)
    if isinstance(error, BadNumber):
        _end_attempt(attempt, AttemptResult.FAILED)
        if attempt.dial.state is DialState.DIALLING:
            attempt.dial.move_to(DialState.REFUSED, now())
        return
    _end(attempt, AttemptResult.NOT_PLACED)


def picked_up(attempt_id: int, leg: str, *, pressed: str = "") -> DialAttempt | None:
    """The carrier asks what to say on this leg; None where there is nothing to say any more.

    ``pressed``: the key that led here, which only a person presses."""
    attempt = _of_leg(attempt_id, leg)
    if attempt is None or not attempt.live:
        return None
    if pressed:
        met_person(attempt)
    if machines.picked_up(attempt):
        return None
    _advance(attempt, AttemptState.ANSWERED)
    return attempt if attempt.dial.state is not DialState.CANCELLED else None


def met_machine(attempt: DialAttempt) -> bool:
    """A machine or a fax has picked up: nobody needs to listen to it."""
    return attempt.live and machines.picked_up(attempt)


def met_person(attempt: DialAttempt) -> None:
    """He has answered us: what the carrier heard before, or says later, was a guess."""
    attempt.answered_by = machines.PERSON


def report(attempt_id: int, leg: str, status: str) -> None:
    """The carrier tells how far the call is; late and doubled reports change nothing."""
    attempt = _of_leg(attempt_id, leg)
    if attempt is None or not attempt.live:
        return
    if status in RESULTS:
        _end(attempt, AttemptResult.MACHINE if machines.picked_up(attempt) else RESULTS[status])
    elif status == "in-progress":
        _advance(attempt, AttemptState.ANSWERED)
    elif status == "ringing":
        _advance(attempt, AttemptState.RINGING)


def report_nature(attempt_id: int, leg: str, answered_by: str) -> None:
    """The carrier tells who picked up.  A machine is hung up on within a second."""
    attempt = _of_leg(attempt_id, leg)
    if attempt is None or not attempt.live:
        return
    machines.hear(attempt, answered_by)
    if machines.picked_up(attempt):
        attempt.look_at = now()


def settle_due(at_once: int = 1) -> None:
    """Attempts that nothing was heard of: the carrier is asked."""
    at = now()
    with transaction():
        due = session.scalars(
            select(DialAttempt.id)
            .where(DialAttempt.state != AttemptState.ENDED, DialAttempt.look_at <= at)
            .order_by(DialAttempt.look_at)
            .limit(AT_ONCE)
        ).all()
    parallel.each(due, _settle, at_once=at_once)


def attempts_of(dial: Dial) -> list[DialAttempt]:
    """Every ringing that reached somebody's telephone, in order."""
    return list(
        session.scalars(
            select(DialAttempt)
            .where(
                DialAttempt.dial_id == dial.id,
                DialAttempt.result.is_distinct_from(AttemptResult.NOT_PLACED),
            )
            .order_by(DialAttempt.id)
        )
    )


def _settle(attempt_id: int) -> None:
    """Take one, ask the carrier with no transaction open, write down what it says."""
    with transaction():
        taken = _take(attempt_id)
    if taken is None:
        return
    leg, number, since, unwanted, told = taken
    shown: str = current_app.config["SETTINGS"].hotline_number
    try:
        if leg and told:
            carrier().redirect(leg, told)
        elif leg and unwanted:
            carrier().hang_up(leg)
        found = [carrier().look_at(leg)] if leg else carrier().rung_since(number, shown, since)
    except LegGone:
        found = []
    except CarrierError as error:
        seldom.tell(
            log.warning,
            "the carrier does not say what became of a call",
            attempt=attempt_id,
            error=str(error),
        )
        return
    with transaction():
        _write_down(attempt_id, found)


def _take(attempt_id: int) -> tuple[str | None, str, datetime, bool, str] | None:
    attempt = _locked(attempt_id)
    if attempt is None or not attempt.live or attempt.look_at > now():
        return None
    attempt.look_at = now() + UNDER_WAY
    number = dialled(attempt.dial.number)
    told = machines.tells(attempt)
    return attempt.leg, number, attempt.at - SKEW, _unwanted(attempt), told


def _write_down(attempt_id: int, found: Iterable[Rung]) -> None:
    attempt = _locked(attempt_id)
    if attempt is None or not attempt.live:
        return
    known = select(DialAttempt.leg).where(DialAttempt.id != attempt.id)
    others = set(session.scalars(known.where(DialAttempt.leg.in_([one.leg for one in found]))))
    rung = next((one for one in found if one.leg not in others), None)
    if rung is None:
        _vanished(attempt)
        return
    if rung.answered_by:
        machines.hear(attempt, rung.answered_by)
    report(attempt.id, rung.leg, rung.status)
    if attempt.live:
        attempt.look_at = _next_look(attempt)


def _vanished(attempt: DialAttempt) -> None:
    """The carrier knows no such call: over and forgotten, or never placed."""
    if attempt.leg is None:
        if attempt.at + LISTED_WITHIN <= now():
            _end(attempt, AttemptResult.NOT_PLACED)
        return
    called_off = AttemptResult.CANCELLED if _unwanted(attempt) else AttemptResult.FAILED
    _end(attempt, AttemptResult.MACHINE if machines.picked_up(attempt) else called_off)


def _end(attempt: DialAttempt, result: AttemptResult) -> None:
    """The ringing is over; what it was for is tried again, or was tried enough."""
    _end_attempt(attempt, result)
    dial, at = attempt.dial, now()
    if dial.state is not DialState.DIALLING:
        return
    wanted = rules(dial.purpose)
    if result is AttemptResult.NOT_PLACED:
        dial.misfired += 1
        pause = min(LONGEST_MISFIRE, AFTER_MISFIRE * 2 ** min(dial.misfired - 1, 6))
        if dial.purpose in (DialPurpose.THREE_WAY, DialPurpose.CALLBACK, DialPurpose.SEAT):
            # An agent waits, and perhaps a citizen on the line who is in danger.
            pause = AT_ONCE_AGAIN
        dial.move_to(DialState.WAITING, at)
        dial.next_at = wanted.next_time(at + pause)
        return
    dial.tried += 1
    # Who is rung back is tried again when an agent is there again: that is another dial.
    if dial.tried >= wanted.attempts or dial.purpose is DialPurpose.CALLBACK:
        dial.move_to(DialState.EXHAUSTED, at)
        return
    dial.move_to(DialState.WAITING, at)
    dial.next_at = _again(dial, wanted, at)


def _again(dial: Dial, wanted: Rules, at: datetime) -> datetime:
    session.flush()  # the attempt that has just ended counts, too
    return wanted.next_time(at, [one.at for one in attempts_of(dial)])


def _end_attempt(attempt: DialAttempt, result: AttemptResult) -> None:
    attempt.move_to(AttemptState.ENDED)
    attempt.result, attempt.ended_at = result, now()


def _advance(attempt: DialAttempt, state: AttemptState) -> None:
    """Forward only: words that come late are no news."""
    order = list(AttemptState)
    if order.index(attempt.state) >= order.index(state):
        return
    attempt.move_to(state)
    if state is AttemptState.ANSWERED:
        attempt.answered_at = now()
    attempt.look_at = _next_look(attempt)


def _next_look(attempt: DialAttempt) -> datetime:
    if _unwanted(attempt):
        return max(now(), attempt.told_at + machines.TELLS_WITHIN) if attempt.told_at else now()
    if attempt.state is AttemptState.ANSWERED:
        return now() + TALK_LOOK
    return now() + timedelta(seconds=rules(attempt.dial.purpose).ring_seconds) + RING_GRACE


def _of_leg(attempt_id: int, leg: str) -> DialAttempt | None:
    """The attempt, if this leg is its own; any report may be the first that names it."""
    attempt = _locked(attempt_id)
    if attempt is None or not leg:
        return None
    if attempt.leg is None and attempt.live:
        attempt.leg = leg[:64]
    return attempt if attempt.leg == leg else None


def _locked(attempt_id: int) -> DialAttempt | None:
    """With its dial, behind the dial's lock: whoever plans and whoever reports must not cross."""
    dial_id = session.scalar(select(DialAttempt.dial_id).where(DialAttempt.id == attempt_id))
    if dial_id is None:
        return None
    session.flush()  # what was changed in this transaction must survive the reading
    session.get_one(Dial, dial_id, with_for_update=True, populate_existing=True)
    return session.get_one(DialAttempt, attempt_id, with_for_update=True, populate_existing=True)


def _unwanted(attempt: DialAttempt) -> bool:
    """Whether the carrier has to hang up on it: a machine, or somebody who rings for nothing."""
    rings_on = attempt.dial.state is DialState.CANCELLED and attempt.state in UNANSWERED
    return rings_on or machines.picked_up(attempt)
