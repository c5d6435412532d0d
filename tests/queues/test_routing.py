"""The pass alone: who is offered to whom, in a table and for whatever chance may deal."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import select

from infra.clock import now
from infra.db import serialise_routing, session
from models import (
    EMERGENCY_PRIORITY,
    Activity,
    Call,
    CallStatus,
    Line,
    Offer,
    OfferState,
    Place,
    Seat,
)
from queues import routing
from tests.places import a_line, an_agent


@pytest.fixture
def lines(app, time):
    return {
        "general": a_line("general"),
        "tourism": a_line("tourism", sisters=["general"]),
        "business": a_line("business"),
        "minors": a_line("minors", certified=True),
    }


def waits(line: Line, *, since: float = 0, priority: int = 0, language: str = "zh") -> Call:
    at = now() - timedelta(seconds=since)
    call = Call(
        sid=f"CA{uuid4().hex}",
        number_masked="-",
        started_at=at,
        status=CallStatus.WAITING,
        line_id=line.id,
        language=language,
        emergency="着火" if priority >= EMERGENCY_PRIORITY else None,
    )
    session.add(call)
    session.flush()
    session.add(
        Place(
            call_id=call.id,
            line_id=line.id,
            language=language,
            priority=priority,
            entered_at=at,
            age_from=at,
            heard_at=at,
            last_heard_at=at,
        )
    )
    return call


def free(login: str, *lines: Line, idle: float = 0, **known: object) -> Seat:
    seat = an_agent(login, *lines, **known)
    seat.lease_until = now() + timedelta(seconds=20)
    seat.idle_since = now() - timedelta(seconds=idle)
    return seat


def offered() -> dict[int, Offer]:
    session.flush()
    serialise_routing()
    routing.run()
    rows = session.scalars(select(Offer).where(Offer.state == OfferState.RINGING))
    return {offer.call_id: offer for offer in rows}


@pytest.mark.parametrize(
    ("line", "waited", "seats", "step"),
    [
        ("tourism", 0, {"tourism": 1}, "line"),
        ("tourism", 4, {"general": 2, "tourism": 0}, "sister"),
        ("tourism", 4, {"general": 2, "busy_tourism": 1}, None),
        ("tourism", 5, {"general": 2, "busy_tourism": 1}, "sister"),
        ("tourism", 5, {"general": 1, "busy_tourism": 1}, None),
        ("tourism", 9, {"business": 1, "busy_tourism": 1}, None),
        ("tourism", 10, {"business": 1, "busy_tourism": 1}, "any"),
        ("tourism", 0, {"business": 1}, "any"),
        ("minors", 600, {"general": 5, "business": 5}, None),
        ("minors", 0, {"minors": 1}, "line"),
    ],
)
def test_a_caller_is_relaxed_by_age_and_a_step_nobody_serves_is_skipped(
    lines, line, waited, seats, step
):
    for name, number in seats.items():
        for n in range(number):
            seat = free(f"{name}{n}", lines[name.removeprefix("busy_")])
            if name.startswith("busy_"):
                seat.resting_until = now() + timedelta(minutes=1)
    call = waits(lines[line], since=waited)
    found = offered().get(call.id)
    assert (found.why["step"] if found else None) == step


def test_skill_comes_first_then_the_longest_idle(lines):
    free("new", lines["general"], level=5, idle=10)
    best = free("old", lines["general"], level=5, idle=99)
    free("poor", lines["general"], level=1, idle=999)
    call = waits(lines["general"])
    assert offered()[call.id].agent_id == best.staff_id


def test_danger_is_offered_to_a_lone_seat_of_another_line_at_once(lines):
    lone = free("general0", lines["general"])
    resting = free("tourism0", lines["tourism"])
    resting.resting_until = now() + timedelta(minutes=1)
    call = waits(lines["tourism"], priority=EMERGENCY_PRIORITY)
    made = offered()[call.id]
    assert (made.agent_id, made.why["step"]) == (lone.staff_id, "any")


def test_danger_is_not_left_waiting_on_a_certified_line(lines):
    certified = free("minors0", lines["minors"])
    certified.resting_until = now() + timedelta(minutes=1)
    free("general0", lines["general"])
    call = waits(lines["minors"], priority=EMERGENCY_PRIORITY)
    assert offered()[call.id].why["step"] == "any"


def test_a_page_that_moves_gives_nobody_twice(lines, monkeypatch):
    """Whoever proves that he waits between two pages moves the second one on."""
    monkeypatch.setattr(routing, "CALLERS_A_PAGE", 2)
    waiting = [waits(lines["general"], since=10 - n) for n in range(5)]
    session.flush()
    callers = routing._callers(now())
    first = [next(callers).call_id, next(callers).call_id]
    waits(lines["general"], since=99)
    session.flush()
    assert [*first, *(one.call_id for one in callers)] == [one.id for one in waiting]


def test_one_caller_alone_gets_the_seat_that_he_would_get_among_many(lines):
    """One caller is matched by a statement of its own; the order is the same."""
    free("other line", lines["business"], level=5, idle=999)
    free("english", lines["general"], level=5, idle=999, languages=("en",))
    free("weak", lines["general"], level=1, idle=999)
    free("fresh", lines["general"], level=4, idle=1)
    best = free("rested", lines["general"], lines["business"], level=4, idle=50)
    alone = waits(lines["general"])
    made = offered()[alone.id]
    assert made.agent_id == best.staff_id
    assert {"step": "line", "level": 4, "eligible": 3}.items() <= made.why.items()
    why = made.why
    made.state, made.ended_at = OfferState.WITHDRAWN, now()
    best.activity = Activity.IDLE
    waits(lines["minors"])
    among = waits(lines["general"], since=1)
    session.flush()
    assert offered()[among.id].why | {"waited_s": 0} == why


def test_a_point_of_priority_is_a_minute_of_age(lines):
    free("one", lines["general"])
    waits(lines["general"], since=59)
    urgent = waits(lines["general"], since=0, priority=1)
    assert list(offered()) == [urgent.id]


def test_a_language_is_kept_within_the_line(lines):
    free("zh", lines["general"], languages=("zh",))
    english = free("en", lines["general"], languages=("zh", "en"))
    call = waits(lines["general"], language="en")
    assert offered()[call.id].agent_id == english.staff_id


@pytest.mark.parametrize("fault", ["offline", "lease", "rest", "unheard"])
def test_who_cannot_be_rung_is_not(lines, fault):
    seat = free("one", lines["general"], ready=fault != "offline")
    call = waits(lines["general"])
    if fault == "lease":
        seat.lease_until = now()
    elif fault == "rest":
        seat.resting_until = now() + timedelta(seconds=1)
    elif fault == "unheard":
        session.flush()
        session.scalars(select(Place).where(Place.call_id == call.id)).one().heard_at = None
    assert offered() == {}


def test_a_pass_makes_at_most_fifty_offers(lines):
    for n in range(60):
        free(f"agent{n}", lines["general"])
        waits(lines["general"], since=n)
    assert len(offered()) == routing.OFFERS_A_PASS


CODES = ("general", "tourism", "business", "minors")
callers = some.lists(
    some.tuples(some.sampled_from(CODES), some.integers(0, 30), some.integers(0, 2)), max_size=12
)
seats = some.lists(
    some.tuples(some.sets(some.sampled_from(CODES), min_size=1), some.integers(1, 5)), max_size=8
)


@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
@given(callers=callers, seats=seats)
def test_whatever_chance_deals(lines, callers, seats):
    """Nobody is offered twice, the certified line is never relaxed, no seat skips a caller."""
    dealt = session.begin_nested()
    try:
        for n, (served, level) in enumerate(seats):
            free(f"s{n}", *(lines[code] for code in sorted(served)), level=level, idle=n)
        waiting = [waits(lines[code], since=age, priority=p) for code, age, p in callers]
        _check(lines, callers, waiting, len(seats))
    finally:
        dealt.rollback()


def _check(lines, callers, waiting, seats: int) -> None:
    made = offered()
    assert len({offer.agent_id for offer in made.values()}) == len(made)
    assert len(made) <= min(len(callers), seats)
    ahead = {
        call.id: (age + 60 * points, -call.id)
        for call, (_, age, points) in zip(waiting, callers, strict=True)
    }
    age_of = {call.id: age for call, (_, age, _) in zip(waiting, callers, strict=True)}
    for call in waiting:
        if call.id not in made:
            continue
        if call.line_id == lines["minors"].id:
            assert made[call.id].why["step"] == "line"
        for other in waiting:
            # Of two callers of one line the one further in front is never left for the other, but
            # where the other has waited long enough for seats that are not yet open to him.
            same_line = other.line_id == call.line_id and age_of[other.id] >= age_of[call.id]
            if same_line and ahead[other.id] > ahead[call.id]:
                assert other.id in made
