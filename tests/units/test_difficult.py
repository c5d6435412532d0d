"""A difficult ticket: fifteen working days, a plan within five, a day on which it is looked at."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from infra.clock import now
from infra.db import commit, session
from infra.localtime import local
from models import Difficulty, Escalation, Notice, Request, RequestState
from tests.handled import Town, newest
from tickets import calendar, deadlines, difficult, history
from tickets.working_time import Limit, Measure


@pytest.fixture
def town(app, time) -> Town:
    calendar.seed([now().year, now().year + 1])
    return Town(app)


@pytest.fixture
def approved(town):
    one = town.signed()
    town.browser("urban").post(f"/inbox/{one.id}/difficulty", reason="涉及多部门和产权")
    asked = newest(Request)
    path = f"/dispatch/requests/{asked.id}/approval"
    assert town.browser("zhao").post(path).status_code == 409
    assert town.browser("li").post(path).status_code == 302
    session.expire_all()
    assert asked.state is RequestState.APPROVED
    return one


def told(name: str) -> int:
    session.expire_all()
    leads = session.scalars(select(Escalation).where(Escalation.name == name)).all()
    unit = session.scalars(select(Notice).where(Notice.name == name)).all()
    assert len(leads) == len(unit)
    return len(unit)


def test_it_has_fifteen_working_days_in_all_and_owes_a_plan_within_five(town, approved):
    assert approved.due_at == deadlines.after(
        approved.due_at_original, Limit(10, Measure.WORKING_DAYS)
    )
    (found,) = session.scalars(select(Difficulty)).all()
    assert found.plan_due_at == deadlines.after(now(), Limit(5, Measure.WORKING_DAYS))
    again = town.browser("urban").post(f"/inbox/{approved.id}/difficulty", reason="再申请")
    assert again.status_code == 409 and "已列为疑难" in again.text


def test_the_plan_names_the_day_on_which_it_is_looked_at(town, approved, time):
    clerk, path = town.browser("urban"), f"/inbox/{approved.id}/plan"
    today = local(now()).date()
    assert "请于" in clerk.get(f"/inbox/{approved.id}").text
    late = clerk.post(path, plan="先勘察", review=today.isoformat())
    assert late.status_code == 409 and "先勘察</textarea>" in late.text
    review = today + timedelta(days=9)
    assert clerk.post(path, plan="先勘察", review=review.isoformat()).status_code == 302
    assert "先勘察</textarea>" in clerk.get(f"/inbox/{approved.id}").text
    time.forward(timedelta(days=8).total_seconds())
    for _twice in range(2):
        difficult.tell_due()
        commit()
    assert (told("late_plan"), told("review_due")) == (0, 0)
    time.forward(timedelta(days=1).total_seconds())
    for _twice in range(2):
        difficult.tell_due()
        commit()
    assert (told("late_plan"), told("review_due")) == (0, 1)
    assert history.verify(approved.ticket) is None


def test_a_plan_that_is_missing_is_told_once(approved, time):
    (found,) = session.scalars(select(Difficulty)).all()
    time.now = found.plan_due_at - timedelta(seconds=1)
    difficult.tell_due()
    assert told("late_plan") == 0
    time.forward(1)
    for _twice in range(2):
        difficult.tell_due()
        commit()
    assert told("late_plan") == 1


def test_only_who_leads_and_only_in_working_days(town):
    urgent = town.signed(urgency="urgent")
    refused = town.browser("urban").post(f"/inbox/{urgent.id}/difficulty", reason="难")
    assert refused.status_code == 409 and "昼夜不停" in refused.text
