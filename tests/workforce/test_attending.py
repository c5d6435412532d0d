"""When an agent worked is read off the stretches of his seat."""

from datetime import timedelta

import pytest

from infra.clock import now
from infra.db import session
from models import Activity, Desired
from queues import presence
from tests.places import a_line, an_agent
from workforce.adherence import Stretch
from workforce.kept_times import worked_by


@pytest.fixture
def seat(app, time):
    noise = an_agent("noise", a_line("noise"))
    noise.lease_until = now() + timedelta(days=1)
    seat = an_agent("wang", a_line(), ready=False)
    seat.lease_until = None
    presence.renew(seat, "desk")
    session.flush()
    return seat


def worked(seat) -> list[int]:
    """How many seconds each stretch of work lasted."""
    session.flush()
    day = Stretch(now() - timedelta(days=1), now() + timedelta(days=1))
    found = worked_by([seat.staff_id], day, now()).get(seat.staff_id, [])
    return [round(one.length.total_seconds()) for one in found]


def there(seat, time, seconds: int) -> None:
    """His desk renews its lease all the while."""
    for _ in range(seconds // 10):
        time.forward(10)
        presence.renew(seat, "desk")
        session.flush()


def test_a_break_is_no_work_and_signing_off_ends_it(seat, time):
    assert worked(seat) == []
    presence.choose(seat, Desired.READY)
    there(seat, time, 600)
    assert worked(seat) == [600]
    presence.choose(seat, Desired.BREAK, "meal")
    there(seat, time, 300)
    assert worked(seat) == [600]
    presence.choose(seat, Desired.READY)
    there(seat, time, 60)
    presence.choose(seat, Desired.OFFLINE)
    there(seat, time, 60)
    assert worked(seat) == [600, 60]


def test_a_desk_that_is_gone_worked_until_its_lease_was_over(seat, time):
    presence.choose(seat, Desired.READY)
    there(seat, time, 300)
    time.forward(3600)
    kept = int(300 + presence.LEASE.total_seconds())
    assert worked(seat) == [kept]
    presence.renew(seat, "desk")
    session.flush()
    there(seat, time, 30)
    assert worked(seat) == [kept, 30]


def test_who_signs_off_while_he_talks_works_until_his_talk_is_over(seat, time):
    presence.choose(seat, Desired.READY)
    there(seat, time, 60)
    seat.move_to(Activity.CONNECTING, now())
    session.flush()
    seat.move_to(Activity.TALKING, now())
    presence.choose(seat, Desired.OFFLINE)
    session.flush()
    time.forward(120)
    assert sum(worked(seat)) == 180
    seat.move_to(Activity.WRAP_UP, now())
    seat.wrap_up_until = now() + timedelta(seconds=30)
    session.flush()
    time.forward(20)
    seat.move_to(Activity.IDLE, now())
    session.flush()
    time.forward(300)
    assert sum(worked(seat)) == 200
