"""After a call: its draft is completed from what was said; who reached nobody is remembered."""

from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert

from assist import emergency
from infra.clock import now
from infra.db import session
from infra.events import publish
from models import (
    TURNED_AWAY,
    Call,
    CallEvent,
    Direction,
    Disposition,
    MissedContact,
    MissedKind,
    Party,
    Ticket,
    Utterance,
)
from tickets import history, lifecycle, reading

MISSED: dict[Disposition, MissedKind] = {
    Disposition.ABANDONED: MissedKind.ABANDONED,
    Disposition.LEFT_EARLY: MissedKind.LEFT_EARLY,
    **dict.fromkeys(TURNED_AWAY, MissedKind.TURNED_AWAY),
}

# In the call's history: a protected caller has pressed the key that ends it without a word.
LEFT_AT_ONCE = "left_at_once"
Segments = list[tuple[str, str]]


def segments(call_id: int) -> Segments:
    """Who said what in a call, in order; before anybody answered he may have told the menu."""
    call = session.get_one(Call, call_id)
    calls = [*_asked_in(call), call]
    said = session.execute(
        select(Utterance.call_id, Utterance.party, Utterance.text)
        .where(Utterance.call_id.in_([one.id for one in calls]))
        .order_by(Utterance.offset_s.asc().nulls_last(), Utterance.at, Utterance.id)
    ).all()
    found: Segments = []
    for one in calls:
        told = one.speech or _danger_told(one)
        found += [(str(Party.CITIZEN), told)] if told else []
        found += [(str(party), text) for of, party, text in said if of == one.id]
    return found


def _danger_told(call: Call) -> str | None:
    """Who has pressed a key for it has said nothing."""
    return None if call.emergency == emergency.BY_KEY else call.emergency


def _asked_in(call: Call) -> list[Call]:
    """Of a call by which he is rung back: those in which he asked for it, or left his message."""
    if call.direction is not Direction.BACK:
        return []
    asking = Call.callback_id == call.callback_id, Call.direction == Direction.IN
    return list(session.scalars(select(Call).where(*asking).order_by(Call.id)))


def propose(said: Segments, line_id: int | None = None) -> dict[str, lifecycle.Proposal]:
    """What can be read out of the citizen's words, and the line that he chose; what is unsure is
    absent."""
    return {**reading.read([text for party, text in said if party == Party.CITIZEN], line_id)}


def open_draft(call: Call) -> Ticket:
    """The draft as its agent opens it: what the caller told the menu stands in it already."""
    fresh = not begun(call)
    ticket = lifecycle.draft(call)
    if fresh:
        lifecycle.fill(ticket, propose(segments(call.id), call.line_id))
    return ticket


def remember_missed(call: Call) -> None:
    """The call of a citizen who spoke to nobody, written down once.

    This may be late: who was talked to meanwhile has not to be rung back any more."""
    kind = MISSED.get(call.disposition) if call.disposition else None
    if kind is None or _left_at_once(call):
        return
    at = call.ended_at or now()
    talk = _talk_since(call, at)
    if talk is not None and call.emergency is not None and not _may_be_of_danger(talk):
        talk = None
    session.execute(
        insert(MissedContact)
        .values(
            call_id=call.id,
            person_id=call.person_id,
            kind=kind,
            number_masked=call.number_masked,
            line_id=call.line_id,
            words=call.speech,
            at=at,
            handled_at=talk.answered_at if talk else None,
            handled_by_id=talk.agent_id if talk else None,
        )
        .on_conflict_do_nothing(index_elements=["call_id"])
    )
    tell_of_missed()


def _left_at_once(call: Call) -> bool:
    """A child who had to end it is rung back by nobody."""
    left = CallEvent.call_id == call.id, CallEvent.name == LEFT_AT_ONCE
    return session.scalar(select(CallEvent.id).where(*left).limit(1)) is not None


def tell_of_missed() -> None:
    """How many wait to be rung back has changed: it stands above the pages of who rings them."""
    publish("missed", "missed-moved")


def begun(call: Call) -> bool:
    """Whether somebody has begun a ticket for this call."""
    return session.scalar(select(Ticket.id).where(Ticket.call_id == call.id)) is not None


def settle_missed(call: Call) -> list[int]:
    """Whoever is talked to now, whoever rang whom: what of his was missed before is handled.

    Not that he told of danger, where this talk is about something else: he is rung back, or a
    person says that he has seen to it.  Returns the contacts."""
    his = MissedContact.call_id == call.id
    if call.person_id is not None:
        others = MissedContact.person_id == call.person_id
        his |= others if _may_be_of_danger(call) else others & ~_of_danger()
    contacts = session.scalars(
        update(MissedContact)
        .where(his, MissedContact.handled_at.is_(None))
        .values(handled_at=now(), handled_by_id=call.agent_id)
        .returning(MissedContact.id)
    )
    settled = sorted(contacts)
    if settled:
        tell_of_missed()
    return settled


def _may_be_of_danger(talk: Call) -> bool:
    """He was rung, or told of danger again: a talk about his pension is no help."""
    return talk.direction is not Direction.IN or talk.emergency is not None


def _of_danger() -> ColumnElement[bool]:
    missed = select(Call.id).where(Call.id == MissedContact.call_id, Call.emergency.is_not(None))
    return missed.exists()


def owe_again(call: Call, contacts: list[int]) -> None:
    """He was not spoken to after all; what somebody else has settled since stays so, and who was
    talked to since is owed nothing."""
    if _talk_since(call, call.started_at) is not None:
        return
    session.execute(
        update(MissedContact)
        .where(MissedContact.id.in_(contacts), MissedContact.handled_by_id == call.agent_id)
        .values(handled_at=None, handled_by_id=None)
    )
    tell_of_missed()


def _talk_since(call: Call, at: datetime) -> Call | None:
    """The first talk with the same citizen since then."""
    if call.person_id is None:
        return None
    return session.scalar(
        select(Call)
        .where(Call.person_id == call.person_id, Call.id != call.id, Call.answered_at > at)
        .order_by(Call.answered_at)
        .limit(1)
    )


def complete(call_id: int, proposals: dict[str, lifecycle.Proposal]) -> None:
    """Take proposals over into the call's draft, and note that this was done.

    Words may come late, from a recording: what they say is taken over too, as long as nobody has
    submitted the draft, and into fields that no agent touched."""
    call = session.get_one(Call, call_id)
    ticket: Ticket = lifecycle.draft(call)
    if not ticket.is_draft:
        return
    filled = lifecycle.fill(ticket, proposals)
    if filled or ticket.completed_at is None:
        ticket.completed_at = now()
        history.note(ticket, "completed_by_software", fields=filled)
    if filled:
        tell_desk(call)


def fill_in(call_id: int, proposals: dict[str, lifecycle.Proposal]) -> None:
    """While the talk goes on: what is understood so far appears in the agent's form."""
    call = session.get_one(Call, call_id)
    if not proposals:
        return
    ticket = lifecycle.draft(call)
    # After the talk a language model may have written: its words are not for rules to take back.
    taken = [] if call.over or not ticket.is_draft else lifecycle.take_back(ticket, proposals)
    if lifecycle.fill(ticket, proposals) or taken:
        tell_desk(call)


def tell_desk(call: Call) -> None:
    """The form on the agent's desk shows what was filled."""
    if call.agent_id is not None:
        publish(f"agent:{call.agent_id}", "ticket-filled", call=call.id)
