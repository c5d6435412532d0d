"""Today by half-hours: who came, who is expected, the seats that it needs and those there are."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import func, insert, select

from infra.clock import now
from infra.db import session
from infra.localtime import CITY, local, midnight, start_of_day
from models import (
    Call,
    CallStatus,
    Direction,
    Disposition,
    HalfHour,
    Role,
    Seat,
    Shift,
    ShiftBreak,
    ShiftKind,
    StaffingGoal,
)
from models.shift import HALF_HOUR
from tests.places import a_line, an_agent
from tests.visitors import browser_of, somebody
from workforce import arrivals, calculating, expecting, staffing
from workforce.promised import goal_of

NOON = datetime(2026, 11, 30, 12, 10, tzinfo=CITY)


@pytest.fixture
def line(app, time):
    time.forward((NOON - now()).total_seconds())
    a_line("noise")
    return a_line("housing_fund")


def a_call(line, due: datetime, nth: int, **known: object) -> None:
    values = {
        "sid": f"CA{line.id}-{nth}-{due.isoformat()}"[:64],
        "number_masked": "138****0000",
        "line_id": line.id,
        "status": CallStatus.ENDED,
        "disposition": Disposition.ANSWERED,
        "started_at": due - timedelta(seconds=20),
        "person_due_at": due,
        "ended_at": due + timedelta(minutes=3),
        **known,
    }
    session.add(Call(**values))


def past(line, days: int = 30, calls: int = 40) -> None:
    """Whole days, and of today what is over: as many in each half-hour from eight to eight."""
    first, until = start_of_day(now()) - timedelta(days=days), arrivals.half_hour_of(now())
    slots = [first + n * HALF_HOUR for n in range((until - first) // HALF_HOUR)]
    rows = [
        {"line_id": line.id, "begins_at": at, "arrived": calls if 8 <= local(at).hour < 20 else 1}
        for at in slots
    ]
    session.execute(insert(HalfHour), rows)


def a_shift(seat: Seat, begins: str, ends: str, kind=ShiftKind.DAY, line=None) -> Shift:
    day = local(now()).date()
    at = [midnight(day) + timedelta(hours=int(t[:2]), minutes=int(t[3:])) for t in (begins, ends)]
    shift = Shift(staff_id=seat.staff_id, kind=kind, begins_at=at[0], ends_at=at[1],
                  made_at=now(), line_id=line.id if line else None)  # fmt: skip
    session.add(shift)
    session.flush()
    return shift


def test_who_asked_for_a_person_is_counted_when_the_half_hour_is_over(line):
    begin = arrivals.half_hour_of(now()) - HALF_HOUR
    for n in range(3):
        a_call(line, begin + timedelta(minutes=n * 9), n)
    a_call(line, begin + timedelta(minutes=31), 9)
    # Neither is one: a call out, and who never asked for a person.
    a_call(line, begin + timedelta(minutes=5), 20, direction=Direction.OUT)
    a_call(line, begin + timedelta(minutes=5), 21, person_due_at=None)
    session.flush()
    arrivals.count()
    arrivals.count()
    known = dict(
        session.execute(
            select(HalfHour.begins_at, HalfHour.arrived).where(HalfHour.line_id == line.id)
        ).all()
    )
    assert known[begin] == 3
    assert known[begin - HALF_HOUR] == 0
    assert begin + HALF_HOUR not in known
    assert arrivals.so_far(line.id) == 1
    # A call that the carrier told of late is added; of what is gone nothing is taken away.
    a_call(line, begin + timedelta(minutes=29), 10)
    session.flush()
    arrivals.count()
    session.expire_all()
    assert session.get_one(HalfHour, (line.id, begin)).arrived == 4


def test_each_night_a_fortnight_is_forecast_and_what_comes_corrects_today(line, time):
    past(line)
    expecting.run()
    begin = start_of_day(now())
    rows = session.scalars(
        select(HalfHour).where(HalfHour.line_id == line.id, HalfHour.begins_at >= begin)
    ).all()
    assert len(rows) == 48 * (expecting.AHEAD + 1)
    ten = session.get_one(HalfHour, (line.id, begin + 20 * HALF_HOUR))
    assert ten.expected == pytest.approx(40, rel=0.1)
    made = ten.expected_at
    later = session.get_one(HalfHour, (line.id, begin + 30 * HALF_HOUR))
    assert later.corrected == pytest.approx(later.expected, rel=0.1)
    session.execute(
        HalfHour.__table__.update()
        .where(HalfHour.begins_at >= begin, HalfHour.arrived.is_not(None))
        .values(arrived=HalfHour.arrived * 2)
    )
    expecting.run()
    session.expire_all()
    assert later.corrected > 1.4 * later.expected
    assert ten.expected_at == made, "what was told of a day is not told anew while it lasts"
    time.forward(86_400)
    expecting.run()
    session.expire_all()
    tomorrow = session.get_one(HalfHour, (line.id, begin + 68 * HALF_HOUR))
    assert tomorrow.expected_at > made


def test_with_too_few_days_nothing_is_forecast(line):
    past(line, days=10)
    expecting.run()
    assert session.scalar(select(func.count()).where(HalfHour.expected.is_not(None))) == 0
    assert staffing.today(line).slots[20].needed is not None, "what came says what it needed"
    assert staffing.today(line).slots[40].needed is None
    assert expecting.known_days() == 10


def test_a_small_line_gets_its_share_of_the_whole(line):
    small = a_line("minors")
    past(line)
    past(small, calls=1)
    session.execute(
        HalfHour.__table__.update()
        .where(HalfHour.line_id == small.id, func.extract("hour", HalfHour.begins_at) % 2 == 0)
        .values(arrived=0)
    )
    expecting.expect()
    told = session.scalar(
        select(func.sum(HalfHour.expected)).where(
            HalfHour.line_id == small.id,
            HalfHour.begins_at >= start_of_day(now()),
            HalfHour.begins_at < start_of_day(now()) + 48 * HALF_HOUR,
        )
    )
    assert told == pytest.approx(24, rel=0.1)


def test_seats_are_those_on_shift_without_their_breaks(line):
    skilled, other = an_agent("wang", line, ready=False), an_agent("zhao", ready=False)
    third = an_agent("qian", ready=False)
    shift = a_shift(skilled, "09:00", "17:15")
    rest = shift.begins_at + timedelta(hours=3)
    shift.breaks.append(ShiftBreak(begins_at=rest, ends_at=rest + HALF_HOUR))
    a_shift(other, "09:00", "17:00", line=line)
    a_shift(third, "09:00", "17:00", kind=ShiftKind.TRAINING)
    session.flush()
    begin = start_of_day(now())
    of_line, whole = staffing.roster(line, begin, 48), staffing.roster(None, begin, 48)
    assert of_line[17:19] == [0, 2]
    assert of_line[24] == 1, "one of both is on his break"
    assert of_line[33] == 2 and of_line[34] == 0.5
    assert whole == of_line
    assert staffing.roster(a_line("empty"), begin, 48) == [0] * 48


def test_seats_short_now_are_needed_and_not_signed_in(line):
    past(line)
    expecting.run()
    seat = an_agent("wang", line)
    an_agent("far", ready=True).lease_until = now() - timedelta(seconds=1)
    seat.lease_until = now() + timedelta(seconds=20)
    session.flush()
    found = staffing.today(line).present
    assert found.signed_in == 1
    assert found.needed is not None and found.needed >= 3
    assert found.short == found.needed - 1


@pytest.mark.parametrize(
    ("likely", "come", "gone", "pace"),
    [
        (40.0, 0, 0.0, 40.0),
        (40.0, 40, 1.0, 40.0),
        (40.0, 80, 1.0, 40 * 91 / 51),
        (None, 0, 0.1, None),
        (None, 10, 0.5, 20.0),
        (0.0, 6, 0.5, 12.0),
    ],
)
def test_the_pace_moves_from_what_was_told_to_what_is_seen(likely, come, gone, pace):
    assert staffing.pace_of(likely, come, gone) == (pace and pytest.approx(pace))


def test_a_line_keeps_what_a_lead_has_set_and_others_what_holds_for_all(app, line):
    lead = browser_of(app, somebody("li", Role.LEAD))
    form = {"share": "90", "within": "10", "shrinkage": "25", "handling": "300", "patience": ""}
    assert lead.post("/workforce/goals", line="", **form).status_code == 302
    assert goal_of(line).share == 0.9 and goal_of(line).handling_s == 300
    own = {**form, "share": "95"}
    assert lead.post("/workforce/goals", line=line.code, **own).status_code == 302
    assert lead.post("/workforce/goals", line=line.code, **own).status_code == 302
    assert goal_of(line).share == 0.95 and goal_of(a_line("other")).share == 0.9
    assert session.scalar(select(func.count(StaffingGoal.id))) == 2
    for wrong in ({"share": "100"}, {"within": "0"}, {"handling": "x"}, {"patience": "4"}):
        assert lead.post("/workforce/goals", line="", **{**form, **wrong}).status_code == 409
    assert lead.post("/workforce/goals", line="nowhere", **form).status_code == 404
    admin = browser_of(app, somebody("guan", Role.ADMIN))
    assert admin.post("/workforce/goals", line="", **form).status_code == 403


def test_talks_and_patience_are_measured(line):
    usual = goal_of(line)
    assert (usual.handling_s, usual.patience_s, usual.share, usual.within_s) == (195, 180, 0.8, 15)
    for n in range(180):
        at = now() - timedelta(minutes=n + 10)
        a_call(line, at, n, answered_at=at, finished_at=at + timedelta(seconds=370))
    session.flush()
    assert goal_of(line).handling_s == pytest.approx((180 * 400 + 20 * 195) / 200)
    assert goal_of(a_line("quiet")).handling_s == 195


def test_the_pages_say_what_is_short_and_what_would_be(app, line):
    past(line)
    expecting.run()
    a_shift(an_agent("wang", line, ready=False), "09:00", "20:00")
    lead = browser_of(app, somebody("li", Role.LEAD))
    page = lead.get(f"/workforce?line={line.code}").text
    assert "现在缺" in page and "还没有预测" not in page
    assert "缺席位的专席" in lead.get("/workforce").text
    played = lead.get(f"/workforce/what-if?line={line.code}&seats=5&slots=8").text
    assert "± " in played and "照现在" in played
    assert lead.get("/workforce?line=nowhere").status_code == 404
    assert browser_of(app, somebody("zhou", Role.QA)).get("/workforce").status_code == 403


def test_the_calculators_answer_the_published_cases(app, line):
    lead = browser_of(app, somebody("li", Role.LEAD))
    asked = "calls=100&handling=180&share=80&within=20&shrinkage=30&patience=180&seats=14"
    page = lead.get(f"/workforce/calculators?{asked}").text
    assert "88.8%" in page and "7.8 秒" in page and "71.4%" in page
    asked = "calls=500&handling=120&patience=120&within=15&seats=30&shrinkage=0&share=80"
    page = lead.get(f"/workforce/calculators?{asked}").text
    assert "12.92%" in page and "排队会无限增长" in page
    for wrong in ("calls=x", "calls=-5&seats=0", "calls=50000&handling=7200", "seats=99999999999"):
        assert lead.get(f"/workforce/calculators?{wrong}").status_code == 200, wrong


@pytest.mark.parametrize(
    ("text", "number"), [("", 5), ("x", 5), ("-3", 1), ("7", 7), ("99999999999", 9), ("+2", 2)]
)
def test_a_number_in_an_address_is_taken_for_the_nearest_that_can_be(text, number):
    assert calculating.whole({"n": text}, "n", 5, 1, 9) == number


def test_a_day_of_the_city_has_its_own_slots(line):
    assert arrivals.slot_of(midnight(date(2026, 11, 30))) == 0
    assert arrivals.slot_of(NOON) == 24
    assert np.isclose((arrivals.half_hour_of(NOON) - midnight(NOON.date())) / HALF_HOUR, 24)
