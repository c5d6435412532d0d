"""A lead sets a line: what it means for who calls, and at once for who waits already."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DatabaseError

from infra.clock import now
from infra.db import commit, roll_back, session
from infra.localtime import CITY, local
from models import (
    Activity,
    Call,
    DaySource,
    Disposition,
    Line,
    LineChange,
    MissedContact,
    MissedKind,
    Offer,
    OfferState,
    Place,
    Role,
    Seat,
    Skill,
    WorkDay,
)
from queues import opening
from staff import skilled
from tests.places import a_line, an_agent
from tests.visitors import browser_of, somebody
from tickets import completion

TO_A_PERSON = 40
RULES = {
    "group": "",
    "priority": "0",
    "most_waiting": "",
    "when_closed": "general",
    "when_full": "general",
    "when_nobody": "wait",
}


@pytest.fixture
def lines(app, time) -> dict[str, Line]:
    found = {
        "general": a_line("general", name="综合"),
        "tourism": a_line("tourism", name="旅游", rank=1),
    }
    commit()
    return found


@pytest.fixture
def lead(app, time):
    return browser_of(app, somebody("lead", Role.LEAD))


def calls_for(city, key: str, number: str | None = None):
    citizen = city.citizen(number)
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请直接说出"))
    citizen.presses(key)
    return citizen


def waits_for(city, key: str):
    citizen = calls_for(city, key)
    city.until(lambda: place_of(citizen) is not None and place_of(citizen).heard_at, TO_A_PERSON)
    return citizen


def call_of(citizen) -> Call:
    session.expire_all()
    return session.scalars(select(Call).where(Call.sid == citizen.leg.sid)).one()


def place_of(citizen) -> Place | None:
    session.expire_all()
    return session.scalar(
        select(Place).join(Call).where(Call.sid == citizen.leg.sid, Place.left_at.is_(None))
    )


def rung(citizen) -> Offer | None:
    session.expire_all()
    return session.scalar(
        select(Offer)
        .join(Call, Call.id == Offer.call_id)
        .where(Call.sid == citizen.leg.sid, Offer.state == OfferState.RINGING)
    )


def busy(city, login: str, *lines: Line, **known):
    desk = city.desk(an_agent(login, *lines, **known))
    session.get_one(Seat, desk.staff_id).activity = Activity.TALKING
    commit()
    return desk


def changes() -> list[LineChange]:
    session.expire_all()
    return list(session.scalars(select(LineChange).order_by(LineChange.id)))


KEY = {"general": "0", "tourism": "8"}


def test_a_step_that_is_set_is_open_at_once_to_who_waits_and_closed_again_by_undoing(
    city, lines, lead
):
    busy(city, "own", lines["tourism"])
    lead.post("/lines/tourism/steps", least_level="1")
    waiting = waits_for(city, KEY["tourism"])
    helper = city.desk(an_agent("helper", lines["general"]))
    city.pass_time(20)
    assert rung(waiting) is None, "without steps nobody of another line comes"
    answer = lead.post(
        "/lines/tourism/steps", **{"least_level": "1", "where-0": "any", "after-0": "3"}
    )
    assert answer.status_code == 302
    assert rung(waiting).agent_id == helper.staff_id, "in the same transaction"
    assert rung(waiting).why["step"] == "any"
    first, second = changes()
    assert first.before == {"steps": None} and first.after == {"steps": []}
    assert second.after == {"steps": [{"after": 3, "where": "any"}]}
    assert second.by.login == "lead"
    lead.post(f"/lines/tourism/changes/{second.id}/undoing")
    assert changes()[-1].undoes_id == second.id
    assert session.get_one(Line, lines["tourism"].id).steps == []
    assert "撤销" in lead.get("/lines/tourism").text


def test_a_level_that_is_asked_for_at_first_is_relaxed_with_age(city, lines, lead):
    lead.post(
        "/lines/tourism/steps",
        **{"least_level": "4", "where-0": "line", "after-0": "20", "level-0": "2"},
    )
    busy(city, "expert", lines["tourism"], level=5)
    city.desk(an_agent("novice", lines["tourism"], level=1))
    able = city.desk(an_agent("able", lines["tourism"], level=2))
    citizen = waits_for(city, KEY["tourism"])
    city.pass_time(15)
    assert rung(citizen) is None
    city.until(lambda: rung(citizen) is not None, 15)
    assert rung(citizen).agent_id == able.staff_id


def test_the_lines_of_a_group_help_each_other_where_a_step_says_so(city, lines, lead):
    rules = RULES | {"group": "文旅"}
    refused = lead.post(
        "/lines/tourism/steps",
        **{"least_level": "1", "where-0": "group", "after-0": "0", "level-0": "1"},
    )
    assert refused.status_code == 409 and "先填写专席组" in refused.text
    lead.post("/lines/tourism/rules", **rules)
    lead.post("/lines/general/rules", **rules)
    lead.post(
        "/lines/tourism/steps",
        **{"least_level": "1", "where-0": "group", "after-0": "0", "level-0": "1"},
    )
    busy(city, "own", lines["tourism"])
    for login in ("one", "two"):
        city.desk(an_agent(login, lines["general"]))
    citizen = waits_for(city, KEY["tourism"])
    city.until(lambda: rung(citizen) is not None, 2)
    assert rung(citizen).why["step"] == "sister"


def test_a_skill_that_is_given_meets_who_waits(city, lines, lead):
    busy(city, "own", lines["tourism"])
    lead.post("/lines/tourism/steps", least_level="1")
    idle = city.desk(an_agent("idle", lines["general"]))
    citizen = waits_for(city, KEY["tourism"])
    city.pass_time(5)
    assert rung(citizen) is None
    given = {f"level-{idle.staff_id}": "4", f"language-{idle.staff_id}": "zh"}
    lead.post("/lines/tourism/seats", seat=str(idle.staff_id), **given)
    assert rung(citizen).agent_id == idle.staff_id
    (_, change) = changes()
    assert change.after == {f"skill:{idle.staff_id}": {"level": 4, "until": None}}
    lead.post(f"/lines/tourism/changes/{change.id}/undoing")
    assert session.get(Skill, (idle.staff_id, lines["tourism"].id)) is None


def test_more_weight_moves_who_waits_before_others(city, lines, lead):
    desk = busy(city, "both", *lines.values())
    earlier = waits_for(city, KEY["general"])
    later = waits_for(city, KEY["tourism"])
    lead.post("/lines/tourism/rules", **RULES | {"priority": "5"})
    assert place_of(later).priority == 5
    session.get_one(Seat, desk.staff_id).activity = Activity.IDLE
    commit()
    city.until(lambda: rung(later) is not None, 3)
    assert rung(earlier) is None


def test_a_closed_line_says_why_and_leads_to_the_general_one(city, lines, lead):
    city.desk(an_agent("wang", lines["general"]))
    lead.post("/lines/tourism/closing", reason="办公楼停电，预计下午三点恢复。")
    citizen = calls_for(city, KEY["tourism"])
    city.until(lambda: citizen.hears("旅游专席暂停服务：办公楼停电，预计下午三点恢复。"))
    city.until(lambda: rung(citizen) is not None)
    assert call_of(citizen).line.code == "general"
    lead.post("/lines/tourism/reopening")
    again = waits_for(city, KEY["tourism"])
    assert call_of(again).line.code == "tourism"
    assert "暂停服务" in lead.get("/lines/tourism").text


def test_who_waits_when_the_line_is_closed_is_still_served(city, lines, lead):
    busy(city, "own", lines["tourism"])
    citizen = waits_for(city, KEY["tourism"])
    lead.post("/lines/tourism/closing", reason="系统检修")
    city.pass_time(20)
    assert place_of(citizen) is not None and citizen.leg.live


def test_where_nothing_else_is_left_he_is_told_so_and_rung_back(city, lines, lead):
    lead.post("/lines/general/closing", reason="防汛演练")
    citizen = calls_for(city, KEY["general"], "+8613812345678")
    city.until(lambda: citizen.hears("我们会给您回电，再见"))
    city.until(lambda: not citizen.leg.live)
    city.until(lambda: call_of(citizen).over)
    call = call_of(citizen)
    assert call.disposition is Disposition.CLOSED
    completion.remember_missed(call)
    (missed,) = session.scalars(select(MissedContact))
    assert missed.kind is MissedKind.TURNED_AWAY


def test_who_hides_his_number_is_not_promised_a_call(city, lines, lead):
    lead.post("/lines/general/closing", reason="防汛演练")
    citizen = calls_for(city, KEY["general"], "anonymous")
    city.until(lambda: citizen.hears("请稍后再拨"))
    assert not citizen.hears("回电")


def test_danger_is_taken_in_by_a_closed_line(city, lines, lead):
    lead.post("/lines/general/closing", reason="防汛演练")
    citizen = city.citizen()
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请直接说出"))
    citizen.says("着火了快来人")
    city.until(lambda: place_of(citizen) is not None, TO_A_PERSON)


def test_a_full_line_takes_nobody_more(city, lines, lead):
    busy(city, "own", lines["tourism"])
    lead.post("/lines/tourism/rules", **RULES | {"most_waiting": "1", "when_full": "ring_back"})
    waits_for(city, KEY["tourism"])
    second = calls_for(city, KEY["tourism"])
    city.until(lambda: second.hears("旅游专席来电很多，排队已满"))
    city.until(lambda: call_of(second).over)
    assert call_of(second).disposition is Disposition.FULL
    lead.post("/lines/tourism/rules", **RULES)
    waits_for(city, KEY["tourism"])


def test_where_nobody_is_signed_on_the_rule_of_the_line_holds(city, lines, lead):
    lead.post("/lines/tourism/rules", **RULES | {"when_nobody": "ring_back"})
    citizen = calls_for(city, KEY["tourism"])
    city.until(lambda: citizen.hears("旅游专席现在没有座席在线"))
    city.until(lambda: call_of(citizen).over)
    assert call_of(citizen).disposition is Disposition.NOBODY


@pytest.mark.parametrize(
    ("at", "open"),
    [
        ("2026-12-01 08:59", False),
        ("2026-12-01 09:00", True),
        ("2026-12-01 17:59", True),
        ("2026-12-01 18:00", False),
        ("2026-12-05 10:00", False),
        ("2026-12-02 10:00", False),
        ("2026-12-06 10:00", True),
        ("2026-12-03 11:59", True),
        ("2026-12-03 12:00", False),
    ],
    ids=str,
)
def test_hours_follow_the_week_and_the_citys_calendar(app, time, at, open):
    """1 December 2026 is a Tuesday; its Wednesday is a holiday, that Sunday is worked for it."""
    days = {str(day): ["09:00", "18:00"] for day in range(1, 6)}
    line = a_line("tourism", hours=days, rests_on_holidays=True)
    for day, works, half in (("02", False, False), ("03", True, True), ("06", True, False)):
        session.add(
            WorkDay(
                day=datetime.fromisoformat(f"2026-12-{day}").date(),
                works=works,
                half=half,
                source=DaySource.MANUAL,
                changed_at=now(),
            )
        )
    session.flush()
    moment = datetime.fromisoformat(at).replace(tzinfo=CITY)
    assert (opening.shut(line, moment) is None) is open


def test_outside_its_hours_a_line_says_so(city, lines, lead):
    later = (local(now()) + timedelta(hours=2)).strftime("%H:%M")
    days = {f"begins-{day}": later for day in range(1, 8)}
    ends = {f"ends-{day}": "00:00" for day in range(1, 8)}
    lead.post("/lines/tourism/hours", **days, **ends)
    city.desk(an_agent("wang", lines["general"]))
    citizen = calls_for(city, KEY["tourism"])
    city.until(lambda: citizen.hears("旅游专席现在不在服务时间内"))
    city.until(lambda: rung(citizen) is not None)


def test_a_certified_line_takes_no_seat_without_a_certificate_that_holds(app, lines, lead, time):
    minors = a_line("minors", name="未成年人保护", certified=True)
    seat = an_agent("wang", lines["general"])
    commit()
    form = {"seat": str(seat.staff_id), f"language-{seat.staff_id}": "zh"}
    level, until = f"level-{seat.staff_id}", f"until-{seat.staff_id}"
    today = local(now()).date()
    refused = lead.post("/lines/minors/seats", **form, **{level: "3"})
    assert refused.status_code == 409 and "须持证上岗" in refused.text
    refused = lead.post(
        "/lines/minors/seats", **form, **{level: "3", until: str(today - timedelta(days=1))}
    )
    assert refused.status_code == 409
    lead.post("/lines/minors/seats", **form, **{level: "3", until: str(today)})
    assert session.get_one(Skill, (seat.staff_id, minors.id)).certified_until == today
    assert skilled.expire_certificates() == 0
    time.forward(86_400)
    assert skilled.expire_certificates() == 1
    commit()
    assert session.get(Skill, (seat.staff_id, minors.id)) is None
    assert changes()[-1].by is None


def test_a_line_becomes_certified_when_each_of_its_seats_is(lines, lead):
    an_agent("wang", lines["tourism"])
    commit()
    refused = lead.post("/lines/tourism/rules", **RULES, certified="on")
    assert refused.status_code == 409 and "请先为这些座席填写证书有效期" in refused.text
    assert changes() == []


@pytest.mark.parametrize(
    ("where", "form", "told"),
    [
        ("hours", {"begins-1": "10:00", "ends-1": "09:00"}, "开始须早于结束"),
        ("hours", {}, "至少填写一天"),
        ("hours", {"begins-1": "25:00", "ends-1": "26:00"}, "08:30"),
        ("rules", RULES | {"priority": "1000"}, "优先应为"),
        ("rules", RULES | {"most_waiting": "0"}, "最多排队应为"),
        ("rules", RULES | {"when_full": "wait"}, "转综合专席或列入回电"),
        ("steps", {"least_level": "6"}, "最低等级应为"),
        ("steps", {"least_level": "1", "where-0": "any", "after-0": "x"}, "等待秒数应为"),
        (
            "steps",
            {"least_level": "1", "where-0": "lines", "after-0": "1", "level-0": "1"},
            "至少一个其他专席",
        ),
        ("partner", {"partner_name": "九江", "partner_number": "abc"}, "只能用数字"),
        ("closing", {"reason": ""}, "请填写原因"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(lines, lead, where, form, told):
    answer = lead.post(f"/lines/tourism/{where}", **form)
    assert answer.status_code == 409 and told in answer.text
    assert changes() == []


def test_what_was_refused_is_shown_again(lines, lead):
    form = {f"begins-{day}": "08:15" for day in range(1, 8)} | {"ends-1": "08:00"}
    assert lead.post("/lines/tourism/hours", **form).text.count('value="08:15"') == 7
    step = {"where-2": "lines", "after-2": "33", "level-2": "4", "lines-2": "nowhere"}
    page = lead.post("/lines/tourism/steps", least_level="3", **step).text
    assert 'name="after-2" value="33"' in page
    assert '<option value="lines" selected>' in page and "<option selected>4</option>" in page


def test_the_general_line_cannot_lead_to_itself(lines, lead):
    answer = lead.post("/lines/general/rules", **RULES | {"when_nobody": "general"})
    assert answer.status_code == 409 and "无处可转" in answer.text


def test_a_change_is_undone_once_and_not_over_a_newer_one(lines, lead):
    for priority in ("3", "7"):
        lead.post("/lines/tourism/rules", **RULES | {"priority": priority})
    first, second = changes()
    answer = lead.post(f"/lines/tourism/changes/{first.id}/undoing")
    assert answer.status_code == 409 and "之后又改过" in answer.text
    lead.post(f"/lines/tourism/changes/{second.id}/undoing")
    assert session.get_one(Line, lines["tourism"].id).priority == 3
    answer = lead.post(f"/lines/tourism/changes/{second.id}/undoing")
    assert answer.status_code == 409 and "已经撤销过" in answer.text
    assert len(changes()) == 3


def test_a_form_of_an_older_page_takes_nobodys_change_back(lines, lead):
    lead.post("/lines/tourism/rules", **RULES | {"priority": "3"}, seen="0")
    answer = lead.post("/lines/tourism/rules", **RULES | {"group": "文旅"}, seen="0")
    assert answer.status_code == 409 and "别人修改过" in answer.text
    (only,) = changes()
    assert f'name="seen" value="{only.id}"' in answer.text
    lead.post("/lines/tourism/rules", **RULES | {"group": "文旅"}, seen=str(only.id))
    assert len(changes()) == 2


def test_the_database_keeps_the_history_as_it_was(lines, lead):
    lead.post("/lines/tourism/rules", **RULES | {"priority": "3"})
    for statement in ("UPDATE line_change SET at = now()", "DELETE FROM line_change"):
        with pytest.raises(DatabaseError, match="only added to"):
            session.execute(text(statement))
        roll_back()


def test_nothing_is_written_where_nothing_changed(lines, lead):
    lead.post("/lines/tourism/rules", **RULES)
    assert changes() == []


def test_agents_see_no_settings(app, lines, time):
    agent = browser_of(app, somebody("wang", Role.AGENT))
    assert agent.get("/lines").status_code == 403
    assert agent.post("/lines/tourism/reopening").status_code == 403


def test_a_newer_change_to_the_same_value_is_not_undone_by_the_older_one(lines, lead):
    """Set to 3, to 7, and to 3 again: it is 3 now for another reason."""
    for priority in ("3", "7", "3"):
        lead.post("/lines/tourism/rules", **RULES | {"priority": priority})
    first, second, third = changes()
    answer = lead.post(f"/lines/tourism/changes/{first.id}/undoing")
    assert answer.status_code == 409 and "之后又改过" in answer.text
    for one in (third, second):
        assert lead.post(f"/lines/tourism/changes/{one.id}/undoing").status_code == 302
    assert lead.post(f"/lines/tourism/changes/{first.id}/undoing").status_code == 302
    assert session.get_one(Line, lines["tourism"].id).priority == 0


def test_a_page_from_before_a_change_neither_closes_nor_opens_the_line(lines, lead):
    lead.post("/lines/tourism/rules", **RULES | {"priority": "3"}, seen="0")
    refused = lead.post("/lines/tourism/closing", reason="停电", seen="0")
    assert refused.status_code == 409 and "别人修改过" in refused.text
    lead.post("/lines/tourism/closing", reason="停电")
    assert lead.post("/lines/tourism/reopening", seen="0").status_code == 409
    assert session.get_one(Line, lines["tourism"].id).closed_since is not None


def test_a_form_from_before_takes_nobodys_language_back(lines, lead):
    """The languages of a seat are set on the pages of all lines, and on the person's."""
    seat = an_agent("wang", lines["tourism"])
    commit()
    form = {"seat": str(seat.staff_id), f"spoke-{seat.staff_id}": "zh"}
    language, level = f"language-{seat.staff_id}", f"level-{seat.staff_id}"
    session.get_one(Seat, seat.staff_id).languages = ["zh", "en"]
    lead.post("/lines/tourism/seats", **form, **{language: "zh", level: "4"})
    assert session.get_one(Seat, seat.staff_id).languages == ["zh", "en"]
    assert session.get_one(Skill, (seat.staff_id, lines["tourism"].id)).level == 4
    refused = lead.post("/lines/tourism/seats", **form, **{language: "en", level: "4"})
    assert refused.status_code == 409 and "刚被别人改过" in refused.text


