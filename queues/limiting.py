"""恶意骚扰来电: strikes by agents, a limitation by two persons, an appeal to a third.

Nobody is refused for ever, and danger always passes.  It is over when its time is over: whether it
holds is asked as he calls, and no job ends it.  Source: domain reference 7.2, peers 12.10."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from infra.clock import now
from infra.db import session
from models import (
    Appeal,
    Call,
    Callback,
    Direction,
    Limitation,
    LimitKind,
    LimitState,
    Person,
    StaffMember,
    Strike,
    StrikeReason,
    Ticket,
)
from queues import last_in_line
from queues.journal import note
from web.languages import _
from web.refusals import Refused

STRIKES = 3
COUNTED_FOR = timedelta(days=90)
# The first, the second, and each further one within a year.
TERMS = (timedelta(hours=24), timedelta(days=7), timedelta(days=30))
REPEATED_WITHIN = timedelta(days=365)
LONGEST = 500


class NotLimited(Refused):
    """It cannot be done so; the message says why, and what is needed."""


def report(
    call: Call, reason: StrikeReason, words: str, *, persuaded: bool, by: StaffMember
) -> Strike:
    """Of a call one is enough.  ``persuaded``: he has asked the caller to stop, in words.

    Raises NotLimited."""
    known = session.scalar(select(Strike).where(Strike.call_id == call.id))
    if known is not None:
        return known
    person = _insist_reportable(call)
    if not persuaded:
        raise NotLimited(_("请先口头劝告来电人，再勾选已劝告"))
    strike = Strike(
        person_id=person.id,
        call_id=call.id,
        by_id=by.id,
        at=now(),
        reason=reason,
        words=_told(words, _("请写明来电人说了什么、做了什么")),
    )
    session.add(strike)
    note(call, "struck", agent=by.id)
    return strike


def standing(person_id: int) -> Sequence[Strike]:
    """Those that may still lead to a limitation."""
    strikes = select(Strike).where(
        Strike.person_id == person_id,
        Strike.at > now() - COUNTED_FOR,
        Strike.limitation_id.is_(None),
    )
    return session.scalars(strikes.order_by(Strike.at)).all()


def agents_of(strikes: Sequence[Strike]) -> set[int]:
    return {one.by_id for one in strikes}


def ask(person_id: int, kind: LimitKind, because: str, *, by: StaffMember) -> Limitation:
    """Raises NotLimited."""
    person = session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise NotLimited(_("没有这个号码"))
    strikes = standing(person.id)
    if len(agents_of(strikes)) < STRIKES:
        raise NotLimited(_("90 天内要有 %(count)s 位不同座席的记录", count=STRIKES))
    _insist_unconcerned(by, person.id)
    if is_protected(person):
        raise NotLimited(_("这是未成年人的号码，不能限制"))
    if _open_of(person.id) is not None:
        raise NotLimited(_("这个号码已有待批准或生效的限制"))
    made = Limitation(
        person_id=person.id,
        kind=kind,
        because=_told(because, _("请写明限制的理由")),
        asked_by_id=by.id,
        asked_at=now(),
    )
    session.add(made)
    session.flush()  # the strikes name it
    for strike in strikes:
        strike.limitation_id = made.id
    return made


def approve(limitation: Limitation, *, by: StaffMember) -> None:
    """It begins now, and is the longer the more of them there were.  Raises NotLimited."""
    if not _decides(limitation, by):
        return
    if is_protected(limitation.person):
        raise NotLimited(_("这是未成年人的号码，不能限制"))
    if len(agents_of([*strikes_of(limitation, now()), *standing(limitation.person_id)])) < STRIKES:
        raise NotLimited(_("90 天内要有 %(count)s 位不同座席的记录", count=STRIKES))
    at, term = now(), term_of(limitation)
    limitation.begins_at, limitation.expires_at = at, at + term
    _decided(limitation, LimitState.APPROVED, by)


def refuse(limitation: Limitation, *, by: StaffMember) -> None:
    """Its strikes stand as they did.  Raises NotLimited."""
    if not _decides(limitation, by):
        return
    _decided(limitation, LimitState.REFUSED, by)
    _set_free(limitation)


def withdraw(limitation: Limitation, *, by: StaffMember) -> None:
    """Who asked thinks better of it before anybody has decided: it is gone, and its strikes stand.

    Raises NotLimited."""
    if limitation.state is not LimitState.ASKED or by.id != limitation.asked_by_id:
        raise NotLimited(_("只有申请人可以撤回待批准的申请"))
    _set_free(limitation)
    session.delete(limitation)


def term_of(limitation: Limitation) -> timedelta:
    """24 hours first, then 7 days, then 30; one that an appeal has lifted does not count."""
    earlier = session.scalar(
        select(func.count(Limitation.id)).where(
            Limitation.person_id == limitation.person_id,
            Limitation.id != limitation.id,
            Limitation.begins_at > now() - REPEATED_WITHIN,
            Limitation.lifted_at.is_(None),
        )
    )
    return TERMS[min(earlier or 0, len(TERMS) - 1)]


def appeal(limitation: Limitation, words: str, *, by: StaffMember) -> Appeal:
    """Whoever hears of it writes it down.  Raises NotLimited."""
    if not limitation.holds(now()):
        raise NotLimited(_("这项限制已不再生效"))
    if open_appeal(limitation) is not None:
        raise NotLimited(_("已有一件申诉等待处理"))
    made = Appeal(
        limitation_id=limitation.id,
        at=now(),
        by_id=by.id,
        words=_told(words, _("请写明申诉的理由")),
    )
    session.add(made)
    return made


def decide(one: Appeal, *, granted: bool, answer: str, by: StaffMember) -> None:
    """Granted it lifts the limitation at once.  Raises NotLimited."""
    if one.decided_by_id is not None:
        return
    limitation = one.limitation
    if by.id in (limitation.asked_by_id, limitation.decided_by_id):
        raise NotLimited(_("申请或批准这项限制的人不能处理申诉，请由另一位班长或管理员处理"))
    if by.id == one.by_id:
        raise NotLimited(_("申诉由您记录，请由另一位班长或管理员处理"))
    _insist_unconcerned(by, limitation.person_id, limitation)
    one.answer = _told(answer, _("请写明处理意见"))
    one.granted, one.decided_by_id, one.decided_at = granted, by.id, now()
    if granted and limitation.holds(now()):
        limitation.lifted_at = now()
        last_in_line.raise_again(limitation)


def in_force(call: Call) -> Limitation | None:
    """What his number is limited by as he calls; a number that the carrier calls forged is not his,
    and whoever is in danger is not limited."""
    asked = call.direction is Direction.IN and not call.forged and call.emergency is None
    if not asked or call.person is None:
        return None
    found = of_person(call.person.id, now())
    return None if found is None or is_protected(call.person) else found


def of_person(person_id: int, at: datetime) -> Limitation | None:
    return session.scalar(
        select(Limitation)
        .where(
            Limitation.person_id == person_id,
            Limitation.state == LimitState.APPROVED,
            Limitation.lifted_at.is_(None),
            Limitation.begins_at <= at,
            Limitation.expires_at > at,
        )
        .order_by(Limitation.id.desc())
        .limit(1)
    )


def apply(limitation: Limitation, call: Call) -> None:
    """The call says by what it is limited; written once."""
    if call.limitation_id is not None:
        return
    call.limitation_id = limitation.id
    if limitation.kind is LimitKind.LAST:
        call.priority = last_in_line.PRIORITY
    note(call, "limited", limitation=limitation.id, kind=limitation.kind)


def is_protected(person: Person) -> bool:
    """A minor's number, or where a minor is safely rung: never limited, whoever calls from it."""
    if person.minor:
        return True
    safe = select(Callback.id).where(
        Callback.number_fingerprint == person.number_fingerprint, Callback.safe_hour.is_not(None)
    )
    told = select(Ticket.id).where(Ticket.person_id == person.id, Ticket.minor)
    return session.scalar(select(safe.exists() | told.exists())) is True


