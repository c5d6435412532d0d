"""未成年人个案: risk by a published rule, alarm to the leads, and what is owed afterwards.

The rule, in words in docs/routing.md.  Source: domain reference 7.1; 未成年人保护法 art. 11, 97."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from assist import alerts
from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import (
    Call,
    CallEvent,
    CallStatus,
    MandatoryReport,
    Protection,
    ProtectionVisit,
    Receiver,
    Risk,
    RiskLevel,
    Seat,
    StaffMember,
)
from queues import callbacks, calls, panicking
from queues.journal import note
from tickets import chasing, history, lifecycle, locking, sparing, telling
from web.languages import _
from web.refusals import Refused

# Any of these is red.
RED = {Risk.DANGER_NOW, Risk.SEXUAL, Risk.SELF_HARM}
# Both together: who hurts him is at home.
RED_TOGETHER = {Risk.INJURY, Risk.GUARDIAN}
NOTICE_WITHIN = {RiskLevel.RED: timedelta(minutes=5), RiskLevel.ORANGE: timedelta(minutes=30)}
VISITS = (timedelta(hours=24), timedelta(days=7), timedelta(days=30))
LONGEST = 500


class NotNow(Refused):
    """It cannot be written down so; the message says why."""


def level_of(risks: Collection[Risk]) -> RiskLevel:
    """Red: danger now, sexual, self-harm, or injured with a suspect guardian.  Orange: any other
    of the six.  Yellow: none of them."""
    if RED & set(risks) or set(risks) >= RED_TOGETHER:
        return RiskLevel.RED
    return RiskLevel.ORANGE if risks else RiskLevel.YELLOW


def due_of(level: RiskLevel, at: datetime) -> datetime:
    """By when civil affairs is to know; of yellow at the end of the city's day."""
    within = NOTICE_WITHIN.get(level)
    if within is not None:
        return at + within
    return local(at).replace(hour=23, minute=59, second=59, microsecond=0)


def concerns(call: Call) -> bool:
    """Whether the form is asked of this call."""
    return callbacks.protected(call.person, call.line or calls.general())


def judge(
    call: Call, ticked: Collection[Risk], *, by: Seat, shown: Collection[Risk] = ()
) -> Protection:
    """What the agent ticked, and what is known already unless his form has ``shown`` it; a level
    only rises, and its clock runs from the first.

    Whatever ticket the call is about is a minor's, and confidential, from here on, and so is who
    calls from that number.  Raises NotNow."""
    if call.agent_id != by.staff_id or call.answered_at is None:
        raise NotNow(_("只能为自己接听的来电填写风险评估"))
    about = sorted(chasing.of_call(call), key=lambda one: one.id)
    locking.in_order(one.id for one in about)
    draft, known = lifecycle.draft(call), of_call(call)
    if known is None and not (concerns(call) or telling.concerns_a_minor(draft)):
        raise NotNow(_("这不是未成年人的来电；请先在诉求单上勾选未成年人"))
    for ticket in (*about, draft):
        sparing.protect(ticket, by=by.staff)
    risks = set(ticked) | ({Risk(one) for one in known.risks} - set(shown) if known else set())
    level, at = level_of(risks), now()
    if known is None:
        known = _begin(call, draft.id, risks, level, by)
    elif _is_worse(level, known.level) or set(known.risks) != set(risks):
        if _is_worse(level, known.level):
            known.level, known.notice_due_at = level, min(known.notice_due_at, due_of(level, at))
        known.risks = sorted(risks)
    else:
        return known
    history.note(draft, "risk_judged", by=by.staff, level=known.level, risks=known.risks)
    note(call, "risk_judged", agent=by.staff_id, level=known.level)
    _alarm(call, known, by)
    return known


def of_call(call: Call) -> Protection | None:
    return session.scalar(select(Protection).where(Protection.call_id == call.id))


