"""A city in which tickets are handled: its units, their clerks, and a ticket ready to be sent."""

from dataclasses import dataclass, field
from itertools import count

from flask import Flask
from sqlalchemy import select

from infra import db
from infra.db import session
from models import (
    Assignment,
    DeadlinePolicy,
    District,
    Reply,
    Request,
    Role,
    StaffMember,
    Ticket,
    Topic,
    Unit,
    UnitKind,
    Urgency,
)
from tests.places import a_line, an_agent
from tests.tickets.conftest import a_complaint, a_person, ended
from tests.visitors import Browser, browser_of, somebody
from tickets import dispatch, handling, lifecycle

numbers = count(13870002000)


@dataclass
class Town:
    """Lights belong to urban management, with a station below it; power and roads are others."""

    app: Flask
    people: dict[str, StaffMember] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        urban = Unit(code="urban", name="城管局", kind=UnitKind.BUREAU)
        self.units = {
            "urban": urban,
            "station": Unit(code="station", name="路灯所", kind=UnitKind.SERVICE, parent=urban),
            "power": Unit(code="power", name="供电公司", kind=UnitKind.ENTERPRISE),
            "roads": Unit(code="roads", name="交通局", kind=UnitKind.BUREAU),
        }
        session.add_all(self.units.values())
        session.add(District(code="donghu", name="东湖区"))
        session.add(Topic(code="street_light", name="路灯", unit=urban))
        for urgency, handle in ((Urgency.URGENT, "120 min"), (Urgency.INSTANT, "180 min")):
            self._policy(urgency, handle)
        session.flush()
        self.agent = an_agent("wang", a_line())
        for login, role in (("zhao", Role.DISPATCHER), ("song", Role.QA), ("li", Role.LEAD)):
            self.people[login] = somebody(login, role)
        for code, unit in self.units.items():
            self.people[code] = somebody(f"at_{code}", Role.UNIT)
            self.people[code].unit = unit
        self.people["wang"] = self.agent.staff

    def _policy(self, urgency: Urgency, handle: str) -> None:
        at_once = {"mobilise": "10 min", "on_site": "40 min"} if urgency == "instant" else {}
        session.add(
            DeadlinePolicy(
                urgency=urgency, sign="5 min", respond="30 min", handle=handle, **at_once
            )
        )

    def browser(self, who: str) -> Browser:
        return browser_of(self.app, self.people[who])

    def ticket(self, **other: object) -> Ticket:
        call = ended(a_person(str(next(numbers))), agent=self.agent)
        return lifecycle.submit(
            lifecycle.draft(call), by=self.agent.staff, typed=a_complaint(**other)
        )

    def given(self, to: str = "urban", **other: object) -> Assignment:
        """A ticket that this unit leads."""
        found = dispatch.dispatch(self.ticket(**other), self.units[to], by=self.people["zhao"])
        db.commit()
        return found

    def signed(self, to: str = "urban", **other: object) -> Assignment:
        found = self.given(to, **other)
        handling.sign(found, by=self.people[to])
        db.commit()
        return found


def newest(model: type[Assignment] | type[Request] | type[Reply]) -> Assignment | Request | Reply:
    return session.scalars(select(model).order_by(model.id.desc())).first()