def open_appeal(limitation: Limitation) -> Appeal | None:
    return session.scalar(
        select(Appeal).where(Appeal.limitation_id == limitation.id, Appeal.decided_by_id.is_(None))
    )


def strikes_of(limitation: Limitation, at: datetime | None = None) -> Sequence[Strike]:
    """With ``at``: those that still count then."""
    strikes = select(Strike).where(Strike.limitation_id == limitation.id)
    if at is not None:
        strikes = strikes.where(Strike.at > at - COUNTED_FOR)
    return session.scalars(strikes.order_by(Strike.at)).all()


def may_report(call: Call) -> bool:
    try:
        _insist_reportable(call)
    except NotLimited:
        return False
    return True


def _insist_reportable(call: Call) -> Person:
    if call.direction is not Direction.IN or call.answered_at is None:
        raise NotLimited(_("只有接听过的来电可以报告"))
    if call.person is None or call.forged:
        raise NotLimited(_("来电没有真实号码，无法记录；请写入诉求单或求助班长"))
    if is_protected(call.person) or (call.line is not None and call.line.certified):
        raise NotLimited(_("未成年人的来电不能报告为骚扰，请求助班长"))
    return call.person


def _decides(limitation: Limitation, by: StaffMember) -> bool:
    """False where it is decided already."""
    if limitation.state is not LimitState.ASKED:
        return False
    if by.id == limitation.asked_by_id:
        raise NotLimited(_("要由另一位班长或管理员批准"))
    _insist_unconcerned(by, limitation.person_id, limitation)
    return True


def _decided(limitation: Limitation, state: LimitState, by: StaffMember) -> None:
    limitation.state = state
    limitation.decided_by_id, limitation.decided_at = by.id, now()


def _set_free(limitation: Limitation) -> None:
    session.execute(
        update(Strike).where(Strike.limitation_id == limitation.id).values(limitation_id=None)
    )


def _insist_unconcerned(
    by: StaffMember, person_id: int, limitation: Limitation | None = None
) -> None:
    """Whoever has reported the number of late, whether or not it led to this one."""
    counts = Strike.at > now() - COUNTED_FOR
    if limitation is not None:
        counts |= Strike.limitation_id == limitation.id
    own = select(Strike.id).where(Strike.person_id == person_id, Strike.by_id == by.id, counts)
    if session.scalar(own.limit(1)) is not None:
        raise NotLimited(_("您报告过这个号码，请由其他人办理"))


def _open_of(person_id: int) -> Limitation | None:
    asked = select(Limitation).where(
        Limitation.person_id == person_id, Limitation.state == LimitState.ASKED
    )
    return session.scalar(asked) or of_person(person_id, now())


def _told(words: str, missing: str) -> str:
    words = words.strip()
    if not 0 < len(words) <= LONGEST:
        raise NotLimited(missing + _("（%(most)s 字以内）", most=LONGEST))
    return words
