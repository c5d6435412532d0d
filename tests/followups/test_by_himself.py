"""The citizen rates by himself, on the page and by key 9, with number and query code; and says
that he is pressed, which the leads see and no unit."""

import pytest
from sqlalchemy import select

from infra.db import commit, session
from models import (
    AlarmKind,
    AskedBy,
    Asking,
    Assignment,
    Call,
    CallStatus,
    Dial,
    DialState,
    FollowUp,
    FollowUpAlarm,
    FollowUpResult,
    Solved,
    TicketState,
)
from tests.followups.conftest import NUMBER, follow_up_of
from tests.followups.test_retries import BAD, GOOD, exhausted
from tests.tickets.conftest import a_complaint, ended
from tests.visitors import TOKEN, browser_of
from tickets import closing, dispatch, history, lifecycle
from tickets.history import note


class Own:
    """A browser that has opened the ticket with its query code."""

    def __init__(self, app, ticket) -> None:
        self.client, self.path = app.test_client(), f"/my/{ticket.number}"
        self.sends("/my", number=ticket.number, code=ticket.query_code)

    def reads(self, path: str = "") -> str:
        return self.client.get(self.path + path).text

    def sends(self, path: str, **form: str):
        token = TOKEN.search(self.client.get("/no-such-page").text)[1]
        return self.client.post(path, data={"csrf_token": token, **form})

    def rates(self, **answers: str):
        answer = self.sends(f"{self.path}/rating", **answers)
        session.expire_all()
        return answer


def first_of(ticket) -> FollowUp:
    query = select(FollowUp).where(FollowUp.ticket_id == ticket.id).order_by(FollowUp.id)
    return session.scalars(query).first()


def test_who_rates_on_the_page_is_not_rung_any_more(app, hotline):
    ticket = hotline.answered()
    own = Own(app, ticket)
    assert "热线不再打电话回访" in own.reads()
    assert own.rates(**GOOD).location == own.path
    follow_up = follow_up_of(ticket)
    assert ticket.state is TicketState.CLOSED and history.verify(ticket) is None
    assert (follow_up.result, follow_up.first_rating, follow_up.final_rating) == (
        FollowUpResult.REACHED, 5, 5,
    )  # fmt: skip
    assert session.scalars(select(Asking.way)).all() == [AskedBy.WEB]
    assert session.scalars(select(Dial.state)).one() is DialState.DONE
    citizen = hotline.citizen()
    hotline.later(24)
    assert citizen.rung == []


def test_before_the_clock_has_planned_anything_he_may_rate(app, hotline, monkeypatch):
    monkeypatch.setattr("followups.planning.run", lambda: None)
    ticket = hotline.answered()
    assert session.query(FollowUp).count() == 0
    Own(app, ticket).rates(**BAD)
    assert ticket.state is TicketState.REHANDLING and session.query(Dial).count() == 0


def test_the_first_and_the_final_rating_are_kept_and_a_bad_one_begins_again(app, hotline):
    ticket = hotline.answered()
    own = Own(app, ticket)
    own.rates(**GOOD)
    page = own.reads()
    # Whoever presses him may look over his shoulder.
    assert "修改评价" in page and "非常满意" not in page
    own.rates(**BAD)
    follow_up = first_of(ticket)
    assert (follow_up.first_rating, follow_up.final_rating) == (5, 1)
    assert (follow_up.solved, ticket.state) == (Solved.NO, TicketState.REHANDLING)
    assert history.verify(ticket) is None


def test_after_fifteen_days_nothing_is_changed(app, hotline):
    ticket = hotline.answered()
    Own(app, ticket).rates(**GOOD)
    hotline.later(15 * 24 - 1)
    own = Own(app, ticket)
    assert "修改评价" in own.reads()
    hotline.later(1.1)
    own = Own(app, ticket)
    assert "修改评价" not in own.reads()
    own.rates(**BAD)
    assert first_of(ticket).final_rating == 5 and ticket.state is TicketState.CLOSED


def test_who_was_not_reached_counts_once_he_has_rated(app, hotline):
    ticket = hotline.answered()
    exhausted(hotline)
    hotline.later(73)
    before = follow_up_of(ticket)
    ended = before.done_at
    assert before.result is FollowUpResult.UNREACHABLE
    Own(app, ticket).rates(**GOOD)
    after = follow_up_of(ticket)
    assert (after.result, after.final_rating) == (FollowUpResult.REACHED, 5)
    # In the month in which he was asked, whose figures still stand open.
    assert after.done_at == ended


def test_without_his_code_nobody_rates(app, hotline):
    ticket = hotline.answered()
    own = Own(app, ticket)
    own.sends("/my/leave")
    assert own.rates(**GOOD).location == "/my"
    assert own.client.get(f"{own.path}/rating").location == "/my"
    assert follow_up_of(ticket).final_rating is None