def test_the_seats_of_a_line_are_read_at_once(app, lines, lead):
    """Under the routing lock each query is time for which every caller waits."""
    many = [an_agent(f"a{n}", lines["tourism"]) for n in range(3)]
    _queries_for(lead, many[:1])  # what a browser asks the first time
    few, more = _queries_for(lead, many[:1]), _queries_for(lead, many)
    assert more == few


def _queries_for(lead, seats: list[Seat]) -> int:
    commit()
    form = {"seat": [str(one.staff_id) for one in seats]}
    form |= {f"level-{one.staff_id}": "3" for one in seats}
    form |= {f"language-{one.staff_id}": "zh" for one in seats}
    asked: list[str] = []

    def count(_connection, _cursor, statement, *_rest) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        lead.post("/lines/tourism/seats", **form)
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    return len(asked)


def test_certified_seats_are_lent_to_no_other_line(lines, lead):
    a_line("minors", certified=True)
    commit()
    step = {"where-0": "lines", "after-0": "0", "level-0": "1", "lines-0": "minors"}
    refused = lead.post("/lines/tourism/steps", least_level="1", **step)
    assert refused.status_code == 409 and "持证专席不借出座席" in refused.text


def test_who_redials_a_full_line_with_a_place_of_his_own_is_taken_in(city, lines, lead):
    busy(city, "own", lines["tourism"])
    lead.post("/lines/tourism/rules", **RULES | {"most_waiting": "1", "when_full": "ring_back"})
    first = calls_for(city, KEY["tourism"], "+8613812345678")
    city.until(lambda: place_of(first) is not None and place_of(first).heard_at, TO_A_PERSON)
    first.hangs_up()
    waits_for(city, KEY["tourism"])
    again = calls_for(city, KEY["tourism"], "+8613812345678")
    city.until(lambda: place_of(again) is not None, TO_A_PERSON)
