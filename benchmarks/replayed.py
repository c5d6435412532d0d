"""Whether tickets have ended as the life-cycle says, and whether anybody was told anything twice.

A ticket has ended illegally where its history, link by link, cannot be walked through the table of
moves to the state that it is in; where that state is no end; or where something of it is still
open: a part, a request, a round, a question to the citizen, a supervision."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import func, select

from infra.db import session
from models import (
    Assignment,
    FollowUp,
    FollowUpState,
    Notice,
    Part,
    Request,
    RequestKind,
    RequestState,
    Round,
    Supervision,
    TextMessage,
    Ticket,
    TicketEvent,
    TicketState,
    Urge,
)
from models.lifecycle import FINAL, TICKET_MOVES

# What a link of history says that the ticket did, and no other link says.
MUST: Mapping[str, tuple[str, ...]] = {
    "answered_directly": ("answer_directly",),
    "rejected": ("reject",),
    "review_passed": ("pass_review",),
    "asked_for_more": ("ask_for_more",),
    "dispatched": ("dispatch", "dispatch_again"),
    "awaits_follow_up": ("await_follow_up",),
    "closed": ("close",),
    "rehandled": ("rehandle", "reopen"),
    "suspended": ("suspend",),
    "resumed": ("resume",),
    "merged": ("merge",),
    "separated": ("separate",),
    "voided": ("void",),
    "archived": ("archive",),
}
# What the ticket may have done with it: whose part it was, and what else is owed, stands elsewhere.
MAY: Mapping[str, tuple[str, ...]] = {
    "submitted": ("register", "register_for_review"),
    "completed": ("complete",),
    "question_lapsed": ("complete",),
    "facts_added": ("complete",),
    "signed": ("sign",),
    "refused_return": ("sign",),
    "cancelled_return": ("sign",),
    "approved_return": ("take_back",),
    "recalled": ("take_back",),
    "exchange_refused": ("take_back", "hand_over"),
    "exchange_taken_in": ("register", "register_for_review"),
    "linkage_accepted": ("hand_over",),
    "linkage_settled": ("hand_over",),
    "linkage_done": ("hand_over",),
    "replied": ("await_audit",),
    "reply_refused": ("refuse_reply",),
}
# Of the round, and asked for afterwards, too.
OUTLIVE = (RequestKind.EXCLUSION, RequestKind.SCORE_APPEAL)
# A notice of this name is owed once for each row of its cause.
CAUSES = {
    "dispatched": select(Assignment.ticket_id, Assignment.unit_id, func.count()).group_by(
        Assignment.ticket_id, Assignment.unit_id
    ),
    "supervised": select(Supervision.ticket_id, Supervision.unit_id, func.count())
    .where(Supervision.unit_id.is_not(None))
    .group_by(Supervision.ticket_id, Supervision.unit_id),
}


def states_after(names: Iterable[str]) -> set[TicketState]:
    """Where a ticket of this history may be; nowhere, where some link of it cannot have been."""
    at = {TicketState.DRAFT}
    for name in names:
        moves = [TICKET_MOVES[move] for move in (*MUST.get(name, ()), *MAY.get(name, ()))]
        gone = {move.target for move in moves if move.sources & at}
        at = gone if name in MUST else at | gone
    return at


def illegal_ends() -> int:
    """How many tickets have not ended, or not legally."""
    wrong = {
        ticket_id
        for ticket_id, state, names in _histories()
        if state not in FINAL or state not in states_after(names)
    }
    return len(wrong | _left_open())


def told_twice() -> int:
    """How often a citizen or a unit was told one thing more than once: of one cause, at one moment,
    or in the same words."""
    return _texts_again() + _notices_at_once() + _more_than_causes()


def _histories() -> Iterable[tuple[int, TicketState, Sequence[str]]]:
    links: dict[int, list[str]] = defaultdict(list)
    for ticket_id, name in session.execute(
        select(TicketEvent.ticket_id, TicketEvent.name).order_by(TicketEvent.seq)
    ):
        links[ticket_id].append(name)
    for ticket_id, state in session.execute(select(Ticket.id, Ticket.state)):
        yield ticket_id, state, links[ticket_id]


def _left_open() -> set[int]:
    """Tickets that are over, and of which something is not."""
    open_ones = (
        select(Assignment.ticket_id).where(
            Assignment.ended_at.is_(None), Assignment.part != Part.INFO
        ),
        select(Request.ticket_id).where(
            Request.state == RequestState.APPLIED, Request.kind.not_in(OUTLIVE)
        ),
        select(Round.ticket_id).where(Round.closed_at.is_(None)),
        select(FollowUp.ticket_id).where(FollowUp.state != FollowUpState.DONE),
        select(Supervision.ticket_id).where(
            Supervision.ended_at.is_(None), Supervision.unit_id.is_not(None)
        ),
    )
    over = select(Ticket.id).where(Ticket.state.in_(FINAL))
    return {
        ticket_id
        for query in open_ones
        for ticket_id in session.scalars(query)
        if ticket_id is not None
    } & set(session.scalars(over))


def _texts_again() -> int:
    """The same words to the same number about the same ticket, a duty phone's as a citizen's."""
    rows = session.execute(select(TextMessage.ticket_id, TextMessage.number, TextMessage.body))
    return _beyond_one(Counter(tuple(row) for row in rows))


def _notices_at_once() -> int:
    """Two of one name to one reader about one ticket at one moment have one cause, whatever their
    keys say."""
    rows = session.execute(
        select(Notice.ticket_id, Notice.unit_id, Notice.for_leader, Notice.name, Notice.created_at)
    )
    return _beyond_one(Counter(tuple(row) for row in rows))


def _more_than_causes() -> int:
    told: Counter[tuple[str, int, int | None]] = Counter(
        {
            (name, ticket_id, unit_id): number
            for name, ticket_id, unit_id, number in session.execute(
                select(Notice.name, Notice.ticket_id, Notice.unit_id, func.count())
                .where(Notice.name.in_(CAUSES), Notice.for_leader.is_(False))
                .group_by(Notice.name, Notice.ticket_id, Notice.unit_id)
            )
        }
    )
    causes: Counter[tuple[str, int, int | None]] = Counter()
    for name, query in CAUSES.items():
        for ticket_id, unit_id, number in session.execute(query):
            causes[name, ticket_id, unit_id] += number
    return sum((told - causes).values()) + sum((_urges_told() - _urges()).values())


def _urges_told() -> Counter[int]:
    """By ticket: who was urged may have given it back since."""
    told = select(Notice.ticket_id).where(Notice.name == "urged", Notice.for_leader.is_(False))
    return Counter(session.scalars(told))


def _urges() -> Counter[int]:
    return Counter(session.scalars(select(Urge.ticket_id)))


def _beyond_one(told: Counter[tuple[object, ...]]) -> int:
    return sum(number - 1 for number in told.values())
