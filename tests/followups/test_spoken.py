"""The citizen is rung, says who he is and how it was; his ticket closes or begins again."""

import pytest
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from emulator.caller import Step
from followups import outcome, planning
from infra.db import commit, session
from models import (
    AskedBy,
    Asking,
    Assignment,
    Call,
    CallStatus,
    Dial,
    DialAttempt,
    DialState,
    FollowUp,
    FollowUpResult,
    FollowUpState,
    Notice,
    Offer,
    OfferState,
    Role,
    Round,
    Solved,
    TicketState,
)
from telephony import attempts
from tests.followups.conftest import follow_up_of, member
from tests.services import TOKEN
from tests.tickets.conftest import a_person
from tests.visitors import browser_of
from tickets import closing, history

IDENTITY = ("hear 市民本人", "press 1")
CONTACTED = ("hear 联系过您吗", "press 1")
SOLVED = ("hear 解决了吗", "press 1")
REASON = ("hear 说明原因", "wait 1")


def askings(ticket) -> list[Asking]:
    query = select(Asking).join(FollowUp).where(FollowUp.ticket_id == ticket.id)
    return list(session.scalars(query.order_by(Asking.id)))


def test_a_satisfied_citizen_closes_his_ticket(hotline):
    ticket = hotline.answered()
    citizen = hotline.citizen(*IDENTITY, *CONTACTED, *SOLVED, "hear 满意吗", "press 4")
    hotline.until(lambda: ticket.state is TicketState.CLOSED)
    follow_up = follow_up_of(ticket)
    assert (follow_up.result, follow_up.first_rating, follow_up.final_rating) == (
        FollowUpResult.REACHED, 4, 4,
    )  # fmt: skip
    assert (follow_up.contacted, follow_up.solved) == (True, Solved.YES)
    assert [one["question"] for one in askings(ticket)[0].heard] == [
        "identity", "contacted", "solved", "satisfied",
    ]  # fmt: skip
    hotline.until(lambda: not citizen.connected)
    assert citizen.hears("您反映的路灯问题") and citizen.hears("感谢您的评价")
    assert history.verify(ticket) is None
    hotline.later(24)
    assert len(citizen.rung) == 1 and session.query(FollowUp).count() == 1


def test_who_knows_the_questions_presses_before_they_are_all_said(hotline):
    """From the first word on: a key while the line says who it is, and what it is about."""
    ticket = hotline.answered()
    citizen = hotline.citizen(
        "hear 热线", "press 1", "hear 您反映的", "press 1", *SOLVED, "hear 满意吗", "press 5"
    )
    hotline.until(lambda: ticket.state is TicketState.CLOSED)
    assert (follow_up_of(ticket).contacted, follow_up_of(ticket).final_rating) == (True, 5)
    assert [one.get("key") for one in askings(ticket)[0].heard] == ["1", "1", "1", "5"]
    assert not citizen.hears("没有听清")


@pytest.mark.parametrize(
    ("solved", "last", "told"),
    [("press 1", ("press 4",), "感谢您的评价"), ("press 3", ("press 1", *REASON), "督促重新办理")],
)
def test_who_gives_his_last_answer_twice_hears_the_good_bye_twice(hotline, solved, last, told):
    """The carrier lost our answer to it, and asks again on the same leg."""
    ticket = hotline.answered()
    citizen = hotline.citizen(
        *IDENTITY, *CONTACTED, "hear 解决了吗", solved, "hear 满意吗", *last
    )  # fmt: skip
    hotline.until(lambda: follow_up_of(ticket).done)
    attempt = session.scalars(select(DialAttempt)).one()
    assert citizen.connected and told in again(hotline, attempt, "satisfied", Digits="4")
    closing_state = ticket.state
    hotline.until(lambda: not citizen.connected)
    assert told not in again(hotline, attempt, "satisfied", Digits="4")
    assert follow_up_of(ticket).done and ticket.state is closing_state


def test_who_was_handed_to_a_person_hears_so_again(hotline):
    ticket = hotline.answered()
    citizen = hotline.citizen("hear 市民本人", "say 你打错了")
    hotline.until(lambda: follow_up_of(ticket).why == "wrong_person")
    attempt = session.scalars(select(DialAttempt)).one()
    assert citizen.connected and "抱歉打扰您了" in again(hotline, attempt, "identity", Digits="2")


