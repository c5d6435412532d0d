"""Agents at their desks' own doors, with their browser phones, and the citizen they talk with."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from werkzeug.test import TestResponse

from emulator.caller import Caller
from infra.clock import now
from infra.db import commit, session
from infra.privacy import fingerprint, mask
from models import (
    Activity,
    Call,
    CallEvent,
    CallStatus,
    DutyPhone,
    Line,
    Offer,
    OfferState,
    Seat,
    Unit,
    UnitKind,
)
from tests.carrier import City, Desk
from tests.places import an_agent
from tests.visitors import Browser, browser_of

DESK = str(uuid4())


@dataclass
class Agent:
    city: City
    seat: Seat
    phone: Desk = field(init=False)
    page: Browser = field(init=False)
    id: int = field(init=False)

    def __post_init__(self) -> None:
        self.id = self.seat.staff_id
        self.phone = self.city.desk(self.seat)
        self.page = browser_of(self.city.app, self.seat.staff)

    @classmethod
    def comes(cls, city: City, login: str, *lines: Line, **known: Any) -> "Agent":
        return cls(city, an_agent(login, *lines, **known))

    def asks(self, what: str, **about: object) -> TestResponse:
        """Press a button; its answer as it came."""
        return self.page.post_json(f"/desk/{what}", {"desk": DESK, **about})

    def does(self, what: str, **about: object) -> dict[str, Any]:
        """Press a button, and let the carrier be told."""
        answer = self.asks(what, **about)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        self.city.pass_time(1)
        return answer.get_json()

    @property
    def shows(self) -> dict[str, Any]:
        return self.page.get(f"/desk/state?desk={DESK}").get_json()

    @property
    def activity(self) -> Activity:
        session.expire_all()
        return session.get_one(Seat, self.id).activity

    @property
    def rings(self) -> Offer | None:
        session.expire_all()
        ringing = (Offer.agent_id == self.id) & (Offer.state == OfferState.RINGING)
        return session.scalar(select(Offer).where(ringing))

    def answers(self, within: float = 60) -> Offer:
        self.city.until(lambda: self.rings is not None, within)
        offer = self.rings
        self.phone.accepts(offer.id)
        self.city.pass_time(1)
        return offer

    def hears(self, *others: Caller) -> bool:
        """Whether he hears these, and nobody else."""
        return audible(self.phone.phone) == {one.number for one in others}


def audible(caller: Caller) -> set[str]:
    """The numbers of those whom he hears now."""
    if not caller.connected:
        return set()
    return {one.caller if one.direction == "inbound" else one.called for one in caller.leg.hears()}


def call_of(citizen: Caller) -> Call:
    session.expire_all()
    return session.scalars(select(Call).where(Call.sid == citizen.leg.sid)).one()


def events_of(call: Call) -> list[str]:
    of_call = select(CallEvent.name).where(CallEvent.call_id == call.id)
    return list(session.scalars(of_call.order_by(CallEvent.id)))


def talking(citizen: Caller, agent: Agent) -> Call:
    """The citizen has dialled and the agent has answered: they hear each other."""
    citizen.dials("12345")
    agent.answers()
    agent.city.until(lambda: call_of(citizen).status is CallStatus.TALKING)
    return call_of(citizen)


def a_duty_phone(number: str) -> DutyPhone:
    phone = DutyPhone(
        unit=Unit(code="water", name="水务公司", kind=UnitKind.ENTERPRISE),
        number=number,
        number_fingerprint=fingerprint(number),
        number_masked=mask(number),
        wants=["tickets"],
        added_at=now(),
    )
    session.add(phone)
    commit()
    return phone
