"""A minor's risk: a rule, an alarm at once, and all that is owed afterwards."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from infra.clock import now
from infra.db import commit, session
from infra.localtime import local
from models import (
    Alert,
    MandatoryReport,
    Panic,
    Protection,
    ProtectionVisit,
    Receiver,
    Risk,
    RiskLevel,
    Role,
    Ticket,
    Topic,
)
from queues import protecting
from queues.protecting import NotNow
from tests.agent_desk.talks import Agent
from tests.places import a_line, an_agent
from tests.tickets.conftest import a_complaint, a_person, ended
from tests.visitors import browser_of, somebody
from tickets import lifecycle

R = Risk


@pytest.mark.parametrize(
    ("risks", "level"),
    [
        ([], RiskLevel.YELLOW),
        ([R.DANGER_NOW], RiskLevel.RED),
        ([R.SEXUAL], RiskLevel.RED),
        ([R.SELF_HARM, R.RUNAWAY], RiskLevel.RED),
        ([R.INJURY, R.GUARDIAN], RiskLevel.RED),
        ([R.INJURY], RiskLevel.ORANGE),
        ([R.GUARDIAN], RiskLevel.ORANGE),
        ([R.RUNAWAY, R.INJURY], RiskLevel.ORANGE),
        (list(R), RiskLevel.RED),
    ],
)
def test_the_rule(risks, level):
    assert protecting.level_of(risks) is level


@pytest.mark.parametrize("level", RiskLevel)
def test_by_when_civil_affairs_is_to_know(time, level):
    at, due = now(), protecting.due_of(level, now())
    if level is RiskLevel.YELLOW:
        assert local(due).date() == local(at).date() and local(due).hour == 23
    else:
        assert due - at == timedelta(minutes={"red": 5, "orange": 30}[level])


@pytest.fixture
def lines(app, time):
    session.add(Topic(code="street_light", name="路灯"))
    found = (a_line("general"), a_line("minors", certified=True, rank=1))
    commit()
    return found


@pytest.fixture
def sun(city, lines):
    return Agent.comes(city, "sun", *lines)


@pytest.fixture
def call(city, lines, sun):
    citizen = city.citizen()
    citizen.dials("12345")
    city.pass_time(1)
    citizen.presses("5")
    sun.answers()
    city.until(lambda: sun.shows["call"]["status"] == "talking")
    return sun.shows["call"]["id"]


def test_red_alarms_every_lead_and_its_clock_runs(city, lines, sun, call):
    assert sun.shows["call"]["protected"] is True
    shown = sun.does("risk", call=call, danger_now=True, injury=False)["call"]["risk"]
    assert (shown["level"], shown["noticed"]) == ("red", False)
    one = session.scalars(select(Protection)).one()
    assert (one.risks, one.notice_due_at - one.at) == (["danger_now"], timedelta(minutes=5))
    assert session.scalars(select(Panic.call_id)).all() == [call]
    assert session.scalars(select(Alert.keyword)).all() == ["未成年人风险：红色"]
    # One key rings 110 into the talk.
    assert sun.asks("three-way", call=call, to="police").status_code == 200


def test_orange_raises_the_hand_and_no_alarm(sun, call):
    sun.does("risk", call=call, runaway=True)
    assert session.scalars(select(Alert.keyword)).all() == ["未成年人风险：橙色"]
    assert session.scalars(select(Panic.id)).all() == []


def test_a_level_only_rises_and_the_same_again_is_nothing_new(city, sun, call):
    for ticked in ({"runaway": True}, {"runaway": True}, {}, {"sexual": True}, {"runaway": True}):
        sun.does("risk", call=call, **ticked)
    one = session.scalars(select(Protection)).one()
    assert (one.level, one.risks) == (RiskLevel.RED, ["runaway"])
    assert one.notice_due_at <= one.at + timedelta(minutes=6)
    assert len(session.scalars(select(ProtectionVisit.id)).all()) == 3


def test_its_ticket_is_confidential_whatever_is_unticked(sun, call):
    sun.does("risk", call=call)
    path = f"/calls/{call}/ticket"
    sun.page.post_json(path, {"minor": False, "confidential": False})
    form = a_complaint(kind="consult", district=None).model_dump(exclude_unset=True)
    made = sun.page.post_json(f"{path}/submit", form).get_json()
    assert made["number"] and made["texted"] is False
    ticket = session.scalars(select(Ticket).where(Ticket.number == made["number"])).one()
    assert (ticket.minor, ticket.confidential) == (True, True)


def test_another_agents_call_is_not_his_to_judge(city, lines, sun, call):
    other = Agent.comes(city, "wu", lines[0])
    assert other.asks("risk", call=call, injury=True).status_code == 404
    assert session.query(Protection).count() == 0


def test_any_other_call_has_no_form(city, lines, sun):
    citizen = city.citizen()
    citizen.dials("12345")
    city.pass_time(1)
    citizen.presses("0")
    sun.answers()
    assert sun.shows["call"]["protected"] is False


@pytest.fixture
def case(app, time):
    agent = an_agent("qian", a_line())
    ended_call = ended(a_person("13955556666"), agent=agent)
    made = protecting.judge(ended_call, [R.INJURY], by=agent)
    draft = lifecycle.of_call(ended_call.id)
    session.add(Topic(code="street_light", name="路灯"))
    session.flush()
    typed = a_complaint(kind="consult", district=None)
    lifecycle.submit(draft, by=agent.staff, typed=typed)
    commit()
    return made


def test_the_leads_page_keeps_reports_review_and_visits(app, case, time):
    li = somebody("li", Role.LEAD)
    page = browser_of(app, li)
    assert "通报民政" in page.get("/floor/minors").text
    path = f"/floor/minors/{case.id}"
    told = {"what": "左臂受伤", "person": "未保办 张某", "receipt": "WB-7"}
    assert page.post(f"{path}/reports", receiver="police", **told).status_code == 302
    assert session.get_one(Protection, case.id).noticed_at is None
    lacking = told | {"receipt": "", "receiver": "civil_affairs"}
    assert page.post(f"{path}/reports", **lacking).status_code == 409
    assert page.post(f"{path}/reports", receiver="civil_affairs", **told).status_code == 302
    assert session.get_one(Protection, case.id).noticed_at == now()
    assert session.query(MandatoryReport).count() == 2
    assert page.post(f"{path}/review", words="处置得当").status_code == 302
    assert "应跟踪" not in page.get("/floor/minors").text
    time.forward(timedelta(hours=25).total_seconds())
    later = browser_of(app, li)
    assert later.get("/floor/minors").text.count("应跟踪</span>") == 1
    first = session.scalars(select(ProtectionVisit).order_by(ProtectionVisit.due_at)).first()
    assert later.post(f"/floor/minors/visits/{first.id}", words="已返校").status_code == 302
    shown = later.get("/floor/minors").text
    assert "已返校" in shown and "WB-7" in shown and "处置得当" in shown
    for role in (Role.AGENT, Role.QA, Role.ADMIN):
        who = somebody(f"x-{role}", role)
        assert browser_of(app, who).get("/floor/minors").status_code == 403


def test_who_took_the_call_does_not_review_it(case):
    with pytest.raises(NotNow, match="以外的班长"):
        protecting.review(case, "可以", by=case.by)
    with session.begin_nested(), pytest.raises(IntegrityError, match="two_persons"):
        case.reviewed_at, case.reviewed_by_id, case.review = now(), case.by_id, "可以"
        session.flush()


def test_the_first_notice_counts(case, time):
    li = somebody("li", Role.LEAD)
    told = {"what": "受伤", "person": "张某", "receipt": "1"}
    protecting.report(case, Receiver.CIVIL_AFFAIRS, by=li, **told)
    first = case.noticed_at
    time.forward(60)
    protecting.report(case, Receiver.CIVIL_AFFAIRS, by=li, **told)
    assert case.noticed_at == first
