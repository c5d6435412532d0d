"""A dispatcher at his queue, a reviewer at the replies, a lead who arbitrates."""

import pytest
from sqlalchemy import select

from infra import db
from infra.clock import now
from infra.db import session
from models import (
    Assignment,
    AssignmentState,
    DispatchRule,
    Part,
    Reply,
    Request,
    RequestState,
    Supervision,
    TicketEvent,
    TicketState,
    Topic,
    Urge,
)
from tests.handled import Town, newest
from tests.tickets.clerks import DONE
from tickets import handling, merging, own, requests, supervising


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


def replied(town: Town, to: str = "urban") -> Reply:
    given = handling.reply(town.signed(to), DONE, by=town.people[to])
    db.commit()
    return given


def test_the_longest_waiting_stands_first_and_opens_with_its_proposals(town, time):
    first = town.ticket()
    time.forward(7200)
    second = town.ticket()
    dispatcher = town.browser("zhao")
    page = dispatcher.get("/dispatch").text
    assert page.index(first.number) < page.index(second.number)
    assert "2 小时 0 分" in page
    page = dispatcher.get(f"/dispatch/{first.number}").text
    assert "“路灯”的默认承办单位" in page and "城管局" in page


def test_what_is_urgent_is_dispatched_before_what_waits_longer(town, time):
    calm = town.ticket()
    time.forward(3600)
    pressing = town.ticket(urgency="urgent")
    page = town.browser("zhao").get("/dispatch").text
    assert page.index(pressing.number) < page.index(calm.number)


def test_a_page_of_the_queue_begins_where_the_one_before_ended(town, time, monkeypatch):
    monkeypatch.setattr("dispatching.queue.PER_PAGE", 2)
    made = []
    for _ in range(3):
        made.append(town.ticket().number)
        time.forward(60)
    page = town.browser("zhao").get("/dispatch").text
    after = page.split("after=")[1].split('"')[0]
    following = town.browser("zhao").get(f"/dispatch?after={after}").text
    assert made[2] in following and made[1] not in following


def test_a_ticket_is_given_to_one_lead_with_others_beside_it(town):
    session.add(
        DispatchRule(
            topic=session.scalars(select(Topic)).one(),
            lead=town.units["power"],
            assists=["roads"],
            legal_basis="城市照明条例",
            valid_from=now().date(),
            changed_at=now(),
        )
    )
    ticket = town.ticket()
    dispatcher = town.browser("zhao")
    assert "城市照明条例" in dispatcher.get(f"/dispatch/{ticket.number}").text
    dispatcher.post(
        f"/dispatch/{ticket.number}/assignments",
        lead="power",
        assist="roads",
        info="urban",
        advice="先断电",
    )
    given = {one.unit.code: one for one in session.scalars(select(Assignment))}
    assert {code: one.part for code, one in given.items()} == {
        "power": Part.LEAD,
        "roads": Part.ASSIST,
        "urban": Part.INFO,
    }
    assert given["power"].rule_id is not None and given["power"].advice == "先断电"
    again = dispatcher.post(f"/dispatch/{ticket.number}/assignments", lead="urban")
    assert again.status_code == 409 and "已被他人处理" in again.text


@pytest.mark.parametrize("form", [{}, {"lead": "other"}, {"lead": "nobody"}])
def test_without_a_unit_nothing_is_dispatched(town, form):
    ticket = town.ticket()
    answer = town.browser("zhao").post(f"/dispatch/{ticket.number}/assignments", **form)
    assert answer.status_code == 409
    assert ticket.state is TicketState.PENDING_DISPATCH


def test_a_reply_is_checked_before_a_citizen_reads_it(town):
    given = replied(town)
    reviewer, ticket = town.browser("song"), given.assignment.ticket
    assert ticket.number in reviewer.get("/dispatch/replies").text
    assert "路灯已修好。" in reviewer.get(f"/dispatch/replies/{given.id}").text
    refusal = f"/dispatch/replies/{given.id}/refusal"
    assert reviewer.post(refusal).status_code == 409
    reviewer.post(refusal, remarks="答非所问")
    assert given.assignment.state is AssignmentState.REPLY_REJECTED
    assert "答非所问" in town.browser("urban").get(f"/inbox/{given.assignment_id}").text
    again = handling.reply(given.assignment, DONE, by=town.people["urban"])
    db.commit()
    reviewer.post(f"/dispatch/replies/{again.id}/acceptance")
    assert ticket.state is TicketState.PENDING_FOLLOW_UP
    twice = reviewer.post(f"/dispatch/replies/{again.id}/acceptance")
    assert twice.status_code == 409


def test_what_was_built_of_sub_units_answers_ends_with_the_answer(town):
    one = town.signed()
    child = handling.delegate(
        one, town.units["station"], by=town.people["urban"], due_at=one.due_at
    )
    handling.sign(child, by=None)
    handling.reply(child, DONE, by=None)
    given = handling.reply(one, DONE, by=town.people["urban"])
    supervising.supervise(one.ticket, one.unit, "written", "instruction", by=town.people["li"])
    db.commit()
    assert session.query(Reply).count() == 2
    page = town.browser("song").get("/dispatch/replies").text
    assert page.count(one.ticket.number) == 1  # the sub-unit answers to its unit, not to us
    town.browser("song").post(f"/dispatch/replies/{given.id}/acceptance")
    assert child.state is AssignmentState.ACCEPTED
    assert session.scalars(select(Supervision.ended_at)).all() == [now()]


