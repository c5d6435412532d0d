"""Answering-machine detection.  Source: the carrier's guide to it, calls created over REST."""

import pytest

from emulator.caller import Caller, NoSuchStep, Step
from tests.emulator.conftest import HOTLINE

OTHER = "+8613900000005"
HOOK = "http://customer.test/amd"


@pytest.fixture
def order(customer):
    customer.pages |= {"/doc": "<Say>hello</Say><Pause length='60'/>", "/amd": ""}

    def create(**fields):
        usual = {"To": OTHER, "From": HOTLINE, "Url": "http://customer.test/doc"}
        return customer.rest("POST", "/Calls", **(usual | fields))

    return create


@pytest.mark.parametrize(
    ("nature", "mode", "verdict", "within"),
    [
        ("human", "Enable", "human", 3),
        ("machine", "Enable", "machine_start", 5),
        ("fax", "Enable", "fax", 4),
        ("crowd", "Enable", "unknown", 31),
        ("machine", "DetectMessageEnd", "machine_end_beep", 8),
    ],
)
def test_the_document_waits_for_the_verdict(
    customer, order, timeline, nature, mode, verdict, within
):
    citizen = Caller(customer.exchange, OTHER, nature=nature)
    _, body = order(MachineDetection=mode)
    timeline.forward(1)
    assert customer.of("/doc") == []
    timeline.forward(within)
    assert customer.last("/doc")["AnsweredBy"] == verdict
    assert citizen.hears("hello")
    shown = customer.rest("GET", f"/Calls/{body['sid']}")[1]
    assert shown["answered_by"] == verdict


def test_asked_asynchronously_the_document_comes_at_once_and_the_verdict_later(
    customer, order, timeline
):
    citizen = Caller(customer.exchange, OTHER, nature="machine")
    _, body = order(MachineDetection="Enable", AsyncAmd="true", AsyncAmdStatusCallback=HOOK)
    timeline.forward(1)
    assert citizen.hears("hello") and "AnsweredBy" not in customer.last("/doc")
    assert customer.of("/amd") == []
    timeline.forward(4)
    told = customer.last("/amd")
    assert told == {
        "CallSid": body["sid"],
        "AccountSid": customer.exchange.account.sid,
        "AnsweredBy": "machine_start",
        "MachineDetectionDuration": "4000",
    }


def test_the_end_is_reported_with_who_answered(customer, order, timeline):
    citizen = Caller(customer.exchange, OTHER, nature="machine")
    order(MachineDetection="Enable", StatusCallback="http://customer.test/status")
    timeline.forward(6)
    citizen.hangs_up()
    timeline.forward(1)
    assert customer.last("/status")["AnsweredBy"] == "machine_start"


def test_nothing_is_told_of_a_leg_that_is_over_before_the_verdict(customer, order, timeline):
    citizen = Caller(customer.exchange, OTHER)
    order(MachineDetection="Enable", AsyncAmd="true", AsyncAmdStatusCallback=HOOK)
    timeline.forward(1)
    citizen.hangs_up()
    timeline.forward(10)
    assert customer.of("/amd") == []


def test_where_keys_are_sent_nobody_listens_for_a_machine(customer, order, timeline):
    Caller(customer.exchange, OTHER, nature="machine")
    order(MachineDetection="Enable", SendDigits="1")
    timeline.forward(2)
    assert "AnsweredBy" not in customer.last("/doc")


@pytest.mark.parametrize(
    "fields",
    [
        {"MachineDetection": "Perhaps"},
        {"MachineDetection": "Enable", "MachineDetectionTimeout": "2"},
        {"MachineDetection": "Enable", "AsyncAmd": "maybe"},
        {"MachineDetection": "Enable", "AsyncAmdStatusCallback": "nowhere"},
    ],
)
def test_what_is_wrong_is_refused(customer, order, fields):
    assert order(**fields)[0] == 400
    assert not customer.exchange.legs


def test_who_is_talking_already_is_busy(customer, order, timeline):
    Caller(customer.exchange, OTHER, busy=True)
    _, body = order()
    timeline.forward(1)
    assert customer.rest("GET", f"/Calls/{body['sid']}")[1]["status"] == "busy"


def test_whoever_answers_may_follow_a_script(customer, timeline, order):
    customer.pages |= {
        "/doc": "<Say>first</Say><Gather action='/got' numDigits='1'><Say>press</Say></Gather>",
        "/got": "<Say>thank you</Say><Pause length='60'/>",
    }
    steps = [Step.of(one) for one in ("hear press", "press 1", "hear thank", "hang up")]
    citizen = Caller(customer.exchange, OTHER, script=steps)
    order()
    timeline.forward(8)
    assert customer.last("/got")["Digits"] == "1"
    assert citizen.leg.status == "completed"


def test_a_script_that_waits_for_words_ends_with_the_call(customer, timeline, order):
    citizen = Caller(customer.exchange, OTHER, script=[Step.of("hear never"), Step.of("press 1")])
    order()
    timeline.forward(2)
    citizen.hangs_up()
    timeline.forward(1)
    with pytest.raises(NoSuchStep):
        Step.of("hear")
