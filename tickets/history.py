"""A ticket's history as a chain: each link's hash covers the one before it.

What a link says of people stands elsewhere and is referenced by id, so that erasing a person
leaves every chain whole."""

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Select, bindparam, null, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from infra.clock import now
from infra.db import session
from infra.localtime import midnight
from models import ChainDigest, StaffMember, Ticket, TicketEvent, Unit
from tickets import feed, locking

log = structlog.get_logger(__name__)

BEGINNING = ""
SALT_BYTES = 16
A_BATCH = 500
# Links that held free text before it stood beside the history.
WORDED = ("voided", "merged", "separated", "legal_extended")
# Heads that are summed up at once.
A_PART = 5_000

CHAIN = (
    select(Ticket.head_seq, Ticket.head_hash, TicketEvent)
    .outerjoin(TicketEvent, TicketEvent.ticket_id == Ticket.id)
    .where(Ticket.id == bindparam("ticket"))
    .order_by(TicketEvent.seq)
)


@dataclass(frozen=True)
class Break:
    """Where a chain does not hold, and why."""

    ticket_id: int
    seq: int
    why: str


@dataclass(frozen=True)
class Head:
    """Where a ticket says that its chain ends."""

    id: int
    head_seq: int
    head_hash: str


def note(
    ticket: Ticket,
    name: str,
    *,
    by: StaffMember | None = None,
    unit: Unit | None = None,
    **detail: Any,
) -> None:
    """Add a link to the ticket's chain; its row stays locked until the commit."""
    if not locking.is_held(ticket):
        session.flush()  # a new one needs its id, and what was changed must survive the refresh
        session.refresh(ticket, ["head_seq", "head_hash"], with_for_update=True)
        locking.hold(ticket)
    feed.mark_place()
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
    """Compute the chain anew; None when it holds.

    Its end and its links are read by one statement, as they were at one moment: what is added
    meanwhile is no break."""
    found = session.execute(CHAIN, {"ticket": ticket.id}).all()
    head = Head(ticket.id, found[0].head_seq, found[0].head_hash)
    return flaw(head, [row.TicketEvent for row in found if row.TicketEvent is not None])


def flaw(ticket: Ticket | Head, links: Iterable[TicketEvent]) -> Break | None:
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


def erase_payloads(tickets: Iterable[int], *, worded: bool = False) -> int:
    """Take away what the links say, and leave that they were; the chains still hold.

    ``worded``: only of links in which somebody's own words once stood."""
    which = TicketEvent.ticket_id.in_(list(tickets)) & TicketEvent.salt.is_not(None)
    if worded:
        which &= TicketEvent.name.in_(WORDED) & TicketEvent.detail.has_key("because")
    erased = session.execute(
        update(TicketEvent)
        .where(which)
        .values(detail=null(), salt=null())
        .returning(TicketEvent.id)
    )
    return len(erased.all())


def digest_of(day: date) -> ChainDigest:
    """The number over all chains as that day left them, made once and kept; whoever has a copy
    of it elsewhere can prove what was changed since."""
    kept = session.get(ChainDigest, day)
    if kept is not None:
        return kept
    digest, tickets = sum_of(day)
    checked, broken = _check(day)
    session.execute(
        insert(ChainDigest)
        .values(
            day=day,
            made_at=now(),
            tickets=tickets,
            digest=digest,
            checked=checked,
            broken=broken,
        )
        .on_conflict_do_nothing(index_elements=["day"])
    )
    return session.get_one(ChainDigest, day)


def sum_of(day: date) -> tuple[str, int]:
    """Computed from the links themselves: the last one of each chain before the day was over."""
    total, tickets, last = hashlib.sha256(), 0, 0
    while True:
        ids = session.scalars(
            select(Ticket.id).where(Ticket.id > last).order_by(Ticket.id).limit(A_PART)
        ).all()
        if not ids:
            return total.hexdigest(), tickets
        for head in session.execute(_heads(ids[0], ids[-1], midnight(day + timedelta(days=1)))):
            total.update(f"{head.ticket_id}:{head.seq}:{head.hash}\n".encode())
            tickets += 1
        last = ids[-1]


def _check(day: date) -> tuple[int, dict[str, str]]:
    """Every chain that grew on that day, computed anew."""
    grew = session.scalars(
        select(TicketEvent.ticket_id)
        .where(TicketEvent.at >= midnight(day), TicketEvent.at < midnight(day + timedelta(days=1)))
        .distinct()
    ).all()
    broken = {}
    for ticket_id in grew:
        found = verify(session.get_one(Ticket, ticket_id))
        if found is not None:
            broken[str(ticket_id)] = f"{found.seq}: {found.why}"
            log.error("the history of a ticket does not hold", ticket=ticket_id, why=found.why)
    return len(grew), broken


def _heads(first: int, last: int, until: datetime) -> Select[int, int, str]:
    return (
        select(TicketEvent.ticket_id, TicketEvent.seq, TicketEvent.hash)
        .ext(distinct_on(TicketEvent.ticket_id))
        .where(TicketEvent.ticket_id.between(first, last), TicketEvent.at < until)
        .order_by(TicketEvent.ticket_id, TicketEvent.seq.desc())
    )


def _flaw(previous: str, seq: int, link: TicketEvent) -> str | None:
    if link.seq != seq:
        return f"link {seq}: a link is missing"
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
