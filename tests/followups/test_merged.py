"""Neighbours report the same: one ticket is handled, and each of them is answered for himself."""

import pytest
from sqlalchemy import select

from analytics import follow_up_facts
from infra.db import commit, session
from models import (
    AlarmKind,
    Assignment,
    FollowUp,
    FollowUpAlarm,
    FollowUpResult,
    FollowUpState,
    Notice,
    TextMessage,
    Ticket,
    TicketState,
    Urge,
)
from tests.followups.conftest import Hotline, follow_up_of
from tests.followups.test_by_himself import Own, hears_of
from tests.followups.test_retries import BAD, GOOD
from tests.tickets.conftest import a_complaint, a_person, ended
from tests.visitors import browser_of
from tickets import alarms, closing, dispatch, handling, history, lifecycle, merging

SENT = TextMessage.key.like("%:answered:%")


def reported(hotline: Hotline, number: str | None, **typed: object) -> Ticket:
    person = a_person(number) if number else hotline.person
    ticket = lifecycle.draft(ended(person, agent=hotline.agent))
    return lifecycle.submit(ticket, by=hotline.agent.staff, typed=a_complaint(**typed))


@pytest.fixture
def master(hotline) -> Ticket:
    return reported(hotline, "13970001111", summary="王建国先生家楼下路灯坏了")


@pytest.fixture
def child(hotline, master) -> Ticket:
    """His, who holds the city's telephone."""
    child = reported(hotline, None, address="阳明路12号3单元", summary="三单元门口路灯也坏了")
    merging.merge(child, master, by=hotline.dispatcher)
    commit()
    return child


def answer(hotline: Hotline, master: Ticket, public: str = "") -> None:
    given = dispatch.dispatch(master, hotline.unit, by=hotline.dispatcher)
    handling.sign(given, by=hotline.clerk)
    said = handling.Answer(public or "路灯已修好。", True, "yes", no_contact="夜间修复")
    closing.accept_reply(handling.reply(given, said, by=hotline.clerk), by=hotline.dispatcher)
    commit()


def end(master: Ticket) -> None:
    closing.close(master, by=None, because="satisfied")
    commit()


def test_each_is_told_in_his_language_once_reads_the_answer_and_rates(app, hotline, master, child):
    english = reported(hotline, "13970002222")
    english.person.language = "en"
    quiet = reported(hotline, "13970003333", needs_reply="no")
    fixed = reported(hotline, "0791-86801234")
    for one in (english, quiet, fixed):
        merging.merge(one, master, by=hotline.dispatcher)
    quiet.needs_reply = False
    answer(hotline, master, "王建国先生：路灯已修好，请致电86800000。")
    assert session.query(TextMessage).filter(SENT).count() == 0
    end(master)
    closing.close(master, by=None, because="satisfied")
    sent = {one.ticket_id: one.body for one in session.query(TextMessage).filter(SENT)}
    assert sent.keys() == {child.id, english.id}
    assert child.number in sent[child.id] and "现已答复办结" in sent[child.id]
    assert english.number in sent[english.id] and "is answered" in sent[english.id]
    # Whom no text message reaches a person rings.
    asked = follow_up_of(fixed)
    assert (asked.state, asked.why) == (FollowUpState.PERSON, "merged")
    own = Own(app, child)
    page = own.reads()
    for told in ("已与相同诉求合并办理 · 已办结", "城管局的答复", "路灯已修好", "86800000", "签收"):
        assert told in page, told
    assert "王建国" not in page and "13970001111" not in page and master.number not in page
    own.rates(**GOOD)
    rated = follow_up_of(child)
    assert (rated.result, rated.final_rating) == (FollowUpResult.REACHED, 5)
    assert child.state is TicketState.MERGED and master.state is TicketState.CLOSED
    counted = session.execute(follow_up_facts.satisfying()).all()
    assert [row.subject_id for row in counted if not row.excluded] == [child.id]
    assert all(history.verify(one) is None for one in (master, child, fixed))


def test_key_9_tells_him_how_far_it_is_and_what_was_answered(hotline, master, child):
    answer(hotline, master)
    end(master)
    citizen = hears_of(hotline, child)
    assert citizen.hears("与其他市民的相同诉求合并办理")
    assert citizen.hears("您的工单已办结，承办单位是城管局") and citizen.hears("答复是：路灯已修好")
    assert citizen.hears("评价或修改评价请按1")


def test_who_is_not_content_has_it_handled_again_until_a_lead_must_look(
    app, hotline, master, child
):
    for number in (1, 2):
        answer(hotline, master) if number == 1 else hotline.handle(in_hand(master))
        end(master)
        Own(app, child).rates(**BAD)
        session.refresh(master)
        current = dispatch.round_of(master)
        assert master.state is TicketState.REHANDLING and current.number == number + 1
        assert child.number in current.reason and "还是不亮" in current.reason
    hotline.handle(in_hand(master))
    end(master)
    Own(app, child).rates(**BAD)
    assert session.get(Ticket, master.id).state is TicketState.CLOSED
    alarm = session.scalars(select(FollowUpAlarm)).one()
    assert (alarm.kind, alarm.ticket) == (AlarmKind.MERGED, child)
    page = browser_of(app, hotline.lead).get("/follow-ups").text
    assert "并入的诉求市民不满意" in page and child.number in page
    assert session.query(FollowUp).filter_by(ticket_id=child.id, final_rating=1).count() == 3
    assert session.query(TextMessage).filter(SENT).count() == 3
    assert history.verify(master) is None and history.verify(child) is None


