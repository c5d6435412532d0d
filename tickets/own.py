"""A citizen's own ticket, opened by its number and query code: what he reads, and what he may do.

Units are told that he added or urged; what he wrote stands apart from the history, sealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select

from assist import redaction
from infra.clock import now
from infra.db import session
from infra.wording import N_
from models import (
    Addition,
    AdditionKind,
    AlarmKind,
    Assignment,
    Call,
    Reply,
    ReplyVerdict,
    Round,
    StaffMember,
    SuperviseKind,
    Ticket,
    TicketEvent,
    TicketState,
)
from models.lifecycle import OPEN, WITH_UNITS
from staff import norms
from tickets import alarms, merging, notices, questions, supervising
from tickets.history import note
from web.languages import _
from web.refusals import Refused

LONGEST = 500
# The unit has done its part: nobody is left to be urged.
REPLIED = {TicketState.PENDING_AUDIT, TicketState.PENDING_FOLLOW_UP}

# Of all that happens to a ticket, what its citizen is told, and in which words.
STEPS = {
    "submitted": N_("已登记"),
    "asked_for_more": N_("请您补充情况"),
    "question_lapsed": N_("未等到补充，继续办理"),
    "answered_directly": N_("已直接解答"),
    "rejected": N_("不予受理"),
    "dispatched": N_("派给承办单位"),
    "signed": N_("承办单位已签收"),
    "contacted": N_("承办单位已联系您"),
    "delegated": N_("交由下级单位办理"),
    "asked_return": N_("责任单位协商中"),
    "approved_return": N_("重新确定责任单位"),
    "replied": N_("承办单位已反馈"),
    "reply_refused": N_("反馈未通过审核，退回重办"),
    "awaits_follow_up": N_("反馈通过审核"),
    "rehandled": N_("重新办理"),
    "supervised": N_("已督办"),
    "watched": N_("已督办"),
    "urged": N_("您已催办"),
    "facts_added": N_("您已补充情况"),
    "closed": N_("办结"),
    "merged": N_("与相同诉求合并办理"),
    "separated": N_("改为单独办理"),
    "handed_over_with_master": N_("转交有关部门"),
}
# What happened between the hotline, a unit and the master's own citizen is no affair of those whose
# tickets were merged into it.
HIS_OWN = (
    "submitted",
    "asked_for_more",
    "question_lapsed",
    "contacted",
    "urged",
    "facts_added",
    "answered_directly",
    "rejected",
    "merged",
    "separated",
)


class NotNow(Refused):
    """The ticket is not where this could be done; the message says what else can be."""


@dataclass(frozen=True)
class Step:
    at: datetime
    words: str
    unit: str | None


@dataclass(frozen=True)
class Answer:
    at: datetime
    unit: str
    text: str


def steps(ticket: Ticket) -> list[Step]:
    """What happened, in order, to it and to what it was merged into; the same step of the same unit
    twice in a row is one."""
    found: list[Step] = []
    of_master = (TicketEvent.ticket_id == ticket.merged_into_id) & TicketEvent.name.not_in(HIS_OWN)
    links = select(TicketEvent).where(
        (TicketEvent.ticket_id == ticket.id) | of_master, TicketEvent.name.in_(STEPS)
    )
    for link in session.scalars(links.order_by(TicketEvent.at, TicketEvent.id)):
        step = Step(link.at, STEPS[link.name], _who(link))
        if not found or (found[-1].words, found[-1].unit) != (step.words, step.unit):
            found.append(step)
    return found


def _who(link: TicketEvent) -> str | None:
    """The unit that did it; it is the hotline that registers, whatever unit it proposes."""
    if link.name == "submitted":
        return _("12345 热线")
    return link.unit.name if link.unit else None


def answers(ticket: Ticket) -> list[Answer]:
    """What units answered and the hotline let pass, the newest first."""
    passed = session.scalars(
        select(Reply)
        .join(Assignment, Assignment.id == Reply.assignment_id)
        .where(
            Assignment.ticket_id == merging.handled_as(ticket).id,
            Assignment.level == 1,
            Reply.verdict == ReplyVerdict.PASSED,
        )
        .order_by(Reply.id.desc())
    )
    return [Answer(one.at, one.assignment.unit.name, _public(one, ticket)) for one in passed]


def _public(reply: Reply, ticket: Ticket) -> str:
    """Written to the master's citizen, it may name him or his door."""
    if ticket.state is not TicketState.MERGED:
        return reply.public
    return redaction.blank(reply.public, keeping=redaction.OFFICE)


def additions(ticket: Ticket) -> Sequence[Addition]:
    kept = select(Addition).where(Addition.ticket_id == ticket.id)
    return session.scalars(kept.order_by(Addition.id)).all()


@dataclass(frozen=True)
class Spoken:
    """In which call he said it, and which of its recordings has the sound."""

    call_id: int
    take: str


