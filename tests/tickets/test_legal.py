"""12315: the law's clocks beside the hotline's, and one call that becomes two tickets."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from analytics.indicators import INDICATORS
from analytics.measuring import Figure, Period, by_unit, whole
from infra.clock import now
from infra.db import commit, session
from infra.localtime import CITY, local
from models import (
    DaySource,
    FollowUp,
    FollowUpResult,
    FollowUpState,
    Kind,
    LegalClock,
    LegalStep,
    Notice,
    Role,
    Round,
    StaffMember,
    Ticket,
    TicketEvent,
    Topic,
    Unit,
    UnitKind,
    Urgency,
)
from tests.tickets.clerks import replied, returned
from tests.tickets.conftest import a_complaint, a_person
from tests.visitors import browser_of, somebody
from tickets import (
    calendar,
    closing,
    dispatch,
    history,
    legal,
    lifecycle,
    merging,
    splitting,
    timekeeping,
)
from tickets.handling import NotYet

# A Friday before three weeks in which the calendar of 2026 rests on weekends alone.
BEGIN = datetime(2026, 3, 6, 10, tzinfo=CITY)


@pytest.fixture
def market(place, time) -> Unit:
    time.forward((BEGIN - now()).total_seconds())
    calendar.seed((2026, 2027))
    unit = Unit(code="scjg", name="市场监管局", kind=UnitKind.BUREAU)
    session.add_all([unit, Topic(code="consumer", name="消费纠纷", unit=unit, market=True)])
    session.flush()
    return unit


@pytest.fixture
def zhao(app, market) -> StaffMember:
    return somebody("zhao", Role.DISPATCHER)


def submitted(wang, citizen, **other) -> Ticket:
    draft = Ticket(person_id=citizen.id, created_at=now())
    session.add(draft)
    session.flush()
    typed = a_complaint(topic="consumer", summary="健身房不退卡", demand="退款", **other)
    return lifecycle.submit(draft, by=wang, typed=typed)


@pytest.fixture
def complaint(wang, citizen, market) -> Ticket:
    return submitted(wang, citizen)


@pytest.fixture
def report(wang, citizen, market) -> Ticket:
    return submitted(wang, citizen, kind="report", citizen_name="李娜")


def days(ticket: Ticket) -> dict[str, str]:
    return {one.step: f"{local(one.due_at):%m-%d %H:%M}" for one in legal.of(ticket)}


def the(ticket: Ticket, step: LegalStep) -> LegalClock:
    return next(one for one in legal.of(ticket) if one.step is step)


def test_a_complaint_is_accepted_within_7_working_days_and_mediated_within_45(
    complaint, market, zhao, time
):
    dispatch.dispatch(complaint, market, by=zhao)
    assert days(complaint) == {"accept": "03-17 18:00"}
    time.forward(3 * 24 * 3600)
    legal.meet(the(complaint, LegalStep.ACCEPT), by=zhao, outcome=True)
    # From Monday 9 March: 45 working days, with Qingming (04-06) and 1 to 5 May at rest and
    # 9 May worked.
    assert days(complaint)["mediate"] == "05-14 18:00"
    legal.meet(the(complaint, LegalStep.MEDIATE), by=zhao, outcome=False, words="一方不同意")
    assert len(legal.of(complaint)) == 2
    assert history.verify(complaint) is None


def test_what_is_not_accepted_is_not_mediated_and_says_why(complaint, market, zhao):
    dispatch.dispatch(complaint, market, by=zhao)
    clock = the(complaint, LegalStep.ACCEPT)
    with pytest.raises(legal.NotNow):
        legal.meet(clock, by=zhao, outcome=False)
    legal.meet(clock, by=zhao, outcome=False, words="不属市场监管职责")
    assert len(legal.of(complaint)) == 1
    with pytest.raises(legal.NotNow):
        legal.meet(clock, by=zhao, outcome=True)


def test_a_report_is_looked_into_within_15_once_15_more_and_its_reporter_told_within_5(
    report, market, zhao, time
):
    dispatch.dispatch(report, market, by=zhao)
    assert days(report) == {"verify": "03-27 18:00"}
    clock = the(report, LegalStep.VERIFY)
    legal.extend(clock, by=zhao, reason="情况复杂")
    # 15 more after 27 March, with Qingming (04-06) at rest.
    assert days(report) == {"verify": "04-20 18:00"}
    with pytest.raises(legal.NotNow):
        legal.extend(clock, by=zhao, reason="再延")
    legal.meet(clock, by=zhao, outcome=False, words="证据不足")
    assert days(report)["inform"] == "03-13 18:00"


def test_who_gave_no_name_cannot_be_told(wang, citizen, market, zhao):
    unnamed = submitted(wang, citizen, kind="report")
    dispatch.dispatch(unnamed, market, by=zhao)
    legal.meet(the(unnamed, LegalStep.VERIFY), by=zhao, outcome=True)
    assert len(legal.of(unnamed)) == 1


def test_only_complaints_and_reports_about_the_market_have_them(wang, citizen, market, zhao):
    asked = submitted(wang, citizen, kind="consult")
    light = submitted(wang, citizen)
    light.topic = session.scalars(select(Topic).where(Topic.code == "street_light")).one()
    for ticket in (asked, light):
        dispatch.dispatch(ticket, market, by=zhao)
        assert legal.of(ticket) == []


def test_another_platform_is_no_office_of_this_city(complaint, market, zhao):
    province = Unit(code="province", name="省平台", kind=UnitKind.PLATFORM)
    session.add(province)
    session.flush()
    dispatch.dispatch(complaint, province, by=zhao)
    assert legal.of(complaint) == []


def test_a_date_that_passes_is_told_once_and_cannot_be_lengthened(report, market, zhao, time):
    dispatch.dispatch(report, market, by=zhao)
    commit()
    clock = the(report, LegalStep.VERIFY)
    time.forward((clock.due_at - now()).total_seconds() + 1)
    for _again in range(2):
        timekeeping.each_minute()
    session.expire_all()
    told = select(func.count()).where(Notice.name == "legal_missed")
    assert session.scalar(told) == 1
    events = session.scalars(select(TicketEvent.name).where(TicketEvent.ticket_id == report.id))
    assert list(events).count("legal_missed") == 1
    with pytest.raises(legal.NotNow):
        legal.extend(the(report, LegalStep.VERIFY), by=zhao, reason="太晚")


def test_a_redispatch_gives_no_new_time(complaint, market, zhao, time):
    first = dispatch.dispatch(complaint, market, by=zhao)
    before = days(complaint)
    first.make("recall")
    first.ended_at = now()
    complaint.make("take_back")
    time.forward(24 * 3600)
    dispatch.dispatch(complaint, market, by=zhao)
    assert days(complaint) == before


def test_another_calendar_moves_the_laws_dates_too(complaint, market, zhao):
    dispatch.dispatch(complaint, market, by=zhao)
    moved = calendar.Day(BEGIN.date().replace(day=10), works=False, name="停工")
    calendar.load([moved], DaySource.MANUAL)
    commit()
    timekeeping.each_minute()
    session.expire_all()
    assert days(complaint) == {"accept": "03-18 18:00"}


def test_the_citys_own_limit_holds_from_the_next_dispatch(app, complaint, report, market, zhao):
    dispatch.dispatch(complaint, market, by=zhao)
    admin = browser_of(app, somebody("admin", Role.ADMIN))
    assert "决定是否受理投诉" in admin.get("/policies").text
    admin.post("/policies/legal/verify", within="10", within_in="wd", more="", more_in="wd")
    assert admin.post("/policies/legal/verify", within="soon").status_code == 409
    assert admin.post("/policies/legal/moon", within="1", within_in="wd").status_code == 404
    dispatch.dispatch(report, market, by=zhao)
    assert (days(complaint), days(report)) == (
        {"accept": "03-17 18:00"},
        {"verify": "03-20 18:00"},
    )


def test_a_call_that_complains_and_reports_becomes_two_tickets(app, complaint, market, zhao, texts):
    page = browser_of(app, zhao)
    shown = page.get(f"/tickets/{complaint.number}").text
    assert "投诉、举报分单" in shown
    page.post(f"/tickets/{complaint.number}/split", summary="无证经营", demand="查处")
    second = session.scalars(select(Ticket).where(Ticket.split_from_id == complaint.id)).one()
    assert (second.kind, second.confidential, complaint.confidential) == (Kind.REPORT, True, False)
    assert second.number and second.number != complaint.number
    assert (second.person_id, second.address) == (complaint.person_id, complaint.address)
    assert second.number in page.get(f"/tickets/{complaint.number}").text
    assert complaint.number in page.get(f"/tickets/{second.number}").text
    again = page.post(f"/tickets/{complaint.number}/split", summary="x", demand="y")
    assert again.status_code == 409
    for ticket, step in ((complaint, "accept"), (second, "verify")):
        dispatch.dispatch(ticket, market, by=zhao)
        assert set(days(ticket)) == {step}
        assert history.verify(ticket) is None


def test_the_other_half_has_the_clock_it_would_have_had_by_itself(complaint, zhao):
    """Not that of one which was merged into the first and hurries it."""
    alone = complaint.due_at
    urgent = submitted(zhao, a_person("13900007777"), urgency="urgent")
    urgent.due_at -= timedelta(days=2)
    merging.merge(urgent, complaint, by=zhao)
    assert complaint.urgency is Urgency.URGENT and complaint.due_at == urgent.due_at < alone
    second = splitting.split(complaint, by=zhao, summary="无证经营", demand="查处")
    assert (second.urgency, second.wanted_by) == (Urgency.NORMAL, None)
    assert second.due_at >= alone


def test_what_units_have_is_not_split(complaint, market, zhao):
    dispatch.dispatch(complaint, market, by=zhao)
    with pytest.raises(NotYet):
        splitting.split(complaint, by=zhao, summary="无证经营", demand="查处")


def test_the_unit_that_leads_takes_the_steps_and_nobody_else(app, complaint, market, zhao):
    dispatch.dispatch(complaint, market, by=zhao)
    other = session.scalars(select(Unit).where(Unit.code == "urban")).one()
    clerk, stranger = (somebody(name, Role.UNIT) for name in ("qian", "sun"))
    clerk.unit, stranger.unit = market, other
    address = f"/tickets/{complaint.number}/legal/accept"
    assert browser_of(app, stranger).post(address, do="yes").status_code == 403
    page = browser_of(app, clerk)
    assert "决定是否受理投诉" in page.get(f"/tickets/{complaint.number}").text
    assert page.post(address, do="no").status_code == 409
    assert page.post(address, do="extend", words="忙").status_code == 409
    assert page.post(address, do="dance").status_code == 400
    assert page.post(f"/tickets/{complaint.number}/legal/moon", do="yes").status_code == 404
    page.post(address, do="yes")
    session.expire_all()
    done = the(complaint, LegalStep.ACCEPT)
    assert (done.outcome, done.done_by.login) == (True, "qian")


def test_the_unit_sees_and_takes_the_steps_on_its_own_page(app, complaint, market, zhao):
    one = dispatch.dispatch(complaint, market, by=zhao)
    clerk = somebody("qian", Role.UNIT)
    clerk.unit = market
    page, own = browser_of(app, clerk), f"/inbox/{one.id}"
    shown = page.get(own).text
    assert "7 个工作日" in shown and ">不予受理</button>" in shown
    assert "03-17" in shown
    answer = page.post(
        f"/tickets/{complaint.number}/legal/accept", do="yes", assignment=str(one.id)
    )
    assert answer.location == own
    assert "受理" in page.get(own).text and "终结调解" in page.get(own).text
    paper = page.get(f"{own}/paper").text
    assert "决定是否受理投诉：受理" in paper and "终结调解：" in paper


def test_the_unit_that_led_last_ends_the_mediation_after_its_reply_was_accepted(
    app, complaint, market, zhao, time
):
    """By the page and until the end; the law gives 45 working days, the hotline five."""
    one = dispatch.dispatch(complaint, market, by=zhao)
    urban = session.scalars(select(Unit).where(Unit.code == "urban")).one()
    clerk = somebody("qian", Role.UNIT, unit=market)
    stranger = somebody("sun", Role.UNIT, unit=urban)
    legal.meet(the(complaint, LegalStep.ACCEPT), by=clerk, outcome=True)
    closing.accept_reply(replied(one, clerk), by=zhao)
    closing.close(complaint, by=None, because="satisfied")
    commit()
    time.forward(20 * 86400)
    page, own = browser_of(app, clerk), f"/inbox/{one.id}"
    assert ">调解成功</button>" in page.get(own).text
    address, done = f"/tickets/{complaint.number}/legal/mediate", {"do": "yes"}
    assert browser_of(app, stranger).post(address, **done).status_code == 403
    assert page.post(address, assignment=str(one.id), **done).location == own
    assert the(complaint, LegalStep.MEDIATE).outcome


def test_who_returned_it_takes_no_step_any_more(complaint, market, units, zhao):
    clerk = somebody("qian", Role.UNIT)
    clerk.unit = market
    returned(dispatch.dispatch(complaint, market, by=zhao), clerk, zhao)
    assert not legal.may_act(complaint, clerk)
    other = somebody("sun", Role.UNIT)
    other.unit = units["urban"]
    dispatch.dispatch(complaint, units["urban"], by=zhao)
    assert legal.may_act(complaint, other) and not legal.may_act(complaint, clerk)


def test_a_mediated_complaint_is_not_counted_as_satisfied(complaint, market, zhao, wang, citizen):
    plain = submitted(wang, citizen, kind="help")
    for ticket in (complaint, plain):
        given = dispatch.dispatch(ticket, market, by=zhao)
        given.accepted_at = given.ended_at = now()
        given.state = "accepted"
        session.add(
            FollowUp(
                ticket_id=ticket.id,
                round_id=session.scalars(
                    select(Round.id).where(Round.ticket_id == ticket.id)
                ).one(),
                state=FollowUpState.DONE,
                result=FollowUpResult.REACHED,
                opened_at=now(),
                done_at=now(),
                contacted=True,
                solved="yes",
                first_rating=5,
                final_rating=5,
            )
        )
    session.flush()
    month = local(now()).date().replace(day=1)
    found = whole(by_unit(INDICATORS["satisfied"], Period.month(month)))
    assert found == Figure(1, 1, {"mediation": 1})
