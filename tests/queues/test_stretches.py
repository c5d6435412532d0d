"""What a seat was is kept stretch by stretch, whoever moves it and however."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from infra.clock import now
from infra.db import session
from models import Activity, Call, CallStatus, Desired, Seat, SeatStretch
from queues import presence
from tests.places import a_line, an_agent

SECOND = timedelta(seconds=1)


@pytest.fixture
def seat(app, time) -> Seat:
    return an_agent("wang", a_line(), ready=False)


def kept(seat: Seat) -> list[tuple[str, str, float | None]]:
    """What he chose, what he did, for how many seconds."""
    session.flush()
    session.expire_all()
    rows = session.scalars(
        select(SeatStretch).where(SeatStretch.agent_id == seat.staff_id).order_by(SeatStretch.id)
    )
    return [
        (one.desired, one.activity, one.ended_at and (one.ended_at - one.began_at) / SECOND)
        for one in rows
    ]


def test_each_change_ends_a_stretch_and_begins_the_next(seat, time):
    time.forward(60)
    presence.choose(seat, Desired.READY)
    session.flush()
    time.forward(30)
    presence.choose(seat, Desired.BREAK, "meal")
    session.flush()
    time.forward(600)
    assert kept(seat) == [("offline", "idle", 60), ("ready", "idle", 30), ("break", "idle", None)]
    assert session.scalars(select(SeatStretch.reason).order_by(SeatStretch.id)).all()[-1] == "meal"


def test_a_pass_in_plain_sql_is_kept_too(seat, time):
    time.forward(5)
    session.execute(update(Seat).values(activity="ringing", activity_since=now()))
    assert kept(seat) == [("offline", "idle", 5), ("offline", "ringing", None)]


def test_a_talk_and_its_wrap_up_know_their_call(seat, time):
    call = Call(
        sid="CA1",
        number_masked="-",
        started_at=now(),
        status=CallStatus.CONNECTING,
        agent_id=seat.staff_id,
    )
    session.add(call)
    for activity in (Activity.CONNECTING, Activity.TALKING):
        seat.move_to(activity, now())
        session.flush()
    time.forward(90)
    # A choice for afterwards makes no other talk of it.
    presence.choose(seat, Desired.READY)
    session.flush()
    time.forward(10)
    call.move_to(CallStatus.WAITING)
    call.agent_id = None
    seat.move_to(Activity.WRAP_UP, now())
    seat.wrap_up_until = now()
    session.flush()
    time.forward(20)
    seat.move_to(Activity.IDLE, now())
    session.flush()
    rows = session.execute(
        select(SeatStretch.activity, SeatStretch.call_id).order_by(SeatStretch.id)
    ).all()
    assert [tuple(row) for row in rows] == [
        ("idle", None),
        ("connecting", None),
        ("talking", call.id),
        ("talking", call.id),
        ("wrap_up", call.id),
        ("idle", None),
    ]
    assert [one[2] for one in kept(seat)] == [0, 0, 90, 10, 20, None]


def test_a_desk_that_was_away_is_told_apart_from_one_that_was_there(seat, time):
    presence.renew(seat, "desk")
    presence.choose(seat, Desired.READY)
    session.flush()
    for _ in range(3):
        time.forward(presence.LEASE.total_seconds())
        presence.renew(seat, "desk")
        session.flush()
    left = seat.lease_until
    time.forward(300)
    presence.renew(seat, "desk")
    assert kept(seat)[1:] == [("ready", "idle", 360), ("ready", "idle", None)]
    away = session.scalars(select(SeatStretch).order_by(SeatStretch.id)).all()[1]
    assert (away.here_until, away.ended_at) == (left, now())


def test_a_seat_has_one_open_stretch(seat):
    doubled = "INSERT INTO seat_stretch (agent_id, desired, activity, began_at) SELECT "
    with pytest.raises(Exception, match="uq_seat_stretch_open"):
        session.execute(text(f"{doubled} staff_id, 'ready', 'idle', now() FROM seat"))
