"""The directory of responsibilities, sensitive matters, and difficult tickets off the clock."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from infra import db
from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import AuditEntry, ContactWay, DispatchRule, TicketState, Topic
from tests.handled import Town, newest
from tests.visitors import browser_of
from tickets import deadlines, handling, proposals, requests, suspending, timekeeping


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


def form(**other: str) -> dict[str, str]:
    return {
        "topic": "street_light",
        "lead": "power",
        "legal_basis": "城市照明条例第三条",
        "valid_from": local(now()).date().isoformat(),
        **other,
    }


def test_a_rule_is_added_proposed_and_ended(town, time):
    dispatcher = town.browser("zhao")
    dispatcher.post("/rules", **form(assist="roads", condition="变压器 电缆"))
    dispatcher.post("/rules", **form(lead="roads"))
    twice = dispatcher.post("/rules", **form())
    assert twice.status_code == 409 and "已有同一事项" in twice.text
    ticket = town.ticket(summary="变压器旁的路灯坏了")
    assert [one.lead.code for one in proposals.propose(ticket)] == ["power", "roads", "urban"]
    assert [one.code for one in proposals.propose(ticket)[0].assists] == ["roads"]
    first = session.scalars(select(DispatchRule).order_by(DispatchRule.id)).first()
    dispatcher.post(f"/rules/{first.id}/end")
    time.forward(timedelta(days=1).total_seconds())
    assert [one.lead.code for one in proposals.propose(ticket)] == ["roads", "urban"]
    assert "已终止" in town.browser("zhao").get("/rules").text
    assert "rule.ended" in set(session.scalars(select(AuditEntry.action)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"topic": ""},
        {"topic": "none"},
        {"lead": "none"},
        {"legal_basis": ""},
        {"valid_from": "soon"},
        {"valid_to": "2020-01-01"},
        {"district": "none"},
        {"assist": "power"},
    ],
)
def test_what_is_no_rule_is_refused(town, wrong):
    assert town.browser("zhao").post("/rules", **form(**wrong)).status_code == 409
    assert session.query(DispatchRule).count() == 0


def test_a_candidate_is_taken_in_by_somebody_else(town):
    session.add(
        DispatchRule(
            topic=session.scalars(select(Topic)).one(),
            lead=town.units["roads"],
            source="工单仲裁",
            valid_from=now().date(),
            candidate=True,
            changed_at=now(),
            changed_by_id=town.people["li"].id,
        )
    )
    db.commit()
    ticket = town.ticket()
    assert [one.lead.code for one in proposals.propose(ticket)] == ["urban"]
    rule = session.scalars(select(DispatchRule)).one()
    own = town.browser("li").post(f"/rules/{rule.id}/approval")
    assert own.status_code == 409 and "提出者以外" in own.text
    town.browser("zhao").post(f"/rules/{rule.id}/approval")
    assert [one.lead.code for one in proposals.propose(ticket)] == ["roads", "urban"]
    assert town.browser("urban").get("/rules").status_code == 403


def test_a_sensitive_matter_is_marked_and_unmarked(town):
    ticket = town.ticket()
    reviewer = town.browser("song")
    reviewer.post(f"/dispatch/{ticket.number}/sensitivity", level="2")
    assert ticket.sensitive == 2
    assert "敏感 2" in town.browser("zhao").get("/dispatch").text
    assert reviewer.post(f"/dispatch/{ticket.number}/sensitivity", level="9").status_code == 409
    reviewer.post(f"/dispatch/{ticket.number}/sensitivity", level="0")
    assert ticket.sensitive == 0


def suspended(town, one, days: int):
    until = local(now() + timedelta(days=days)).date().isoformat()
    town.browser("urban").post(f"/inbox/{one.id}/suspension", reason="列入改造", until=until)
    town.browser("li").post(f"/dispatch/requests/{newest(requests.Request).id}/approval")
    assert one.ticket.state is TicketState.SUSPENDED


def test_a_difficult_ticket_is_off_the_clock_until_its_review(town, time):
    timekeeping.each_hour()
    one = town.signed()
    due = one.due_at
    suspended(town, one, days=30)
    time.forward(timedelta(days=20).total_seconds())
    timekeeping.each_minute()
    assert one.red_at is None and one.ticket.state is TicketState.SUSPENDED
    assert one.ticket.number in town.browser("zhao").get("/dispatch?tab=suspended").text
    time.forward(timedelta(days=12).total_seconds())
    timekeeping.each_minute()
    session.expire_all()
    assert one.ticket.state is TicketState.PROCESSING and one.ticket.difficult_until is None
    assert one.due_at > now() and one.due_at > due
    # The first word with the citizen was not missed while nobody had to say it.
    assert now() < one.respond_due_at <= one.due_at
    handling.contact(one, by=town.people["urban"], way=ContactWay.PHONE)
    # Nobody has asked for more time, and nobody has given any.
    assert deadlines.light(one) == "green"


def test_a_lead_may_let_it_go_on_earlier_and_only_a_lead_suspends(town, time):
    one = town.signed(urgency="urgent")
    due = one.due_at
    suspended(town, one, days=3)
    time.forward(3600)
    assert (
        browser_of(town.app, town.people["zhao"])
        .post(f"/dispatch/{one.ticket.number}/resumption")
        .status_code
        == 403
    )
    town.browser("li").post(f"/dispatch/{one.ticket.number}/resumption")
    assert one.ticket.state is TicketState.PROCESSING
    assert one.due_at == due + timedelta(hours=1)
    asked = requests.ask_for(
        one,
        requests.RequestKind.SUSPENSION,
        by=None,
        reason="再挂",
        until=local(now() + timedelta(days=9)).date().isoformat(),
    )
    with pytest.raises(handling.NotYet):
        requests.approve(asked, by=town.people["zhao"])
    assert suspending.resume_due() == 0


def candidate(town, **other) -> DispatchRule:
    made = DispatchRule(
        topic=session.scalars(select(Topic)).one(),
        lead=town.units["roads"],
        source="工单仲裁",
        valid_from=now().date(),
        candidate=True,
        changed_at=now(),
        changed_by_id=town.people["li"].id,
    )
    for name, value in other.items():
        setattr(made, name, value)
    session.add(made)
    db.commit()
    return made


def test_an_approved_candidate_ends_what_it_contradicts(town, time):
    dispatcher = town.browser("zhao")
    day = local(now()).date()
    later, next_year = day + timedelta(days=30), day + timedelta(days=365)
    dispatcher.post("/rules", **form(condition="变压器 电缆", valid_to=later.isoformat()))
    dispatcher.post(
        "/rules", **form(lead="station", condition="电缆 变压器", valid_from=next_year.isoformat())
    )
    dispatcher.post("/rules", **form(condition="变压器"))
    dispatcher.post("/rules", **form(lead="urban", district="donghu", condition="变压器 电缆"))
    time.forward(timedelta(days=2).total_seconds())
    one, dispatcher = candidate(town, condition=["电缆", "变压器"]), town.browser("zhao")
    page = dispatcher.get("/rules").text
    assert f"供电公司 {day} → {later}" in page and f"路灯所 {next_year}" in page
    dispatcher.post(f"/rules/{one.id}/approval")
    session.expire_all()
    today = local(now()).date()
    told = session.scalars(select(DispatchRule).order_by(DispatchRule.id)).all()
    before = next_year - timedelta(days=1)
    assert [rule.valid_to for rule in told] == [today - timedelta(days=1), before, None, None, None]
    ended = select(AuditEntry.subject_id).where(AuditEntry.action == "rule.ended")
    assert session.scalars(ended.order_by(AuditEntry.id)).all() == [
        str(told[0].id),
        str(told[1].id),
    ]


def test_one_that_began_today_is_replaced_on_the_same_day(town):
    town.browser("zhao").post("/rules", **form())
    one = candidate(town)
    town.browser("zhao").post(f"/rules/{one.id}/approval")
    session.expire_all()
    assert [rule.lead.code for rule in proposals.propose(town.ticket())] == ["roads", "urban"]


def test_a_candidate_whose_time_is_over_is_not_taken_in(town, time):
    one = candidate(town, valid_to=local(now()).date())
    time.forward(timedelta(days=2).total_seconds())
    answer = town.browser("zhao").post(f"/rules/{one.id}/approval")
    assert answer.status_code == 409 and "终止日已过" in answer.text


def test_the_schema_lets_one_rule_hold(town):
    town.browser("zhao").post("/rules", **form(condition="变压器 电缆"))
    rule = session.scalars(select(DispatchRule)).one()
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(another(town, rule))
        session.flush()
    apart = another(town, rule)
    apart.valid_from = local(now()).date() + timedelta(days=9)
    rule.valid_to = local(now()).date() + timedelta(days=8)
    session.flush()
    session.add(apart)
    session.flush()


def another(town, like: DispatchRule) -> DispatchRule:
    """Another one for the same tickets, that holds."""
    return DispatchRule(
        topic_id=like.topic_id,
        lead_id=town.units["roads"].id,
        condition=["电缆", "变压器"],
        valid_from=like.valid_from,
        changed_at=now(),
    )
