"""Who was there is read off the seats, at the moments that the seats tell."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from infra.clock import now
from infra.db import session, transaction
from models import Activity, Attendance, Desired, Presence
from queues import presence
from tests.places import a_line, an_agent
from workforce import attending


@pytest.fixture
def seat(app, time):
    an_agent("noise", a_line("noise"), ready=False)
    seat = an_agent("wang", a_line(), ready=False)
    seat.lease_until = None
    presence.renew(seat, "desk")
    return seat


def look(seat, *, seen: bool = True) -> list[tuple[Presence, int | None]]:
    """Each stretch with its length in seconds, None while it lasts."""
    if seen:
        presence.renew(seat, "desk")
    session.flush()
    with transaction():
        attending._note(now())
    found = session.scalars(
        select(Attendance).where(Attendance.staff_id == seat.staff_id).order_by(Attendance.began_at)
    )
    return [
        (
            one.presence,
            round((one.ended_at - one.began_at).total_seconds()) if one.ended_at else None,
        )
        for one in found
    ]


def test_a_shift_with_a_break_is_three_stretches_whenever_one_looked(seat, time):
    assert look(seat) == []
    presence.choose(seat, Desired.READY)
    time.forward(3)
    assert look(seat) == [(Presence.WORK, None)]
    time.forward(597)
    presence.choose(seat, Desired.BREAK, "meal")
    time.forward(4)
    assert look(seat) == [(Presence.WORK, 600), (Presence.BREAK, None)]
    assert look(seat) == [(Presence.WORK, 600), (Presence.BREAK, None)]
    time.forward(296)
    presence.choose(seat, Desired.READY)
    look(seat)
    time.forward(60)
    presence.choose(seat, Desired.OFFLINE)
    time.forward(2)
    told = [(Presence.WORK, 600), (Presence.BREAK, 300), (Presence.WORK, 60)]
    assert look(seat) == told
    time.forward(2)
    assert look(seat) == told


def test_a_desk_that_is_gone_ends_at_its_last_sign_of_life(seat, time):
    presence.choose(seat, Desired.READY)
    look(seat)
    time.forward(300)
    assert look(seat) == [(Presence.WORK, None)]
    time.forward(3600)
    kept = int(300 + presence.LEASE.total_seconds())
    assert look(seat, seen=False) == [(Presence.WORK, kept)]
    # It comes back with what was chosen before: he is there since then, and not since morning.
    assert look(seat) == [(Presence.WORK, kept), (Presence.WORK, None)]
    last = session.scalars(select(Attendance).where(Attendance.ended_at.is_(None))).one()
    assert last.began_at == now()


def test_who_signs_off_while_he_talks_works_until_his_talk_is_over(seat, time):
    presence.choose(seat, Desired.READY)
    look(seat)
    time.forward(60)
    seat.move_to(Activity.CONNECTING, now())
    seat.move_to(Activity.TALKING, now())
    presence.choose(seat, Desired.OFFLINE)
    time.forward(120)
    assert look(seat) == [(Presence.WORK, None)]
    seat.move_to(Activity.WRAP_UP, now())
    seat.wrap_up_until = now() + timedelta(seconds=30)
    time.forward(20)
    seat.move_to(Activity.IDLE, now())
    time.forward(3)
    assert look(seat) == [(Presence.WORK, 200)]


def test_who_came_and_went_within_a_moment_leaves_no_empty_stretch(seat, time):
    presence.choose(seat, Desired.READY)
    look(seat)
    presence.choose(seat, Desired.BREAK, "meal")
    assert look(seat) == [(Presence.BREAK, None)]
    presence.choose(seat, Desired.OFFLINE)
    assert look(seat) == []


def test_the_clock_does_it_by_itself(app, seat):
    presence.choose(seat, Desired.READY)
    with transaction():
        session.flush()
    attending.note()
    attending.note()
    assert session.scalars(select(Attendance.presence)).all() == [Presence.WORK]
