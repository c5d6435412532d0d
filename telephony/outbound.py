"""The one dialler of the hotline: what is to be rung are rows, one call a second leaves.

``plan`` writes a row under a key of its planner's.  Each second the clock claims the row whose turn
it is, commits, asks the carrier with no transaction open and writes down what came of it.  Whatever
was interrupted in between is an attempt that nobody has heard of: before its number is rung again
the carrier is asked whether it was.  Every address that the carrier is given names the attempt, so
that its first word names the row, also before the carrier's name of the call is known."""

from datetime import datetime, timedelta

import structlog
from flask import current_app
from sqlalchemy import exists, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from infra.clock import now
from infra.db import session, transaction
from infra.privacy import fingerprint, mask, national
from models import (
    NO_LEG_YET,
    AttemptResult,
    AttemptState,
    Call,
    CallStatus,
    Dial,
    DialAttempt,
    DialPurpose,
    DialState,
    Person,
)
from telephony import attempts
from telephony.callers import dialled
from telephony.carrier import Ringing, carrier
from telephony.errors import CarrierError
from telephony.replies import RETRY
from telephony.windows import rules

log = structlog.get_logger(__name__)

# Built once: each ticket that is answered asks it.
PLAN = insert(Dial).on_conflict_do_nothing(index_elements=["key"]).returning(Dial)
# Where the carrier's reports of these calls arrive.
DOOR = "/voice/dial"
DIALLING_LOCK = 12346
# The carrier places one call a second, of all processes together.
EACH = timedelta(seconds=1)
# Somebody with several tickets is not rung again as soon as he has hung up.
LEFT_ALONE = timedelta(minutes=4)
AWAITED = (DialPurpose.RELAY, DialPurpose.THREE_WAY, DialPurpose.CALLBACK, DialPurpose.SEAT)
# A turn may be taken a little early: it is booked on its own second all the same.
EARLY = timedelta(milliseconds=250)


def plan(  # noqa: PLR0913
    purpose: DialPurpose,
    *,
    key: str,
    number: str,
    url: str,
    person: Person | None = None,
    priority: int = 0,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    line: str = "",
) -> Dial:
    """A number to be rung; under a key that exists, the row that it has.

    ``line`` tells apart the lines of a switchboard, which takes many calls at once."""
    at, plain = now(), national(number)
    row = {
        "key": key,
        "purpose": purpose,
        "person_id": person.id if person else None,
        "number": plain,
        "number_fingerprint": fingerprint(plain + line),
        "number_masked": mask(plain),
        "url": url,
        "priority": priority,
        "next_at": rules(purpose).next_time(not_before or at),
        "not_after": not_after,
        "created_at": at,
    }
    planned = session.scalar(PLAN, row)
    return planned or session.scalars(select(Dial).where(Dial.key == key)).one()


def done(dial: Dial, *, wait: bool = True) -> None:
    """What it was rung for is reached, also while it is still talking.

    ``wait``: also for whoever has the row; he may be writing down its end."""
    if not wait and not _free(dial):
        return
    if _still_open(dial):
        dial.move_to(DialState.DONE, now())


def cancel(dial: Dial) -> None:
    """It need not be rung any more; whose telephone rings for it stops to ring in a second."""
    if _still_open(dial):
        dial.move_to(DialState.CANCELLED, now())
        attempts.stop_ringing(dial)


def _free(dial: Dial) -> bool:
    of_it = select(Dial.id).where(Dial.id == dial.id)
    return session.scalar(of_it.with_for_update(skip_locked=True)) is not None


def _still_open(dial: Dial) -> bool:
    """Locked, else an end that another transaction has just written would be written over; what
    has ended never opens again."""
    if not dial.open:
        return False
    session.flush()
    session.refresh(dial, with_for_update=True)
    return dial.open


def dial_due() -> bool:
    """Ring the one whose turn it is; False when there is none."""
    with transaction():
        claimed = _claim() if _anybody_due() else None
    if claimed is None:
        return False
    attempt_id, wanted = claimed
    shown: str = current_app.config["SETTINGS"].hotline_number
    try:
        leg = carrier().ring(wanted, shown)
    except CarrierError as error:
        log.warning("a number was not rung", attempt=attempt_id, error=str(error))
        if not error.unknown:
            with transaction():
                attempts.refused(attempt_id, error)
        return True
    with transaction():
        attempts.placed(attempt_id, leg)
    return True