def report(
    one: Protection, receiver: Receiver, *, what: str, person: str, receipt: str, by: StaffMember
) -> MandatoryReport:
    """That somebody was told; the first to civil affairs meets the target.  Sent again, the same is
    one.  Raises NotNow."""
    told = {"what": what, "person": person, "receipt": receipt}
    if any(not 0 < len(value.strip()) <= LONGEST for value in told.values()):
        raise NotNow(_("请写明报告内容、接报人和回执编号"))
    known = next((made for made in reports_of([one.id]) if _is_same(made, receiver, told)), None)
    if known is not None:
        return known
    made = MandatoryReport(protection_id=one.id, receiver=receiver, at=now(), by_id=by.id, **told)
    session.add(made)
    if receiver is Receiver.CIVIL_AFFAIRS and one.noticed_at is None:
        one.noticed_at = made.at
    history.note(one.ticket, "mandatory_reported", by=by, receiver=receiver)
    return made


def judges_of(one: Protection) -> set[int]:
    """Whoever has judged it, in whosever hand the call was then."""
    judged = CallEvent.call_id == one.call_id, CallEvent.name == "risk_judged"
    agents = session.scalars(select(CallEvent.detail["agent"].as_integer()).where(*judged))
    return {one.by_id, *agents}


def review(one: Protection, words: str, *, by: StaffMember) -> None:
    """Each case is looked at by a second person.  Raises NotNow."""
    if one.reviewed_at is not None:
        return
    if by.id in judges_of(one):
        raise NotNow(_("要由接听座席以外的班长复核"))
    one.review = _told(words, _("请写明复核意见"))
    one.reviewed_at, one.reviewed_by_id = now(), by.id


def visit(task: ProtectionVisit, words: str, *, by: StaffMember) -> None:
    """How the child is, at one of the dates.  Raises NotNow."""
    if task.done_at is not None:
        return
    task.found = _told(words, _("请写明跟踪情况"))
    task.done_at, task.done_by_id = now(), by.id


def reports_of(ids: Sequence[int]) -> Sequence[MandatoryReport]:
    told = select(MandatoryReport).where(MandatoryReport.protection_id.in_(ids))
    return session.scalars(
        told.options(joinedload(MandatoryReport.by)).order_by(MandatoryReport.id)
    ).all()


def visits_of(ids: Sequence[int]) -> Sequence[ProtectionVisit]:
    tasks = select(ProtectionVisit).where(ProtectionVisit.protection_id.in_(ids))
    return session.scalars(
        tasks.options(joinedload(ProtectionVisit.done_by)).order_by(ProtectionVisit.due_at)
    ).all()


def _begin(
    call: Call, ticket_id: int, risks: Collection[Risk], level: RiskLevel, by: Seat
) -> Protection:
    at = now()
    made = Protection(
        call_id=call.id,
        ticket_id=ticket_id,
        by_id=by.staff_id,
        at=at,
        risks=sorted(risks),
        level=level,
        notice_due_at=due_of(level, at),
    )
    session.add(made)
    session.flush()  # its visits name it
    session.add_all(ProtectionVisit(protection_id=made.id, due_at=at + after) for after in VISITS)
    return made


def _is_worse(level: RiskLevel, than: RiskLevel) -> bool:
    order = list(RiskLevel)
    return order.index(level) < order.index(than)


def _alarm(call: Call, one: Protection, by: Seat) -> None:
    """A lead is beside the agent at once; in red all of them hear it."""
    if call.status is not CallStatus.TALKING:
        return
    alerts.raise_hand(call, keyword=alerts.of_risk(one.level), rises=True)
    if one.level is RiskLevel.RED:
        panicking.press(call, by=by)


def _is_same(made: MandatoryReport, receiver: Receiver, told: dict[str, str]) -> bool:
    """They are sealed, and compared as they were written."""
    return made.receiver is receiver and all(
        getattr(made, name) == words for name, words in told.items()
    )


def _told(words: str, missing: str) -> str:
    words = words.strip()
    if not 0 < len(words) <= LONGEST:
        raise NotNow(missing)
    return words
