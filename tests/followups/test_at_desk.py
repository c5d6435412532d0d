"""A citizen presses 0 in a follow-up: whoever takes him sees what it is about, and asks on."""

import pytest
from sqlalchemy import select

from infra.db import session
from models import (
    AskedBy,
    Asking,
    Call,
    CallStatus,
    FollowUpResult,
    FollowUpState,
    Offer,
    OfferState,
    Solved,
    TicketState,
)
from tests.followups.conftest import follow_up_of
from tests.followups.test_retries import GOOD
from tests.followups.test_spoken import CONTACTED, IDENTITY
from tests.visitors import browser_of
from tickets import history


@pytest.fixture
def taken(hotline):
    """The agent talks with him; the robot had heard one answer."""
    ticket = hotline.answered()
    desk = hotline.city.desk(hotline.agent)
    citizen = hotline.citizen(*IDENTITY, *CONTACTED, "hear 解决了吗", "press 0")
    waits = select(Call).where(Call.choice == "follow_up")
    hotline.until(lambda: session.scalar(waits) is not None)
    call = session.scalar(waits)
    rings = select(Offer.id).where(Offer.call_id == call.id, Offer.state == OfferState.RINGING)
    hotline.until(lambda: session.scalar(rings) is not None)
    desk.accepts(session.scalar(rings))
    hotline.until(lambda: call.status is CallStatus.TALKING)
    return ticket, call, citizen


def test_he_sees_the_ticket_the_reply_and_what_was_said_already(app, hotline, taken):
    ticket, _call, _citizen = taken
    agent = browser_of(app, hotline.agent.staff)
    panel = agent.get("/desk/state").json["call"]["follow_up"]
    page = agent.get(panel).text
    for told in (ticket.number, ticket.summary, "路灯已修好。", "承办单位联系过您吗", "智能回访"):
        assert told in page
    # He who only looks on has no business with it.
    assert browser_of(app, hotline.other_agent()).get(panel).status_code == 404
    assert browser_of(app, hotline.clerk).get(panel).status_code == 403


def test_what_he_writes_down_is_the_persons_follow_up(app, hotline, taken):
    ticket, call, citizen = taken
    agent = browser_of(app, hotline.agent.staff)
    panel = f"/follow-ups/of-call/{call.id}"
    assert agent.post(f"{panel}/answers", contacted="true").status_code == 422
    said = agent.post(f"{panel}/answers", **GOOD)
    assert said.status_code == 200 and "已回访" in said.text and "保存结果" not in said.text
    follow_up = follow_up_of(ticket)
    assert (follow_up.result, follow_up.state, follow_up.solved, follow_up.final_rating) == (
        FollowUpResult.REACHED, FollowUpState.DONE, Solved.YES, 5,
    )  # fmt: skip
    robot, person = session.scalars(select(Asking).order_by(Asking.id))
    assert (robot.way, robot.satisfied) == (AskedBy.ROBOT, None)
    assert (person.way, person.by_id) == (AskedBy.PERSON, hotline.agent.staff_id)
    assert ticket.state is TicketState.CLOSED and history.verify(ticket) is None
    assert ticket.number not in browser_of(app, hotline.lead).get("/follow-ups").text
    again = agent.post(f"{panel}/answers", **GOOD)
    assert again.status_code == 409 and "已处理完" in again.text
    citizen.hangs_up()


def test_what_he_has_typed_is_kept_though_his_voice_broke_off_meanwhile(app, hotline, taken):
    ticket, call, _citizen = taken
    [desk] = hotline.city.desks.values()
    desk.open = False
    desk.phone.hangs_up()
    hotline.until(lambda: call.status is CallStatus.WAITING)
    assert call.agent_id is None
    agent = browser_of(app, hotline.agent.staff)
    said = agent.post(f"/follow-ups/of-call/{call.id}/answers", **GOOD)
    assert said.status_code == 200 and "已回访" in said.text
    assert follow_up_of(ticket).final_rating == 5


def test_another_call_has_no_such_panel(app, hotline):
    desk = hotline.city.desk(hotline.agent)
    citizen = hotline.city.citizen("+8613900000001")
    citizen.dials("12345")
    hotline.until(lambda: citizen.hears("请直接说出"))
    citizen.presses("0")
    rings = select(Offer.id).where(Offer.state == OfferState.RINGING)
    hotline.until(lambda: session.scalar(rings) is not None)
    desk.accepts(session.scalar(rings))
    call = session.scalars(select(Call)).one()
    hotline.until(lambda: call.status is CallStatus.TALKING)
    agent = browser_of(app, hotline.agent.staff)
    assert agent.get("/desk/state").json["call"]["follow_up"] is None
    assert agent.get(f"/follow-ups/of-call/{call.id}").status_code == 404
