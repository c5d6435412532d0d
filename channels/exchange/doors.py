"""The doors for peers: packages they send, packages they are sent, and their answers."""

from datetime import datetime
from typing import Annotated, Self

from flask import abort
from pydantic import Field, model_validator
from sqlalchemy import select

from channels.api import sent
from channels.api.answers import Told
from channels.api.door import operation
from channels.api.sent import MOST_ITEMS, Given, Moment, Note, Text
from channels.exchange import incoming, outgoing, packages, peers
from channels.exchange.packages import Package
from infra.db import session
from models import Exchange, ExchangeState, Kind, Peer, Scope, Side, Ticket, Urgency
from models.exchange import LONGEST_NUMBER
from staff import audit
from staff.access import current_key, current_staff
from tickets import fields, locking, own
from tickets.handling import Answer
from tickets.locking import NotThere
from web.asked import LARGEST_ID
from web.languages import _

ONE = "/exchanges/<int:exchange_id>"
Number = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST_NUMBER, pattern=r"^[\w./-]+$", description="Your own."),
]
Checksum = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256; see docs/api.md.")]


class ExchangesWanted(Given):
    ticket: Annotated[str, Field(max_length=24)] | None = Field(
        None, description="Only of the ticket with this number."
    )
    after: int = Field(0, ge=0, le=LARGEST_ID, description="`next` of the page before.")
    limit: int = Field(50, ge=1, le=MOST_ITEMS)


class PackageSent(Given):
    """A matter that your platform hands to this city."""

    number: Number
    version: int = Field(1, ge=1, le=10_000, description="Raise it to correct what was sent.")
    hop: int = Field(1, ge=1, le=100, description="How many platforms hand it on, yours included.")
    kind: Kind
    topic: Annotated[str, Field(min_length=1, max_length=48)]
    district: Annotated[str, Field(min_length=1, max_length=32)]
    address: Annotated[str, Field(min_length=1, max_length=200)]
    summary: Annotated[str, Field(min_length=1, max_length=2000)]
    demand: Annotated[str, Field(min_length=1, max_length=500)]
    urgency: Urgency = Urgency.NORMAL
    due_at: Moment | None = Field(None, description="When your platform is due.")
    checksum: Checksum

    @model_validator(mode="after")
    def is_whole(self) -> Self:
        if packages.checksum(self.package) != self.checksum:
            raise ValueError(_("checksum 与内容不符：内容在途中有变，或计算方法不同"))
        return self

    @property
    def package(self) -> Package:
        return Package(**self.model_dump(exclude={"checksum"}))


class Acknowledged(Given):
    checksum: Checksum
    number: Number | None = None


class ExchangeRefused(Given):
    reason: Text


class AnswerTold(Told):
    at: datetime
    text: str


class ExchangeTold(Told):
    """One package between both platforms, whoever sent it."""

    id: int
    origin: Side = Field(description="`peer` is you, `ours` is the hotline.")
    ticket: str
    number: str | None = Field(description="Your number for it.")
    version: int
    hop: int
    checksum: str
    state: ExchangeState
    sent_at: datetime
    acknowledged_at: datetime | None
    due_at: datetime | None
    reason: Note
    kind: Kind
    topic: str
    district: str
    address: str
    summary: str
    demand: str
    urgency: Urgency
    answers: list[AnswerTold] = Field(description="What this city answered to your package.")


class ExchangesTold(Told):
    items: list[ExchangeTold]
    next: int | None


@operation("GET /exchanges", Scope.EXCHANGE, ExchangesTold, query=ExchangesWanted)
def exchanges(query: ExchangesWanted) -> ExchangesTold:
    """Packages between the hotline and your platform, page by page; looks are logged"""
    wanted = select(Exchange).where(Exchange.peer_id == own_peer().id, Exchange.id > query.after)
    if query.ticket is not None:
        wanted = wanted.join(Exchange.ticket).where(Ticket.number == query.ticket)
    found = session.scalars(wanted.order_by(Exchange.id).limit(query.limit + 1)).all()
    items = [_told(one) for one in found[: query.limit]]
    return ExchangesTold(items=items, next=items[-1].id if len(found) > query.limit else None)


@operation("POST /exchanges", Scope.EXCHANGE, ExchangeTold, status=201, body=PackageSent)
def take_in(body: PackageSent) -> ExchangeTold:
    """Hand a package to this city; the answer is its receipt, the same package again the same"""
    try:
        made = incoming.take_in(own_peer(), body.package, by=current_staff())
    except (fields.UnknownCode, fields.FieldsMissing) as error:
        abort(422, str(error))
    return _told(made)


@operation(f"POST {ONE}/acknowledgement", Scope.EXCHANGE, ExchangeTold, body=Acknowledged)
def acknowledge(exchange_id: int, body: Acknowledged) -> ExchangeTold:
    """You have it whole and take it; again is harmless"""
    one = _own(exchange_id)
    outgoing.acknowledge(one, body.checksum, by=current_staff(), number=body.number)
    return _told(one)


@operation(f"POST {ONE}/refusal", Scope.EXCHANGE, ExchangeTold, body=ExchangeRefused)
def refuse_package(exchange_id: int, body: ExchangeRefused) -> ExchangeTold:
    """You do not take it, and say why; the hotline's dispatcher finds somebody else"""
    one = _own(exchange_id)
    outgoing.refuse(one, by=current_staff(), reason=body.reason)
    return _told(one)


@operation(
    f"POST {ONE}/answers", Scope.EXCHANGE, ExchangeTold, status=201, body=sent.Answered
)  # fmt: skip
def answer(exchange_id: int, body: sent.Answered) -> ExchangeTold:
    """Your answer; the hotline checks it before the citizen sees it"""
    one = _own(exchange_id)
    said = Answer(**{**body.model_dump(), "contact_way": body.contact_way or ""})
    outgoing.answer(one, said, by=current_staff())
    return _told(one)


def own_peer() -> Peer:
    """403 for a unit that is none."""
    peer = peers.of_unit(current_key().unit_id)
    if peer is None:
        abort(403, _("这个密钥的单位不是交换平台，请联系热线管理员"))
    return peer


def _own(exchange_id: int) -> Exchange:
    mine = select(Exchange.id).where(Exchange.id == exchange_id, Exchange.peer_id == own_peer().id)
    if session.scalar(mine) is None:
        raise NotThere
    return locking.exchange(exchange_id)


def _told(one: Exchange) -> ExchangeTold:
    audit.look("ticket.viewed", "ticket", one.ticket.number)
    content = vars(packages.of_ticket(one.ticket, one.hop))
    here = ("id", "origin", "version", "hop", "state", "sent_at", "acknowledged_at", "reason")
    return ExchangeTold(
        **{name: content[name] for name in content if name not in ("number", "version", "hop")},
        **{name: getattr(one, name) for name in here},
        ticket=one.ticket.number or "",
        number=one.peer_number,
        checksum=outgoing.current_checksum(one),
        answers=_answers(one),
    )


def _answers(one: Exchange) -> list[AnswerTold]:
    """To what the peer sent; its own answer it knows."""
    if one.origin is Side.OURS:
        return []
    return [AnswerTold(at=said.at, text=said.text) for said in own.answers(one.ticket)]
