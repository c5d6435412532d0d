"""A unit appeals against a rating: a lead decides, and the figures follow until they are frozen."""

from datetime import date, timedelta

import pytest

from analytics.indicators import INDICATORS
from analytics.measuring import Figure, Period, by_unit
from benchmarks import plain_count
from infra import db
from infra.clock import now
from infra.db import session
from infra.localtime import local, midnight
from models import (
    Assignment,
    FollowUp,
    FollowUpResult,
    FollowUpState,
    Request,
    RequestKind,
    RequestState,
    Ticket,
    TicketState,
)
from tests.channels.conftest import system_of
from tests.handled import Town, newest
from tests.tickets.clerks import DONE, replied
from tickets import appeals, calendar, closing, deadlines, handling, merging
from tickets.working_time import Limit, Measure


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


def rated(town: Town, rating: int) -> Assignment:
    """Handled by urban management, closed, and its citizen has said how well."""
    one = town.given()
    answered(town, one)
    rates(one, one.ticket, rating)
    closing.close(one.ticket, by=None, because="rated")
    db.commit()
    return one


def answered(town: Town, one: Assignment) -> None:
    closing.accept_reply(replied(one, town.people["urban"]), by=town.people["song"])


def rates(one: Assignment, ticket: Ticket, rating: int) -> None:
    """``ticket``: whose citizen it is that speaks of this handling."""
    at = now()
    session.add(
        FollowUp(
            ticket=ticket,
            round=one.round,
            state=FollowUpState.DONE,
            opened_at=at,
            done_at=at,
            result=FollowUpResult.REACHED,
            contacted=True,
            solved="yes",
            first_rating=rating,
            final_rating=rating,
        )
    )
    session.flush()


def satisfied(town: Town, day: date | None = None) -> Figure:
    """Of the unit in the month of ``day``, as the product counts and as a plain count does."""
    unit, month = town.units["urban"].id, Period.month(day or local(now()).date())
    figure = by_unit(INDICATORS["satisfied"], month).get(unit, Figure())
    plain = plain_count.plain(session)["satisfied"](month.start, month.end).get(unit, (0, 0))
    assert plain == (figure.numerator, figure.denominator)
    return figure


def appealed(town: Town, one: Assignment) -> Request:
    page = town.browser("urban").post(f"/inbox/{one.id}/score-appeal", reason="市民评的是物业费")
    assert page.status_code == 302, page.text
    return newest(Request)


def decided(town: Town, who: str, asked: Request, outcome: str = "approval"):
    return town.browser(who).post(f"/dispatch/requests/{asked.id}/{outcome}", decision="情况属实")


def test_an_approved_appeal_takes_the_rating_out_above_and_below(town):
    rated(town, 5)
    one = rated(town, 1)
    assert satisfied(town) == Figure(1, 2)
    assert "考核申诉" in town.browser("urban").get(f"/inbox/{one.id}").text
    asked = appealed(town, one)
    assert satisfied(town) == Figure(1, 2)
    assert "须由班长审批" in town.browser("zhao").get("/dispatch/requests").text
    assert decided(town, "zhao", asked).status_code == 409
    assert decided(town, "li", asked).status_code == 302
    assert (asked.state, asked.kind) == (RequestState.APPROVED, RequestKind.SCORE_APPEAL)
    assert satisfied(town) == Figure(1, 1, {"appealed": 1})
    behind = town.browser("li").get("/figures/satisfied/behind").text
    assert "申诉成立：市民评的是物业费" in behind
    told = town.browser("urban").get(f"/inbox/{one.id}").text
    assert "本轮评价的申诉已有裁定" in told and "该轮评价不计入承办单位的满意率" in told


def test_what_was_refused_stays_counted_and_is_not_asked_twice(town):
    one = rated(town, 1)
    asked = appealed(town, one)
    twice = town.browser("urban").post(f"/inbox/{one.id}/score-appeal", reason="再次申诉")
    assert twice.status_code == 409 and "已有同类申请待审批" in twice.text
    decided(town, "li", asked, "refusal")
    assert satisfied(town) == Figure(0, 1)
    again = town.browser("urban").post(f"/inbox/{one.id}/score-appeal", reason="再次申诉")
    assert again.status_code == 409 and "已有裁定" in again.text