def test_a_protected_ticket_is_rated_to_a_person_alone(app, hotline):
    ticket = hotline.answered(confidential=True)
    own = Own(app, ticket)
    assert "/rating" not in own.reads()
    assert own.rates(**GOOD).location == "/my"


def test_a_rating_that_turns_on_the_page_after_the_units_call_raises_an_alarm(app, hotline):
    ticket = hotline.answered()
    own = Own(app, ticket)
    own.rates(**BAD)
    hotline.city.pass_time(5)
    note(ticket, "contacted", by=hotline.clerk, unit=hotline.unit)
    commit()
    own.rates(**GOOD)
    assert session.scalars(select(FollowUpAlarm.kind)).all() == [AlarmKind.FLIPPED]


def test_an_answer_left_out_is_refused(app, hotline):
    ticket = hotline.answered()
    assert Own(app, ticket).rates(contacted="true").status_code == 422
    assert follow_up_of(ticket).final_rating is None


# By key 9.


def hears_of(hotline, ticket):
    """He has called, and was told where his ticket is."""
    citizen = hotline.city.citizen(NUMBER)
    citizen.dials("12345")
    for heard, keys in (
        ("请直接说出", "9"),
        ("14位工单号", ticket.number.replace("-", "") + "#"),
        ("6位查询码", ticket.query_code),
    ):
        hotline.until(lambda heard=heard: citizen.hears(heard))
        citizen.presses(keys)
    hotline.until(lambda: citizen.hears("否则请挂机"))
    return citizen


def answers(hotline, citizen, *keys: str) -> None:
    for heard, key in zip(("联系过您吗", "解决了吗", "满意吗"), keys, strict=False):
        hotline.until(lambda heard=heard: citizen.hears(heard))
        citizen.presses(key)


def the_call() -> Call:
    session.expire_all()
    return session.scalars(select(Call).order_by(Call.id.desc())).first()


@pytest.fixture
def ticket(hotline):
    """Answered, and its citizen is on nobody's telephone."""
    hotline.city.ticking = False
    found = hotline.answered()
    commit()
    return found


def test_he_rates_by_keys(hotline, ticket):
    citizen = hears_of(hotline, ticket)
    assert citizen.hears("评价或修改评价请按1")
    citizen.presses("1")
    answers(hotline, citizen, "1", "2", "3")
    hotline.until(lambda: citizen.hears("感谢您的评价"))
    follow_up = follow_up_of(ticket)
    assert (follow_up.contacted, follow_up.solved, follow_up.final_rating) == (
        True, Solved.PARTLY, 3,
    )  # fmt: skip
    assert ticket.state is TicketState.CLOSED
    asking = session.scalars(select(Asking)).one()
    assert (asking.way, asking.call_id) == (AskedBy.CALL, the_call().id)
    hotline.until(lambda: not citizen.connected)


def test_by_keys_he_may_change_it_and_is_told_what_follows(hotline, ticket, app):
    Own(app, ticket).rates(**GOOD)
    citizen = hears_of(hotline, ticket)
    citizen.presses("1")
    answers(hotline, citizen, "2", "3", "1")
    hotline.until(lambda: citizen.hears("督促重新办理"))
    follow_up = first_of(ticket)
    assert (follow_up.first_rating, follow_up.final_rating) == (5, 1)
    assert ticket.state is TicketState.REHANDLING


def test_he_may_say_it_and_who_hangs_up_before_the_end_has_not_rated(hotline, ticket):
    citizen = hears_of(hotline, ticket)
    citizen.presses("1")
    hotline.until(lambda: citizen.hears("联系过您吗"))
    citizen.says("没有联系过我")
    hotline.until(lambda: citizen.hears("解决了吗"))
    citizen.hangs_up()
    hotline.city.pass_time(5)
    assert session.query(Asking).count() == 0
    assert follow_up_of(ticket).final_rating is None


def test_who_rates_badly_by_keys_is_asked_why_and_the_unit_reads_it(hotline, ticket, app):
    citizen = hears_of(hotline, ticket)
    citizen.presses("1")
    answers(hotline, citizen, "2", "3", "1")
    hotline.until(lambda: citizen.hears("请简单说明原因"))
    # His rating stands, also if he hangs up now.
    assert follow_up_of(ticket).final_rating == 1
    citizen.says("师傅来了没修，电话13912345678")
    hotline.until(lambda: citizen.hears("督促重新办理"))
    session.expire_all()
    assert session.scalars(select(Asking)).one().reason == "师傅来了没修，电话13912345678"
    assert ticket.state is TicketState.REHANDLING
    current = dispatch.round_of(ticket)
    assert "师傅来了没修" in current.reason and "13912345678" not in current.reason
    again = session.scalars(select(Assignment).order_by(Assignment.id.desc())).first()
    page = browser_of(app, hotline.clerk).get(f"/inbox/{again.id}").text
    assert "重办原因</dt>" in page and "师傅来了没修" in page


