"""What somebody looks for among the tickets, as conditions of which each has its index."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import ColumnElement, ScalarSelect, false, or_, select

from models import Call, District, Kind, Line, StaffMember, Ticket, TicketState, Topic, Unit
from tickets import by_days, lit, numbers
from tickets.begun import worth_listing
from tickets.pieces import Piece


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; everything is optional."""

    state: TicketState | None = None
    kind: Kind | None = None
    topic: str = ""
    district: str = ""
    unit: str = ""
    # On which its call came in.
    line: str = ""
    words: str = ""
    number: Piece | None = None
    # The days on which it was submitted; such a list has an order of its own.
    first: date | None = None
    last: date | None = None
    mine: bool = False
    # Of what units owe on it; such a list has one, too, and it goes before.
    light: str = ""
    # Only those below this id, or after this place, which was the last of the page before.
    before: int | None = None
    after: lit.Place | None = None

    @property
    def by_days(self) -> bool:
        return not (self.first is None and self.last is None)


def with_days(wanted: Wanted) -> Wanted:
    """The days of a number are days of the list: a month is found among years of tickets."""
    piece = wanted.number
    if piece is None or piece.first is None:
        return wanted
    last = min(day for day in (wanted.last, piece.last) if day is not None)
    return replace(wanted, first=max(wanted.first or piece.first, piece.first), last=last)


def conditions(
    wanted: Wanted, by: StaffMember, tells: Callable[[str], ColumnElement[bool]], *, hotline: bool
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state:
        found.append(Ticket.state == wanted.state)
        if wanted.state is TicketState.VOID:
            found.append(Ticket.number.is_not(None))
    else:
        found.append(worth_listing())
    if wanted.kind:
        found.append(Ticket.kind == wanted.kind)
    found += [
        column == _id_of(model, code)
        for column, model, code in (
            (Ticket.topic_id, Topic, wanted.topic),
            (Ticket.district_id, District, wanted.district),
            (Ticket.unit_id, Unit, wanted.unit),
            (Ticket.line_id, Line, wanted.line),
        )
        if code
    ]
    if wanted.mine:
        found.append(or_(Ticket.submitted_by_id == by.id, Call.agent_id == by.id))
    if wanted.before is not None:
        found.append(Ticket.id < wanted.before)
    if wanted.number is not None and wanted.number.condition is not None:
        found.append(wanted.number.condition)
    found += by_days.within(wanted.first, wanted.last)
    return found + [_tells(word, tells, hotline) for word in wanted.words.split()]


def _tells(
    word: str, tells: Callable[[str], ColumnElement[bool]], hotline: bool
) -> ColumnElement[bool]:
    number = numbers.keyed(word)
    if number is not None:
        return Ticket.number == number
    if hotline or not any(sign.isdigit() for sign in word):
        return tells(word)
    # Digit by digit a unit could find out the number that it must not see.
    return false()


def _id_of(
    model: type[Topic] | type[District] | type[Unit] | type[Line], code: str
) -> ScalarSelect[int]:
    # A plain comparison, for which there is an index in the order of the list.
    return select(model.id).where(model.code == code).scalar_subquery()