def again(hotline, attempt, question: str, **said: str) -> str:
    """What the carrier is told that asks once more."""
    path = f"/voice/follow-up/{attempt.id}/{question}/0"
    form = {"CallSid": attempt.leg, "From": "+8679112345", "To": "+8613812345678", **said}
    signature = RequestValidator(TOKEN).compute_signature(f"http://hotline.test{path}", form)
    commit()
    headers = {"X-Twilio-Signature": signature}
    return hotline.city.client.post(path, data=form, headers=headers).text


def test_before_he_said_who_he_is_nothing_of_the_ticket_is_told(hotline):
    hotline.answered()
    citizen = hotline.citizen()
    hotline.until(lambda: citizen.hears("市民本人"))
    hotline.until(lambda: not citizen.connected)
    told = "".join(citizen.heard)
    assert "路灯" not in told and "城管" not in told and "工单" not in told
    assert citizen.hears("稍后再与您联系")


def test_a_citizen_may_speak_his_answers(hotline):
    ticket = hotline.answered()
    hotline.citizen(
        "hear 市民本人", "say 对，是我", "hear 联系过您吗", "say 没有人联系过我",
        "hear 解决了吗", "say 部分解决了", "hear 满意吗", "say 基本满意",
    )  # fmt: skip
    hotline.until(lambda: ticket.state is TicketState.CLOSED)
    follow_up = follow_up_of(ticket)
    assert (follow_up.contacted, follow_up.solved, follow_up.final_rating) == (
        False, Solved.PARTLY, 3,
    )  # fmt: skip
    assert all(one.get("said") for one in askings(ticket)[0].heard)


def test_an_unsatisfied_citizen_has_it_handled_again_with_a_shorter_clock(hotline):
    member("chief", Role.UNIT, hotline.unit).leads_unit = True
    ticket = hotline.answered()
    citizen = hotline.citizen(
        *IDENTITY, *CONTACTED, "hear 解决了吗", "press 3", "hear 满意吗", "press 1",
        "hear 说明原因", "say 灯还是不亮，我的电话是13912340000",
    )  # fmt: skip
    hotline.until(lambda: ticket.state is TicketState.REHANDLING)
    follow_up = follow_up_of(ticket)
    assert (follow_up.result, follow_up.final_rating) == (FollowUpResult.REACHED, 1)
    assert "13912340000" in askings(ticket)[0].reason
    first, again = session.scalars(select(Assignment).order_by(Assignment.id))
    assert again.unit is hotline.unit
    assert "灯还是不亮" in again.round.reason and "13912340000" not in again.round.reason
    assert again.due_at - again.dispatched_at < first.due_at - first.dispatched_at
    told = {(one.name, one.for_leader) for one in session.scalars(select(Notice))}
    assert {("rehandled", False), ("rehandled", True)} <= told
    hotline.until(lambda: not citizen.connected)
    assert citizen.hears("督促重新办理")


def test_the_second_round_is_asked_about_too(hotline):
    ticket = hotline.answered()
    bad = (*IDENTITY, *CONTACTED, "hear 解决了吗", "press 3", "hear 满意吗", "press 2")
    hotline.citizen(*bad, "hear 说明原因", "hang up")
    hotline.until(lambda: ticket.state is TicketState.REHANDLING)
    hotline.citizen(*IDENTITY, *CONTACTED, *SOLVED, "hear 满意吗", "press 5")
    again = session.scalars(select(Assignment).order_by(Assignment.id.desc())).first()
    hotline.handle(again)
    hotline.later(0.1)  # he is left alone for a while
    hotline.until(lambda: ticket.state is TicketState.CLOSED)
    ratings = session.scalars(select(FollowUp.final_rating).order_by(FollowUp.id)).all()
    assert ratings == [2, 5] and session.query(Round).count() == 2


def test_who_hangs_up_after_his_rating_has_rated(hotline):
    ticket = hotline.answered()
    hotline.citizen(
        *IDENTITY,
        *CONTACTED,
        "hear 解决了吗",
        "press 3",
        "hear 满意吗",
        "press 2",
        "wait 1",
        "hang up",
    )
    hotline.until(lambda: ticket.state is TicketState.REHANDLING)
    assert follow_up_of(ticket).final_rating == 2


def test_what_contradicts_itself_a_person_asks_again(hotline):
    ticket = hotline.answered()
    citizen = hotline.citizen(
        *IDENTITY, *CONTACTED, *SOLVED, "hear 满意吗", "press 1", "hear 说明原因"
    )
    hotline.until(lambda: citizen.hears("工作人员会继续跟进"))
    follow_up = follow_up_of(ticket)
    assert (follow_up.state, follow_up.why) == (FollowUpState.PERSON, "contradicts")
    assert (follow_up.first_rating, ticket.state) == (1, TicketState.PENDING_FOLLOW_UP)


