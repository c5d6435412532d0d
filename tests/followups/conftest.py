"""A city in which a unit has answered a citizen, and the answer has passed its check."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from emulator.caller import Caller, Step
from followups import planning
from infra.clock import now
from infra.db import commit, session
from infra.privacy import national
from models import (
    District,
    FollowUp,
    Person,
    Role,
    Solved,
    StaffMember,
    Ticket,
    Topic,
    Unit,
    UnitKind,
)
from tests.places import a_line, an_agent
from tests.tickets.conftest import a_complaint, a_person, ended
from tickets import closing, dispatch, handling, lifecycle
from tickets.handling import Answer

NUMBER = "+8613812345678"
DONE = Answer(
    public="路灯已修好。",
    facts_true=True,
    solved=Solved.YES,
    contacted_at=None,
    no_contact="夜间修复",
)


def member(login: str, role: Role, unit: Unit | None = None) -> StaffMember:
    one = StaffMember(
        login=login, name=login, password_hash="-", roles=[role], created_at=now(), unit=unit
    )
    session.add(one)
    session.flush()
    return one


class Hotline:
    """Its people, and the way of a ticket up to the follow-up."""

    def __init__(self, city) -> None:
        self.city = city
        self.line = a_line("general", name="综合")
        self.agent = an_agent("wang", self.line)
        self.unit = Unit(code="urban", name="城管局", kind=UnitKind.BUREAU)
        topic = Topic(code="street_light", name="路灯", unit=self.unit)
        session.add_all([self.unit, District(code="donghu", name="东湖区"), topic])
        session.flush()
        self.dispatcher = member("zhao", Role.DISPATCHER)
        self.clerk = member("clerk", Role.UNIT, self.unit)
        self.lead = member("lead", Role.LEAD)
        self.person: Person = a_person(national(NUMBER))
        commit()

    def answered(
        self,
        person: Person | None = None,
        *,
        before_reply: Callable[[Ticket], None] = lambda _ticket: None,
        **known: object,
    ) -> Ticket:
        """A ticket whose reply was accepted just now."""
        call = ended(person or self.person, agent=self.agent)
        ticket = lifecycle.draft(call)
        lifecycle.submit(ticket, by=self.agent.staff, typed=a_complaint())
        for name, value in known.items():
            setattr(ticket, name, value)
        given = dispatch.dispatch(ticket, self.unit, by=self.dispatcher)
        before_reply(ticket)
        self.handle(given)
        planning.run()  # as the clock does within a minute
        return ticket

    def handle(self, assignment) -> None:
        session.refresh(self.dispatcher)
        handling.sign(assignment, by=self.clerk)
        closing.accept_reply(handling.reply(assignment, DONE, by=self.clerk), by=self.dispatcher)
        commit()

    def other_agent(self) -> StaffMember:
        return an_agent("qian", self.line).staff

    def citizen(self, *steps: str, **known: object) -> Caller:
        """Who answers the telephone does so and says these things."""
        citizen = self.city.citizen(NUMBER)
        citizen.script = [Step.of(one) for one in steps]
        for name, value in known.items():
            setattr(citizen, name, value)
        return citizen

    def until(self, condition: Callable[[], bool], within: float = 150) -> None:
        def fresh() -> bool:
            session.expire_all()
            found = condition()
            commit()  # nothing stays open while time passes
            return found

        self.city.until(fresh, within)

    def later(self, hours: float) -> None:
        """Hours in which nothing is due, then seconds in which the clock ticks, and its minute."""
        commit()
        self.city.ticking = False
        self.city.pass_time(hours * 3600)
        self.city.ticking = True
        self.city.pass_time(8)
        planning.run()
        session.expire_all()


@pytest.fixture
def city(city, monkeypatch):
    """Nothing of the test's own stays open while time passes: on a busy machine that takes long."""
    forward = city.timeline.forward

    def closed_forward(seconds: float) -> None:
        commit()
        forward(seconds)

    monkeypatch.setattr(city.timeline, "forward", closed_forward)
    return city


@pytest.fixture
def hotline(city) -> Hotline:
    return Hotline(city)


def follow_up_of(ticket: Ticket) -> FollowUp:
    """The newest one."""
    session.expire_all()
    query = select(FollowUp).where(FollowUp.ticket_id == ticket.id)
    return session.scalars(query.order_by(FollowUp.id.desc())).first()
