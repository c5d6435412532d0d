"""Who is not skilled enough for a line is no seat of it: not in estimates, not for who calls."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from infra.clock import now
from infra.db import session
from models import Activity, Call, Place
from queues import pace, promises, targets, waiting
from queues.matching import Caller, Floor, FreeSeat, match
from queues.steps import Where, lowest_level, steps_of
from queues.wait_document import wait_document_of
from tests.places import a_line, an_agent

NOBODY_ELSE: list[dict[str, object]] = []


@pytest.fixture
def line(app, time):
    return a_line("tourism", least_level=3, steps=NOBODY_ELSE)


def waits(line, sid: str = "CA1") -> Place:
    call = Call(sid=sid, number_masked="-", started_at=now())
    session.add(call)
    session.flush()
    place = waiting.enter(call, line)
    session.flush()
    waiting.hear(place)
    return place


def signed_on(login: str, *lines, level: int = 3):
    seat = an_agent(login, *lines, level=level)
    seat.lease_until = now() + timedelta(hours=1)
    session.flush()
    return seat


def test_a_seat_below_the_lines_level_counts_for_nobody(line):
    place = waits(line)
    signed_on("novice", line, level=2)
    assert pace.seats_for(place) == 0 and not pace.staffed(place)
    assert not targets.staffed(line)
    (shown,) = targets.lines()
    assert (shown.free, shown.signed_on) == (0, 0)
    signed_on("able", line, level=3)
    assert pace.seats_for(place) == 1 and pace.staffed(place) and targets.staffed(line)
    (shown,) = targets.lines()
    assert (shown.free, shown.signed_on) == (1, 1)


def test_a_step_to_a_lower_level_opens_its_seats_to_the_estimate_too(line):
    line.steps = [{"after": 20, "where": "line", "level": 2}]
    place = waits(line)
    signed_on("novice", line, level=1)
    assert pace.seats_for(place) == 0 and not pace.staffed(place)
    signed_on("helper", line, level=2)
    assert lowest_level(line) == 2
    assert pace.seats_for(place) == 1 and pace.staffed(place)


def test_helpers_of_other_lines_count_from_the_level_of_their_step_on(line):
    other = a_line("general")
    line.steps = [{"after": 5, "where": "lines", "lines": ["general"], "level": 4}]
    place = waits(line)
    signed_on("novice", other, level=3)
    assert pace.seats_for(place) == 0 and not pace.staffed(place)
    signed_on("expert", other, level=4)
    assert pace.seats_for(place) == 1 and pace.staffed(place)


def test_a_certified_line_lends_nobody_to_a_step(app, time):
    """Its seats are kept for what is confided there."""
    one = a_line("tourism", group="文旅", sisters=["minors", "general"])
    a_line("minors", certified=True, group="文旅")
    general = a_line("general", group="文旅")
    everything = [*session.scalars(select(type(one)))]
    for written in (None, [{"after": 0, "where": "group"}]):
        one.steps = written
        lending = [
            step.lines
            for step in steps_of(one, everything)
            if step.where in (Where.LINES, Where.GROUP)
        ]
        assert lending == [frozenset([general.id])]


def test_a_line_keeps_a_seat_that_may_serve_its_own_callers(app, time):
    """Two idle seats, of which one is not skilled enough at home: nobody is lent."""
    one = a_line("tourism", steps=[{"after": 0, "where": "lines", "lines": ["general"]}])
    general = a_line("general", least_level=3)
    at = now()
    floor = Floor({line.id: line for line in (one, general)}, {}, {general.id: 5, one.id: 5})
    floor.open(FreeSeat(1, at, ["zh"], {general.id: 5}))
    floor.open(FreeSeat(2, at, ["zh"], {general.id: 1}))
    caller = Caller(1, one.id, "zh", timedelta(minutes=1), 0, False)
    assert match(caller, floor) is None
    floor.open(FreeSeat(3, at, ["zh"], {general.id: 4}))
    found = match(caller, floor)
    assert found is not None and found.seat.staff_id == 1


def test_a_step_that_is_minutes_away_leaves_nobody_without_a_word(app, time):
    line = a_line("tourism", steps=[{"after": 600, "where": "any"}])
    signed_on("elsewhere", a_line("general"))
    place = waits(line)
    time.forward(25)
    with app.test_request_context():
        wait_document_of(place.call, place, heard_before=now(), brief=False)
    session.flush()
    assert session.scalars(select(promises.Promise)).all()


def test_a_heartbeat_without_news_asks_no_more_than_it_did(app, time):
    """Each waiting caller asks every 20 s: what the line's steps are is not looked up each time."""
    line = a_line("tourism")
    signed_on("own", line).activity = Activity.TALKING
    place = waits(line)
    time.forward(30)
    with app.test_request_context():
        wait_document_of(place.call, place, heard_before=now(), brief=False)
    session.flush()
    asked: list[str] = []

    def count(_connection, _cursor, statement, *_rest) -> None:
        asked.append(statement)

    session.refresh(place)
    event.listen(Engine, "before_cursor_execute", count)
    try:
        promises.news_for(place)
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    assert not [one for one in asked if "FROM line" in one], asked
