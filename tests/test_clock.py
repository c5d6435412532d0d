"""The clock's lanes: who waits for the carrier keeps nobody else waiting, and one clock leads."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from time import monotonic, sleep

import pytest
from flask import Flask
from sqlalchemy import select, text

import clock
from infra.clock import now
from infra.db import commit, session
from models import Call, Order, OrderState
from telephony import carrier, orders


class Lame(carrier.Carrier):
    """A carrier that does what it is told, after ``pause`` seconds."""

    def __init__(self, pause: float) -> None:
        self.pause = pause
        self.most = self._now = 0
        self.healed = threading.Event()
        self._lock = threading.Lock()

    def hang_up(self, leg: str) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self.healed.wait(self.pause)
        with self._lock:
            self._now -= 1

    def live_legs(self) -> dict[str, str | None]:
        self.healed.wait(self.pause)
        return {}


@pytest.fixture
def lame(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lame]:
    found = Lame(pause=0.3)
    monkeypatch.setitem(app.extensions, "carrier", found)
    yield found
    found.healed.set()


@contextmanager
def ticking(app: Flask, work: list[clock.Chore]) -> Iterator[threading.Event]:
    stop = threading.Event()
    running = threading.Thread(target=clock.run, args=(app, work, stop))
    running.start()
    try:
        yield stop
    finally:
        stop.set()
        running.join(10)
        assert not running.is_alive()


def until(condition: Callable[[], bool], within: float = 5) -> None:
    ends = monotonic() + within
    while not condition():
        assert monotonic() < ends, f"not so within {within} s"
        sleep(0.02)


def orders_to_hang_up(count: int) -> None:
    call = Call(sid="CA1", number_masked="-", started_at=now())
    session.add(call)
    session.flush()
    for number in range(count):
        orders.hang_up(call, f"CA{number}")
    commit()


def test_a_carrier_that_hangs_delays_neither_the_pass_nor_what_lapses(app, lame):
    lame.pause = 30
    orders_to_hang_up(20)
    passes: list[float] = []
    work = {one.name: one for one in clock.chores(app)}
    route = work["pass"].do

    def counted() -> None:
        route()
        passes.append(monotonic())

    work["pass"] = clock.Chore("pass", 1, counted)
    with ticking(app, list(work.values())):
        until(lambda: lame.most == clock.AT_ONCE, within=15)
        until(lambda: len(passes) >= 4, within=25)
        lame.healed.set()
    gaps = [after - before for before, after in pairwise(passes)]
    # However busy the machine: the carrier would have taken thirty seconds.
    assert max(gaps) < 15, "a pass waited for the carrier"


def test_twenty_slow_orders_are_carried_out_side_by_side_each_once(app, lame):
    orders_to_hang_up(20)
    began = monotonic()
    assert orders.carry_out_due(clock.AT_ONCE) == 20
    assert monotonic() - began < 20 * lame.pause / 2
    session.expire_all()
    done = session.execute(select(Order.state, Order.attempts)).all()
    assert [tuple(one) for one in done] == [(OrderState.DONE, 1)] * 20
    assert lame.most == clock.AT_ONCE


def test_a_chore_that_takes_longer_than_its_period_is_never_run_twice_at_once(app, monkeypatch):
    monkeypatch.setattr(clock, "TICK", 0.02)
    running, most, ran = [], [], []

    def slow() -> None:
        running.append(1)
        most.append(len(running))
        sleep(0.1)
        running.pop()
        ran.append(1)

    with ticking(app, [clock.Chore("slow", 0.02, slow)]):
        until(lambda: len(ran) >= 4)
    assert max(most) == 1


def test_a_chore_that_fails_is_tried_again_and_stops_no_other(app, monkeypatch):
    monkeypatch.setattr(clock, "TICK", 0.02)
    failed, ran = [], []

    def failing() -> None:
        failed.append(1)
        raise ZeroDivisionError

    work = [clock.Chore("failing", 0.02, failing), clock.Chore("well", 0.02, lambda: ran.append(1))]
    with ticking(app, work):
        until(lambda: len(failed) >= 3 and len(ran) >= 3)


def test_of_two_clocks_one_leads_and_a_lost_connection_takes_all_lanes_with_it(app, monkeypatch):
    monkeypatch.setattr(clock, "TICK", 0.02)
    monkeypatch.setattr(clock, "FOLLOWER_ASKS_AGAIN", 0.3)
    monkeypatch.setattr(clock, "LOST_ASKS_AGAIN", 0.3)
    worked: list[str] = []
    names = ["first", "second"]

    def lanes(whose: str) -> list[clock.Chore]:
        return [
            clock.Chore(lane, 0.02, lambda lane=lane: worked.append(f"{whose} {lane}"))
            for lane in ("a", "b")
        ]

    with ticking(app, lanes(names[0])):
        until(lambda: len(worked) > 4)
        with ticking(app, lanes(names[1])):
            sleep(0.7)
            assert {one.split()[0] for one in worked} == {"first"}
            lose_the_leader()
            until(lambda: not is_led())
            # Whoever was at it comes to an end; nobody begins anew without the lock.
            sleep(0.1)
            seen = len(worked)
            sleep(0.05)
            assert len(worked) == seen
            until(lambda: is_led() and len(worked) > seen + 4)
            assert len({one.split()[0] for one in worked[seen:]}) == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_lane_that_ends_by_itself_ends_the_clock_so_that_it_is_started_anew(app, monkeypatch):
    monkeypatch.setattr(clock, "TICK", 0.02)

    def fatal() -> None:
        raise SystemExit

    stop = threading.Event()
    with pytest.raises(clock.LaneEnded, match="fatal"):
        clock.run(app, [clock.Chore("fatal", 1, fatal)], stop)
    stop.set()


HOLDER = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = :key"


def is_led() -> bool:
    session.rollback()
    return session.scalar(text(HOLDER), {"key": clock.LEADER_LOCK}) is not None


def lose_the_leader() -> None:
    query = f"SELECT pg_terminate_backend(pid) FROM ({HOLDER}) AS holder"
    assert session.scalar(text(query), {"key": clock.LEADER_LOCK})
    commit()
