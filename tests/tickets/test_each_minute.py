"""A minute with nothing due costs the clock three questions; what is due is found by its own."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from followups import planning
from infra.clock import now
from infra.db import commit, session
from models import CalendarChange, Difficulty, LegalClock, LegalStep, Notice, Remark, TicketState
from models.remark import RemarkKind
from tests.handled import Town
from tests.statements import statements
from tickets import timekeeping


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


def a_minute(app) -> list[str]:
    commit()
    with statements(app) as heard:
        timekeeping.each_minute()
        planning.run()
    return heard


def test_a_quiet_minute_asks_three_times(app, town):
    town.signed()
    assert len(a_minute(app)) == 3


def test_what_is_due_is_found_by_its_own_question(app, town, time):
    """Each alone: a question that asked for the wrong thing would leave it for ever."""
    one = town.signed()
    ticket, at = one.ticket, now()
    later = {"yellow_at": at, "red_at": at, "supervised_at": at, "joint_at": at}
    for name, value in later.items():
        setattr(one, name, value)
    one.late = ["sign", "respond"]
    due = at - timedelta(minutes=1)
    session.add(
        LegalClock(
            ticket_id=ticket.id, step=LegalStep.ACCEPT, begins_at=due, within="7 wd", due_at=due
        )
    )
    session.add(Difficulty(assignment_id=one.id, approved_at=due, plan_due_at=due))
    a_minute(app)
    session.expire_all()
    assert session.scalars(select(LegalClock.red_at)).one() is not None
    hard = session.scalars(select(Difficulty)).one()
    assert hard.missed_at is not None
    names = set(session.scalars(select(Notice.name)))
    assert {"legal_missed", "late_plan"} <= names
    assert len(a_minute(app)) == 3
    hard.plan, hard.planned_at, hard.review_on = "x", at, at.date()
    a_minute(app)
    assert session.scalars(select(Difficulty.reviewed_at)).one() is not None


def test_each_step_of_the_ladder_is_found(app, town, time):
    one = town.given()
    time.forward(30 * 86400)
    a_minute(app)
    session.expire_all()
    assert one.yellow_at and one.red_at and one.supervised_at and one.joint_at
    assert {"sign", "respond"} <= set(one.late)
    assert len(a_minute(app)) == 3


def test_suspended_tickets_questions_and_calendars_go_on(app, town, time):
    waiting, off = town.given().ticket, town.signed()
    off.ticket.make("suspend")
    off.ticket.difficult_until = (now() - timedelta(days=2)).date()
    session.add(
        Remark(ticket_id=waiting.id, kind=RemarkKind.QUESTION, words="?", at=now(), due_at=now())
    )
    session.add(
        CalendarChange(at=now(), source="manual", days=[], first=now().date(), last=now().date())
    )
    a_minute(app)
    session.expire_all()
    assert off.ticket.state is TicketState.PROCESSING
    assert session.scalars(select(Remark.ended_at)).one() is not None
    assert session.scalars(select(CalendarChange.done_at)).one() is not None
