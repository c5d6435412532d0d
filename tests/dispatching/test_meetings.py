"""Meetings settle whose matters are; many tickets about one thing become one."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from infra import db
from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import (
    DispatchRule,
    Meeting,
    Notice,
    Part,
    Request,
    RequestState,
    TicketEvent,
    TicketState,
)
from tests.handled import Town, newest
from tickets import dispatch, history


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


def test_a_meeting_says_how_far_it_is_and_what_comes_next(town, time):
    dispatcher = town.browser("zhao")
    page = dispatcher.get("/meetings").text
    assert '<button class="primary">新建会商会</button>' in page
    at = local(now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    answer = dispatcher.post("/meetings", title="路灯归属", at=at)
    page = dispatcher.get(answer.headers["Location"]).text
    assert "会商会已新建，待召开" in page and "保存后状态变为“已召开”" in page
    meeting = session.scalars(select(Meeting)).one()
    early = dispatcher.post(f"/meetings/{meeting.id}/minutes", minutes="一致同意")
    assert early.status_code == 409 and "还没有到日子" in early.text
    time.forward(timedelta(days=2).total_seconds())
    dispatcher = town.browser("zhao")
    dispatcher.post(f"/meetings/{meeting.id}/minutes", minutes="一致同意")
    page = dispatcher.get(f"/meetings/{meeting.id}").text
    assert "已召开" in page and "标为已召开" not in page


def test_what_a_meeting_decides_becomes_a_candidate_of_the_directory(town, time):
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
    assert newest(Request).state is RequestState.APPROVED
    time.forward(timedelta(days=2).total_seconds())
    dispatcher = town.browser("zhao")
    assert dispatcher.post(f"{page}/minutes", minutes="").status_code == 409
    dispatcher.post(
        f"{page}/minutes",
        minutes="一致同意",
        **{f"lead-{one.ticket_id}": "roads", f"words-{one.ticket_id}": "随道路"},
    )
    rule = session.scalars(select(DispatchRule)).one()
    assert rule.candidate and rule.lead.code == "roads" and "路灯归属" in rule.source
    names = list(session.scalars(select(TicketEvent.name).order_by(TicketEvent.seq)))
    assert names.count("meeting_planned") == 1 and names.count("meeting_decided") == 1
    again = dispatcher.post(f"{page}/minutes", minutes="改一改")
    assert again.status_code == 409 and "纪要不能再改" in again.text
    assert "随道路" in dispatcher.get(page).text and history.verify(one.ticket) is None
    assert town.browser("urban").get("/meetings").status_code == 403


def tomorrow() -> str:
    return local(now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")


def told(town, unit: str) -> list[str]:
    names = select(Notice.name).where(Notice.unit_id == town.units[unit].id).order_by(Notice.id)
    return [name for name in session.scalars(names) if name.startswith("meeting")]


def test_who_asks_for_a_meeting_is_put_on_an_agenda_and_all_concerned_are_told(town):
    one = town.signed()
    town.browser("urban").post(f"/inbox/{one.id}/meeting", reason="权属不清")
    asked, dispatcher = newest(Request), town.browser("zhao")
    approval = f"/dispatch/requests/{asked.id}/approval"
    assert dispatcher.post(approval, meeting="").status_code == 409
    assert f"/meetings?ticket={one.ticket.number}" in dispatcher.get("/dispatch/requests").text
    assert (
        f'value="{one.ticket.number}"'
        in dispatcher.get(f"/meetings?ticket={one.ticket.number}").text
    )
    past = local(now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert dispatcher.post("/meetings", title="路灯归属", at=past).status_code == 409
    dispatcher.post("/meetings", title="路灯归属", at=tomorrow(), place="三楼", unit="roads")
    meeting = session.scalars(select(Meeting)).one()
    assert dispatcher.post(approval, meeting=str(meeting.id)).status_code == 302
    assert newest(Request).state is RequestState.APPROVED
    assert told(town, "urban") == told(town, "roads") == ["meeting_planned"]
    assert "三楼 路灯归属" in town.browser("roads").get("/inbox").text
    page = f"/meetings/{meeting.id}"
    dispatcher.post(page, title="路灯归属", at=tomorrow(), place="四楼", unit="power")
    assert told(town, "power") == ["meeting_planned"]
    assert told(town, "roads") == ["meeting_planned", "meeting_cancelled"]
    assert told(town, "urban") == ["meeting_planned"] * 2, "the place has changed"
    dispatcher.post(f"{page}/tickets/{one.ticket.number}/removal")
    assert one.ticket.number not in dispatcher.get(page).text
    dispatcher.post(f"{page}/tickets", number=one.ticket.number)
    dispatcher.post(f"{page}/cancellation")
    assert told(town, "urban")[2:] == [
        *("meeting_cancelled", "meeting_planned", "meeting_cancelled")
    ]
    assert "已取消" in dispatcher.get("/meetings").text
    assert dispatcher.post(f"{page}/tickets", number=one.ticket.number).status_code == 409


@pytest.mark.parametrize(
    ("lead", "state"), [("urban", RequestState.REJECTED), ("roads", RequestState.APPROVED)]
)
def test_what_a_meeting_decides_about_a_return_ends_it(town, time, lead, state):
    one = town.given()
    asked = returned(town, one)
    settles(town, time, one, lead, by="zhao")
    assert asked.state is state and "路灯归属" in asked.decision
    session.refresh(one.ticket)
    assert one.ticket.state is (
        TicketState.PROCESSING if lead == "urban" else TicketState.PENDING_DISPATCH
    )
    assert told(town, "urban")[-1] == "meeting_decided"


@pytest.mark.parametrize(("by", "settled"), [("zhao", False), ("li", True)])
def test_a_third_return_is_a_leads_whose_minutes_arbitrate_it(town, time, by, settled):
    one = town.given()
    one.ticket.returns = 2
    asked = returned(town, one)
    settles(town, time, one, "roads", by=by)
    assert (asked.state is RequestState.APPROVED) is settled
    assert (asked.named_unit == town.units["roads"]) is settled
    page = town.browser("li").get("/dispatch/requests").text
    assert ("会商会“路灯归属”的决定" in page) is not settled
    assert ('<option value="roads" selected>' in page) is not settled
    assert len(session.scalars(select(DispatchRule)).all()) == 1


def test_a_third_return_of_leader_and_helper_is_settled_for_the_helper(town, time):
    one = town.given()
    beside = dispatch.join(one.ticket, town.units["roads"], Part.ASSIST, by=town.people["zhao"])
    one.ticket.returns = 2
    db.commit()
    both = [returned(town, one), returned(town, beside, "roads")]
    settles(town, time, one, "roads", by="li")
    assert [asked.state for asked in both] == [RequestState.APPROVED, RequestState.REJECTED]
    assert one.ticket.unit == town.units["roads"]


def test_what_was_decided_meanwhile_is_not_put_on_an_agenda(town):
    one = town.signed()
    town.browser("urban").post(f"/inbox/{one.id}/meeting", reason="权属不清")
    asked, dispatcher = newest(Request), town.browser("zhao")
    dispatcher.post("/meetings", title="路灯归属", at=tomorrow())
    meeting = session.scalars(select(Meeting)).one()
    dispatcher.post(f"/dispatch/requests/{asked.id}/refusal", decision="已明确")
    late = dispatcher.post(f"/dispatch/requests/{asked.id}/approval", meeting=str(meeting.id))
    assert late.status_code == 409 and told(town, "urban") == []
    town.browser("urban").post(f"/inbox/{one.id}/meeting", reason="仍不清")
    dispatcher.post(f"/meetings/{meeting.id}/tickets", number=one.ticket.number)
    assert newest(Request).state is RequestState.APPROVED
    town.browser("urban").post(f"/inbox/{one.id}/meeting", reason="还不清")
    again = newest(Request)
    dispatcher.post(
        f"/dispatch/requests/{again.id}/approval", meeting=str(meeting.id), decision="一并"
    )
    assert (again.state, again.decision) == (RequestState.APPROVED, "一并")


def returned(town, one, unit: str = "urban") -> Request:
    form = {"code": "duty", "reason": "不属于本单位", "basis": "三定方案"}
    answer = town.browser(unit).post(f"/inbox/{one.id}/return", **form)
    assert answer.status_code == 302, answer.text
    return newest(Request)


def settles(town, time, one, lead: str, *, by: str) -> None:
    chair = town.browser(by)
    chair.post("/meetings", title="路灯归属", at=tomorrow(), number=one.ticket.number)
    meeting = session.scalars(select(Meeting)).one()
    time.forward(timedelta(days=2).total_seconds())
    answer = town.browser(by).post(
        f"/meetings/{meeting.id}/minutes",
        minutes="一致同意",
        **{f"lead-{one.ticket_id}": lead, f"words-{one.ticket_id}": "随道路"},
    )
    assert answer.status_code == 302, answer.text
    session.expire_all()


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
