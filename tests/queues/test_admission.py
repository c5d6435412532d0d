"""A line with a limit takes its callers in one after the other, at whatever door they ask."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from infra.clock import now
from infra.db import commit, roll_back, session
from models import Call, Line, Place
from queues import waiting
from queues.admission import IN_TURN, admit
from tests.places import a_line


@pytest.fixture
def line(app, time) -> Line:
    a_line("general")
    found = a_line("tourism", most_waiting=1)
    commit()
    return found


def a_call(sid: str) -> Call:
    call = Call(sid=sid, number_masked="-", started_at=now())
    session.add(call)
    session.flush()
    return call


def test_who_asks_at_the_same_moment_waits_until_the_other_one_is_in(app, line):
    """Else both would count none and both be taken in."""
    first, second = a_call("CA1"), a_call("CA2")
    commit()
    with app.extensions["engine"].begin() as other:
        other.execute(IN_TURN, {"line": line.id})
        session.execute(text("SET LOCAL lock_timeout = '50ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            admit(second, line)
        roll_back()
        # Whoever only refers to the line is not kept waiting.
        session.execute(text("SET LOCAL lock_timeout = '50ms'"))
        waiting.enter(first, line)
        commit()
    assert session.scalars(select(Place.call_id)).all() == [first.id]
    assert admit(second, line).line is not line


def test_a_line_without_a_limit_keeps_nobody_waiting(app, line):
    line.most_waiting = None
    call = a_call("CA1")
    commit()
    with app.extensions["engine"].begin() as other:
        other.execute(IN_TURN, {"line": line.id})
        session.execute(text("SET LOCAL lock_timeout = '50ms'"))
        assert admit(call, line).line is line
