"""What a unit asks for: in the measure of its clock, and taken back while nobody has decided."""

from datetime import timedelta

import pytest

from infra import db
from models import Request, RequestState, TicketState
from tests.handled import Town, newest
from tests.tickets.clerks import DONE
from tickets import deadlines, handling, requests


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


def test_what_runs_day_and_night_is_extended_by_hours(town):
    one, clerk = town.signed(urgency="urgent"), town.browser("urban")
    due = one.due_at
    page = clerk.get(f"/inbox/{one.id}").text
    assert "延期小时数" in page and "延期天数" not in page
    refused = clerk.post(f"/inbox/{one.id}/extension", days="2", reason="等配件")
    assert refused.status_code == 409 and "延期小时数应为 1 到 24" in refused.text
    assert clerk.post(f"/inbox/{one.id}/extension", hours="25", reason="x").status_code == 409
    clerk.post(f"/inbox/{one.id}/extension", hours="3", reason="等配件")
    asked, dispatcher = newest(Request), town.browser("zhao")
    assert one.due_at == due and "（3 小时）" in dispatcher.get("/dispatch/requests").text
    dispatcher.post(f"/dispatch/requests/{asked.id}/approval")
    assert one.due_at == one.ticket.due_at == due + timedelta(hours=3)
    assert deadlines.light(one) == "blue"
    assert "（3 小时）" in clerk.get(f"/inbox/{one.id}").text
    # The second is a lead's to approve, here as with working days.
    clerk.post(f"/inbox/{one.id}/extension", hours="1", reason="还没到")
    second = newest(Request)
    refused = dispatcher.post(f"/dispatch/requests/{second.id}/approval")
    assert refused.status_code == 409 and "第二次延期须由班长批准" in refused.text
    town.browser("li").post(f"/dispatch/requests/{second.id}/approval")
    assert one.due_at == due + timedelta(hours=4)


def test_what_runs_by_working_days_is_not_extended_by_hours(town):
    one = town.signed()
    assert "延期天数（工作日" in town.browser("urban").get(f"/inbox/{one.id}").text
    with pytest.raises(handling.NotYet, match="按工作日"):
        requests.ask_extension(one, hours=3, by=None, reason="等配件")


def test_no_hours_are_added_after_the_answer(town):
    one, clerk = town.signed(urgency="urgent"), town.people["urban"]
    asked = requests.ask_extension(one, hours=2, by=clerk, reason="等配件")
    handling.reply(one, DONE, by=clerk)
    with pytest.raises(deadlines.Answered):
        requests.approve(asked, by=town.people["zhao"])


def test_a_sub_unit_counts_as_the_unit_above_it(town):
    one = town.signed(urgency="urgent")
    child = handling.delegate(
        one, town.units["station"], by=None, due_at=one.due_at - timedelta(minutes=30)
    )
    db.commit()
    assert "延期小时数" not in town.browser("station").get(f"/inbox/{child.id}").text  # unsigned
    handling.sign(child, by=None)
    db.commit()
    assert "延期小时数" in town.browser("station").get(f"/inbox/{child.id}").text


def test_what_is_still_open_after_the_reply_can_be_thought_better_of(town):
    one, clerk = town.signed(), town.browser("urban")
    clerk.post(f"/inbox/{one.id}/extension", days="3", reason="等配件")
    clerk.post(f"/inbox/{one.id}/exclusion", reason="诉求不合理", basis="条例")
    handling.reply(one, DONE, by=town.people["urban"])
    db.commit()
    asked = newest(Request)
    page = clerk.get(f"/inbox/{one.id}").text
    assert one.ticket.state is TicketState.PENDING_AUDIT
    assert page.count("撤销申请</button>") == 2
    assert f"/inbox/requests/{asked.id}/cancellation" in page
    clerk.post(f"/inbox/requests/{asked.id}/cancellation")
    assert asked.state is RequestState.CANCELLED
    assert clerk.get(f"/inbox/{one.id}").text.count("撤销申请</button>") == 1


def test_another_units_request_is_not_offered_to_be_cancelled(town):
    one = town.signed()
    soon = one.due_at - timedelta(days=1)
    child = handling.delegate(one, town.units["station"], by=None, due_at=soon)
    handling.sign(child, by=None)
    requests.ask_extension(child, 1, by=None, reason="等配件")
    db.commit()
    assert "撤销申请" not in town.browser("urban").get(f"/inbox/{child.id}").text
    assert "撤销申请" in town.browser("station").get(f"/inbox/{child.id}").text
