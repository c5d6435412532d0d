"""Who calls about a ticket that is open already urges it; there is no second one."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from infra.db import session
from models import Addition, Chase, Notice, Role, Supervision, Ticket, TicketState, Urge
from tests.places import an_agent
from tests.tickets.conftest import a_complaint, a_person, ended
from tests.visitors import browser_of, somebody
from tickets import history, lifecycle

SAID = "今天第三盏灯也坏了"


@pytest.fixture
def again(citizen, agent, assignment, time):
    """He calls a second time, two hours later."""
    time.forward(timedelta(hours=2).total_seconds())
    return ended(citizen, agent=agent)


@pytest.fixture
def page(app, wang, again):
    return browser_of(app, wang)


def draft_of(page, call):
    return page.get(f"/calls/{call.id}/ticket").get_json()


def chase(page, call, ticket, words=""):
    path = f"/calls/{call.id}/ticket/chases"
    return page.post_json(path, {"number": ticket.number, "words": words})


def test_one_key_urges_keeps_what_he_added_and_leaves_no_draft(page, ticket, again, wang):
    offered = draft_of(page, again)["open_tickets"]
    assert [(one["number"], one["same"], one["may_urge"]) for one in offered] == [
        (ticket.number, True, True)
    ]
    answer = chase(page, again, ticket, SAID).get_json()
    assert (answer["state"], answer["number"]) == ("void", None)
    assert answer["chased"]["number"] == ticket.number
    urge = session.scalars(select(Urge)).one()
    assert (urge.ticket_id, urge.call_id, urge.by_id) == (ticket.id, again.id, wang.id)
    assert session.scalars(select(Addition.words)).all() == [SAID]
    told = select(Notice.name).where(Notice.name.in_(["urged", "facts_added"]))
    assert sorted(session.scalars(told)) == ["facts_added", "urged"]
    session.expire_all()
    assert history.verify(ticket) is None


def test_of_a_ticket_that_he_may_not_read_he_learns_no_matter(page, app, ticket, citizen):
    other = an_agent("other")
    later = ended(citizen, agent=other)
    assert ticket.topic is not None
    for confidential in (False, True):
        ticket.confidential = confidential
        session.flush()
        (shown,) = draft_of(browser_of(app, other.staff), later)["open_tickets"]
        assert (shown["topic"] is None) is confidential


def test_pressed_again_it_changes_nothing(page, ticket, again):
    for _n in range(2):
        assert chase(page, again, ticket, SAID).status_code == 200
    for table in (Urge, Addition, Chase):
        assert session.query(table).count() == 1


def test_the_third_call_has_the_unit_supervised(app, ticket, assignment, citizen, agent, time):
    for _n in range(3):
        time.forward(timedelta(hours=3).total_seconds())
        chase(browser_of(app, agent.staff), ended(citizen, agent=agent), ticket)
    assert session.scalars(select(Supervision.because)).all() == ["repeats"]


def test_which_one_he_means_is_told_by_its_topic(page, ticket, again):
    other = {"topic": None}
    draft = lifecycle.draft(again)
    for topic_id, same in ((ticket.topic_id, True), (None, True)):
        draft.topic_id = topic_id
        assert draft_of(page, again)["open_tickets"][0]["same"] is same
    page.post_json(f"/calls/{again.id}/ticket", other | {"topic": "street_light"})
    session.get_one(Ticket, ticket.id).topic_id = None
    assert draft_of(page, again)["open_tickets"][0]["same"] is False


def test_another_matter_in_the_same_call_is_written_down_all_the_same(page, ticket, again):
    chase(page, again, ticket)
    assert page.post_json(f"/calls/{again.id}/ticket", {"summary": "x"}).status_code == 409
    taken_up = page.post_json(f"/calls/{again.id}/ticket/own", {}).get_json()
    assert (taken_up["state"], taken_up["chased"]) == ("draft", None)
    form = a_complaint(summary="井盖松了").model_dump(exclude_unset=True)
    number = page.post_json(f"/calls/{again.id}/ticket/submit", form).get_json()["number"]
    assert number not in (None, ticket.number)
    assert chase(page, again, ticket).status_code == 409


@pytest.mark.parametrize(
    ("why", "told"),
    [("another's", "不是这位来电人的"), ("confidential", "保密"), ("closed", "已不在办理")],
)
def test_it_is_refused_in_words(page, ticket, again, zhao, why, told):
    if why == "another's":
        ticket.person_id = a_person("13955556666").id
    if why == "confidential":
        ticket.confidential, ticket.submitted_by_id = True, zhao.id
        ticket.call.agent_id = None
    if why == "closed":
        ticket.state, ticket.closed_at = TicketState.CLOSED, ticket.created_at
    answer = chase(page, again, ticket, SAID)
    assert answer.status_code == 409 and told in answer.get_json()["error"]
    assert session.query(Chase).count() == session.query(Addition).count() == 0
    assert draft_of(page, again)["state"] == "draft"


def test_a_number_that_is_none_and_a_call_that_is_anothers(app, page, ticket, again, zhao):
    assert page.post_json(f"/calls/{again.id}/ticket/chases", {"number": "x"}).status_code == 404
    again.agent_id = None
    assert chase(page, again, ticket).status_code == 403


def test_the_tickets_page_tells_each_call_in_a_line(app, page, ticket, again, citizen, agent, time):
    chase(page, again, ticket, SAID)
    time.forward(1800)
    later = ended(citizen, agent=agent)
    page.post(f"/dispatch/{ticket.number}/urges", words="还是没人来")
    shown = page.get(f"/tickets/{ticket.number}").text
    told = shown.split('id="chases"')[1].split("</section>")[0]
    assert "共 2 次" in told and told.index("还是没人来") < told.index(SAID)
    assert {one.call_id for one in session.scalars(select(Chase))} == {again.id, later.id}


def test_no_unit_reads_who_called(app, page, ticket, assignment, again):
    chase(page, again, ticket, SAID)
    clerk = somebody("clerk-2", Role.UNIT, unit=assignment.unit)
    assert 'id="chases"' not in browser_of(app, clerk).get(f"/tickets/{ticket.number}").text


def test_those_most_called_about_in_seven_days_come_first(
    app, page, ticket, again, citizen, agent, time
):
    chase(page, again, ticket)
    time.forward(timedelta(days=8).total_seconds())
    page, lead = browser_of(app, agent.staff), browser_of(app, somebody("li", Role.LEAD))
    assert ticket.number not in lead.get("/dispatch/chases").text
    other = lifecycle.draft(ended(citizen, agent=agent))
    lifecycle.submit(other, by=agent.staff, typed=a_complaint())
    for about in (other, ticket, other):
        time.forward(60)
        chase(page, ended(citizen, agent=agent), about)
    shown = lead.get("/dispatch/chases").text
    assert shown.index(other.number) < shown.index(ticket.number)
    assert "<b>2</b>" in shown and "<b>1</b>" in shown
    assert page.get("/dispatch/chases").status_code == 403


def test_a_void_draft_is_no_ticket_of_any_list(app, page, ticket, again):
    chase(page, again, ticket, SAID)
    draft = session.scalars(select(Ticket).where(Ticket.call_id == again.id)).one()
    page.post_json(f"/calls/{again.id}/ticket", {"summary": SAID})
    for query in ("", "?state=void", "?mine=1"):
        assert f"/drafts/{draft.id}" not in page.get(f"/tickets{query}").text
    assert page.get(f"/drafts/{draft.id}").status_code == 404
