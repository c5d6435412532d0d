"""The doors for another platform: what it is offered, what it offers, and its answers."""

from datetime import datetime
from typing import Annotated, Any

from flask import abort
from pydantic import Field
from sqlalchemy import select

from channels.api.answers import Told
from channels.api.door import operation
from channels.api.sent import MOST_ITEMS, Given, Note, Text
from infra.db import session
from models import Kind, Linkage, LinkageState, Scope, Side, TicketState, Urgency
from staff import audit
from staff.access import current_key, current_staff
from tickets import fields, linkage, locking, search
from tickets.handling import NotYet
from tickets.locking import NotThere
from web.asked import LARGEST_ID
from web.languages import _

ONE = "/linkages/<int:linkage_id>"
Number = Annotated[str, Field(min_length=1, max_length=48, description="Your own number for it.")]


class LinkagesWanted(Given):
    after: int = Field(0, ge=0, le=LARGEST_ID, description="`next` of the page before.")
    limit: int = Field(50, ge=1, le=MOST_ITEMS)


class Offered(Given):
    """A matter that you received first and that may be the hotline's."""

    number: Number
    kind: Kind
    topic: Annotated[str, Field(min_length=1, max_length=48)]
    district: Annotated[str, Field(min_length=1, max_length=32)]
    address: Annotated[str, Field(min_length=1, max_length=200)]
    summary: Annotated[str, Field(min_length=1, max_length=2000)]
    demand: Annotated[str, Field(min_length=1, max_length=500)]
    urgency: Urgency = Urgency.NORMAL
    consent: bool = Field(False, description="Whether who called agreed to it.")


class Accepted(Given):
    number: Number | None = None


class Refused(Given):
    reason: Text


class Result(Given):
    result: Text


class LinkageTold(Told):
    """One matter between both platforms; until it is agreed the first receiver handles it."""

    id: int
    ticket: str
    ticket_state: TicketState
    number: str | None = Field(description="Your number for it.")
    state: LinkageState
    first_receiver: Side = Field(description="`peer` is you, `ours` is the hotline.")
    handled_by: Side
    offered_at: datetime
    answer_due_at: datetime
    answered_at: datetime | None
    reason: Note
    result: str | None
    result_at: datetime | None
    summary: str
    demand: str
    address: str


class LinkagesTold(Told):
    items: list[LinkageTold]
    next: int | None


@operation("GET /linkages", Scope.LINKAGE, LinkagesTold, query=LinkagesWanted)
def linkages(query: LinkagesWanted) -> LinkagesTold:
    """What is between the hotline and your platform, page by page; looks are logged"""
    found = session.scalars(
        select(Linkage)
        .where(Linkage.peer_id == current_key().unit_id, Linkage.id > query.after)
        .order_by(Linkage.id)
        .limit(query.limit + 1)
    ).all()
    items = [_told(one) for one in found[: query.limit]]
    return LinkagesTold(items=items, next=items[-1].id if len(found) > query.limit else None)


@operation("POST /linkages", Scope.LINKAGE, LinkageTold, status=201, body=Offered)
def offer(body: Offered) -> LinkageTold:
    """Offer a matter; the same number again is the same matter"""
    typed = fields.Typed(**body.model_dump(exclude={"number", "consent"}))
    try:
        made = linkage.take_in(
            current_key().unit, body.number, typed, by=current_staff(), consent=body.consent
        )
    except (fields.UnknownCode, fields.FieldsMissing) as error:
        abort(422, str(error))
    return _told(made)


@operation(f"POST {ONE}/acceptance", Scope.LINKAGE, LinkageTold, body=Accepted)
def accept(linkage_id: int, body: Accepted) -> LinkageTold:
    """You take what the hotline offered"""
    one = _to_answer(linkage_id)
    linkage.accept(one, by=current_staff(), peer_number=body.number)
    return _told(one)


@operation(f"POST {ONE}/refusal", Scope.LINKAGE, LinkageTold, body=Refused)
def refuse(linkage_id: int, body: Refused) -> LinkageTold:
    """You do not take it; the hotline goes on with it first"""
    one = _to_answer(linkage_id)
    linkage.refuse(one, by=current_staff(), reason=body.reason)
    return _told(one)


@operation(f"POST {ONE}/result", Scope.LINKAGE, LinkageTold, body=Result)
def report(linkage_id: int, body: Result) -> LinkageTold:
    """What came of what you handle"""
    one = _own(linkage_id)
    if one.handled_by is not Side.PEER:
        raise NotYet(_("这件事由热线办理，结果由热线回传"))
    linkage.report(one, body.result, by=current_staff())
    return _told(one)


def _to_answer(linkage_id: int) -> Linkage:
    one = _own(linkage_id)
    if one.first_receiver is not Side.OURS:
        raise NotYet(_("这件事由贵方提出，应由热线答复"))
    return one


def _own(linkage_id: int) -> Linkage:
    mine = select(Linkage.id).where(
        Linkage.id == linkage_id, Linkage.peer_id == current_key().unit_id
    )
    if session.scalar(mine) is None:
        raise NotThere
    return locking.linkage(linkage_id)


def _told(one: Linkage) -> LinkageTold:
    ticket, staff = one.ticket, current_staff()
    audit.look("ticket.viewed", "ticket", ticket.number)
    elsewhere: dict[str, Any] = {
        "ticket": ticket.number,
        "ticket_state": ticket.state,
        "number": one.peer_number,
        "summary": search.shown_to(staff, ticket.summary),
        "demand": search.shown_to(staff, ticket.demand),
        "address": search.shown_to(staff, ticket.address),
    }
    here = LinkageTold.model_fields.keys() - elsewhere.keys()
    return LinkageTold(**elsewhere, **{name: getattr(one, name) for name in here})
