"""A city with one street, a citizen, an agent and the call between them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from infra.clock import now
from infra.db import session
from infra.privacy import fingerprint
from models import (
    Assignment,
    Call,
    CallStatus,
    Disposition,
    District,
    Person,
    Role,
    Seat,
    StaffMember,
    Ticket,
    Topic,
    Unit,
    UnitKind,
)
from telephony.errors import CarrierError
from tests.places import a_line, an_agent
from tests.tickets.clerks import member
from tickets import dispatch, lifecycle
from tickets.fields import Typed


@pytest.fixture
def agent(app: Flask, time: object) -> Seat:
    return an_agent("wang", a_line())


@pytest.fixture
def wang(agent: Seat) -> StaffMember:
    return agent.staff


@pytest.fixture
def citizen(app: Flask, time: object) -> Person:
    return a_person("13812345678")


@pytest.fixture
def place(app: Flask) -> None:
    unit = Unit(code="urban", name="城管局", kind=UnitKind.BUREAU)
    session.add_all(
        [
            unit,
            District(code="donghu", name="东湖区"),
            Topic(code="street_light", name="路灯", unit=unit),
        ]
    )
    session.flush()


@pytest.fixture
def a_call(citizen: Person, agent: Seat) -> Call:
    return ended(citizen, agent=agent)


def a_person(number: str) -> Person:
    masked = number[:3] + "****" + number[-4:]
    person = Person(
        number=number,
        number_fingerprint=fingerprint(number),
        number_masked=masked,
        first_seen=now(),
    )
    session.add(person)
    session.flush()
    return person


def ended(
    person: Person | None,
    disposition: Disposition = Disposition.ANSWERED,
    *,
    agent: Seat | None = None,
    **known: object,
) -> Call:
    """A call of two minutes that is over now."""
    if disposition is Disposition.ANSWERED:
        known.setdefault("answered_at", now() - timedelta(minutes=1))
    call = Call(
        sid=f"CA{session.query(Call).count()}",
        person_id=person.id if person else None,
        number_masked=person.number_masked if person else "号码未显示",
        started_at=now() - timedelta(minutes=2),
        ended_at=now(),
        status=CallStatus.ENDED,
        disposition=disposition,
        agent_id=agent.staff_id if agent else None,
        **known,
    )
    session.add(call)
    session.flush()
    return call


def a_complaint(**other: object) -> Typed:
    return Typed.model_validate(
        {
            "kind": "complaint",
            "topic": "street_light",
            "district": "donghu",
            "address": "阳明路12号",
            "summary": "楼下路灯坏了三天",
            "demand": "尽快修好",
            **other,
        }
    )


@dataclass
class Texts:
    """A carrier that takes text messages, or refuses them."""

    sent: list[tuple[str, str, str]] = field(default_factory=list)
    error: CarrierError | None = None

    def send_text(self, to: str, from_: str, body: str) -> str:
        if self.error is not None:
            raise self.error
        self.sent.append((to, from_, body))
        return f"SM{len(self.sent)}"

    def text_taken(self, to: str, body: str, since: datetime) -> str | None:
        taken = [f"SM{n}" for n, one in enumerate(self.sent, 1) if (one[0], one[2]) == (to, body)]
        return taken[0] if taken else None


@pytest.fixture
def texts(app: Flask) -> object:
    real, texts = app.extensions["carrier"], Texts()
    app.extensions["carrier"] = texts
    yield texts
    app.extensions["carrier"] = real


@pytest.fixture
def units(place) -> dict[str, Unit]:
    """The unit that lights belong to, two neighbours, and a station of the first."""
    urban = session.scalars(select(Unit).where(Unit.code == "urban")).one()
    found = {
        "urban": urban,
        "power": Unit(code="power", name="供电公司", kind=UnitKind.ENTERPRISE),
        "roads": Unit(code="roads", name="交通局", kind=UnitKind.BUREAU),
        "station": Unit(code="station", name="路灯所", kind=UnitKind.SERVICE, parent=urban),
    }
    session.add_all(found.values())
    session.flush()
    return found


@pytest.fixture
def zhao(app, time) -> StaffMember:
    return member("zhao", Role.DISPATCHER)


@pytest.fixture
def clerk(units) -> StaffMember:
    return member("clerk", Role.UNIT, units["urban"])


@pytest.fixture
def ticket(a_call, wang, units) -> Ticket:
    return lifecycle.submit(lifecycle.draft(a_call), by=wang, typed=a_complaint())


@pytest.fixture
def assignment(ticket, units, zhao) -> Assignment:
    return dispatch.dispatch(ticket, units["urban"], by=zhao)
