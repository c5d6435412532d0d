"""值班表: a unit plans its own officers, administrators all of them, by hand or as CSV."""

from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from infra.clock import now
from infra.db import commit, session
from infra.localtime import local
from infra.privacy import mask
from models import AuditEntry, DutyTurn, Role, Unit, UnitKind
from queues import duty
from tests.visitors import browser_of, somebody
from units import duty_rota

NUMBER = "13800138001"


@pytest.fixture
def units(app, time) -> list[Unit]:
    made = [
        Unit(code="water", name="水务公司", kind=UnitKind.ENTERPRISE),
        Unit(code="gas", name="燃气公司", kind=UnitKind.ENTERPRISE),
    ]
    session.add_all(made)
    commit()
    return made


@pytest.fixture
def clerk(app, units):
    return browser_of(app, somebody("clerk", Role.UNIT, unit=units[0]))


@pytest.fixture
def admin(app, units):
    return browser_of(app, somebody("admin", Role.ADMIN))


def at(hours: float) -> str:
    return local(now() + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


def asked(**other: str) -> dict[str, str]:
    usual = {"officer": "张三", "rank": "1", "number": NUMBER, "begins": at(-1), "ends": at(8)}
    return {**usual, **other}


def turns() -> list[DutyTurn]:
    session.expire_all()
    return list(session.scalars(select(DutyTurn).order_by(DutyTurn.id)))


def test_a_clerk_plans_for_his_own_unit_and_the_number_is_sealed_and_masked(clerk, units):
    sent = clerk.post("/duty", **asked(unit=str(units[1].id)))
    assert sent.status_code == 302
    [turn] = turns()
    assert turn.unit_id == units[0].id and turn.number == NUMBER
    page = clerk.get("/duty").text
    assert "张三" in page and mask(NUMBER) in page and NUMBER not in page
    kept = session.scalar(text("SELECT encode(number, 'escape') FROM duty_turn"))
    assert NUMBER not in kept
    assert [one.officer for one in duty.on_duty(units[0].id)] == ["张三"]
    assert clerk.post(f"/duty/{turn.id}/removal").status_code == 302
    assert turns() == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"number": "110"}, "值班号码"),
        ({"number": "0012025550123"}, "值班号码"),
        ({"officer": " "}, "值班人员"),
        ({"rank": "0"}, "呼叫顺序"),
        ({"ends": "2020-01-01T08:00"}, "结束应在开始之后"),
        ({"begins": "2026-02-30T08:00"}, "开始时间"),
    ],
)
def test_what_cannot_be_is_refused_in_words(clerk, wrong, words):
    answer = clerk.post("/duty", **asked(**wrong))
    assert answer.status_code in (409, 422) and words in answer.text
    assert turns() == []


def test_one_telephone_is_on_duty_once_at_a_time(clerk):
    clerk.post("/duty", **asked())
    again = clerk.post("/duty", **asked(begins=at(2), ends=at(4), rank="2"))
    assert again.status_code == 409 and "已有值班" in again.text
    assert clerk.post("/duty", **asked(begins=at(9), ends=at(12))).status_code == 302


def test_a_clerk_removes_nothing_of_another_unit(clerk, admin, units):
    admin.post("/duty", **asked(unit=str(units[1].id)))
    [turn] = turns()
    assert turn.unit_id == units[1].id
    assert clerk.post(f"/duty/{turn.id}/removal").status_code == 404
    assert "张三" not in clerk.get("/duty").text and "张三" in admin.get("/duty").text


def sheet(*rows: str) -> dict[str, object]:
    content = "\ufeff" + "\n".join(("unit,officer,rank,number,begins,ends", *rows))
    return {"file": (BytesIO(content.encode()), "duty.csv")}


def test_a_sheet_is_read_in_as_a_whole_or_not_at_all(admin, clerk):
    span = f"{at(1).replace('T', ' ')},{at(9).replace('T', ' ')}"
    good, other = f"water,张三,1,{NUMBER},{span}", f"gas,李四,2,02885551234,{span}"
    wrong = admin.post("/duty/import", **sheet(good, f"steam,王五,1,{NUMBER},{span}"))
    assert wrong.status_code == 409 and "第 3 行" in wrong.text and turns() == []
    assert clerk.post("/duty/import", **sheet(good, other)).status_code == 409
    assert turns() == []
    assert admin.post("/duty/import", **sheet(good, other)).status_code == 302
    assert [(one.officer, one.rank) for one in turns()] == [("张三", 1), ("李四", 2)]
    read_in = select(AuditEntry.subject_id).where(AuditEntry.action == "duty.imported")
    assert sorted(session.scalars(read_in)) == ["gas", "water"]


def test_a_time_of_another_zone_is_refused(admin):
    sent = admin.post(
        "/duty/import",
        **sheet(f"water,张三,1,{NUMBER},2030-03-01T08:00+00:00,2030-03-01T18:00+00:00"),
    )
    assert sent.status_code == 409 and "不带时区" in sent.text and turns() == []


def test_two_who_plan_for_one_unit_at_once_see_each_other(units, app):
    begins, ends = now(), now() + timedelta(hours=1)
    with app.extensions["engine"].begin() as other:
        other.execute(text("SELECT id FROM unit FOR UPDATE"))
        session.execute(text("SET LOCAL lock_timeout = '100ms'"))
        with pytest.raises(OperationalError):
            duty_rota.schedule(duty_rota.Wanted(units[0], "张三", 1, NUMBER, begins, ends))
        session.rollback()


def test_each_telephone_is_rung_once_and_ranks_are_the_order(units, time):
    begins, ends = now() - timedelta(hours=1), now() + timedelta(hours=1)
    for rank, number in ((3, "1"), (1, "2"), (2, "1")):
        session.add(
            DutyTurn(
                unit_id=units[0].id, officer=f"{rank}", rank=rank, number=number,
                number_fingerprint=number, number_masked=number, made_at=begins,
                begins_at=begins - timedelta(minutes=rank), ends_at=ends,
            )
        )  # fmt: skip
    commit()
    assert [one.officer for one in duty.on_duty(units[0].id)] == ["1", "2"]
