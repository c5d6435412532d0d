"""Merging keeps the stricter clock, hides no lateness, can be taken back, and is proposed."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from analytics import ticket_facts
from infra import db
from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import (
    Assignment,
    AssignmentState,
    CalendarChange,
    DaySource,
    District,
    Notice,
    RequestKind,
    RequestState,
    Round,
    SuperviseKind,
    Supervision,
    TicketEvent,
    TicketState,
    Topic,
    Urgency,
)
from tests.handled import Town
from tests.test_indexes import statements
from tests.tickets.conftest import a_complaint, ended
from tickets import (
    calendar,
    deadlines,
    handling,
    history,
    lifecycle,
    likeness,
    merging,
    recomputing,
    requests,
    supervising,
)


@pytest.fixture
def town(app, time) -> Town:
    town = Town(app)
    session.add(Topic(code="noise", name="噪声", unit=town.units["roads"]))
    db.commit()
    return town


def merged(town: Town, child, master, **form: str):
    return town.browser("zhao").post(
        f"/dispatch/{child.number}/master", master=master.number, **form
    )


def separated(town: Town, child, because: str = "不是同一件事"):
    return town.browser("zhao").post(f"/dispatch/{child.number}/separation", because=because)


def test_the_master_takes_the_stricter_clock_and_gives_it_back(town, time):
    working = town.signed()
    master, own = working.ticket, working.due_at
    waiting = town.ticket()
    estimated = waiting.due_at
    for head in (master, waiting):
        urgent, instant = town.ticket(urgency="urgent"), town.ticket(urgency="instant")
        sooner, soon = urgent.due_at, instant.due_at
        assert sooner < soon < head.due_at  # the town gives urgent ones 120 minutes, these 180
        merged(town, instant, head)
        assert (head.urgency, head.due_at) == ("instant", soon)
        merged(town, urgent, head)
        assert (head.urgency, head.due_at) == ("instant", sooner)
        separated(town, urgent)
        assert (head.urgency, head.due_at) == ("instant", soon)
        separated(town, instant)
        assert head.urgency == "normal" and history.verify(head) is None
    assert (working.due_at, master.due_at, waiting.due_at) == (own, own, estimated)
    names = session.scalars(
        select(TicketEvent.name).where(TicketEvent.ticket_id == master.id).order_by(TicketEvent.seq)
    ).all()
    assert names.count("clock_taken_over") == 2 and names.count("gave_back") == 2
    told = session.scalars(select(Notice.name).where(Notice.ticket_id == master.id)).all()
    assert {"took_in", "clock_taken_over", "gave_back"} <= set(told)


def test_without_one_child_the_dates_of_the_others_hold_whether_they_were_sooner_or_not(town):
    """Those of the later two had changed nothing when they were merged."""
    working = town.signed()
    heads = [working.ticket, town.ticket()]
    for head in heads:
        own = head.due_at
        sooner, later, less = (town.ticket() for _ in range(3))
        sooner.due_at, sooner.urgency = own - timedelta(days=2), Urgency.EXPEDITE
        later.due_at = own - timedelta(days=1)
        less.due_at, less.urgency = own - timedelta(hours=1), Urgency.EXPEDITE
        db.commit()
        for child in (sooner, later, less):
            merged(town, child, head)
        assert (head.due_at, head.urgency) == (sooner.due_at, Urgency.EXPEDITE)
        separated(town, sooner)
        assert (head.due_at, head.urgency) == (later.due_at, Urgency.EXPEDITE)
        assert head.wanted_by == later.due_at
        separated(town, later)
        assert (head.due_at, head.urgency) == (less.due_at, Urgency.EXPEDITE)
        separated(town, less)
        assert (head.due_at, head.urgency, head.wanted_by) == (own, Urgency.NORMAL, None)
        assert head.own_urgency is None
    assert working.due_at == heads[0].due_at


def test_what_was_given_before_and_since_a_hurry_keeps_its_order(town):
    """Also when the calendar changes, and when the child is taken out again."""
    calendar.seed([2026, 2027])
    given, child = town.signed(), town.ticket()
    own, urban = given.due_at, town.people["urban"]
    child.due_at = own - timedelta(days=1)
    db.commit()
    extended(given, 2, town)
    merged(town, child, given.ticket)
    assert given.due_at == given.ticket.due_at == child.due_at
    change_of_calendar(local(own).date() + timedelta(days=90), given)
    assert given.due_at == child.due_at
    extended(given, 1, town)
    assert given.due_at > child.due_at
    since = given.due_at
    change_of_calendar(local(own).date() + timedelta(days=91), given)
    assert given.due_at == since
    separated(town, child)
    assert given.due_at == deadlines.last_by({"later": [2, 1]}, own)
    assert urban and history.verify(given.ticket) is None


def extended(given, days: int, town: Town) -> None:
    asked = requests.ask_extension(given, days, by=town.people["urban"], reason="等配件")
    requests.approve(asked, by=town.people["li"], lead=True)
    db.commit()


def change_of_calendar(day: date, given) -> None:
    """One that touches nothing: every date is reckoned anew all the same."""
    change = CalendarChange(
        at=now(), source=DaySource.MANUAL, days={}, first=day, last=day
    )  # fmt: skip
    session.add(change)
    session.flush()
    recomputing.recompute(given, change)
    db.commit()


def test_who_dispatches_the_master_gives_no_later_date(town):
    master, urgent = town.ticket(), town.ticket(urgency="urgent")
    merged(town, urgent, master)
    town.browser("zhao").post(f"/dispatch/{master.number}/assignments", lead="other", other="urban")
    given = session.scalars(select(Assignment)).one()
    assert given.due_at == master.due_at == urgent.due_at and given.mobilise_due_at is None


def test_what_is_late_or_begun_with_leads_and_stays_in_the_figures(town, time):
    late, other = town.given(urgency="instant"), town.ticket()
    waiting = town.ticket(urgency="instant")
    time.forward(4 * 3600)
    for child in (late.ticket, waiting):
        answer = merged(town, child, other)
        assert answer.status_code == 409 and "并单会掩盖超期" in answer.text
        assert "并单会掩盖超期" in town.browser("zhao").get(f"/dispatch/{child.number}").text
    assert late.state is AssignmentState.PENDING_SIGN
    late_ones = session.execute(ticket_facts.being_late()).all()
    assert [(row.subject_id, row.hit, row.excluded) for row in late_ones] == [
        (late.ticket_id, 1, None)
    ]
    # The other way round it is done: the late one leads.
    merged(town, other, late.ticket)
    assert other.state is TicketState.MERGED and late.due_at == late.ticket.due_at
    begun = town.given()
    handling.sign(begun, by=None)
    session.get_one(type(begun.ticket), begun.ticket_id).state = TicketState.DISPATCHED
    db.commit()
    answer = merged(town, begun.ticket, town.ticket())
    assert answer.status_code == 409 and "已有单位签收" in answer.text


def test_another_topic_is_merged_with_a_reason_and_a_report_answers_nobody_else(town):
    noise, lamp = town.ticket(topic="noise"), town.ticket()
    answer = merged(town, noise, lamp)
    assert answer.status_code == 409 and "请写明并单理由" in answer.text
    assert noise.state is TicketState.PENDING_DISPATCH
    merged(town, noise, lamp, because="同一处施工")
    assert noise.state is TicketState.MERGED
    assert "同一处施工" in town.browser("zhao").get(f"/dispatch/{noise.number}").text
    minor, plain = town.ticket(minor="yes"), town.ticket()
    minor.minor = True
    db.commit()
    assert "保密工单和普通工单不能合并" in merged(town, plain, minor).text
    assert "请先拆回" in town.browser("li").post(
        f"/dispatch/{lamp.number}/void", because="测试"
    ).text  # fmt: skip


def test_what_was_no_repeat_is_dispatched_by_itself_with_its_own_clock(town, time):
    master, given = town.signed().ticket, town.given("power")
    child = given.ticket
    merged(town, child, master)
    assert given.state is AssignmentState.RECALLED
    page = town.browser("zhao").get(f"/dispatch/{child.number}").text
    assert "并错拆回" in page
    time.forward(7200)
    assert separated(town, child, because="").status_code == 409
    separated(town, child)
    assert (child.state, child.merged_into_id, child.unit) == (
        TicketState.PENDING_DISPATCH, None, None,
    )  # fmt: skip
    assert child.due_at == deadlines.due_of(child, None, child.submitted_at).handle
    assert "不是同一件事" in town.browser("zhao").get(f"/dispatch/{child.number}").text
    town.browser("zhao").post(f"/dispatch/{child.number}/assignments", lead="other", other="power")
    assert child.state is TicketState.DISPATCHED
    assert session.query(Round).filter_by(ticket_id=child.id).one().closed_at is None
    assert "没有并入" in separated(town, child).text
    again = town.ticket()
    merged(town, again, master)
    master.closed_at = master.submitted_at
    master.state = TicketState.CLOSED
    db.commit()
    assert "不能拆回" in separated(town, again).text
    assert "拆回原因" not in town.browser("zhao").get(f"/dispatch/{again.number}").text
    assert all(history.verify(one) is None for one in (master, child, again))


def test_what_a_unit_asked_for_or_was_pressed_for_ends_with_the_merging(town):
    master, given = town.signed().ticket, town.given("power")
    asked = requests.ask_for(
        given, RequestKind.MEETING, by=town.people["power"], reason="与交通局会商"
    )
    supervising.supervise(
        given.ticket, given.unit, SuperviseKind.WRITTEN, "instruction", by=town.people["li"]
    )
    db.commit()
    merged(town, given.ticket, master)
    assert asked.state is RequestState.CANCELLED
    assert session.scalars(select(Supervision)).one().ended_at is not None
    assert history.verify(given.ticket) is None


def test_his_own_are_proposed_first_and_many_others_cost_no_more(town, monkeypatch):
    monkeypatch.setattr(likeness, "LOOKED_AT", 8)  # fewer than there are
    child = town.ticket()
    own = lifecycle.submit(
        lifecycle.draft(ended(child.person, agent=town.agent)),
        by=town.agent.staff,
        typed=a_complaint(topic="noise", address="北京路1号"),
    )
    reports = [town.ticket(kind="report") for _ in range(4)]  # which answer nobody else
    others = [town.ticket() for _ in range(8)]
    db.commit()

    def proposed() -> list[object]:
        session.expire_all()
        return [one.ticket for one in likeness.masters_for(child)]

    found: list[object] = []
    asked = statements(town.app, lambda: found.extend(proposed()))
    assert found == [own, *reversed(others)][:6] and not set(reports) & set(found)
    town.ticket()
    db.commit()
    assert len(statements(town.app, proposed)) == len(asked)


def test_masters_are_proposed_and_a_cluster_of_which_nothing_can_be_merged_says_so(town):
    child = town.ticket()
    same_citizen = lifecycle.submit(
        lifecycle.draft(ended(child.person, agent=town.agent)),
        by=town.agent.staff,
        typed=a_complaint(topic="noise", address="北京路1号"),
    )
    here, near = town.signed().ticket, town.signed(address="北京路9号").ticket
    elsewhere = town.ticket(topic="noise", address="北京路2号")
    secret = town.ticket(confidential=True)
    db.commit()
    page = town.browser("zhao").get(f"/dispatch/{child.number}").text
    form = page[page.index("可能重复的在办工单") :].split("</form>")[0]
    order = [form.index(f'value="{one.number}"') for one in (same_citizen, here, near)]
    assert order == sorted(order)
    assert elsewhere.number not in form and secret.number not in form
    merged(town, child, here)
    assert merging.children_of(here) == [child]
    town.signed()
    page = town.browser("zhao").get("/dispatch/clusters").text
    assert here.number in page and "暂不能并单" in page and 'type="radio"' not in page


def test_another_district_or_caller_is_named_before_two_are_merged(town):
    session.add(District(code="xihu", name="西湖区"))
    session.flush()
    child, master = town.ticket(), town.ticket(district="xihu", summary="湖边路灯不亮")
    zhao, path = town.browser("zhao"), f"/dispatch/{child.number}/master"
    warned = zhao.post(path, other=master.number)
    assert warned.status_code == 409 and child.state is TicketState.PENDING_DISPATCH
    for told in ("另一区县（西湖区）", "另一来电人", "湖边路灯不亮", 'name="sure"'):
        assert told in warned.text
    zhao.post(path, other=master.number, sure="yes")
    assert child.state is TicketState.MERGED


def test_what_is_proposed_says_what_differs(town):
    child, other = town.ticket(), town.ticket()
    (alike,) = likeness.masters_for(child)
    assert (alike.ticket, [str(one) for one in alike.unlike]) == (other, ["另一来电人"])
    assert "另一来电人" in town.browser("zhao").get(f"/dispatch/{child.number}").text
    other.person_id = child.person_id
    session.flush()
    assert likeness.masters_for(child)[0].unlike == []
