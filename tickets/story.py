"""Everything that units and the hotline did with a ticket, gathered for its pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from infra.db import session
from infra.localtime import local
from models import (
    Addition,
    AdditionKind,
    Assignment,
    Attachment,
    Contact,
    Recording,
    Remark,
    Reply,
    Request,
    Round,
    Supervision,
    Ticket,
    TicketEvent,
    Urge,
)
from models.lifecycle import WITHDRAWN
from tickets import merging, outcomes, questions, reasons, trail
from web.languages import _

Row = TypeVar("Row", Round, Reply, Request, Supervision, Urge, Contact, Addition, Attachment)


@dataclass(frozen=True)
class Story:
    rounds: Sequence[Round]
    assignments: Sequence[Assignment]
    replies: Sequence[Reply]
    requests: Sequence[Request]
    supervisions: Sequence[Supervision]
    urges: Sequence[Urge]
    contacts: Sequence[Contact]
    # By the call: what was recorded of contacts through the line.
    sounds: dict[int | None, Recording]
    # By the take: what citizens said when they added something by key 9.
    takes: dict[str | None, Recording]
    attachments: Sequence[Attachment]
    additions: Sequence[Addition]
    children: Sequence[Ticket]
    added_by_children: Sequence[Addition]
    master: Ticket | None
    # Asked and not answered yet; and what the citizen was told at once.
    question: Remark | None
    direct_answer: Remark | None
    # Why it was voided, merged, separated, or a limit of the law lengthened.
    reasons: Sequence[Remark]
    hops: list[trail.Hop]
    widths: list[int]

    @property
    def empty(self) -> bool:
        return not (self.assignments or self.requests or self.urges or self.children or self.master)

    def in_other_rounds(self, one: Assignment) -> list[Assignment]:
        """What the same unit had, or has, in hand of the ticket's other rounds."""
        return [
            other
            for other in self.assignments
            if other.unit_id == one.unit_id
            and other.round_id != one.round_id
            and other.state not in WITHDRAWN
        ]


def of(ticket: Ticket) -> Story:
    assignments = session.scalars(
        select(Assignment)
        .where(Assignment.ticket_id == ticket.id)
        .options(joinedload(Assignment.unit), joinedload(Assignment.round))
        .order_by(Assignment.dispatched_at, Assignment.id)
    ).all()
    ids = [one.id for one in assignments]
    hops = trail.hops(ticket, assignments)
    contacts = _rows(Contact, Contact.assignment_id.in_(ids))
    children = merging.children_of(ticket)
    additions = _rows(Addition, Addition.ticket_id == ticket.id)
    by_children = _rows(
        Addition,
        Addition.ticket_id.in_([one.id for one in children])
        & (Addition.kind == AdditionKind.FACTS),
    )
    return Story(
        rounds=_rows(Round, Round.ticket_id == ticket.id),
        assignments=assignments,
        replies=_rows(Reply, Reply.assignment_id.in_(ids)),
        requests=_rows(Request, Request.ticket_id == ticket.id),
        supervisions=_rows(Supervision, Supervision.ticket_id == ticket.id),
        urges=_rows(Urge, Urge.ticket_id == ticket.id),
        contacts=contacts,
        sounds=_sounds(contacts),
        takes=_takes([*additions, *by_children]),
        attachments=_rows(Attachment, Attachment.assignment_id.in_(ids)),
        additions=additions,
        children=children,
        added_by_children=by_children,
        master=session.get(Ticket, ticket.merged_into_id) if ticket.merged_into_id else None,
        question=questions.of(ticket),
        direct_answer=outcomes.answer_to(ticket),
        reasons=reasons.of(ticket),
        hops=hops,
        widths=trail.widths(hops),
    )


def handed_down(assignment: Assignment) -> TicketEvent | None:
    """The link of the history that says who gave it to a sub-unit; None for the hotline's own."""
    if assignment.parent_id is None:
        return None
    return session.scalar(
        select(TicketEvent)
        .where(
            TicketEvent.ticket_id == assignment.ticket_id,
            TicketEvent.name == "delegated",
            TicketEvent.detail["assignment"].as_integer() == assignment.id,
        )
        .options(joinedload(TicketEvent.by))
    )


def signed_before(assignment: Assignment) -> str:
    """To who would sign what is signed already, or is not his any more: by whom, and when."""
    if assignment.signed_at is None:
        return _("已不在本单位办理，不能签收")
    signed = session.scalar(
        select(TicketEvent)
        .where(
            TicketEvent.ticket_id == assignment.ticket_id,
            TicketEvent.name == "signed",
            TicketEvent.detail["assignment"].as_integer() == assignment.id,
        )
        .options(joinedload(TicketEvent.by))
        .order_by(TicketEvent.id)
        .limit(1)
    )
    at = f"{local(assignment.signed_at):%Y-%m-%d %H:%M}"
    if signed is None:  # asking to return it, it was seen
        return _("已于 %(at)s 随退单申请视为签收，不用再签", at=at)
    if signed.by is None:
        return _("已于 %(at)s 由本单位系统签收，不用再签", at=at)
    return _("%(name)s 已于 %(at)s 签收，不用再签", name=signed.by.name, at=at)


def _sounds(contacts: Sequence[Contact]) -> dict[int | None, Recording]:
    called = [one.call_id for one in contacts if one.call_id is not None]
    if not called:
        return {}
    kept = session.scalars(select(Recording).where(Recording.call_id.in_(called)))
    return {one.call_id: one for one in kept}


def _takes(additions: Sequence[Addition]) -> dict[str | None, Recording]:
    """Heard by the hotline's own people, to whom it was said."""
    called = {one.call_id for one in additions if one.take is not None}
    if not called:
        return {}
    kept = select(Recording).where(Recording.call_id.in_(called), Recording.take.is_not(None))
    return {one.take: one for one in session.scalars(kept)}


def _rows(model: type[Row], condition: ColumnElement[bool]) -> Sequence[Row]:
    return session.scalars(select(model).where(condition).order_by(model.id)).all()
