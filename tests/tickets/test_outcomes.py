"""What becomes of a ticket besides being handled: answered at once, looked at, not accepted; and
what is set right before a unit has it and after it was closed."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from analytics.indicators import INDICATORS
from analytics.measuring import Period, by_unit, whole
from infra import db
from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import Assignment, Remark, Supervision, TextMessage, Ticket, TicketState
from tests.handled import Town, newest
from tests.tickets.clerks import DONE
from tests.tickets.conftest import a_complaint, a_person, ended
from tickets import closing, handling, history
from tickets.fields import Typed


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


def consult(**other: object) -> dict[str, object]:
    said = {"kind": "consult", "topic": "street_light", "summary": "路灯几点亮"}
    return said | other


def submits(town: Town, **said: object):
    """The agent at his desk, after a call."""
    call = ended(a_person("13812349876"), agent=town.agent)
    db.commit()
    answer = town.browser("wang").post_json(f"/calls/{call.id}/ticket/submit", said)
    ticket = session.scalars(select(Ticket).where(Ticket.call_id == call.id)).first()
    return answer, ticket


def texts(ticket: Ticket) -> list[str]:
    return list(session.scalars(select(TextMessage.body).where(TextMessage.ticket_id == ticket.id)))


def test_a_question_is_answered_at_the_desk_and_counts_as_that(town):
    answered, ticket = submits(town, **consult(way="answer", answer="夏季 19:30 亮灯。"))
    assert answered.status_code == 200, answered.text
    assert (ticket.state, ticket.due_at) == (TicketState.ANSWERED, None)
    assert session.scalars(select(Remark.words)).all() == ["夏季 19:30 亮灯。"]
    assert "夏季 19:30 亮灯。" in town.browser("wang").get(f"/tickets/{ticket.number}").text
    town.given()
    month = Period.month(local(now()).date())
    figure = whole(by_unit(INDICATORS["direct"], month))
    assert (figure.numerator, figure.denominator) == (1, 2)
    assert history.verify(ticket) is None


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (consult(way="answer"), "answer"),
        (a_complaint().model_dump(exclude_unset=True) | {"way": "answer", "answer": "x"}, "kind"),
        (consult(way="reject"), "reason"),
        (consult(way="reject", reason="NONE"), "reason"),
        (consult(way="nothing"), "way"),
    ],
)
def test_what_does_not_fit_is_said_field_by_field(town, said, field):
    refused, ticket = submits(town, **said)
    assert refused.status_code == 422 and list(refused.get_json()["missing"]) == [field]
    assert ticket is None or ticket.is_draft


def test_what_is_not_the_hotlines_is_told_with_the_lawful_way(town):
    answered, ticket = submits(
        town, kind="complaint", summary="不服法院判决", way="reject", reason="PROC"
    )
    assert answered.status_code == 200, answered.text
    assert ticket.state is TicketState.REJECTED
    (text,) = texts(ticket)
    assert ticket.number in text and "不予受理" in text and "诉讼" in text


def test_what_is_looked_at_first_may_turn_out_not_to_be_ours(town):
    _answered, ticket = submits(town, **consult(way="review"))
    assert ticket.state is TicketState.PENDING_REVIEW
    reviewer, path = town.browser("song"), f"/dispatch/{ticket.number}/rejection"
    assert ticket.number in reviewer.get("/dispatch?tab=review").text
    assert "不属于本市管辖" in reviewer.get(f"/dispatch/{ticket.number}").text
    assert reviewer.post(path, reason="").status_code == 409
    assert town.browser("urban").post(path, reason="JURIS").status_code == 403
    reviewer.post(path, reason="JURIS")
    assert ticket.state is TicketState.REJECTED and "所在地" in texts(ticket)[-1]
    assert reviewer.post(path, reason="JURIS").status_code == 409


def test_a_draft_that_is_confirmed_later_has_the_same_ways(town):
    call = ended(a_person("13812349877"), agent=town.agent)
    browser = town.browser("wang")
    browser.get(f"/calls/{call.id}/ticket")
    ticket = session.scalars(select(Ticket).where(Ticket.call_id == call.id)).one()
    path = f"/drafts/{ticket.id}"
    page = browser.get(path).text
    assert "直接解答" in page and "接诉即办" in page
    said = consult(needs_reply="on", urgency="normal")
    refused = browser.post(path, **said, submit="1", way="answer")
    assert "请填写答复市民的内容" in refused.text
    browser.post(path, **said, submit="1", way="answer", answer="19:30。")
    session.expire_all()
    assert ticket.state is TicketState.ANSWERED


def test_5533_is_chosen_at_the_desk(town):
    said = a_complaint(urgency="instant").model_dump(exclude_unset=True)
    _answered, ticket = submits(town, **said)
    town.browser("zhao").post(f"/dispatch/{ticket.number}/assignments", lead="urban", other="urban")
    from_dispatch = newest_targets()
    assert from_dispatch == [timedelta(minutes=10), timedelta(minutes=40)]


def newest_targets() -> list[timedelta]:
    one = newest(Assignment)
    return [one.mobilise_due_at - one.dispatched_at, one.on_site_due_at - one.dispatched_at]


def test_a_dispatcher_sets_the_urgency_right_until_a_unit_has_it(town):
    ticket, dispatcher = town.ticket(), town.browser("zhao")
    before, path = ticket.due_at, f"/dispatch/{ticket.number}/urgency"
    assert dispatcher.post(path, urgency="soon").status_code == 409
    dispatcher.post(path, urgency="instant")
    assert ticket.urgency == "instant" and ticket.due_at < before
    assert "更改紧急程度" in dispatcher.get(f"/dispatch/{ticket.number}").text
    dispatcher.post(f"/dispatch/{ticket.number}/assignments", lead="urban")
    refused = dispatcher.post(path, urgency="normal")
    assert refused.status_code == 409 and "已派出" in refused.text
    assert town.browser("urban").post(path, urgency="normal").status_code == 403


def closed(town: Town) -> Ticket:
    one = town.signed()
    given = handling.reply(one, DONE, by=town.people["urban"])
    closing.accept_reply(given, by=town.people["song"])
    closing.close(one.ticket, by=None, because="satisfied")
    db.commit()
    return one.ticket


def test_a_lead_has_a_false_closure_handled_once_more(town):
    ticket = closed(town)
    lead, path = town.browser("li"), f"/dispatch/{ticket.number}/reopening"
    said = {"because": "false_closure", "words": "现场未修"}
    assert town.browser("zhao").post(path, **said).status_code == 403
    assert "重新办理" in lead.get(f"/dispatch/{ticket.number}").text
    assert lead.post(path, because="", words="x").status_code == 409
    assert lead.post(path, because="reviewed", words="").status_code == 409
    assert lead.post(path, **said).status_code == 302
    assert ticket.state is TicketState.REHANDLING and ticket.closed_at is None
    assert session.scalars(select(Supervision.because)).all() == ["false_closure"]
    again = newest(Assignment)
    page = town.browser("urban").get(f"/inbox/{again.id}").text
    assert "现场未修" in page and "虚假办结" in page
    assert lead.post(path, **said).status_code == 409
    assert history.verify(ticket) is None


def test_after_fifteen_days_a_new_ticket_is_made(town, time):
    ticket = closed(town)
    time.forward(16 * 86400)
    late = town.browser("li").post(
        f"/dispatch/{ticket.number}/reopening", because="reviewed", words="未修"
    )
    assert late.status_code == 409 and "已超过 15 天" in late.text


def test_typed_fields_are_those_of_the_ticket():
    assert not {"way", "answer", "reason"} & set(Typed.model_fields)
