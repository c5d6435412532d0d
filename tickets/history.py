"""A ticket's history as a chain: each link's hash covers the one before it.

What a link says of people stands elsewhere and is referenced by id, so that erasing a person
leaves every chain whole."""

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import null, select, update
from sqlalchemy.dialects.postgresql import insert

from infra.clock import now
from infra.db import session
from models import ChainDigest, StaffMember, Ticket, TicketEvent, TicketState, Unit
from tickets import feed

BEGINNING = ""
SALT_BYTES = 16
A_BATCH = 500


@dataclass(frozen=True)
class Break:
    """Where a chain does not hold, and why."""

    ticket_id: int
    seq: int
    why: str


def note(
    ticket: Ticket,
    name: str,
    *,
    by: StaffMember | None = None,
    unit: Unit | None = None,
    **detail: Any,
) -> None:
    """Add a link to the ticket's chain; its row stays locked until the commit."""
    session.flush()  # a new ticket needs its id, and what was changed must survive the refresh
    feed.mark_place()
    session.refresh(ticket, ["head_seq", "head_hash"], with_for_update=True)
    event = TicketEvent(
        ticket_id=ticket.id,
        seq=ticket.head_seq + 1,
        at=now(),
        by_id=by.id if by else None,
        unit_id=unit.id if unit else None,
        name=name,
        detail=detail,
        salt=secrets.token_hex(SALT_BYTES),
    )
    event.payload_hash = _payload_hash(event)
    event.hash = _hash(ticket.head_hash, event)
    ticket.head_seq, ticket.head_hash, ticket.changed_at = event.seq, event.hash, event.at
    session.add(event)


def verify(ticket: Ticket) -> Break | None:
    """Compute the chain anew; None when it holds."""
    links = session.scalars(
        select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.seq)
    )
    return flaw(ticket, links)


def flaw(ticket: Ticket, links: Iterable[TicketEvent]) -> Break | None:
    """The first link in its order that does not follow from the one before it."""
    previous, seq = BEGINNING, 0
    for seq, link in enumerate(links, start=1):
        why = _flaw(previous, seq, link)
        if why is not None:
            return Break(ticket.id, link.seq, why)
        previous = link.hash
    if (ticket.head_seq, ticket.head_hash) != (seq, previous):
        return Break(ticket.id, seq, "the newest links are missing")
    return None


def verify_all() -> Iterator[Break]:
    """Every chain that does not hold, ticket by ticket."""
    last = 0
    while True:
        batch = session.scalars(
            select(Ticket).where(Ticket.id > last).order_by(Ticket.id).limit(A_BATCH)
        ).all()
        if not batch:
            return
        for ticket in batch:
            broken = verify(ticket)
            if broken is not None:
                yield broken
        last = batch[-1].id
        session.expunge_all()


def erase_payloads(ticket: Ticket) -> int:
    """Take away what the links say, and leave that they were; the chain still holds."""
    erased = session.execute(
        update(TicketEvent)
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.salt.is_not(None))
        .values(detail=null(), salt=null())
        .returning(TicketEvent.id)
    )
    return len(erased.all())


def digest_of(day: date) -> ChainDigest:
    """The day's number over all heads, made once; whoever keeps a copy can prove tampering."""
    heads = session.execute(
        select(Ticket.id, Ticket.head_seq, Ticket.head_hash)
        .where(Ticket.state != TicketState.DRAFT)
        .order_by(Ticket.id)
        .execution_options(yield_per=10_000)
    )
    sum_of, tickets = hashlib.sha256(), 0
    for head in heads:
        sum_of.update(f"{head.id}:{head.head_seq}:{head.head_hash}\n".encode())
        tickets += 1
    session.execute(
        insert(ChainDigest)
        .values(day=day, made_at=now(), tickets=tickets, digest=sum_of.hexdigest())
        .on_conflict_do_nothing(index_elements=["day"])
    )
    return session.get_one(ChainDigest, day)


def _flaw(previous: str, seq: int, link: TicketEvent) -> str | None:
    if link.seq != seq:
        return f"link {seq} is missing"
    if link.salt is not None and link.payload_hash != _payload_hash(link):
        return "the payload was changed"
    if link.hash != _hash(previous, link):
        return "the link was changed"
    return None


def _payload_hash(link: TicketEvent) -> str:
    """Salted, so that what was erased cannot be guessed from its hash."""
    payload = json.dumps(link.detail, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{link.salt}{payload}".encode()).hexdigest()


def _hash(previous: str, link: TicketEvent) -> str:
    said: list[object] = [
        previous,
        link.ticket_id,
        link.seq,
        _written(link.at),
        link.by_id,
        link.unit_id,
        link.name,
        link.payload_hash,
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _written(moment: datetime) -> str:
    """Microseconds since the epoch: the same before and after the database has kept it."""
    return str(round(moment.timestamp() * 1_000_000))
