"""The REST interface: who may ask, pages, errors, faults; and the official SDK against it."""

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from emulator.rest.api import TimedOut
from simulation.coupling import InProcess
from tests.emulator.conftest import ACCOUNT, AUTH, HOTLINE, TOKEN

SLOW = "<Pause length='600'/>"


@pytest.fixture
def sdk(customer):
    client = Client(ACCOUNT, TOKEN, http_client=InProcess(customer.api))
    client.api.base_url = "http://carrier.test"
    return client


@pytest.mark.parametrize("authorization", [None, "Basic bm8=", "Bearer x", "Basic !", "Basic eDp5"])
def test_strangers_are_refused(customer, authorization):
    got = customer.api.handle(
        "GET", f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json", {}, authorization
    )
    assert got.status == 401 and '"code": 20003' in got.body


def test_another_account_is_not_found(customer):
    got = customer.api.handle("GET", "/2010-04-01/Accounts/AC00/Calls.json", {}, AUTH)
    assert got.status == 404


def test_what_does_not_exist_is_not_found(customer):
    status, body = customer.rest("GET", "/Calls/CA" + "0" * 32)
    assert (status, body["code"]) == (404, 20404)
    assert body["more_info"].endswith("20404")


def test_a_missing_parameter_is_named(customer):
    status, body = customer.rest("POST", "/Calls", From=HOTLINE)
    assert status == 400 and "To" in body["message"]


def test_a_list_comes_in_pages(customer):
    for number in range(5):
        customer.rest("POST", "/Messages", To="+861", From=HOTLINE, Body=str(number))
    _, first = customer.rest("GET", "/Messages", PageSize="2")
    assert [one["body"] for one in first["messages"]] == ["4", "3"]
    assert first["next_page_uri"] and first["previous_page_uri"] is None
    _, last = customer.rest("GET", "/Messages", PageSize="2", Page="2")
    assert [one["body"] for one in last["messages"]] == ["0"]
    assert last["next_page_uri"] is None and last["previous_page_uri"]


def test_the_sdk_walks_through_all_pages(customer, sdk):
    for number in range(7):
        sdk.messages.create(to="+861", from_=HOTLINE, body=str(number))
    assert [one.body for one in sdk.messages.list(page_size=3)] == list("6543210")


def test_the_sdk_sees_and_ends_calls(call, customer, sdk, timeline):
    caller = call("<Say>a</Say>" + SLOW)
    timeline.forward(1)
    found = sdk.calls.list(status="in-progress")
    assert [one.sid for one in found] == [caller.leg.sid]
    sdk.calls(caller.leg.sid).update(status="completed")
    assert sdk.calls(caller.leg.sid).fetch().status == "completed"
    with pytest.raises(TwilioRestException) as refused:
        sdk.calls(caller.leg.sid).update(url="http://customer.test/x")
    assert refused.value.code == 21220


def test_the_sdk_moves_a_call_by_text(call, customer, sdk, timeline):
    caller = call(SLOW)
    caller.leg.answer()
    sdk.calls(caller.leg.sid).update(twiml="<Response><Say>moved</Say></Response>")
    timeline.forward(1)
    assert caller.heard == ["moved"]


def test_the_sdk_manages_queues_and_numbers_and_applications(customer, sdk):
    queue = sdk.queues.create(friendly_name="line", max_size=5)
    assert sdk.queues(queue.sid).fetch().max_size == 5
    sdk.queues(queue.sid).delete()
    assert sdk.queues.list() == []
    made = sdk.applications.create(friendly_name="desk", voice_url="http://customer.test/a")
    assert (
        sdk.applications(made.sid)
        .update(voice_url="http://customer.test/b")
        .voice_url.endswith("b")
    )
    number = sdk.incoming_phone_numbers.list()[0]
    number.update(voice_url="http://customer.test/other")
    assert customer.exchange.account.numbers[HOTLINE].webhooks.voice_url.endswith("other")


def test_what_went_wrong_can_be_read(call, customer, sdk, timeline):
    caller = call("<Sing/>", fallback="<Hangup/>")
    timeline.forward(1)
    assert [one.error_code for one in sdk.calls(caller.leg.sid).notifications.list()] == ["12200"]
    events = sdk.calls(caller.leg.sid).events.list()
    assert events[0].request["url"].endswith("/start")
    assert events[0].response["response_code"] == 200


def test_failures_on_purpose(customer):
    customer.exchange.faults.rest = 1.0
    customer.exchange.faults.rest_kind = "429"
    status, body = customer.rest("GET", "/Calls")
    assert (status, body["code"]) == (429, 20429)
    customer.exchange.faults.rest_kind = "timeout"
    with pytest.raises(TimedOut):
        customer.rest("GET", "/Calls")


def test_reports_are_lost_doubled_and_late_on_purpose(call, customer, timeline):
    customer.exchange.faults.drop = 1.0
    call(SLOW).hangs_up()
    timeline.forward(5)
    assert customer.of("/status") == []
    customer.exchange.faults.drop, customer.exchange.faults.double = 0.0, 1.0
    call(SLOW).hangs_up()
    timeline.forward(5)
    assert len(customer.of("/status")) == 2
    customer.exchange.faults.double, customer.exchange.faults.late = 0.0, 1.0
    call(SLOW).hangs_up()
    timeline.forward(2)
    assert len(customer.of("/status")) == 2
    timeline.forward(2)
    assert len(customer.of("/status")) == 3
