"""The clock's second: what cannot be served is left aside, and everybody else is served."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from infra.clock import now
from infra.db import commit, on_commit, savepoint, session, transaction
from models import Activity, Call, Offer, OfferState, Seat
from queues import sweeps
from tests.places import a_line, an_agent
from tests.queues.test_routing import free, waits


@pytest.fixture
def line(app, time):
    return a_line("general")


def rings(call: Call, seat: Seat) -> Offer:
    """An offer whose twelve seconds are over."""
    offer = Offer(
        call_id=call.id,
        agent_id=seat.staff_id,
        epoch=call.epoch,
        offered_at=now() - timedelta(seconds=13),
        deadline=now() - timedelta(seconds=1),
        why={},
    )
    seat.activity = Activity.RINGING
    session.add(offer)
    session.flush()
    return offer


def state_of(offer: Offer) -> OfferState:
    session.expire_all()
    return session.get_one(Offer, offer.id).state


def test_an_offer_that_cannot_lapse_stops_neither_the_others_nor_the_pass(line, capsys):
    busy = free("poisoned", line)
    poisoned = rings(waits(line, since=90), busy)
    busy.activity = Activity.TALKING
    well = rings(waits(line, since=60), free("well", line))
    other = waits(line, since=30)
    idle = free("idle", line)
    commit()
    sweeps.tick()
    assert state_of(poisoned) is OfferState.RINGING
    assert state_of(well) is OfferState.MISSED
    offered = select(Offer.call_id).where(Offer.agent_id == idle.staff_id)
    assert session.scalar(offered) in (well.call_id, other.id)
    assert f"Offer ({poisoned.id},)" in capsys.readouterr().out


def test_what_cannot_be_served_for_a_minute_is_not_told_each_second(line, time, capsys):
    busy = free("poisoned", line)
    poisoned = rings(waits(line, since=90), busy)
    busy.activity = Activity.TALKING
    commit()
    for _ in range(60):
        sweeps.tick()
        time.forward(1)
    assert capsys.readouterr().out.count(f"Offer ({poisoned.id},)") == 3


def test_a_wrap_up_that_cannot_end_stops_no_other(line, monkeypatch):
    seats = [an_agent(name, line) for name in ("poisoned", "well")]
    for seat in seats:
        seat.activity, seat.wrap_up_until = Activity.WRAP_UP, now() - timedelta(seconds=1)
    commit()
    bad = seats[0].staff_id

    def poison(_session: Session, _context: object, _instances: object) -> None:
        for one in list(_session.dirty):
            if isinstance(one, Seat) and one.staff_id == bad:
                raise ZeroDivisionError

    event.listen(Session, "before_flush", poison)
    try:
        sweeps.tick()
    finally:
        event.remove(Session, "before_flush", poison)
    session.expire_all()
    assert [seat.activity for seat in seats] == [Activity.WRAP_UP, Activity.IDLE]


def test_a_match_that_cannot_be_written_stops_no_other(line):
    poisoned, well = waits(line, since=60), waits(line, since=30)
    seats = [free("wang", line), free("li", line)]
    # Its next offer's epoch is taken.
    session.add(
        Offer(
            call_id=poisoned.id,
            agent_id=seats[0].staff_id,
            epoch=poisoned.epoch + 1,
            state=OfferState.MISSED,
            offered_at=now(),
            deadline=now(),
            ended_at=now(),
            why={},
        )
    )
    commit()
    sweeps.tick()
    session.expire_all()
    ringing = select(Offer.call_id).where(Offer.state == OfferState.RINGING)
    assert session.scalars(ringing).all() == [well.id]
    assert sorted(seat.activity for seat in seats) == [Activity.IDLE, Activity.RINGING]


def test_what_is_undone_is_not_told_either(app, time):
    told: list[str] = []
    with transaction():
        on_commit(lambda: told.append("before"))
        with pytest.raises(ZeroDivisionError), savepoint():
            on_commit(lambda: told.append("undone"))
            raise ZeroDivisionError
        with savepoint():
            on_commit(lambda: told.append("kept"))
    assert told == ["before", "kept"]