@pytest.mark.parametrize(("rated", "result"), [(None, "withdrawn"), (2, "reached")])
def test_who_has_rated_counts_though_the_master_is_handled_again(
    hotline, master, child, rated, result
):
    """The rating is of the round that was; who has rated nothing is in no ratio."""
    child.confidential = master.confidential = True
    answer(hotline, master)
    end(master)
    asked = follow_up_of(child)
    asked.first_rating = asked.final_rating = rated
    commit()
    closing.reopen(master, by=hotline.lead, because="review", reason="")
    commit()
    assert (asked.state, asked.result) == (FollowUpState.DONE, FollowUpResult(result))
    counted = session.execute(follow_up_facts.satisfying()).all()
    assert [bool(row.excluded) for row in counted if row.subject_id == child.id] == [not rated]


def test_each_of_those_who_are_not_content_is_looked_into(app, hotline, master, child):
    """Of two in one round the second is not hidden by the first, and saying it twice is once."""
    other = reported(hotline, "13970004444")
    merging.merge(other, master, by=hotline.dispatcher)
    answer(hotline, master)
    end(master)
    for one in (child, other):
        follow_up = follow_up_of(one)
        for _twice in range(2):
            alarms.raise_(follow_up.round, one, AlarmKind.MERGED)
    commit()
    raised = session.scalars(select(FollowUpAlarm).order_by(FollowUpAlarm.id)).all()
    assert [one.ticket for one in raised] == [child, other]
    page = browser_of(app, hotline.lead).get("/follow-ups").text
    assert child.number in page and other.number in page
    assert history.verify(master) is None


def test_a_person_rings_whom_no_text_reaches_and_the_ticket_stays_merged(
    app, hotline, master, child
):
    child.confidential = master.confidential = True
    answer(hotline, master)
    end(master)
    assert session.query(TextMessage).filter(SENT).count() == 0
    asked = follow_up_of(child)
    follower = browser_of(app, hotline.lead)
    follower.post(f"/follow-ups/{asked.id}/take")
    assert "已并单" in follower.get("/follow-ups").text
    hotline.later(0.2)  # the clock leaves it there
    follower.post(f"/follow-ups/{asked.id}/answers", **GOOD)
    asked = follow_up_of(child)
    assert (asked.result, asked.final_rating) == (FollowUpResult.REACHED, 5)
    assert child.state is TicketState.MERGED


def test_what_he_adds_and_urges_reaches_the_unit_that_handles_the_master(
    app, hotline, master, child
):
    given = dispatch.dispatch(master, hotline.unit, by=hotline.dispatcher)
    handling.sign(given, by=hotline.clerk)
    commit()
    own = Own(app, child)
    page = own.reads()
    assert "承办单位</dt><dd>城管局" in page and "正在办理" in page and "办理期限" in page
    own.sends(f"{own.path}/urge")
    own.sends(f"{own.path}/urge")
    own.sends(f"{own.path}/facts", words="灯杆编号 Y12，我叫李大明，电话13812345678")
    urge = session.scalars(select(Urge)).one()
    assert urge.ticket_id == master.id and child.number in urge.words
    assert "您已催办" in own.reads()
    names = set(session.scalars(select(Notice.name).where(Notice.ticket_id == master.id)))
    assert {"urged", "facts_added"} <= names
    page = browser_of(app, hotline.clerk).get(f"/inbox/{given.id}").text
    for told in (child.number, "阳明路12号3单元", "三单元门口路灯也坏了", "灯杆编号 Y12"):
        assert told in page, told
    for kept in ("李大明", "13812345678", "138****"):
        assert kept not in page, kept
    # The master's own citizen learns nothing of him.
    page = Own(app, master).reads()
    assert child.number not in page and "Y12" not in page and "您已催办" not in page
    assert history.verify(master) is None and history.verify(child) is None


def test_who_calls_again_has_an_open_ticket_and_his_agent_urges_its_master(
    app, hotline, master, child
):
    given = dispatch.dispatch(master, hotline.unit, by=hotline.dispatcher)
    commit()
    assert lifecycle.open_of(child.person_id) == [child]
    agent = browser_of(app, hotline.agent.staff)
    assert "催办内容" in agent.get(f"/tickets/{child.number}").text
    agent.post(f"/dispatch/{child.number}/urges", words="孩子晚上看不见路")
    agent.post(f"/dispatch/{child.number}/facts", words="灯杆编号 Y13")
    urge = session.scalars(select(Urge)).one()
    assert urge.ticket_id == master.id
    assert child.number in urge.words and "孩子晚上看不见路" in urge.words
    assert "灯杆编号 Y13" in browser_of(app, hotline.clerk).get(f"/inbox/{given.id}").text
    end_without_a_word(master)
    assert lifecycle.open_of(child.person_id) == []


def end_without_a_word(master: Ticket) -> None:
    session.get_one(Ticket, master.id).closed_at = master.submitted_at
    session.get_one(Ticket, master.id).state = TicketState.CLOSED
    commit()


def in_hand(ticket: Ticket) -> Assignment:
    session.expire_all()
    given = select(Assignment).where(Assignment.ticket_id == ticket.id)
    return session.scalars(given.where(Assignment.ended_at.is_(None))).one()
