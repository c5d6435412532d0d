"""What became of each package: read off the ticket and the peer's assignment, and told on.

The state of an exchange follows; it is never decided here.  Who changes a ticket knows nothing of
peers: the clock looks for tickets whose history has grown."""

from datetime import timedelta

from sqlalchemy import exists, or_, select

from channels.exchange import packages
from channels.outgoing import spreading
from infra.clock import now
from infra.db import session
from models import (
    Assignment,
    AssignmentState,
    Endpoint,
    Exchange,
    ExchangeState,
    Part,
    Peer,
    Side,
    Ticket,
    TicketState,
)
from models.exchange import ENDED
from models.lifecycle import BEFORE_UNITS
from staff import norms

S = ExchangeState
OF_ASSIGNMENT = {
    AssignmentState.PENDING_SIGN: S.SENT,
    AssignmentState.SIGNED: S.ACKNOWLEDGED,
    AssignmentState.DELEGATED: S.ACKNOWLEDGED,
    AssignmentState.RETURN_PENDING: S.ACKNOWLEDGED,
    AssignmentState.REPLY_REJECTED: S.ACKNOWLEDGED,
    AssignmentState.REPLIED: S.ANSWERED,
    AssignmentState.ACCEPTED: S.DONE,
    AssignmentState.RETURNED: S.REFUSED,
    AssignmentState.RECALLED: S.WITHDRAWN,
}
CLOSED = {TicketState.CLOSED, TicketState.ARCHIVED, TicketState.ANSWERED}
NOT_OURS = {TicketState.TRANSFERRED, TicketState.REJECTED, TicketState.VOID}
# What a peer did itself it need not be told.
TOLD = {
    Side.OURS: {S.SENT, S.DONE, S.WITHDRAWN},
    Side.PEER: {S.ACKNOWLEDGED, S.DONE, S.REFUSED},
}
AT_ONCE = 100


def run() -> int:
    """Open what was dispatched to peers, follow what has moved; returns how many that were."""
    opened, moved = _unopened(), _moved()
    for assignment, peer in opened:
        open_for(assignment, peer)
    for one in moved:
        follow(one)
    return len(opened) + len(moved)


def open_for(assignment: Assignment, peer: Peer) -> Exchange:
    """The package of what was dispatched to a peer, by whichever way a dispatcher took."""
    ticket = assignment.ticket
    hop = came_with(ticket) + 1
    made = Exchange(
        peer=peer,
        ticket=ticket,
        assignment=assignment,
        origin=Side.OURS,
        checksum=packages.checksum(packages.of_ticket(ticket, hop)),
        hop=hop,
        sent_at=assignment.dispatched_at,
        followed_seq=ticket.head_seq,
    )
    session.add(made)
    session.flush()  # the delivery names its id
    tell(made)
    return made


def follow(one: Exchange) -> None:
    """Take over what its ticket says by now; a peer learns each state once."""
    one.followed_seq = one.ticket.head_seq
    state = state_of(one)
    if state is one.state:
        return
    one.state = state
    if state is not S.SENT and state not in (S.REFUSED, S.WITHDRAWN):
        one.acknowledged_at = one.acknowledged_at or now()
    one.ended_at = now() if state in ENDED else None
    if state in TOLD[one.origin]:
        tell(one)


def state_of(one: Exchange) -> ExchangeState:
    if one.assignment is not None:
        return OF_ASSIGNMENT[one.assignment.state]
    ticket = one.ticket
    if ticket.state is TicketState.MERGED and ticket.merged_into_id is not None:
        # It is answered with its master.
        ticket = session.get_one(Ticket, ticket.merged_into_id)
    if ticket.state in CLOSED:
        return S.DONE
    if ticket.state in NOT_OURS:
        return S.REFUSED
    return S.SENT if ticket.state in BEFORE_UNITS else S.ACKNOWLEDGED


def tell(one: Exchange, *, anew: bool = False) -> None:
    """Number and state; what it is about is read through the interface, with a key.

    ``anew``: as when it was sent first, for a peer that has it not, or not any more."""
    name = ExchangeState.SENT if anew else one.state
    _post(
        one.peer,
        f"exchange.{name}",
        exchange=one.id,
        origin=one.origin,
        number=one.number,
        ticket=one.ticket.number,
        state=one.state,
    )


def ask_for(peer: Peer, number: str) -> None:
    """The peer lists a package that never came here."""
    _post(peer, "exchange.missing", number=number)


def came_with(ticket: Ticket) -> int:
    """How many platforms it had passed when it came here; 0 for a ticket of our own."""
    theirs = select(Exchange.hop).where(
        Exchange.ticket_id == ticket.id, Exchange.origin == Side.PEER
    )
    return session.scalar(theirs) or 0


def _post(peer: Peer, kind: str, **told: object) -> None:
    at = select(Endpoint).where(Endpoint.unit_id == peer.unit_id, Endpoint.active)
    for endpoint in session.scalars(at):
        spreading.put(endpoint, kind, told)


def _unopened() -> list[tuple[Assignment, Peer]]:
    """Assignments of peers that are no package yet."""
    known = exists().where(Exchange.assignment_id == Assignment.id)
    found = session.execute(
        select(Assignment, Peer)
        .join(Peer, Peer.unit_id == Assignment.unit_id)
        .join(Assignment.ticket)
        .where(
            Assignment.ended_at.is_(None),
            Assignment.level == 1,
            Assignment.part != Part.INFO,
            ~known,
        )
        .order_by(Assignment.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=Ticket)
        .execution_options(populate_existing=True)
    )
    return [(row.Assignment, row.Peer) for row in found]


def _moved() -> list[Exchange]:
    """What is open, or may be opened again, and whose ticket has a longer history by now."""
    # A day more than a closed ticket may be opened again.
    since = now() - norms.span("reopened_within") - timedelta(days=1)
    open_still = or_(Exchange.ended_at.is_(None), Exchange.ended_at > since)
    found = session.scalars(
        select(Exchange)
        .join(Exchange.ticket)
        .where(open_still, Exchange.followed_seq != Ticket.head_seq)
        .order_by(Exchange.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=(Ticket, Exchange))
        .execution_options(populate_existing=True)
    )
    return list(found)