def test_somebody_else_hears_nothing_and_no_robot_rings_there_again(hotline):
    ticket = hotline.answered()
    citizen = hotline.citizen("hear 市民本人", "press 2")
    hotline.until(lambda: citizen.hears("抱歉打扰"))
    follow_up = follow_up_of(ticket)
    assert (follow_up.state, follow_up.why) == (FollowUpState.PERSON, "wrong_person")
    assert not citizen.hears("路灯")
    hotline.later(30)
    assert len(citizen.rung) == 1


@pytest.mark.parametrize(
    "said",
    [
        "say 她出去了，我是她女儿",
        "say 对不起他不在",
        "say 这是公司前台",
    ],
)
def test_who_speaks_of_him_hears_nothing_and_the_citizen_is_rung_again(hotline, said):
    ticket = hotline.answered()
    citizen = hotline.citizen("hear 市民本人", said)
    hotline.until(lambda: citizen.hears("我们稍后再来电"))
    assert not citizen.hears("联系过您吗") and not citizen.hears("路灯")
    assert follow_up_of(ticket).state is FollowUpState.ROBOT
    hotline.until(lambda: not citizen.connected)
    citizen.script = [
        Step.of(one) for one in (*IDENTITY, *CONTACTED, *SOLVED, "hear 满意吗", "press 4")
    ]
    hotline.later(6)
    hotline.until(lambda: ticket.state is TicketState.CLOSED)
    assert len(citizen.rung) == 2 and follow_up_of(ticket).final_rating == 4


def test_who_asks_who_we_are_is_told_once_and_nothing_else(hotline):
    ticket = hotline.answered()
    citizen = hotline.citizen("hear 市民本人", "say 你是谁啊", "hear 是请按1", "say 你是哪里")
    hotline.until(lambda: citizen.hears("稍后再与您联系"))
    assert citizen.hears("只向市民本人回访") and not citizen.hears("路灯")
    assert follow_up_of(ticket).state is FollowUpState.ROBOT
    assert not any(one.reached for one in askings(ticket))


def test_who_asks_first_and_then_says_that_it_is_him_is_asked(hotline):
    hotline.answered()
    citizen = hotline.citizen("hear 市民本人", "say 是我，你是谁", "hear 是请按1", "say 是的，是我")
    hotline.until(lambda: citizen.hears("您反映的路灯问题"))


def test_what_is_not_clear_is_asked_again_by_key_and_the_key_counts(hotline):
    ticket = hotline.answered()
    citizen = hotline.citizen(
        *IDENTITY, "hear 联系过您吗", "say 不但打了电话还上门了",
        "hear 解决了吗", "say 他们说解决了", "hear 解决了吗", "press 3",
        "hear 满意吗", "say 没有不满意", "hear 满意吗", "press 2", "hear 说明原因", "wait 1",
    )  # fmt: skip
    hotline.until(lambda: ticket.state is TicketState.REHANDLING)
    follow_up = follow_up_of(ticket)
    assert (follow_up.contacted, follow_up.solved, follow_up.final_rating) == (True, Solved.NO, 2)
    assert citizen.hears("没有听清")


def test_who_is_not_understood_twice_is_asked_by_a_person(hotline):
    ticket = hotline.answered()
    citizen = hotline.citizen(*IDENTITY, "hear 联系过您吗", "say 今天天气很好", "wait 8", "press 9")
    hotline.until(lambda: citizen.hears("工作人员会继续跟进"))
    assert citizen.hears("没有听清")
    assert follow_up_of(ticket).why == "unclear"


def test_zero_leads_into_the_queue_and_an_agent_has_him(hotline):
    ticket = hotline.answered()
    desk = hotline.city.desk(hotline.agent)
    citizen = hotline.citizen(*IDENTITY, "hear 联系过您吗", "press 0")
    hotline.until(lambda: citizen.hears("正在为您转接"))
    call = session.scalars(select(Call).where(Call.sid == citizen.leg.sid)).one()
    assert (call.choice, call.person_id) == ("follow_up", hotline.person.id)
    assert follow_up_of(ticket).why == "asked_for_person"
    hotline.until(lambda: bool(desk_rings(call)))
    offer = desk_rings(call)
    desk.accepts(offer)
    hotline.until(lambda: call.status is CallStatus.TALKING)
    citizen.hangs_up()
    hotline.until(lambda: call.status is CallStatus.ENDED)
    assert session.scalars(select(Dial.state)).one() is DialState.DONE


