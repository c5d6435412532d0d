"""The doors for daily reconciliation: our list of a day, and the peer's held against it."""

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from channels.api.answers import Told
from channels.api.door import operation
from channels.api.sent import Given
from channels.exchange import reconciling
from channels.exchange.doors import Number, own_peer
from channels.exchange.reconciling import Entry
from models import DifferenceKind, Exchange, ExchangeState, Scope, Side
from web.asked import FIRST_YEAR, LAST_YEAR
from web.languages import _

MOST_LISTED = 20_000


def _within_reach(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(
            _("日期应在 %(first)s 年至 %(last)s 年之间", first=FIRST_YEAR, last=LAST_YEAR)
        )
    return day


Day = Annotated[date, AfterValidator(_within_reach)]


class DayWanted(Given):
    day: Day = Field(description="In the city's time.")


class Listed(Given):
    """One package as your platform knows it."""

    origin: Side = Field(description="Who sent it: `peer` is you, `ours` is the hotline.")
    number: Number = Field(description="As its origin numbers it.")
    state: ExchangeState


class ListSent(Given):
    """All packages that went either way on that day, as your platform knows them."""

    day: Day
    items: list[Listed] = Field(max_length=MOST_LISTED)

    @model_validator(mode="after")
    def names_each_once(self) -> Self:
        if len({(one.origin, one.number) for one in self.items}) < len(self.items):
            raise ValueError(_("同一编号在清单中出现了两次"))
        return self


class ListedTold(Told):
    origin: Side
    number: str
    state: ExchangeState
    sent_at: datetime


class ListTold(Told):
    day: date
    items: list[ListedTold]


class DifferenceTold(Told):
    kind: DifferenceKind = Field(description="Seen from the hotline: here, or there with you.")
    origin: Side
    number: str
    ours: ExchangeState | None
    theirs: ExchangeState | None


class ReconciliationTold(Told):
    day: date
    ours: int
    theirs: int
    differences: list[DifferenceTold]


@operation("GET /reconciliations", Scope.EXCHANGE, ListTold, query=DayWanted)
def day_list(query: DayWanted) -> ListTold:
    """The hotline's list of one day: numbers and states of what went either way"""
    ours = reconciling.list_of(own_peer(), query.day)
    return ListTold(day=query.day, items=[_listed(one) for one in ours.values()])


@operation("POST /reconciliations", Scope.EXCHANGE, ReconciliationTold, body=ListSent)
def reconcile(body: ListSent) -> ReconciliationTold:
    """Your list of a day that is over; the answer is how it differs from the hotline's"""
    theirs = {Entry(one.origin, one.number): one.state for one in body.items}
    made = reconciling.reconcile(own_peer(), body.day, theirs)
    shown = DifferenceTold.model_fields
    return ReconciliationTold(
        day=made.day,
        ours=made.ours,
        theirs=made.theirs,
        differences=[
            DifferenceTold(**{name: getattr(one, name) for name in shown})
            for one in reconciling.differences_of(made)
        ],
    )


def _listed(one: Exchange) -> ListedTold:
    return ListedTold(origin=one.origin, number=one.number, state=one.state, sent_at=one.sent_at)
