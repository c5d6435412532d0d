"""A second in which nothing is due costs one question, and holds up nobody who routes."""

from datetime import timedelta

from infra import clock, db
from models import Activity
from queues import sweeps
from tests.places import a_line, an_agent
from tests.statements import statements


def test_in_a_quiet_second_the_clock_asks_once_and_takes_no_lock(app, time):
    an_agent("a", a_line())
    db.commit()
    with statements(app) as heard:
        sweeps.tick()
    assert len(heard) == 1 and "advisory" not in heard[0]


def test_a_second_with_something_due_is_a_pass_under_the_lock(app, time):
    seat = an_agent("a", a_line())
    seat.activity = Activity.WRAP_UP
    seat.wrap_up_until = clock.now() + timedelta(seconds=30)
    db.commit()
    time.forward(29)
    with statements(app) as heard:
        sweeps.tick()
    assert len(heard) == 1
    time.forward(1)
    with statements(app) as heard:
        sweeps.tick()
    assert "pg_advisory_xact_lock" in heard[1] and seat.activity is not Activity.WRAP_UP