def test_after_the_month_is_frozen_nothing_is_asked_and_nothing_approved(town, time):
    """The last moment of the fifteenth day, and the first of the next, which is named."""
    one, other = rated(town, 1), rated(town, 2)
    asked = appealed(town, one)
    frozen = appeals.frozen_from(local(now()).date())
    time.forward((frozen - now()).total_seconds() - 60)
    assert "5 个工作日" in appeals.why_no_appeal(other), "but may still be excluded"
    appeals.insist_may_exclude(other)
    time.forward(60)
    words = f"已于 {local(frozen):%Y-%m-%d} 冻结"
    clerk = town.browser("urban")
    assert words in clerk.get(f"/inbox/{other.id}").text
    for door in ("score-appeal", "exclusion"):
        late = clerk.post(f"/inbox/{other.id}/{door}", reason="不属实", basis="条例")
        assert late.status_code == 409 and words in late.text
    told = system_of(town.app, town.units["urban"]).post(
        f"/assignments/{other.id}/requests", {"kind": "score_appeal", "reason": "不属实"}
    )
    assert told.status_code == 409 and words in told.json["detail"]
    refused = decided(town, "li", asked)
    assert refused.status_code == 409 and words in refused.text
    session.refresh(asked)
    assert asked.state is RequestState.APPLIED
    assert decided(town, "li", asked, "refusal").status_code == 302


def test_only_what_is_closed_and_rated_can_be_appealed(town):
    system = system_of(town.app, town.units["urban"])
    open_one = town.signed()
    body = {"kind": "score_appeal", "reason": "不属实"}
    told = system.post(f"/assignments/{open_one.id}/requests", body)
    assert told.status_code == 409 and "办结后" in told.json["detail"]
    unasked = rated(town, 1)
    session.query(FollowUp).delete()
    db.commit()
    told = system.post(f"/assignments/{unasked.id}/requests", body)
    assert told.status_code == 409 and "没有计入考核的评价" in told.json["detail"]


def test_what_another_citizen_said_of_the_round_is_not_the_units_to_appeal(town):
    """His ticket was merged into this one."""
    one, child = town.given(), town.ticket()
    child.needs_reply = False  # what he says of it is written here
    merging.merge(child, one.ticket, by=town.people["zhao"])
    answered(town, one)
    rates(one, child, 1)
    assert appeals.rating_of(one) is None
    closing.close(one.ticket, by=None, because="rated")
    db.commit()
    assert "并入的工单的评价不能申诉" in appeals.why_no_appeal(one)
    rates(one, one.ticket, 2)
    assert appeals.rating_of(one).final_rating == 2
    db.commit()
    asked = appealed(town, one)
    decided(town, "li", asked)
    assert satisfied(town) == Figure(0, 1, {"appealed": 1})


def test_an_exclusion_is_of_its_round_and_changes_no_frozen_month(town, time):
    """The first round was rated in March, the second in April; March is frozen."""
    time.forward(timedelta(days=26).total_seconds())
    first, march = rated(town, 1), local(now()).date()
    time.forward(timedelta(days=8).total_seconds())
    again = closing.reopen(first.ticket, by=town.people["li"], because="又坏了")
    answered(town, again)
    rates(again, again.ticket, 2)
    closing.close(again.ticket, by=None, because="rated")
    db.commit()
    time.forward(timedelta(days=14).total_seconds())
    clerk = town.browser("urban")
    late = clerk.post(f"/inbox/{first.id}/exclusion", reason="不实", basis="第八条")
    assert late.status_code == 409 and "冻结" in late.text
    asked = clerk.post(f"/inbox/{again.id}/exclusion", reason="不实", basis="第八条")
    assert asked.status_code == 302 and satisfied(town) == Figure(0, 1)
    assert decided(town, "li", newest(Request)).status_code == 302
    assert satisfied(town) == Figure(0, 0, {"excluded": 1})
    assert satisfied(town, march) == Figure(0, 1)