def desk_rings(call) -> int:
    ringing = select(Offer.id).where(Offer.call_id == call.id, Offer.state == OfferState.RINGING)
    return session.scalar(ringing) or 0


def test_danger_is_heard_in_a_follow_up_too(hotline):
    hotline.answered()
    citizen = hotline.citizen(*IDENTITY, "hear 联系过您吗", "say 楼下着火了")
    hotline.until(lambda: citizen.hears("正在为您转接"))
    call = session.scalars(select(Call).where(Call.sid == citizen.leg.sid)).one()
    assert (call.emergency, call.priority) == ("着火", 1000)


@pytest.mark.parametrize("stays", [True, False])
def test_danger_stands_first_on_the_peoples_list_and_on_the_leads_floor(app, hotline, stays):
    """Also when he has hung up before anybody answered."""
    earlier = follow_up_of(hotline.answered(a_person("13900000000"), sensitive=True))
    asked = follow_up_of(hotline.answered(a_person("13900000001"), sensitive=True))
    outcome.to_person(asked, "asked_for_person")
    ticket = hotline.answered()
    citizen = hotline.citizen(
        *IDENTITY, *CONTACTED, *SOLVED, "hear 满意吗", "say 不满意，我不想活了"
    )  # fmt: skip
    hotline.until(lambda: citizen.hears("正在为您转接"))
    if not stays:
        citizen.hangs_up()
        hotline.until(lambda: not citizen.connected)
        hotline.city.pass_time(5)
    assert follow_up_of(ticket).why == "danger"
    lead = browser_of(app, hotline.lead)
    page = lead.get("/follow-ups").text
    assert "通话中说到危险" in page and "紧急</span>" not in page and "不想活" in page
    numbers = [one.ticket.number for one in (follow_up_of(ticket), asked, earlier)]
    places = [page.index(f">{number}<") for number in numbers]
    assert places == sorted(places)
    assert "不想活" in lead.get(f"/follow-ups/{follow_up_of(ticket).id}").text
    assert lead.get("/floor/emergencies").json == ["不想活" if stays else "不想活（未接）"]


def test_an_answering_machine_keeps_nothing_of_the_ticket(hotline):
    ticket = hotline.answered()
    machine = hotline.citizen(nature="machine")
    hotline.until(lambda: bool(session.scalars(select(DialAttempt.result)).first()))
    assert "路灯" not in "".join(machine.heard)
    attempt = session.scalars(select(DialAttempt)).one()
    assert attempt.result == "machine" and follow_up_of(ticket).state is FollowUpState.ROBOT


def test_a_citizen_who_hears_english_is_asked_in_english(hotline):
    hotline.person.language = "en"
    ticket = hotline.answered()
    hotline.citizen(
        "hear Are you the person", "press 1", "hear contact you", "say yes",
        "hear solved?", "say it is fixed", "hear How satisfied", "say very satisfied",
    )  # fmt: skip
    hotline.until(lambda: ticket.state is TicketState.CLOSED)
    assert follow_up_of(ticket).final_rating == 5


def test_a_doubled_document_and_lost_reports_change_nothing(hotline):
    ticket = hotline.answered()
    hotline.city.exchange.faults.set({"double": 1, "late": 0.5, "shuffle_seconds": 2})
    hotline.citizen(*IDENTITY, *CONTACTED, *SOLVED, "hear 满意吗", "press 5")
    hotline.until(lambda: ticket.state is TicketState.CLOSED)
    assert len(askings(ticket)) == 1 and follow_up_of(ticket).final_rating == 5


def test_a_ticket_that_a_lead_has_closed_is_asked_about_no_more(hotline):
    ticket = hotline.answered()
    citizen = hotline.citizen(busy=True)
    hotline.until(lambda: bool(citizen.rung))
    closing.close(ticket, by=hotline.lead, because="lead")
    commit()
    planning.run()
    hotline.later(30)
    assert follow_up_of(ticket).result is FollowUpResult.WITHDRAWN
    assert len(citizen.rung) == 1


def test_who_has_rated_counts_though_a_lead_has_closed_the_ticket(hotline):
    """A person was to ask again what contradicts itself; what was said stays said."""
    ticket = hotline.answered()
    planning.run()
    asked = follow_up_of(ticket)
    asked.first_rating = asked.final_rating = 1
    closing.close(ticket, by=hotline.lead, because="lead")
    commit()
    planning.run()
    assert follow_up_of(ticket).result is FollowUpResult.REACHED


