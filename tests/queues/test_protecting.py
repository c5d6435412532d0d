"""A minor's risk: a rule, an alarm at once, and all that is owed afterwards."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from assist import alerts
from infra.clock import now
from infra.db import commit, session
from infra.localtime import local
from models import (
    Alert,
    Call,
    MandatoryReport,
    Panic,
    Protection,
    ProtectionVisit,
    Receiver,
    Risk,
    RiskLevel,
    Role,
    Ticket,
    TicketEvent,
    Topic,
)
from queues import calls, owed, protecting
from queues.protecting import NotNow
from tests.agent_desk.talks import Agent
from tests.places import a_line, an_agent
from tests.tickets.conftest import a_complaint, a_person, ended
from tests.visitors import browser_of, somebody
from tickets import chasing, history, lifecycle

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
    assert session.scalars(select(Alert.keyword)).all() == ["risk:red"]
    # One key rings 110 into the talk.
    assert sun.asks("three-way", call=call, to="police").status_code == 200


def test_orange_raises_the_hand_and_no_alarm(sun, call):
    sun.does("risk", call=call, runaway=True)
    assert session.scalars(select(Alert.keyword)).all() == ["risk:orange"]
    assert session.scalars(select(Panic.id)).all() == []


def test_a_level_only_rises_and_the_same_again_is_nothing_new(city, sun, call):
    for ticked in ({"runaway": True}, {"runaway": True}, {}, {"sexual": True}, {"runaway": True}):
        sun.does("risk", call=call, **ticked)
    one = session.scalars(select(Protection)).one()
    # A form that does not show what is known takes nothing back.
    assert (one.level, one.risks) == (RiskLevel.RED, ["runaway", "sexual"])
    assert one.notice_due_at <= one.at + timedelta(minutes=6)
    assert len(session.scalars(select(ProtectionVisit.id)).all()) == 3


def test_the_form_is_filled_in_again_and_takes_back_what_it_has_shown(sun, call):
    sun.does("risk", call=call, injury=True)
    assert sun.shows["call"]["risk"]["risks"] == ["injury"]
    sun.does("risk", call=call, runaway=True, shown="injury")
    one = session.scalars(select(Protection)).one()
    assert one.risks == ["runaway"]
    # What two forms have told together is red.
    sun.does("risk", call=call, injury=True)
    session.expire_all()
    assert one.level is RiskLevel.ORANGE
    sun.does("risk", call=call, guardian=True)
    session.expire_all()
    assert (one.level, one.risks) == (RiskLevel.RED, ["guardian", "injury", "runaway"])


def test_a_hand_that_is_up_tells_the_level_and_in_english(app, city, sun, call):
    alerts.raise_hand(session.get_one(Call, call), keyword="打人")
    li = somebody("li", Role.LEAD)
    alerts.see(session.scalars(select(Alert)).one(), by=li)
    commit()
    sun.does("risk", call=call, runaway=True)
    sun.does("risk", call=call, sexual=True)
    session.expire_all()
    one = session.scalars(select(Alert)).one()
    assert (one.keyword, one.seen_at) == ("risk:red", None)
    assert session.query(Alert).count() == 1
    page = browser_of(app, li)
    assert "未成年人风险红色" in page.get("/floor/figures").get_json()["alerts"][0]["words"]
    page.post("/language", language="en")
    told = page.get("/floor/figures").get_json()["alerts"][0]["words"]
    assert told.endswith("a minor's risk is Red")


@pytest.mark.parametrize("how", ["submitted", "urged"])
def test_a_ticket_on_its_way_is_protected_too_and_so_is_his_number(city, lines, how):
    agent = Agent.comes(city, "wu", *lines)
    child = calls.person_of("+8613955556666")
    old = ended(child, agent=agent.seat)
    call = ended(child, agent=agent.seat) if how == "urged" else old
    ticket = lifecycle.draft(old)
    typed = a_complaint(kind="consult", district=None)
    lifecycle.submit(ticket, by=agent.seat.staff, typed=typed)
    if how == "urged":
        chasing.link(ticket, call, by=agent.seat.staff)
    commit()
    assert (ticket.minor, ticket.confidential) == (False, False)
    call.line = lines[1]
    protecting.judge(call, [R.INJURY], by=agent.seat)
    commit()
    assert ticket.minor and ticket.confidential and child.minor
    named = select(TicketEvent.name).where(TicketEvent.ticket_id == ticket.id)
    protecting.judge(call, [R.INJURY, R.RUNAWAY], by=agent.seat)
    assert list(session.scalars(named)).count("protected") == 1
    assert history.verify(ticket) is None


def test_a_call_that_concerns_no_minor_is_not_judged(city, lines):
    agent = Agent.comes(city, "wu", *lines)
    call = ended(a_person("13955556666"), agent=agent.seat)
    with pytest.raises(NotNow, match="不是未成年人"):
        protecting.judge(call, [R.INJURY], by=agent.seat)
    lifecycle.draft(call).minor = True
    session.flush()
    assert protecting.judge(call, [R.INJURY], by=agent.seat).level is RiskLevel.ORANGE


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
    child = a_person("13955556666")
    child.minor = True
    ended_call = ended(child, agent=agent)
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


def test_leads_are_told_once_of_what_is_owed_and_read_it_until_it_is_done(
    app, case, time, monkeypatch
):
    heard = []
    monkeypatch.setattr(owed, "publish", lambda _topic, name: heard.append(name))
    li, number = somebody("li", Role.LEAD), case.id
    commit()

    def told():
        return browser_of(app, li).get("/floor/emergencies").get_json()

    owed.run()
    assert (told(), heard) == ([], [])
    time.forward(timedelta(minutes=31).total_seconds())
    owed.run()
    owed.run()
    assert (told(), heard) == (["未成年人个案：1 件到时未通报民政"], ["emergency"])
    one = session.get_one(Protection, number)
    written = {"what": "x", "person": "张", "receipt": "1"}
    protecting.report(one, Receiver.CIVIL_AFFAIRS, by=li, **written)
    commit()
    assert told() == []
    time.forward(timedelta(hours=24).total_seconds())
    owed.run()
    owed.run()
    assert (told(), heard) == (["未成年人个案：1 次跟踪到时"], ["emergency"] * 2)


def test_what_owes_most_comes_first_and_nothing_that_owes_is_cut(case, time, monkeypatch):
    monkeypatch.setattr(owed, "SHOWN", 1)
    agent = an_agent("wu")
    made = {}
    for name, risks in {"red": [R.SEXUAL], "yellow": [], "orange": [R.RUNAWAY]}.items():
        child = a_person(f"1380000000{len(made)}")
        child.minor = True
        made[name] = protecting.judge(ended(child, agent=agent), risks, by=agent)
    li = somebody("li", Role.LEAD)
    told = {"what": "x", "person": "张", "receipt": "1"}
    assert list(owed.cases()) == [made["red"], case, made["orange"], made["yellow"]]
    for one in (made["red"], made["yellow"]):
        protecting.report(one, Receiver.CIVIL_AFFAIRS, by=li, **told)
    protecting.review(made["red"], "可以", by=li)
    # Nothing is owed of red now, the review alone of yellow.
    assert list(owed.cases()) == [case, made["orange"], made["yellow"], made["red"]]
    time.forward(timedelta(hours=25).total_seconds())
    assert owed.cases()[0] is made["red"]


def test_who_took_the_call_does_not_review_it(case):
    with pytest.raises(NotNow, match="以外的班长"):
        protecting.review(case, "可以", by=case.by)
    with session.begin_nested(), pytest.raises(IntegrityError, match="two_persons"):
        case.reviewed_at, case.reviewed_by_id, case.review = now(), case.by_id, "可以"
        session.flush()


def test_who_has_judged_it_too_does_not_review_it(case):
    wu = an_agent("wu")
    wu.staff.roles = [Role.AGENT, Role.LEAD]
    case.call.agent_id = wu.staff_id
    session.flush()
    protecting.judge(case.call, [R.RUNAWAY], by=wu)
    with pytest.raises(NotNow, match="以外的班长"):
        protecting.review(case, "可以", by=wu.staff)
    protecting.review(case, "可以", by=somebody("li", Role.LEAD))
    assert case.reviewed_at == now()


def test_the_same_report_sent_twice_is_one(case):
    li = somebody("li", Role.LEAD)
    told = {"what": "受伤", "person": "张某", "receipt": "1"}
    for receipt in ("1", "1", "2"):
        protecting.report(case, Receiver.POLICE, by=li, **told | {"receipt": receipt})
    assert session.query(MandatoryReport).count() == 2


def test_the_first_notice_counts(case, time):
    li = somebody("li", Role.LEAD)
    told = {"what": "受伤", "person": "张某", "receipt": "1"}
    protecting.report(case, Receiver.CIVIL_AFFAIRS, by=li, **told)
    first = case.noticed_at
    time.forward(60)
    protecting.report(case, Receiver.CIVIL_AFFAIRS, by=li, **told)
    assert case.noticed_at == first