def lapse_due() -> None:
    """What may be rung no more."""
    at = now()
    with transaction():
        session.execute(
            update(Dial)
            .where(Dial.state == DialState.WAITING, Dial.not_after <= at)
            .values(state=DialState.EXHAUSTED, ended_at=at)
        )


def _anybody_due() -> bool:
    """Most seconds nobody is, and then neither turn, window nor line is asked for."""
    waits = exists().where(Dial.state == DialState.WAITING, Dial.next_at <= now())
    return bool(session.scalar(select(waits)))


def _claim() -> tuple[int, Ringing] | None:
    """Book a turn for the first that may be rung now.  Of several processes one claims."""
    taken = text("SELECT pg_try_advisory_xact_lock(:key)")
    if not session.scalar(taken, {"key": DIALLING_LOCK}):
        return None
    at = now()
    last = session.scalar(select(func.max(DialAttempt.at)))
    if last is not None and at < last + EACH - EARLY:
        return None
    dial = _first(at)
    if dial is None:
        return None
    dial.move_to(DialState.DIALLING, at)
    attempt = DialAttempt(
        dial_id=dial.id,
        number_fingerprint=dial.number_fingerprint,
        at=max(at, last + EACH) if last else at,
        look_at=at + attempts.UNDER_WAY,
    )
    session.add(attempt)
    session.flush()  # the addresses name its id
    return attempt.id, _ringing(dial, attempt)


def _first(at: datetime) -> Dial | None:
    open_now = _open_purposes(at)
    on_the_line = exists().where(
        Call.person_id == Dial.person_id,
        Call.status != CallStatus.ENDED,
        # That one stands for himself, who is yet to be rung.
        Call.sid.not_like(f"{NO_LEG_YET}%"),
    )
    same_number = DialAttempt.number_fingerprint == Dial.number_fingerprint
    being_rung = exists().where(same_number, DialAttempt.state != AttemptState.ENDED)
    just_rung = exists().where(
        same_number,
        DialAttempt.at > at - LEFT_ALONE,
        DialAttempt.result != AttemptResult.NOT_PLACED,
    )
    return session.scalar(
        select(Dial)
        .where(
            Dial.state == DialState.WAITING,
            Dial.next_at <= at,
            Dial.purpose.in_(open_now),
            ~on_the_line,
            ~being_rung,
            # Somebody waits for the telephone to ring; when it may, he has seen to.
            Dial.purpose.in_(AWAITED) | ~just_rung,
        )
        .order_by(Dial.priority.desc(), Dial.next_at, Dial.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Dial)
    )


def _open_purposes(at: datetime) -> list[DialPurpose]:
    """Inside their windows, and with a line free."""
    live = session.execute(
        select(Dial.purpose, func.count())
        .join(DialAttempt, DialAttempt.dial_id == Dial.id)
        .where(DialAttempt.state != AttemptState.ENDED)
        .group_by(Dial.purpose)
    )
    busy: dict[DialPurpose, int] = {purpose: lines for purpose, lines in live.all()}  # noqa: C416
    return [
        one
        for one in DialPurpose
        if rules(one).open_at(at) and busy.get(one, 0) < rules(one).at_once
    ]


def _ringing(dial: Dial, attempt: DialAttempt) -> Ringing:
    settings = current_app.config["SETTINGS"]
    door = f"{settings.public_url}{DOOR}/{attempt.id}"
    wanted = rules(dial.purpose)
    return Ringing(
        to=dialled(dial.number),
        document=f"{dial.url}/{attempt.id}{RETRY}",
        fallback=f"{settings.fallback_url}{DOOR}/failed",
        reports=f"{door}/status{RETRY}",
        machine=f"{door}/nature{RETRY}" if wanted.detect_machines else "",
        after_tone=wanted.tells_machines,
        seconds=wanted.ring_seconds,
    )