def test_who_asks_is_written_down_with_every_answer(hotline):
    ticket = hotline.answered()
    hotline.citizen(*IDENTITY, *CONTACTED, *SOLVED, "hear 满意吗", "press 5")
    hotline.until(lambda: ticket.state is TicketState.CLOSED)
    [asking] = askings(ticket)
    assert (asking.way, asking.reached, asking.by_id) == (AskedBy.ROBOT, True, None)
    assert asking.heard[-1] == {"question": "satisfied", "key": "5"}


@pytest.mark.parametrize("what", ["press 0", "say 我要找人工"])
def test_who_waits_for_a_person_is_not_hung_up_on_as_a_machine(hotline, what):
    """The carrier takes its time to listen, and it errs."""
    hotline.answered()
    hotline.city.exchange.media.utter = lambda *_: 0.5  # he need not listen to the end
    citizen = hotline.citizen("hear 市民本人", what, nature="machine")
    waits = select(Call.status).where(Call.choice == "follow_up")
    hotline.until(lambda: session.scalar(waits) is CallStatus.WAITING)
    hotline.city.pass_time(90)
    heard = "human" if what.startswith("press") else "machine"
    assert session.scalars(select(DialAttempt.answered_by)).all() == [heard]
    assert citizen.connected and session.scalar(waits) is CallStatus.WAITING


@pytest.mark.parametrize("identity", ["press 1", "say 对，是我"])
def test_who_has_answered_a_question_is_asked_the_others_whatever_the_carrier_hears(
    hotline, identity
):
    """Its verdict comes after four seconds, in the middle of the questions."""
    ticket = hotline.answered()
    hotline.city.exchange.media.utter = lambda *_: 0.5
    citizen = hotline.citizen(
        "hear 市民本人", identity, "hear 联系过您吗", "wait 6", "press 1",
        *SOLVED, "hear 满意吗", "press 5", nature="machine",
    )  # fmt: skip
    hotline.until(lambda: ticket.state is TicketState.CLOSED)
    assert citizen.leg.answered_by == "machine_start", "the carrier has told its guess"
    assert follow_up_of(ticket).final_rating == 5
    hotline.until(lambda: not citizen.connected)
    hotline.city.pass_time(5)
    session.expire_all()
    attempt = session.scalars(select(DialAttempt)).one()
    assert (attempt.result, attempt.answered_by) == ("talked", "human")


def test_who_breaks_off_after_he_was_reached_was_no_machine(hotline):
    """What he was rung for is still open, and rung for again."""
    hotline.answered()
    hotline.city.exchange.media.utter = lambda *_: 0.5
    citizen = hotline.citizen(
        "hear 市民本人", "press 1", "hear 联系过您吗", "wait 6", "hang up", nature="machine"
    )
    hotline.until(lambda: bool(citizen.rung) and not citizen.connected)
    hotline.city.pass_time(5)
    session.expire_all()
    assert session.scalars(select(DialAttempt.result)).one() == "talked"
    assert session.scalars(select(Dial.state)).one() is DialState.WAITING


def test_a_key_is_a_persons_also_after_the_carrier_took_him_for_a_machine(hotline, monkeypatch):
    """The verdict and the key cross: nobody has hung up yet."""
    ticket = hotline.answered()
    hotline.city.exchange.media.utter = lambda *_: 0.5
    monkeypatch.setattr(attempts, "settle_due", lambda *_: None)
    hotline.citizen(
        "hear 市民本人", "wait 3.5", "press 1", *CONTACTED, *SOLVED, "hear 满意吗", "press 4",
        nature="machine",
    )  # fmt: skip
    hotline.until(lambda: ticket.state is TicketState.CLOSED)
    assert session.scalars(select(DialAttempt.answered_by)).one() == "human"


def test_what_a_machine_says_after_it_was_found_out_is_no_answer(hotline, monkeypatch):
    hotline.answered()
    hotline.city.exchange.media.utter = lambda *_: 0.5
    monkeypatch.setattr(attempts, "settle_due", lambda *_: None)
    machine = hotline.citizen("hear 市民本人", "wait 3.5", "say 对，是我", nature="machine")
    hotline.until(lambda: bool(machine.rung) and not machine.connected)
    assert not machine.hears("联系过您吗") and not machine.hears("路灯")