def test_what_is_closed_can_still_be_excluded_and_waits_for_that(town, time):
    one = rated(town, 1)
    page = town.browser("urban").post(f"/inbox/{one.id}/exclusion", reason="不实", basis="第八条")
    assert page.status_code == 302
    asked = newest(Request)
    time.forward(timedelta(days=31).total_seconds())
    closing.archive_due()
    assert one.ticket.state is TicketState.CLOSED
    decided(town, "li", asked)
    closing.archive_due()
    assert one.ticket.state is TicketState.ARCHIVED


def test_a_unit_appeals_until_five_working_days_after_the_draft(town, time):
    """Rated in a month; its draft is there as the next begins."""
    calendar.seed([now().year])
    one = rated(town, 1)
    closes = appeals.window_closes(local(now()).date())
    following = (local(now()).date().replace(day=1) + timedelta(days=32)).replace(day=1)
    assert closes == deadlines.after(midnight(following), Limit(5, Measure.WORKING_DAYS))
    time.now = closes
    assert appeals.why_no_appeal(one) == ""
    time.forward(1)
    assert "5 个工作日" in appeals.why_no_appeal(one)
    late = town.browser("urban").post(f"/inbox/{one.id}/score-appeal", reason="不属实")
    assert late.status_code == 409 and "截止" in late.text


@pytest.fixture
def handed_down(town) -> tuple[Assignment, Assignment]:
    """Handled by the station for urban management, and rated badly."""
    one = town.signed()
    part = handling.delegate(one, town.units["station"], by=None, due_at=one.due_at)
    replied(part, None)
    closing.accept_reply(handling.reply(one, DONE, by=None), by=town.people["song"])
    rates(one, one.ticket, 1)
    closing.close(one.ticket, by=None, because="rated")
    db.commit()
    return one, part


def test_a_unit_below_appeals_to_the_unit_above_and_that_to_the_hotline(town, handed_down):
    one, part = handed_down
    page = town.browser("station").post(f"/inbox/{part.id}/score-appeal", reason="市民评的是物业费")
    assert page.status_code == 302, page.text
    asked = newest(Request)
    assert "市民评的是物业费" not in town.browser("li").get("/dispatch/requests").text
    early = decided(town, "li", asked)
    assert early.status_code == 409 and "先由城管局审核" in early.text
    upper = town.browser("urban")
    assert "市民评的是物业费" in upper.get(f"/inbox/{one.id}").text
    stranger = town.browser("power").post(f"/inbox/{one.id}/appeals-below/{asked.id}")
    assert stranger.status_code == 404
    upper.post(f"/inbox/{one.id}/appeals-below/{asked.id}", **{"pass": "yes"})
    session.expire_all()
    assert (asked.assignment_id, asked.state) == (one.id, RequestState.APPLIED)
    assert "路灯所：市民评的是物业费" in town.browser("li").get("/dispatch/requests").text
    assert decided(town, "li", asked).status_code == 302
    assert satisfied(town) == Figure(0, 0, {"appealed": 1})
    assert "已有裁定" in town.browser("station").get(f"/inbox/{part.id}").text


def test_what_the_unit_above_turns_down_comes_to_nobody(town, handed_down):
    one, part = handed_down
    town.browser("station").post(f"/inbox/{part.id}/score-appeal", reason="不属实")
    asked, upper = newest(Request), town.browser("urban")
    path = f"/inbox/{one.id}/appeals-below/{asked.id}"
    assert upper.post(path).status_code == 409
    assert upper.post(path, decision="评价属实").status_code == 302
    session.expire_all()
    assert (asked.state, asked.decision) == (RequestState.REJECTED, "评价属实")
    assert satisfied(town) == Figure(0, 1)
    assert upper.post(path, **{"pass": "yes"}).status_code == 404
