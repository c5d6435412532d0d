"""The demo city is whole, planted as often as one likes, and never in production."""

import shutil
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from infra.clock import now
from infra.db import session
from ivr.menu import menu, unknown_lines
from models import (
    Article,
    Assignment,
    AssignmentState,
    Call,
    District,
    DutyPhone,
    HalfHour,
    Line,
    Role,
    Seat,
    Shift,
    ShiftKind,
    Skill,
    StaffMember,
    TextMessage,
    Ticket,
    TicketState,
    Topic,
    Unit,
)
from seeds import plant
from staff import passwords
from tests.places import a_line
from tests.visitors import somebody
from tickets import history, reach, search
from workforce import adherence, kept_times, staffing


def count(model) -> int:
    return session.scalar(select(func.count()).select_from(model))


@pytest.fixture(autouse=True)
def emulated(app, monkeypatch) -> None:
    """The carrier is the local one, as the demo city has it."""
    settings = replace(app.config["SETTINGS"], signal_url="127.0.0.1:1")
    monkeypatch.setitem(app.config, "SETTINGS", settings)


def test_a_real_carrier_is_given_nobody_to_text(app, monkeypatch):
    settings = replace(app.config["SETTINGS"], signal_url="")
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    plant.plant()
    assert count(TextMessage) == count(Ticket) == count(DutyPhone) == 0
    assert count(Shift) == count(HalfHour) == 0


def test_planting_twice_changes_nothing(app):
    plant.plant()
    before = {
        model: count(model)
        for model in (
            Article,
            District,
            DutyPhone,
            Line,
            Unit,
            Topic,
            Skill,
            Ticket,
            Shift,
            HalfHour,
        )
    }
    assert before[DutyPhone] == 1
    plant.plant()
    assert {model: count(model) for model in before} == before
    assert len(search.member_units()) == 80
    assert before[Unit] > 80
    assert before[Line] == 9
    assert before[Topic] >= 60
    assert before[Article] == 60


def test_every_line_of_the_menu_exists_and_is_served_by_several(app):
    plant.plant()
    codes = set(session.scalars(select(Line.code)))
    assert unknown_lines(menu(), codes) == []
    served = session.execute(select(Skill.line_id, func.count()).group_by(Skill.line_id)).all()
    assert len(served) == 9
    assert min(number for _, number in served) >= 4


def test_a_password_that_was_changed_stays(app):
    plant.plant()
    staff = session.scalars(select(StaffMember).where(StaffMember.login == "agent1")).one()
    assert passwords.verify(staff.password_hash, "demo")
    staff.password_hash = passwords.hash_password("my own password")
    plant.plant()
    assert passwords.verify(staff.password_hash, "my own password")
    assert session.get(Seat, staff.id) is not None


def test_production_refuses(app, monkeypatch):
    settings = replace(app.config["SETTINGS"], env="production")
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    with pytest.raises(plant.PlantingRefused):
        plant.plant()
    assert count(StaffMember) == 0


@pytest.mark.parametrize("own", ["people", "lines", "calls"])
def test_a_citys_own_database_is_left_alone_though_the_setting_was_forgotten(app, time, own):
    if own == "people":
        somebody("wang", Role.ADMIN)
    elif own == "lines":
        a_line("general")
    else:
        session.add(Call(sid="CA1", number_masked="-", started_at=now()))
    before = count(StaffMember), count(Line)
    with pytest.raises(plant.PlantingRefused, match="HOTLINE_ENV=production"):
        plant.plant()
    assert (count(StaffMember), count(Line)) == before


def test_the_demo_city_is_planted_again_whatever_was_added_to_it(app, time):
    plant.plant()
    somebody("wang", Role.ADMIN)
    session.add(Call(sid="CA1", number_masked="-", started_at=now()))
    plant.plant()
    assert count(Line) == 9


def test_who_works_for_a_unit_has_one(app):
    plant.plant()
    officers = session.scalars(
        select(StaffMember).where(StaffMember.roles.contains([Role.UNIT]))
    ).all()
    assert len(officers) == 9
    assert all(one.unit for one in officers)


def test_three_levels_have_clerks_and_a_ticket_that_went_down_to_each(app):
    plant.plant()
    street = session.scalars(select(StaffMember).where(StaffMember.login == "unit6")).one()
    assert reach.units_of(_who("unit5"))[0] == street.unit.parent_id
    assert _who("unit7").unit.parent is street.unit
    assert set(session.scalars(select(Assignment.level))) == {1, 2, 3}
    lowest = session.scalars(select(Assignment).where(Assignment.level == 3)).one()
    assert lowest.unit is _who("unit7").unit


def test_a_city_that_was_planted_before_there_were_sub_units_gets_them(app, monkeypatch, tmp_path):
    old = tmp_path / "old"
    shutil.copytree(plant.FOLDER, old)
    for name, begin, end in (("city", "sub_units = [", "[units]"), ("tickets", "", "")):
        text = (old / f"{name}.toml").read_text("utf-8")
        kept = text[: text.index(begin)] + text[text.index(end) :] if begin else ""
        (old / f"{name}.toml").write_text(kept, "utf-8")
    people = [
        line
        for line in (old / "people.toml").read_text("utf-8").splitlines()
        if not any(f'"unit{number}"' in line for number in range(6, 10))
    ]
    (old / "people.toml").write_text("\n".join(people), "utf-8")
    monkeypatch.setattr(plant, "FOLDER", old)
    plant.plant()
    assert count(Unit) == 80
    monkeypatch.undo()
    plant.plant()
    assert _who("unit7").unit.parent.parent is _who("unit5").unit


def _who(login) -> StaffMember:
    return session.scalars(select(StaffMember).where(StaffMember.login == login)).one()


def test_every_article_says_what_one_asks_next(app):
    plant.plant()
    articles = session.scalars(select(Article)).all()
    for one in articles:
        assert one.question and one.steps and one.materials and one.fee and one.time_limit, one.code
        assert one.unit_id is not None, one.code
        assert one.verified == (one.basis is not None), one.code
    lines = {one.line_id for one in articles}
    assert len(lines) == 9
    # What nobody of the city has checked carries its badge, and that is nearly all of it.
    assert sum(one.verified for one in articles) <= 1


def test_the_city_has_tickets_in_many_states_and_every_history_holds(app):
    plant.plant()
    states = set(session.scalars(select(Ticket.state)))
    assert states >= {
        TicketState.PENDING_DISPATCH,
        TicketState.DISPATCHED,
        TicketState.PROCESSING,
        TicketState.PENDING_AUDIT,
        TicketState.CLOSED,
    }
    assert AssignmentState.RETURN_PENDING in set(session.scalars(select(Assignment.state)))
    assert list(history.verify_all()) == []


def test_planting_leaves_the_time_to_whoever_tells_it(app, time):
    plant.plant()
    assert now() == time.now


def test_the_city_has_shifts_without_overlaps_who_kept_to_them_and_a_forecast(app, time):
    plant.plant()
    rows = session.scalars(select(Shift).order_by(Shift.staff_id, Shift.begins_at)).all()
    assert {one.kind for one in rows} == set(ShiftKind)
    for one, following in pairwise(rows):
        assert one.staff_id != following.staff_id or one.ends_at <= following.begins_at
    today = staffing.today(None)
    assert today.forecast and 800 < sum(one.expected for one in today.slots) < 1500
    kept = kept_times.between(now() - timedelta(days=7), now())
    measured = adherence.together(one.adherence for one in kept if one.adherence is not None)
    assert 0.9 < measured.share < 1
