"""Abusive calls: three agents, two persons, a third for the appeal; danger always passes."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from assist import emergency
from infra.clock import now
from infra.db import commit, session
from ivr import voicemail
from ivr.voicemail import Voicemail
from models import (
    AuditEntry,
    Call,
    Callback,
    CallbackWay,
    CallStatus,
    Disposition,
    Limitation,
    LimitKind,
    LimitState,
    MissedContact,
    Person,
    Place,
    Role,
    Seat,
    StaffMember,
    Strike,
    StrikeReason,
    Ticket,
)
from queues import calls, keeping, last_in_line, limiting, waiting
from queues.limiting import NotLimited
from tests.agent_desk.talks import Agent, call_of, events_of
from tests.places import a_line, an_agent
from tests.tickets.conftest import a_person, ended
from tests.visitors import browser_of, somebody
from tickets import completion

NUMBER = "+8613812345678"


@pytest.fixture
def lines(app, time):
    found = {
        "general": a_line("general"),
        "minors": a_line("minors", certified=True, rank=1),
        "housing_fund": a_line("housing_fund", rank=2),
    }
    commit()
    return found


@pytest.fixture
def agents(lines) -> list[Seat]:
    return [an_agent(name, lines["general"]) for name in ("wang", "zhao", "qian")]


@pytest.fixture
def li(app, time) -> StaffMember:
    return somebody("li", Role.LEAD)


@pytest.fixture
def sun(app, time) -> StaffMember:
    return somebody("sun", Role.ADMIN)


@pytest.fixture
def caller(lines) -> Person:
    return calls.person_of(NUMBER)


def strike(caller: Person, agent: Seat, words: str = "一直骂人") -> Strike:
    call = ended(caller, agent=agent)
    return limiting.report(call, StrikeReason.INSULT, words, persuaded=True, by=agent.staff)


def limit(caller, agents, li, sun, kind=LimitKind.VOICEMAIL) -> Limitation:
    for agent in agents:
        strike(caller, agent)
    made = limiting.ask(caller.id, kind, "三位座席均报告辱骂", by=li)
    limiting.approve(made, by=sun)
    commit()
    return made


def test_three_different_agents_within_90_days_are_needed(caller, agents, li, time):
    for agent in (agents[0], agents[0], agents[1]):
        strike(caller, agent)
    with pytest.raises(NotLimited, match="3 位不同座席"):
        limiting.ask(caller.id, LimitKind.LAST, "骚扰", by=li)
    time.forward(timedelta(days=91).total_seconds())
    strike(caller, agents[2])
    with pytest.raises(NotLimited, match="3 位不同座席"):
        limiting.ask(caller.id, LimitKind.LAST, "骚扰", by=li)
    for agent in agents[:2]:
        strike(caller, agent)
    assert limiting.ask(caller.id, LimitKind.LAST, "骚扰", by=li).state is LimitState.ASKED


@pytest.mark.parametrize("how", ["not persuaded", "no words", "hidden", "minor", "not answered"])
def test_what_is_no_strike(caller, agents, how):
    agent = agents[0]
    call = ended(None if how == "hidden" else caller, agent=agent)
    caller.minor = how == "minor"
    if how == "not answered":
        call.answered_at = None
    with pytest.raises(NotLimited):
        limiting.report(
            call,
            StrikeReason.THREAT,
            "" if how == "no words" else "威胁座席",
            persuaded=how != "not persuaded",
            by=agent.staff,
        )
    assert session.query(Strike).count() == 0


def test_a_call_is_one_strike_however_often_it_is_reported(caller, agents):
    call = ended(caller, agent=agents[0])
    for _n in range(2):
        limiting.report(call, StrikeReason.INSULT, "骂人", persuaded=True, by=agents[0].staff)
    assert session.query(Strike).count() == 1


def test_neither_who_asked_nor_who_struck_approves(caller, agents, li, sun):
    for agent in agents:
        agent.staff.roles = [Role.AGENT, Role.LEAD]
        strike(caller, agent)
    with pytest.raises(NotLimited, match="您报告过"):
        limiting.ask(caller.id, LimitKind.LAST, "骚扰", by=agents[0].staff)
    made = limiting.ask(caller.id, LimitKind.LAST, "骚扰", by=li)
    for who in (li, agents[1].staff):
        with pytest.raises(NotLimited):
            limiting.approve(made, by=who)
    assert made.state is LimitState.ASKED and made.begins_at is None
    limiting.approve(made, by=sun)
    assert made.expires_at - made.begins_at == timedelta(hours=24)
    with session.begin_nested(), pytest.raises(IntegrityError, match="two_persons"):
        made.decided_by_id = li.id
        session.flush()


def test_who_has_reported_him_since_is_concerned_too(caller, agents, li, sun):
    for agent in agents:
        strike(caller, agent)
    made = limiting.ask(caller.id, LimitKind.LAST, "骚扰", by=li)
    late = an_agent("late")
    late.staff.roles = [Role.AGENT, Role.LEAD]
    strike(caller, late)
    with pytest.raises(NotLimited, match="您报告过"):
        limiting.approve(made, by=late.staff)
    limiting.approve(made, by=sun)
    appeal = limiting.appeal(made, "x", by=agents[0].staff)
    session.flush()
    with pytest.raises(NotLimited, match="您报告过"):
        limiting.decide(appeal, granted=True, answer="属实", by=late.staff)


def test_what_is_approved_late_is_counted_anew(caller, agents, li, sun, time):
    for agent in agents:
        strike(caller, agent)
    made = limiting.ask(caller.id, LimitKind.LAST, "骚扰", by=li)
    time.forward(timedelta(days=91).total_seconds())
    with pytest.raises(NotLimited, match="3 位不同座席"):
        limiting.approve(made, by=sun)
    assert made.state is LimitState.ASKED


def test_who_asked_withdraws_it_while_nobody_has_decided(app, caller, agents, li, sun):
    for agent in agents:
        strike(caller, agent)
    made = limiting.ask(caller.id, LimitKind.LAST, "骚扰", by=li)
    commit()
    path = f"/floor/limitations/{made.id}/withdrawal"
    assert browser_of(app, sun).post(path).status_code == 409
    page = browser_of(app, li)
    assert "撤回申请</button>" in page.get("/floor/limitations").text
    assert page.post(path).status_code == 302
    assert session.query(Limitation).count() == 0
    assert len(limiting.standing(caller.id)) == 3
    made = limit_again(caller, li, sun)
    with pytest.raises(NotLimited, match="撤回"):
        limiting.withdraw(made, by=li)


def limit_again(caller, li, sun):
    made = limiting.ask(caller.id, LimitKind.LAST, "骚扰", by=li)
    limiting.approve(made, by=sun)
    return made


@pytest.mark.parametrize("granted", [True, False])
def test_who_waits_last_of_all_is_raised_when_it_is_lifted(app, caller, agents, li, sun, granted):
    made = limit(caller, agents, li, sun, LimitKind.LAST)
    waits = Call(
        sid="CA-w", number_masked="-", started_at=now(), person=caller, line=a_line("other")
    )
    session.add(waits)
    session.flush()
    limiting.apply(made, waits)
    place = waiting.enter(waits, waits.line)
    back = keeping.keep(ended(caller), caller.number)
    back.priority = last_in_line.PRIORITY
    noise = Place(
        call_id=ended(a_person("13955556666")).id, line_id=waits.line_id, language="zh",
        priority=-5, entered_at=now(), age_from=now(),
    )  # fmt: skip
    session.add(noise)
    limiting.appeal(made, "冤枉", by=agents[0].staff)
    commit()
    path = f"/floor/limitations/{made.id}/decision"
    third = browser_of(app, somebody("zhou", Role.LEAD))
    answer = {"granted": "yes" if granted else "no", "answer": "属实"}
    assert third.post(path, **answer).status_code == 302
    session.expire_all()
    last = 0 if granted else last_in_line.PRIORITY
    assert (waits.priority, place.priority, back.priority, noise.priority) == (last, last, last, -5)
    assert last_in_line.priority_of(back, None) == 0
    assert last_in_line.priority_of(back, made) == last


@pytest.mark.parametrize(
    ("kind", "danger", "heard"),
    [
        (LimitKind.VOICEMAIL, None, True),
        (LimitKind.VOICEMAIL, "着火", False),
        (LimitKind.LAST, None, False),
    ],
)
def test_who_may_do_more_than_leave_a_message_is_rung_back_for_it(
    caller, agents, li, sun, kind, danger, heard
):
    made = limit(caller, agents, li, sun, kind)
    call = ended(caller)
    call.answered_at, call.emergency = None, danger
    assert not last_in_line.only_heard(call)
    limiting.apply(made, call)
    voicemail._promise_to_ring_back(call, caller.number)
    assert last_in_line.only_heard(call) is heard
    assert session.query(Callback).count() == (0 if heard else 1)


def test_it_is_24_hours_then_7_days_then_30(caller, agents, li, sun, time):
    spans = []
    for _n in range(4):
        made = limit(caller, agents, li, sun)
        spans.append((made.expires_at - made.begins_at).days)
        time.forward(timedelta(days=31).total_seconds())
    assert spans == [1, 7, 30, 30]


def test_the_same_strikes_limit_once_and_a_refusal_leaves_them(caller, agents, li, sun, time):
    for agent in agents:
        strike(caller, agent)
    refused = limiting.ask(caller.id, LimitKind.LAST, "骚扰", by=li)
    with pytest.raises(NotLimited):
        limiting.ask(caller.id, LimitKind.LAST, "再申请", by=li)
    limiting.refuse(refused, by=sun)
    made = limiting.ask(caller.id, LimitKind.LAST, "骚扰", by=li)
    limiting.approve(made, by=sun)
    time.forward(timedelta(days=2).total_seconds())
    with pytest.raises(NotLimited):
        limiting.ask(caller.id, LimitKind.LAST, "骚扰", by=li)


def test_an_appeal_is_decided_by_a_third_and_lifts_it_at_once(caller, agents, li, sun):
    made = limit(caller, agents, li, sun)
    appeal = limiting.appeal(made, "是孩子乱按的", by=agents[0].staff)
    session.flush()
    for who in (li, sun, agents[0].staff):
        with pytest.raises(NotLimited):
            limiting.decide(appeal, granted=True, answer="属实", by=who)
    appeal.by_id = somebody("wrote", Role.LEAD).id
    session.flush()
    with pytest.raises(NotLimited, match="由您记录"):
        limiting.decide(appeal, granted=True, answer="属实", by=appeal.by)
    with session.begin_nested(), pytest.raises(IntegrityError, match="two_persons"):
        appeal.granted, appeal.answer, appeal.decided_at = True, "x", now()
        appeal.decided_by_id = appeal.by_id
        session.flush()
    limiting.decide(appeal, granted=True, answer="属实", by=somebody("zhou", Role.LEAD))
    assert made.lifted_at == now() and limiting.of_person(caller.id, now()) is None


@pytest.mark.parametrize("why", ["minor", "safe hour", "minor's ticket"])
def test_minors_are_never_limited(caller, agents, li, lines, why):
    for agent in agents:
        strike(caller, agent)
    protect(caller, lines, why)
    with pytest.raises(NotLimited, match="未成年人"):
        limiting.ask(caller.id, LimitKind.LAST, "骚扰", by=li)


def protect(caller, lines, why):
    if why == "minor":
        caller.minor = True
    if why == "minor's ticket":
        session.add(Ticket(person_id=caller.id, created_at=now(), minor=True))
    if why == "safe hour":
        session.add(
            Callback(
                way=CallbackWay.KEY,
                number=caller.number,
                number_fingerprint=caller.number_fingerprint,
                number_masked=caller.number_masked,
                line_id=lines["minors"].id,
                asked_at=now(),
                age_from=now(),
                due_at=now(),
                safe_hour=15,
                tried=0,
            )
        )
    session.flush()


@pytest.mark.parametrize("why", ["minor", "safe hour", "expired", "lifted", "another number"])
def test_who_is_not_limited_hears_the_menu(city, caller, agents, li, sun, lines, why):
    made = limit(caller, agents, li, sun)
    protect(caller, lines, why)
    if why == "lifted":
        made.lifted_at = now()
    if why == "expired":
        made.begins_at, made.expires_at = now() - timedelta(hours=24), now()
    commit()
    citizen = city.citizen("+8613900001111" if why == "another number" else NUMBER)
    citizen.dials("12345")
    # Who is known as a minor meets no menu either.
    passed = "正在为您转接minors" if why == "minor" else "请直接说出"
    city.until(lambda: citizen.hears(passed), 30)
    assert not citizen.hears("受限") and call_of(citizen).limitation_id is None


def hears_so(city) -> object:
    citizen = city.citizen(NUMBER)
    citizen.dials("12345")
    city.until(lambda: citizen.hears("受限"))
    return citizen


def test_he_leaves_a_message_which_a_person_finds_and_nobody_rings_him(
    city, caller, agents, li, sun
):
    limit(caller, agents, li, sun)
    citizen = hears_so(city)
    assert citizen.hears("有生命危险请按1") and citizen.hears("申诉")
    city.until(lambda: citizen.hears("请在提示音后留言"), 30)
    city.pass_time(6)
    citizen.says("我要申诉，不是我打的")
    city.pass_time(4)
    citizen.presses("#")
    city.until(lambda: citizen.hears("工作人员会听取"), 5)
    city.until(lambda: not citizen.connected, 20)
    commit()
    with city.app.test_request_context():
        Voicemail().collect()
    call = call_of(citizen)
    assert (call.disposition, call.person_due_at) == (Disposition.LEFT_EARLY, None)
    assert session.scalars(select(MissedContact.call_id)).all() == [call.id]
    assert session.query(Callback).count() == session.query(Place).count() == 0


def test_danger_passes_by_the_key_and_is_kept_against_its_abuse(city, caller, lines, li, sun):
    agents = [Agent.comes(city, name, lines["general"]) for name in ("wang", "zhao", "qian")]
    made = limit(caller, [one.seat for one in agents], li, sun)
    citizen = hears_so(city)
    citizen.presses("1")
    city.until(lambda: any(one.rings for one in agents), 10)
    call = call_of(citizen)
    assert call.emergency == emergency.BY_KEY and call.limitation_id == made.id
    assert "limited_danger" in events_of(call)
    # The number that helps is said while it rings, and the desk says what to do.
    city.until(lambda: citizen.hears("幺幺零"), 10)
    offered = next(one for one in agents if one.rings).shows["offer"]["call"]
    assert offered["emergency"] == "按键：生命危险" and "110" in offered["advice"]
    assert completion.segments(call.id) == []
    lead = browser_of(city.app, li)
    page = lead.get("/floor/limitations").text
    assert "1 次称有险情" in page and f"/calls/{call.id}" in page


def test_danger_passes_by_word(city, caller, agents, li, sun):
    limit(caller, agents, li, sun)
    citizen = hears_so(city)
    citizen.says("我家着火了")
    city.until(lambda: call_of(citizen).status is CallStatus.WAITING, 10)
    assert call_of(citizen).emergency == "着火"


def test_danger_goes_before_the_minors_line_that_the_same_words_ask_for(
    city, caller, agents, li, sun
):
    limit(caller, agents, li, sun)
    citizen = hears_so(city)
    citizen.says("未成年人保护，有人要自杀")
    city.until(lambda: call_of(citizen).status is CallStatus.WAITING, 10)
    assert (call_of(citizen).emergency, call_of(citizen).line.code) == ("自杀", "general")


def test_an_english_page_words_the_key_in_english(app, caller, li):
    call = ended(caller)
    call.emergency = emergency.BY_KEY
    commit()
    page = browser_of(app, li)
    page.post("/language", language="en")
    shown = page.get(f"/calls/{call.id}").text
    assert "danger to life" in shown and "按键" not in shown


def test_minors_line_is_open_to_whoever_calls(city, caller, agents, li, sun):
    limit(caller, agents, li, sun, LimitKind.LAST)
    citizen = hears_so(city)
    assert citizen.hears("未成年人请按5")
    citizen.presses("5")
    city.until(lambda: call_of(citizen).status is CallStatus.WAITING, 10)
    place = session.scalars(select(Place)).one()
    assert (place.line.code, place.priority) == ("minors", 0)


def test_the_last_in_line_is_served_after_who_came_later(city, caller, lines, li, sun):
    struck = [an_agent(name, lines["general"], ready=False) for name in ("zhao", "qian", "wu")]
    limit(caller, struck, li, sun, LimitKind.LAST)
    citizen = hears_so(city)
    assert citizen.hears("排在最后")
    city.until(lambda: citizen.hears("请直接说出"), 40)
    citizen.presses("1")
    city.until(lambda: call_of(citizen).status is CallStatus.WAITING, 10)
    city.pass_time(3)
    other = city.citizen("+8613900001111")
    other.dials("12345")
    city.pass_time(1)
    other.presses("1")
    both = select(Place.id).where(Place.heard_at.is_not(None))
    city.until(lambda: len(session.scalars(both).all()) == 2, 20)
    wang = Agent.comes(city, "wang", lines["housing_fund"])
    wang.answers()
    assert call_of(other).agent_id == wang.id
    assert call_of(citizen).status is CallStatus.WAITING


def test_an_english_caller_is_told_in_english(city, caller, agents, li, sun):
    limit(caller, agents, li, sun)
    caller.language = "en"
    commit()
    citizen = city.citizen(NUMBER)
    citizen.dials("12345")
    city.until(lambda: citizen.hears("your number is limited until"), 10)
    assert not citizen.hears("受限")


def test_the_desk_reports_its_call_and_writes_down_an_appeal(city, caller, agents, li, sun, lines):
    made = limit(caller, agents, li, sun, LimitKind.LAST)
    zhou = Agent.comes(city, "zhou", lines["general"], lines["minors"])
    citizen = hears_so(city)
    citizen.presses("1")
    zhou.answers()
    city.until(lambda: call_of(citizen).status is CallStatus.TALKING)
    call = call_of(citizen)
    shown = zhou.shows["call"]
    assert shown["limitation"]["kind"] == "排在最后" and shown["may_report"] is True
    said = {"call": call.id, "words": "没有危险，骂人"}
    assert zhou.asks("strike", reason="none", **said).status_code == 422
    assert zhou.asks("strike", reason="false_danger", **said).status_code == 409
    assert zhou.asks("strike", reason="false_danger", persuaded=True, **said).status_code == 200
    assert zhou.asks("appeal", call=call.id, words="被冤枉").status_code == 200
    assert zhou.asks("appeal", call=call.id, words="再说一次").status_code == 409
    assert zhou.asks("appeal", number="13800000000", words="x").status_code == 409
    assert limiting.open_appeal(made).words == "被冤枉"
    others = Agent.comes(city, "other", lines["general"])
    assert others.asks("strike", reason="insult", persuaded=True, **said).status_code == 404


def test_the_leads_pages_carry_it_from_strikes_to_the_end(app, caller, agents, li, sun, time):
    for agent in agents:
        strike(caller, agent, words="骂了十分钟")
    strike(a_person("13955556666"), agents[0])
    lead, admin = browser_of(app, li), browser_of(app, sun)
    page = lead.get("/floor/limitations").text
    assert "骂了十分钟" in page and "13812345678" not in page and "138****5678" in page
    assert page.count("申请限制</button>") == 1
    asked = {"kind": "voicemail", "because": "多次辱骂"}
    asking = f"/floor/limitations/of/{caller.id}"
    assert lead.post(asking, **asked | {"kind": ""}).status_code == 409
    assert lead.post(asking, **asked).status_code == 302
    made = session.scalars(select(Limitation)).one()
    assert "批准</button>" not in lead.get("/floor/limitations").text
    assert lead.post(f"/floor/limitations/{made.id}/approval").status_code == 409
    assert admin.post(f"/floor/limitations/{made.id}/approval").status_code == 302
    assert "生效中" in lead.get("/floor/limitations").text
    lead.post(f"/floor/limitations/{made.id}/appeals", words="号码换了人")
    decided = {"granted": "yes", "answer": "号码已换机主"}
    assert lead.post(f"/floor/limitations/{made.id}/decision", **decided).status_code == 409
    third = browser_of(app, somebody("zhou", Role.LEAD))
    assert third.post(f"/floor/limitations/{made.id}/decision", **decided).status_code == 302
    assert "申诉后解除" in lead.get("/floor/limitations").text
    written = set(session.scalars(select(AuditEntry.action)))
    assert written >= {"limitation.asked", "limitation.approved", "appeal.recorded",
                       "appeal.decided", "limitation.viewed"}  # fmt: skip
    assert browser_of(app, agents[0].staff).get("/floor/limitations").status_code == 403


def test_a_call_that_was_limited_says_so_in_its_story(city, caller, agents, li, sun):
    made = limit(caller, agents, li, sun)
    citizen = hears_so(city)
    call = call_of(citizen)
    assert call.limitation_id == made.id and events_of(call).count("limited") == 1
    assert isinstance(call, Call)
