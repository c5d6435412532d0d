"""What becomes of a ticket as it is submitted: handled, looked at first, answered at once, or not
accepted.  Source: domain reference 1.2 and 1.3."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from infra.clock import now
from infra.db import session
from models import Kind, Remark, RemarkKind, StaffMember, Ticket, TicketState
from tickets import fields, review
from tickets.history import note
from web.languages import _

LONGEST_ANSWER = 2000


class Way(StrEnum):
    DISPATCH = "dispatch"
    REVIEW = "review"
    ANSWER = "answer"
    REJECT = "reject"


@dataclass(frozen=True)
class Outcome:
    """``answer``: what he was told; ``reason``: the code of why it is not accepted."""

    way: Way = Way.DISPATCH
    answer: str = ""
    reason: str = ""


DISPATCHED = Outcome()


def chosen(given: Any) -> Outcome:
    """As a form or the desk sends it; nothing is handled.  Raises FieldsMissing."""
    if not isinstance(given, Mapping):
        return DISPATCHED
    way = str(given.get("way") or Way.DISPATCH)
    if way not in list(Way):
        raise fields.FieldsMissing({"way": _("请选择处理方式")})
    return Outcome(
        Way(way), answer=str(given.get("answer") or ""), reason=str(given.get("reason") or "")
    )


def besides(given: Any) -> Any:
    """The ticket's own fields."""
    if not isinstance(given, Mapping):
        return given
    return {name: value for name, value in given.items() if name not in ("way", "answer", "reason")}


def insist_fits(ticket: Ticket, outcome: Outcome) -> None:
    """Raises FieldsMissing."""
    if outcome.way is Way.REJECT:
        # Of what is none of the hotline's nobody need know where it is.
        fields.insist_filled(ticket, fields.REQUIRED[None])
        if outcome.reason not in review.REASONS:
            raise fields.FieldsMissing({"reason": _("请选择不予受理的原因")})
        return
    if outcome.way is Way.ANSWER and ticket.kind not in (Kind.CONSULT, Kind.PRAISE):
        raise fields.FieldsMissing({"kind": _("只有咨询和表扬可以直接解答，其他诉求请转派办理")})
    fields.insist_complete(ticket)
    if outcome.way is Way.ANSWER and not 0 < len(outcome.answer.strip()) <= LONGEST_ANSWER:
        raise fields.FieldsMissing(
            {"answer": _("请填写答复市民的内容，%(most)s 字以内", most=LONGEST_ANSWER)}
        )


def take(ticket: Ticket, outcome: Outcome, *, by: StaffMember) -> None:
    """It has its number by now."""
    match outcome.way:
        case Way.DISPATCH:
            ticket.make("register")
        case Way.REVIEW:
            ticket.make("register_for_review")
        case Way.ANSWER:
            _answer(ticket, outcome.answer.strip(), by)
        case Way.REJECT:
            review.reject(ticket, by=by, reason=outcome.reason)


def answer_to(ticket: Ticket) -> Remark | None:
    """What he was told at once, whose ticket that settled."""
    if ticket.state not in (TicketState.ANSWERED, TicketState.ARCHIVED):
        return None
    answers = select(Remark).where(Remark.ticket_id == ticket.id, Remark.kind == RemarkKind.ANSWER)
    return session.scalar(answers)


def _answer(ticket: Ticket, words: str, by: StaffMember) -> None:
    ticket.make("answer_directly")
    said = Remark(ticket_id=ticket.id, kind=RemarkKind.ANSWER, at=now(), by_id=by.id, words=words)
    session.add(said)
    session.flush()  # the history names it
    note(ticket, "answered_directly", by=by, remark=said.id)
