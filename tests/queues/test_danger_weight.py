"""Whatever a line weighs, danger on it is danger: first in line, and any seat may have it."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from assist import alarm, emergency
from infra.clock import now
from infra.db import commit, roll_back, serialise_routing, session
from models import EMERGENCY_PRIORITY, Call, Offer, Place, Role
from queues import line_settings, routing, waiting
from tests.places import a_line, an_agent
from tests.visitors import somebody

LEAST = -30


@pytest.fixture
def lines(app, time):
    return {"general": a_line("general"), "tourism": a_line("tourism", priority=LEAST)}


def waits(line, sid: str) -> Call:
    call = Call(sid=sid, number_masked="-", started_at=now())
    session.add(call)
    session.flush()
    place = waiting.enter(call, line)
    session.flush()
    waiting.hear(place)
    session.flush()
    return call


def tells_of_danger(call: Call) -> None:
    danger = emergency.find("着火了快来人")
    assert danger is not None
    alarm.raise_for(call, danger)
    session.flush()


def place_of(call: Call) -> Place:
    session.expire_all()
    return session.scalars(select(Place).where(Place.call_id == call.id)).one()


def test_who_waits_on_a_line_of_less_weight_and_tells_of_danger_goes_first(lines):
    call = waits(lines["tourism"], "CA1")
    tells_of_danger(call)
    assert place_of(call).priority >= EMERGENCY_PRIORITY
    assert waiting.danger_waits()


def test_who_is_in_danger_enters_a_line_of_less_weight_with_all_his_own(lines):
    call = Call(sid="CA1", number_masked="-", started_at=now())
    session.add(call)
    session.flush()
    tells_of_danger(call)
    assert waiting.enter(call, lines["tourism"]).priority == EMERGENCY_PRIORITY


def test_a_line_that_is_given_less_weight_moves_all_but_danger(lines):
    lead = somebody("lead", Role.LEAD)
    ordinary, danger = waits(lines["general"], "CA1"), waits(lines["general"], "CA2")
    tells_of_danger(danger)
    line_settings.change(lines["general"], {"priority": LEAST}, by=lead)
    assert place_of(ordinary).priority == LEAST
    assert place_of(danger).priority == EMERGENCY_PRIORITY
    assert waiting.danger_waits()


def test_danger_is_what_the_call_says_and_no_number(lines):
    """Also where its number got too small, and where another's got too large."""
    seat = an_agent("helper", lines["general"])
    seat.lease_until = now().replace(year=2100)
    others = an_agent("own", lines["tourism"])
    others.lease_until = now().replace(year=2100)
    others.resting_until = now().replace(year=2100)
    pushed, danger = waits(lines["tourism"], "CA1"), waits(lines["tourism"], "CA2")
    place_of(pushed).priority = EMERGENCY_PRIORITY + 500
    tells_of_danger(danger)
    place_of(danger).priority = 0
    session.flush()
    serialise_routing()
    routing.run()
    assert [one.call_id for one in session.scalars(select(Offer))] == [danger.id]


def test_the_database_refuses_a_weight_that_no_form_allows(lines):
    commit()
    lines["general"].priority = -31
    with pytest.raises(IntegrityError):
        session.flush()
    roll_back()


@pytest.mark.parametrize(
    "wrong",
    [
        {"most_waiting": 0},
        {"partner_name": "九江", "partner_number": "1", "partner_after_s": 5},
        {"closed_reason_en": "power cut"},
        {"when_nobody": "general"},
    ],
)
def test_the_database_refuses_what_no_form_allows(lines, wrong):
    commit()
    for name, value in wrong.items():
        setattr(lines["general"], name, value)
    with pytest.raises(IntegrityError):
        session.flush()
    roll_back()
