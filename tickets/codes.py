"""A ticket opened by its number and query code; guessing is limited across calls.

Numbers run through the day and a code has six digits, so whoever may try for ever gets in.  What
limits him does not depend on whether a ticket of that number exists: he could tell from it."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, func, select

from infra.clock import now
from infra.db import session
from infra.log import bind
from models import Call, CodeAttempt, Person, Ticket
from staff import norms
from tickets import history, numbers

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Limit:
    """So many wrong codes within a time; then a person has to be asked.  A norm says how many,
    another of the same name within what time."""

    norm: str

    @property
    def wrong(self) -> int:
        return norms.amount(self.norm)

    @property
    def within(self) -> timedelta:
        return norms.span(f"{self.norm}_within")


OF_A_TICKET = (Limit("codes_soon"), Limit("codes_of_ticket"))
OF_A_CALLER = Limit("codes_of_caller")
# Behind one address of the network many citizens may sit.
OF_AN_ADDRESS = Limit("codes_of_address")
# Nobody knows whether hidden numbers are one or many: they share what they may.
OF_ALL_HIDDEN = Limit("codes_of_hidden")
# Numbers can be forged, a new one for each call: more than this is no citizen's mistake.
OF_EVERYBODY = Limit("codes_of_all")


@dataclass(frozen=True)
class Visitor:
    """Who asks on the web page: known by nothing but a hash of his address in the network."""

    address: str


def exhausted(by: Call | Visitor) -> bool:
    """Whether he, or everybody together, was wrong so often that a person has to help."""
    at = now()
    if _reached(OF_EVERYBODY, at):
        log.warning("query codes are being guessed: nobody is told of tickets by code now")
        return True
    if isinstance(by, Visitor):
        return _reached(OF_AN_ADDRESS, at, CodeAttempt.address == by.address)
    if by.person_id is None:
        hidden = CodeAttempt.person_id.is_(None) & CodeAttempt.address.is_(None)
        return _reached(OF_ALL_HIDDEN, at, hidden)
    return _reached(OF_A_CALLER, at, CodeAttempt.person_id == by.person_id)


def opened(
    number: str, code: str, *, by: Call | Visitor, question: str | None = None
) -> Ticket | None:
    """The ticket of a citizen who knows its query code; None for a wrong code and for any code
    while the caller or the ticket has had too many wrong ones.

    The caller must let the transaction commit, also on None: attempts are counted.
    ``question``: names what a call was asked; the answer to it counts once, however often it is
    told."""
    number = number.strip()
    # Attempts of one caller, and at one ticket, come one after the other.
    if isinstance(by, Call) and by.person_id is not None:
        session.get(Person, by.person_id, with_for_update=True)
    ticket = session.scalar(select(Ticket).where(Ticket.number == number).with_for_update())
    known = _known_answer(by, question)
    if known is not None:
        return ticket if known.right and known.number == number else None
    at = now()
    if exhausted(by) or _locked(number, at):
        return None
    right = ticket is not None and _matches(ticket, code)
    session.add(CodeAttempt(number=number, at=at, right=right, question=question, **_who(by)))
    session.flush()  # this attempt counts, too
    if ticket is None:
        return None
    bind(ticket=ticket.id)
    if not right and _locked(number, at):
        history.note(ticket, "code_locked")
    return ticket if right else None


def opens(call: Call, number: str) -> bool:
    """Whether this call has said the right code of this ticket."""
    right = select(CodeAttempt.id).where(
        CodeAttempt.number == number, CodeAttempt.call_id == call.id, CodeAttempt.right
    )
    return session.scalar(right.limit(1)) is not None


def _known_answer(by: Call | Visitor, question: str | None) -> CodeAttempt | None:
    if question is None or isinstance(by, Visitor):
        return None
    return session.scalar(
        select(CodeAttempt).where(CodeAttempt.call_id == by.id, CodeAttempt.question == question)
    )


def _who(by: Call | Visitor) -> dict[str, str | int | None]:
    if isinstance(by, Visitor):
        return {"address": by.address}
    return {"call_id": by.id, "person_id": by.person_id}


def _matches(ticket: Ticket, code: str) -> bool:
    known = ticket.query_code_hash
    return known is not None and hmac.compare_digest(
        known, numbers.hashed(ticket.number or "", code)
    )


def _locked(number: str, at: datetime) -> bool:
    return any(_reached(limit, at, CodeAttempt.number == number) for limit in OF_A_TICKET)


def _reached(limit: Limit, at: datetime, *whose: ColumnElement[bool]) -> bool:
    wrong = session.scalar(
        select(func.count()).where(
            CodeAttempt.right.is_(False), CodeAttempt.at > at - limit.within, *whose
        )
    )
    return (wrong or 0) >= limit.wrong
