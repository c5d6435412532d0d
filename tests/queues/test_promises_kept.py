"""承诺兑现: what was told, held against what followed, and what the next caller is told for it."""

from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import select

from infra.clock import now
from infra.db import commit, session
from models import (
    Activity,
    Call,
    CallStatus,
    Disposition,
    Line,
    Place,
    Promise,
    PromiseKind,
    Role,
    Seat,
)
from queues import pace, promises_kept, waiting
from tests.places import a_line, an_agent
from tests.visitors import browser_of, somebody

serial = count()


@pytest.fixture
def lead(app, time):
    return browser_of(app, somebody("lead", Role.LEAD))


def told(line: Line, low: int, high: int | None, waited: float, *, gone: bool = False) -> Promise:
    """A wait that was told an hour ago and has ended since."""
    at = now() - timedelta(hours=1)
    call = Call(
        sid=f"CA{next(serial)}",
        number_masked="-",
        line_id=line.id,
        status=CallStatus.ENDED,
        disposition=Disposition.ABANDONED if gone else Disposition.ANSWERED,
        started_at=at,
        ended_at=now(),
    )
    session.add(call)
    session.flush()
    place = Place(call_id=call.id, line_id=line.id, entered_at=at, age_from=at, left_at=now())
    session.add(place)
    session.flush()
    ended = at + timedelta(seconds=waited)
    promise = Promise(
        place_id=place.id,
        at=at,
        ahead=1,
        kind=PromiseKind.WAIT,
        low_minutes=low,
        high_minutes=high,
        basis={"mean_s": 100},
        answered_at=None if gone else ended,
        gone_at=ended if gone else None,
    )
    session.add(promise)
    session.flush()
    return promise


def test_each_promise_is_held_against_what_followed(app, time):
    line, other = a_line("general"), a_line("tourism", rank=1)
    told(line, 1, 3, 60)
    told(line, 1, 3, 180)
    told(line, 1, 3, 59)
    told(line, 1, 3, 210)
    told(line, 1, 3, 211)
    told(line, 5, None, 900)
    told(line, 1, 3, 100, gone=True)
    told(line, 1, 3, 300, gone=True)
    told(other, 0, 1, 30)
    since = now() - timedelta(days=1)
    first, second = promises_kept.by_line(since)
    assert (first.line.code, second.line.code) == ("general", "tourism")
    assert (first.told, first.answered, first.within) == (8, 6, 3)
    assert (first.sooner, first.later, first.broken) == (1, 2, 1)
    assert (first.gave_up, first.gave_up_late) == (2, 1)
    assert first.share == 0.5 and second.share == 1
    assert promises_kept.of_all(since).told == 9
    assert [round(one.waited) for one in promises_kept.broken(since)] in ([211, 300], [300, 211])
    assert promises_kept.by_line(now()) == []


def test_the_page_says_how_many_promises_were_kept(lead):
    line = a_line("general", name="综合")
    assert "没有告知过等待时间" in lead.get("/promises").text
    for waited in (60, 120, 500):
        told(line, 1, 3, waited)
    commit()
    page = lead.get("/promises?days=1").text
    assert "66.7 %" in page and "33.3 %" in page and "1–3 分钟" in page
    assert "样本不足" in page


def test_bands_widen_where_promises_break(app, time):
    line = a_line("general")
    for waited in [105] * 15 + [210] * 15:
        told(line, 1, 3, waited)
    for _ in range(5):
        told(line, 1, 3, 300, gone=True)
        told(line, 1, 3, 20, gone=True)
    # Of 105 s: 100 expected, and the ringing that ends each wait.
    assert pace.turned_out(line.id).later == pytest.approx(300 / 105)
    assert pace.turned_out(a_line("tourism").id).later == 0


def test_short_waits_say_nothing_of_the_bands(app, time):
    """Three seconds expected and a ringing of twelve are no broken promise."""
    line = a_line("general")
    for _ in range(40):
        told(line, 0, 1, 12).basis = {"mean_s": 3}
    session.flush()
    assert pace.turned_out(line.id).later == 0


def test_whom_a_partner_city_took_over_was_neither_answered_nor_gave_up(app, time):
    line = a_line("general")
    promise = told(line, 1, 3, 100, gone=True)
    place = session.get_one(Place, promise.place_id)
    place.call.disposition = Disposition.DIVERTED
    session.flush()
    (found,) = promises_kept.by_line(now() - timedelta(days=1))
    assert (found.told, found.answered, found.within, found.gave_up) == (1, 0, 0, 0)


def waits(city, key: str):
    citizen = city.citizen()
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请直接说出"))
    citizen.presses(key)
    city.until(lambda: place_of(citizen) is not None)
    return citizen


def place_of(citizen) -> Place | None:
    session.expire_all()
    return session.scalar(select(Place).join(Call).where(Call.sid == citizen.leg.sid))


def test_the_first_of_a_line_is_the_next_only_where_no_other_line_comes_before_him(city, app, time):
    general, tourism = a_line("general", name="综合"), a_line("tourism", name="旅游", rank=1)
    desk = city.desk(an_agent("both", general, tourism))
    session.get_one(Seat, desk.staff_id).activity = Activity.TALKING
    commit()
    before = waits(city, "0")
    city.pass_time(5)
    first = waits(city, "8")
    city.until(lambda: first.hears("您在旅游来电中排在最前"), 40)
    assert not first.hears("您是下一位")
    assert before.hears("您是下一位")
    before.hangs_up()
    city.until(lambda: first.hears("您是下一位"), 40)


def test_lines_that_share_no_seat_do_not_wait_for_each_other(city, app, time):
    general, tourism = a_line("general"), a_line("tourism", rank=1)
    for login, line in (("one", general), ("two", tourism)):
        desk = city.desk(an_agent(login, line))
        session.get_one(Seat, desk.staff_id).activity = Activity.TALKING
    commit()
    waits(city, "0")
    first = waits(city, "8")
    assert waiting.is_next(place_of(first))
    city.until(lambda: first.hears("您是下一位"), 40)
