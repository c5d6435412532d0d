"""A reason to supervise that the clock can tell is told by the clock, not by who supervises."""

import pytest
from sqlalchemy import select

from infra import db
from infra.db import session
from models import Supervision
from tests.handled import Town
from tests.tickets.clerks import DONE
from tickets import closing, handling

DAY = 86400


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


def supervised(town: Town, one, because: str):
    return town.browser("zhao").post(
        f"/dispatch/{one.ticket.number}/supervisions", kind="written", because=because
    )


def reasons() -> list[str]:
    return list(session.scalars(select(Supervision.because).order_by(Supervision.id)))


def test_what_is_not_late_is_not_supervised_for_being_late(town, time):
    one = town.signed()
    refused = supervised(town, one, "overdue")
    assert refused.status_code == 409 and "没有超期，不能以此督办" in refused.text
    time.forward((one.due_at - one.dispatched_at).total_seconds() + 60)
    refused = supervised(town, one, "overdue")
    assert refused.status_code == 409 and "超期不到 1 个工作日" in refused.text
    time.forward(2 * DAY)
    assert supervised(town, one, "overdue").status_code == 302
    refused = supervised(town, one, "long_overdue")
    assert refused.status_code == 409 and "超期不到 3 个工作日" in refused.text
    again = supervised(town, one, "overdue")
    assert again.status_code == 409 and "已因同一原因督办" in again.text
    assert reasons() == ["overdue"]


def test_what_was_answered_in_time_was_not_late(town, time):
    one = town.signed()
    handling.reply(one, DONE, by=town.people["urban"])
    db.commit()
    time.forward(30 * DAY)
    assert supervised(town, one, "overdue").status_code == 409


def test_what_was_signed_in_time_was_not_unsigned(town, time):
    signed = town.signed()
    refused = supervised(town, signed, "late_sign")
    assert refused.status_code == 409 and "城管局已按时签收" in refused.text
    waiting = town.given()
    refused = supervised(town, waiting, "late_sign")
    assert refused.status_code == 409 and "未到，不能以此督办" in refused.text
    time.forward(2 * DAY)
    assert supervised(town, waiting, "late_sign").status_code == 302
    handling.sign(waiting, by=town.people["urban"])
    db.commit()
    late = town.given()
    time.forward(2 * DAY)
    handling.sign(late, by=town.people["urban"])
    db.commit()
    assert supervised(town, late, "late_sign").status_code == 302


def test_only_what_was_begun_again_is_unsatisfied_after_it(town):
    one = town.signed()
    refused = supervised(town, one, "unsatisfied")
    assert refused.status_code == 409 and "还没有重办过" in refused.text
    reply = handling.reply(one, DONE, by=town.people["urban"])
    closing.accept_reply(reply, by=town.people["song"])
    closing.rehandle(one.ticket, by=None, because="unsatisfied")
    db.commit()
    assert supervised(town, one, "unsatisfied").status_code == 302


def test_only_who_handles_it_on_order_is_supervised_for_that(town):
    one = town.signed()
    refused = supervised(town, one, "forced")
    assert refused.status_code == 409 and "不是经驳回或仲裁承办" in refused.text
    one.forced = True
    db.commit()
    assert supervised(town, one, "forced").status_code == 302


def test_a_leaders_word_needs_no_clock(town):
    assert supervised(town, town.signed(), "instruction").status_code == 302


def test_a_unit_does_not_learn_by_hand_who_complained_of_pressure(town):
    one = town.signed()
    assert supervised(town, one, "pressed").status_code == 302
    assert session.scalars(select(Supervision)).one().unit is None
    assert "被施压" not in town.browser("urban").get(f"/inbox/{one.id}").text


def test_what_an_earlier_round_was_late_with_presses_nobody_now(town, time):
    one = town.signed()
    time.forward(30 * DAY)
    reply = handling.reply(one, DONE, by=town.people["urban"])
    closing.accept_reply(reply, by=town.people["song"])
    again = closing.rehandle(one.ticket, by=None, because="unsatisfied")
    db.commit()
    town.browser("zhao").post(f"/dispatch/assignments/{again.id}/recall", because="changed")
    before = reasons()
    refused = supervised(town, one, "overdue")
    assert refused.status_code == 409 and "还没有主办单位" in refused.text
    assert reasons() == before