def test_a_ticket_is_taken_out_of_a_units_hands(town):
    one, dispatcher = town.signed(), town.browser("zhao")
    requests.ask_extension(one, 3, by=town.people["urban"], reason="等配件")
    db.commit()
    assert dispatcher.post(f"/dispatch/assignments/{one.id}/recall").status_code == 409
    dispatcher.post(f"/dispatch/assignments/{one.id}/recall", because="wrong_unit")
    assert (one.state, one.ticket.state) == (
        AssignmentState.RECALLED,
        TicketState.PENDING_DISPATCH,
    )
    assert newest(Request).state is RequestState.CANCELLED
    dispatcher.post(f"/dispatch/{one.ticket.number}/assignments", lead="other", other="power")
    assert newest(Assignment).unit.code == "power"


def test_repeats_are_merged_and_each_child_hears_of_the_end(town):
    master, child = town.ticket(), town.given().ticket
    dispatcher = town.browser("zhao")
    for wanted in ("nonsense", child.number):
        answer = dispatcher.post(f"/dispatch/{child.number}/master", master=wanted)
        assert answer.status_code == 409
    dispatcher.post(f"/dispatch/{child.number}/master", master=master.number)
    assert (child.state, child.merged_into_id) == (TicketState.MERGED, master.id)
    assert merging.children_of(master) == [child]
    assert session.scalars(select(Assignment.state)).one() is AssignmentState.RECALLED
    back = dispatcher.post(f"/dispatch/{master.number}/master", master=child.number)
    assert "已不在办理" in back.text
    assert "已并入主单" in dispatcher.get(f"/tickets/{child.number}").text


def test_a_confidential_ticket_is_merged_with_none_that_others_read(town):
    secret, plain = town.ticket(kind="report"), town.ticket()
    answer = town.browser("zhao").post(f"/dispatch/{secret.number}/master", master=plain.number)
    assert answer.status_code == 409 and secret.state is TicketState.PENDING_DISPATCH


def test_pressing_and_asking_for_more(town):
    one, dispatcher = town.given(), town.browser("zhao")
    number = one.ticket.number
    dispatcher.post(f"/dispatch/{number}/urges", words="又打来了")
    town.browser("wang").post(f"/dispatch/{number}/urges")
    assert session.query(Urge).count() == 2
    dispatcher.post(f"/dispatch/{number}/supervisions", kind="written", because="instruction")
    assert "批示" in dispatcher.get(f"/dispatch/{number}").text
    other = town.ticket()
    dispatcher.post(f"/dispatch/{other.number}/question", what="灯杆编号")
    assert other.state is TicketState.NEED_INFO
    town.browser("wang").post(f"/dispatch/{other.number}/completion")
    assert other.state is TicketState.PENDING_DISPATCH
    dispatcher.post(f"/dispatch/{other.number}/void", because="测试")
    assert other.state is TicketState.PENDING_DISPATCH  # that is a lead's to say
    town.browser("li").post(f"/dispatch/{other.number}/void", because="测试")
    assert other.state is TicketState.VOID


def test_nobody_else_comes_through_these_doors(town):
    number = town.ticket().number
    for who in ("wang", "urban"):
        assert town.browser(who).get("/dispatch").status_code == 403
        assert town.browser(who).get(f"/dispatch/{number}").status_code == 403
        answer = town.browser(who).post(f"/dispatch/{number}/assignments", lead="urban")
        assert answer.status_code == 403
    assert town.browser("song").get("/dispatch/requests").status_code == 403
    assert town.browser("zhao").get("/inbox").status_code == 403


def test_the_ticket_page_shows_every_hop_with_its_wait(town, time):
    ticket = town.ticket()
    time.forward(3600)
    town.browser("zhao").post(f"/dispatch/{ticket.number}/assignments", lead="urban")
    time.forward(1800)
    clerk = town.browser("urban")
    clerk.post(f"/inbox/{newest(Assignment).id}/signature")
    time.forward(7200)
    page = town.browser("zhao").get(f"/tickets/{ticket.number}").text
    for wait in ("1 小时 0 分", "30 分", "2 小时 0 分"):
        assert wait in page
    names = session.scalars(select(TicketEvent.name).order_by(TicketEvent.seq)).all()
    assert names == ["submitted", "dispatched", "signed"]


def test_what_a_citizen_adds_reaches_the_unit_and_what_he_says_of_it_does_not(town):
    one = town.signed()
    number = one.ticket.number
    agent = town.browser("wang")
    assert agent.post(f"/dispatch/{number}/facts").status_code == 302
    agent.post(f"/dispatch/{number}/facts", words="灯杆编号 A12，我叫王小明")
    own.say_pressed(one.ticket, "他们要我改口")
    db.commit()
    for path in (f"/inbox/{one.id}", f"/tickets/{number}"):
        page = town.browser("urban").get(path).text
        assert "灯杆编号 A12" in page and "王小明" not in page
        assert "施压" not in page and "改口" not in page
    for path in (f"/dispatch/{number}", f"/tickets/{number}"):
        assert "改口" in town.browser("zhao").get(path).text
    assert "市民补充了情况" in town.browser("urban").get("/inbox").text


def test_the_history_says_which_request_and_what_became_of_it(town):
    one = town.signed()
    first = requests.ask_extension(one, 3, by=town.people["urban"], reason="等配件")
    requests.approve(first, by=town.people["zhao"])
    second = requests.ask_extension(one, 2, by=town.people["urban"], reason="还没到")
    requests.refuse(second, by=town.people["li"], decision="够了", lead=True)
    requests.cancel(
        requests.ask_return(
            one, by=None, code="duty", reason="不归我", basis="三定", suggested=None
        ),
        by=None,
    )
    db.commit()
    page = town.browser("zhao").get(f"/dispatch/{one.ticket.number}").text
    for row in (
        "延期申请：已提出",
        "延期申请：已同意",
        "延期申请：未同意",
        "退单申请：已提出",
        "退单申请：已撤销",
    ):
        assert row in page