def add_facts(
    ticket: Ticket, words: str, *, by: StaffMember | None = None, spoken: Spoken | None = None
) -> None:
    """A ticket that waited for them goes on; ``by`` wrote them down on the telephone.

    Raises NotNow."""
    words, handled = words.strip(), merging.handled_as(ticket)
    because = why_not_add(ticket, by=by)
    if because is None and not 0 < len(words) <= LONGEST:
        because = _("请填写补充内容，%(most)s 字以内", most=LONGEST)
    if because is not None:
        raise NotNow(because)
    added = _add(ticket, AdditionKind.FACTS, words)
    if spoken is not None:
        added.call_id, added.take = spoken.call_id, spoken.take or None
    if ticket.state is TicketState.NEED_INFO:
        questions.complete(ticket)
    note(ticket, "facts_added", by=by, addition=added.id)
    if handled is not ticket:
        note(handled, "child_added_facts", by=by, child=ticket.id, addition=added.id)
    if handled.unit is not None:
        notices.tell_about(handled, handled.unit, "facts_added", key=f"addition:{added.id}")


def why_not_add(ticket: Ticket, *, by: StaffMember | None = None) -> str | None:
    """What he is told instead; None when he may add something, or ``by`` for him: that one is whom
    he is told to call."""
    if merging.handled_as(ticket).state not in OPEN:
        return _("工单已办结，不能再补充；如有新情况请拨打 12345")
    kept = select(func.count()).where(Addition.ticket_id == ticket.id)
    if by is None and (session.scalar(kept) or 0) >= norms.amount("most_additions"):
        return _("补充次数已达上限，请拨打 12345 说明")
    return None


def why_not_urge(ticket: Ticket) -> str | None:
    """What he is told instead; None when he may urge."""
    handled = merging.handled_as(ticket)
    if handled.state in REPLIED:
        return _("承办单位已经答复，热线正在审核或回访，不用再催办；有不同意见请拨打 12345 说明")
    if handled.state not in WITH_UNITS:
        return _("工单现在不在承办单位，不能催办")
    last = session.scalar(_last_urge(ticket))
    if last is not None and now() - last < norms.span("urged_again_after"):
        hours = norms.amount("urged_again_after")
        return _("%(hours)s 小时内已催办过，承办单位已收到提醒", hours=hours)
    return None


def urge(ticket: Ticket, *, call: Call | None = None) -> None:
    """While its unit works on it, once a day, on the page or on the telephone.  Raises NotNow."""
    because = why_not_urge(ticket)
    if because is not None:
        raise NotNow(because)
    urge_for(ticket, call=call, by=None)


def urge_for(ticket: Ticket, *, call: Call | None, by: StaffMember | None, words: str = "") -> int:
    """What was merged is urged with its master, by its own number; returns how often that was."""
    master = merging.handled_as(ticket)
    if master is ticket:
        return supervising.urge(ticket, call=call, by=by, words=words)
    said = _("并入的工单 %(number)s 的市民催办", number=ticket.number)
    words = said + (_("：") + words if words else "")
    return supervising.urge(master, call=call, by=by, words=words, child=ticket)


def _last_urge(ticket: Ticket) -> Select[datetime | None]:
    """His own: those of citizens whose tickets were merged into it stand under another name."""
    return select(func.max(TicketEvent.at)).where(
        TicketEvent.ticket_id == ticket.id, TicketEvent.name == "urged"
    )


def may_say_pressed(ticket: Ticket) -> bool:
    answered = ticket.closed_at is None or now() - ticket.closed_at <= norms.span("pressed_within")
    return ticket.dispatched_at is not None and answered


def say_pressed(ticket: Ticket, words: str = "") -> None:
    """Somebody presses him for a rating: the leads see it at once, one of them looks into it, and
    no unit is told.  Once for each handling of the ticket.

    Raises NotNow."""
    words, handling = words.strip(), _last_handling(ticket)
    if handling is None or not may_say_pressed(ticket) or len(words) > LONGEST:
        raise NotNow(_("现在不能反映；请拨打 12345 说明"))
    if not alarms.raise_(handling, ticket, AlarmKind.PRESSED):
        raise NotNow(_("您已反映过，热线正在核查"))
    added = _add(ticket, AdditionKind.PRESSED, words)
    note(ticket, "pressed", addition=added.id)
    supervising.supervise(ticket, None, SuperviseKind.SYSTEM, "pressed", by=None)


def _last_handling(ticket: Ticket) -> Round | None:
    handled = select(Round).where(Round.ticket_id == ticket.id)
    return session.scalar(handled.order_by(Round.number.desc()).limit(1))


def _add(ticket: Ticket, kind: AdditionKind, words: str) -> Addition:
    added = Addition(ticket_id=ticket.id, kind=kind, at=now(), words=words)
    session.add(added)
    session.flush()  # the history names it
    return added
