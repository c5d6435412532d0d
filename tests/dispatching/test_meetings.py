"""Meetings settle whose matters are; many tickets about one thing become one."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from infra import db
from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import DispatchRule, Meeting, Request, RequestState, TicketEvent, TicketState
from tests.handled import Town, newest
from tickets import history


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


def test_a_meeting_says_how_far_it_is_and_what_comes_next(town):
    dispatcher = town.browser("zhao")
    page = dispatcher.get("/meetings").text
    assert '<button class="primary">新建会商会</button>' in page
    at = local(now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    answer = dispatcher.post("/meetings", title="路灯归属", at=at)
    page = dispatcher.get(answer.headers["Location"]).text
    assert "会商会已新建，待召开" in page and "保存后状态变为“已召开”" in page
    meeting = session.scalars(select(Meeting)).one()
    dispatcher.post(f"/meetings/{meeting.id}/minutes", minutes="一致同意")
    page = dispatcher.get(f"/meetings/{meeting.id}").text
    assert "已召开" in page and "标为已召开" not in page


def test_what_a_meeting_decides_becomes_a_candidate_of_the_directory(town):
    one = town.signed()
    town.browser("urban").post(f"/inbox/{one.id}/meeting", reason="权属不清")
    dispatcher = town.browser("zhao")
    at = local(now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert dispatcher.post("/meetings", title="", at=at).status_code == 409
    dispatcher.post("/meetings", title="路灯归属", at=at, place="三楼", unit="roads")
    meeting = session.scalars(select(Meeting)).one()
    page = f"/meetings/{meeting.id}"
    assert dispatcher.post(f"{page}/tickets", number="none").status_code == 409
    dispatcher.post(f"{page}/tickets", number=one.ticket.number)
    dispatcher.post(f"{page}/tickets", number=one.ticket.number)
    assert dispatcher.post(f"{page}/minutes", minutes="").status_code == 409
    dispatcher.post(
        f"{page}/minutes",
        minutes="一致同意",
        **{f"lead-{one.ticket_id}": "roads", f"words-{one.ticket_id}": "随道路"},
    )
    rule = session.scalars(select(DispatchRule)).one()
    assert rule.candidate and rule.lead.code == "roads" and "路灯归属" in rule.source
    assert newest(Request).state is RequestState.APPROVED
    names = list(session.scalars(select(TicketEvent.name).order_by(TicketEvent.seq)))
    assert names.count("meeting_planned") == 1 and names.count("meeting_decided") == 1
    again = dispatcher.post(f"{page}/minutes", minutes="改一改")
    assert again.status_code == 409 and "纪要不能再改" in again.text
    assert "随道路" in dispatcher.get(page).text and history.verify(one.ticket) is None
    assert town.browser("urban").get("/meetings").status_code == 403


def test_many_about_one_thing_are_seen_together_and_merged(town):
    alike = [town.ticket() for _ in range(3)]
    secret = town.ticket(confidential=True)
    town.ticket(topic=None, kind="praise")
    db.commit()
    dispatcher = town.browser("zhao")
    page = dispatcher.get("/dispatch/clusters").text
    assert all(one.number in page for one in alike) and secret.number not in page
    master, *children = [one.number for one in alike]
    assert dispatcher.post("/dispatch/clusters", master=master).status_code == 409
    assert dispatcher.post("/dispatch/clusters", master=master, child="x").status_code == 409
    form = {"csrf_token": dispatcher._token(), "master": master, "child": children}
    dispatcher.client.post("/dispatch/clusters", data=form)
    assert [one.state for one in alike[1:]] == [TicketState.MERGED] * 2
    assert alike[0].state is TicketState.PENDING_DISPATCH
    assert "没有集中的诉求" in dispatcher.get("/dispatch/clusters").text


def test_two_alike_are_no_cluster_and_old_ones_neither(town, time):
    for _ in range(3):
        town.ticket()
    time.forward(timedelta(days=8).total_seconds())
    town.ticket()
    town.ticket()
    db.commit()
    assert "没有集中的诉求" in town.browser("zhao").get("/dispatch/clusters").text
