"""值班: the line rings a unit's officer on duty, then the next; who was rung and who answered."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from infra.clock import now
from infra.db import commit, serialise_routing, session, transaction
from infra.privacy import mask
from models import CallEvent, DutyEnd, DutyRing, Outside, OutsideEnd, Unit, UnitKind
from queues import duty
from tests.agent_desk.talks import Agent, events_of, talking
from tests.places import a_line
from tests.queues.test_locks import somebody_who_has_the_call
from units import duty_rota

FIRST, SECOND, THIRD = "13800138001", "13800138002", "13800138003"


@pytest.fixture
def wang(city, app, time) -> Agent:
    line = a_line()
    commit()
    return Agent.comes(city, "wang", line)


@pytest.fixture
def water(app, time) -> Unit:
    unit = Unit(code="water", name="水务公司", kind=UnitKind.ENTERPRISE)
    session.add_all([unit, Unit(code="gas", name="燃气公司", kind=UnitKind.ENTERPRISE)])
    session.flush()
    at = now()
    plan = ((FIRST, 1, -1, 8), (SECOND, 2, -1, 8), (THIRD, 1, 8, 16))
    for number, rank, since, until in plan:
        begins, ends = at + timedelta(hours=since), at + timedelta(hours=until)
        duty_rota.schedule(duty_rota.Wanted(unit, f"官{rank}", rank, number, begins, ends))
    commit()
    return unit


@pytest.fixture
def officers(city):
    return [city.citizen(f"+86{one}") for one in (FIRST, SECOND, THIRD)]


@pytest.fixture
def citizen(city):
    return city.citizen("+8613812345678")


@pytest.fixture
def call(citizen, wang, water):
    return talking(citizen, wang)


def ladder() -> list[tuple[int, str, DutyEnd | None]]:
    session.expire_all()
    rings = session.scalars(select(DutyRing).order_by(DutyRing.outside_id, DutyRing.step))
    return [(one.step, one.officer, one.outcome) for one in rings]


def test_the_first_officer_on_duty_is_rung_and_the_agent_sees_no_number(
    city, wang, citizen, call, water, officers
):
    shown = wang.page.get("/desk/targets").get_json()["outside"]
    assert {"name": f"duty-{water.id}", "who": "水务公司 值班"} in shown
    assert not any("燃气" in one["who"] or mask(FIRST) in one["who"] for one in shown)
    wang.does("three-way", call=call.id, to=f"duty-{water.id}")
    city.until(lambda: officers[0].connected, 10)
    city.pass_time(8)
    assert wang.hears(citizen, officers[0]) and not officers[1].rung
    assert ladder() == [(1, "官1", DutyEnd.ANSWERED)]
    answered = session.scalars(select(CallEvent).where(CallEvent.name == "duty_answered")).one()
    assert answered.detail["step"] == 1 and answered.detail["seconds"] <= 5


def test_who_does_not_answer_gives_way_to_the_next(city, wang, citizen, call, water, officers):
    officers[0].answers = False
    wang.does("three-way", call=call.id, to=f"duty-{water.id}")
    city.until(lambda: officers[1].connected, 30)
    city.pass_time(7)
    assert wang.hears(citizen, officers[1])
    assert not officers[0].rung[0].live, "his telephone rings no more"
    assert ladder() == [(1, "官1", DutyEnd.MISSED), (2, "官2", DutyEnd.ANSWERED)]
    assert session.scalars(select(Outside)).one().outcome is None
    assert events_of(call).count("duty_rung") == 2


def test_a_step_waits_for_nobody_who_has_the_call(city, wang, call, water, officers):
    officers[0].answers = False
    wang.does("three-way", call=call.id, to=f"duty-{water.id}")
    city.pass_time(3)
    session.scalars(select(DutyRing)).one().rung_at -= timedelta(minutes=1)
    with somebody_who_has_the_call(city), transaction():
        serialise_routing()
        session.execute(text("SET LOCAL lock_timeout = '100ms'"))
        assert duty.climb_due() == 1, "it waited, and gave up"
    assert ladder() == [(1, "官1", None)]
    city.until(lambda: officers[1].connected, 10)


def test_who_is_busy_is_passed_over_at_once(city, wang, call, water, officers):
    officers[0].busy = True
    wang.does("three-way", call=call.id, to=f"duty-{water.id}")
    city.until(lambda: officers[1].connected, 10)


def test_when_nobody_answers_the_agent_hears_so_and_talks_on(
    city, wang, citizen, call, water, officers
):
    for one in officers:
        one.busy = True
    wang.does("three-way", call=call.id, to=f"duty-{water.id}")
    city.pass_time(10)
    assert session.scalars(select(Outside)).one().outcome is OutsideEnd.MISSED
    assert ladder() == [(1, "官1", DutyEnd.MISSED), (2, "官2", DutyEnd.MISSED)]
    assert wang.hears(citizen) and wang.shows["outside"] is None
    assert not officers[2].rung, "his turn is to come"


@pytest.mark.parametrize("how", ["agent", "citizen"])
def test_a_ladder_that_is_called_off_rings_nobody_else(
    city, wang, citizen, call, water, officers, how
):
    officers[0].answers = False
    wang.does("three-way", call=call.id, to=f"duty-{water.id}")
    city.pass_time(4)
    if how == "agent":
        wang.does("three-way/end")
    else:
        citizen.hangs_up()
    city.pass_time(25)
    assert not officers[0].rung[0].live and not officers[1].rung
    assert ladder() == [(1, "官1", DutyEnd.CALLED_OFF)]
    assert duty_rota.figures([water.id]) == [], "called off is nobody's fault"


def test_a_unit_without_anybody_on_duty_is_refused_in_words(wang, call, water):
    gas = session.scalar(select(Unit.id).where(Unit.code == "gas"))
    refused = wang.asks("three-way", call=call.id, to=f"duty-{gas}")
    assert refused.status_code == 409 and "值班" in refused.get_json()["error"]
    assert wang.asks("three-way", call=call.id, to="duty-999999").status_code == 422


def test_what_a_unit_answered_in_time_is_counted(city, wang, citizen, call, water, officers):
    officers[0].busy = officers[1].busy = True
    wang.does("three-way", call=call.id, to=f"duty-{water.id}")
    city.pass_time(10)
    officers[0].busy = False
    wang.does("three-way", call=call.id, to=f"duty-{water.id}")
    city.pass_time(8)
    [found] = duty_rota.figures([water.id])
    assert (found.asked, found.answered, found.in_time, found.share) == (2, 1, 1, 0.5)
    late = session.scalars(select(Outside).order_by(Outside.id.desc())).first()
    late.asked_at -= timedelta(seconds=90)
    commit()
    assert duty_rota.figures([water.id])[0].in_time == 0