def test_who_says_nothing_about_it_has_rated_all_the_same(hotline, ticket):
    citizen = hears_of(hotline, ticket)
    citizen.presses("1")
    answers(hotline, citizen, "2", "3", "1")
    hotline.until(lambda: citizen.hears("督促重新办理"))
    session.expire_all()
    assert session.scalars(select(Asking)).one().reason is None
    assert dispatch.round_of(ticket).reason == "" and ticket.state is TicketState.REHANDLING


@pytest.mark.parametrize("words", ["转人工", "家里着火了"])
def test_between_the_questions_a_person_is_one_word_away(hotline, ticket, words):
    citizen = hears_of(hotline, ticket)
    citizen.presses("1")
    hotline.until(lambda: citizen.hears("联系过您吗"))
    citizen.says(words)
    hotline.until(lambda: the_call().status is CallStatus.WAITING)
    assert (the_call().emergency is not None) == (words == "家里着火了")


def test_not_understood_twice_leads_to_a_person(hotline, ticket):
    citizen = hears_of(hotline, ticket)
    citizen.presses("1")
    for turn in (1, 2):
        hotline.until(lambda turn=turn: sum("联系过您吗" in one for one in citizen.heard) == turn)
        citizen.presses("7")
    hotline.until(lambda: the_call().status is CallStatus.WAITING)
    assert session.query(Asking).count() == 0


def test_the_carrier_says_it_twice_and_he_has_rated_once(hotline, ticket):
    citizen = hears_of(hotline, ticket)
    citizen.presses("1")
    answers(hotline, citizen, "1", "1")
    hotline.until(lambda: citizen.hears("满意吗"))
    citizen.presses("5")
    hotline.until(lambda: citizen.hears("感谢您的评价"))
    sent = [one.request for one in hotline.city.exchange.courier.log]
    said = next(one for one in reversed(sent) if "/satisfied/" in one.url)
    hotline.city._post(said, lambda _answer: None)
    session.expire_all()
    assert session.query(Asking).count() == 1


def test_what_is_with_its_unit_is_not_rated_yet(hotline):
    ticket = hotline.answered()
    closing.rehandle(ticket, by=None, because="unsolved")
    commit()
    citizen = hears_of(hotline, ticket)
    assert not citizen.hears("修改评价")
    citizen.presses("1")
    hotline.until(lambda: the_call().status is CallStatus.WAITING)


# Pressed.


def alarms() -> list[FollowUpAlarm]:
    session.expire_all()
    return list(session.scalars(select(FollowUpAlarm)))


def test_pressed_by_key_is_seen_by_the_leads_once_and_by_no_unit(app, hotline, ticket):
    citizen = hears_of(hotline, ticket)
    citizen.heard.clear()
    citizen.presses("2")
    hotline.until(lambda: citizen.hears("不会告知承办单位"))
    hotline.until(lambda: citizen.hears("否则请挂机"))
    citizen.heard.clear()
    citizen.presses("2")
    hotline.until(lambda: citizen.hears("不会告知承办单位"))
    (alarm,) = alarms()
    assert (alarm.kind, alarm.round.ticket_id) == (AlarmKind.PRESSED, ticket.id)
    citizen.hangs_up()
    lead = browser_of(app, hotline.lead)
    page = lead.get("/follow-ups").text
    assert page.count("市民反映被要求改变评价") == 1 and ticket.number in page
    assert 'title="1 条评价异常待查看">1</b>' in page
    seen_by_the_unit = browser_of(app, hotline.clerk).get(f"/tickets/{ticket.number}").text
    assert "施压" not in seen_by_the_unit and "督办" not in seen_by_the_unit
    assert "督办（不告知承办单位）" in lead.get(f"/tickets/{ticket.number}").text
    lead.post(f"/follow-ups/alarms/{alarm.id}/seen")
    assert "市民反映被要求改变评价" not in lead.get("/follow-ups").text
    assert "评价异常待查看" not in lead.get("/tickets").text
    assert history.verify(ticket) is None


def test_pressed_on_the_page_is_the_same_alarm_even_before_anything_was_answered(app, hotline):
    call = ended(hotline.person, agent=hotline.agent)
    ticket = lifecycle.draft(call)
    lifecycle.submit(ticket, by=hotline.agent.staff, typed=a_complaint())
    dispatch.dispatch(ticket, hotline.unit, by=hotline.dispatcher)
    commit()
    own = Own(app, ticket)
    for _n in range(2):
        own.sends(f"{own.path}/pressed", words="让我别打差评")
    assert [one.kind for one in alarms()] == [AlarmKind.PRESSED]
    assert ticket.number in browser_of(app, hotline.lead).get("/follow-ups").text


def test_pressed_again_in_the_next_round_is_another_alarm(app, hotline):
    ticket = hotline.answered()
    own = Own(app, ticket)
    own.sends(f"{own.path}/pressed")
    own.rates(**BAD)
    own.sends(f"{own.path}/pressed")
    own.sends(f"{own.path}/pressed")
    assert len(alarms()) == 2
