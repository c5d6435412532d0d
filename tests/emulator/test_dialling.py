"""Dial: who answers, who hears whom, what the action is told."""

import pytest

from emulator.caller import Caller

SLOW = "<Pause length='600'/>"
OTHER = "+8613900000002"


@pytest.fixture
def other(customer):
    return Caller(customer.exchange, OTHER, answers=False)


def told(customer):
    return customer.last("/done")


def test_two_parties_hear_each_other_until_one_hangs_up(call, customer, timeline, other):
    caller = call(f"<Dial action='/done'>{OTHER}</Dial>", done=SLOW)
    other.rung[0].answer()
    other.leg = other.rung[0]
    timeline.forward(1)
    caller.says("hello")
    assert other.hears("hello")
    timeline.forward(10)
    other.hangs_up()
    timeline.forward(1)
    assert told(customer)["DialCallStatus"] == "completed"
    assert told(customer)["DialBridged"] == "true"
    assert int(told(customer)["DialCallDuration"]) >= 10
    assert told(customer)["DialCallSid"] == other.leg.sid


def test_nobody_answers_within_the_timeout_and_a_little(call, customer, timeline, other):
    call(f"<Dial action='/done' timeout='10'>{OTHER}</Dial>", done=SLOW)
    timeline.forward(14)
    assert not customer.of("/done")
    timeline.forward(2)
    assert told(customer)["DialCallStatus"] == "no-answer"
    assert told(customer)["DialBridged"] == "false"


def test_busy(call, customer, timeline, other):
    call(f"<Dial action='/done'>{OTHER}</Dial>", done=SLOW)
    other.rung[0].end("busy")
    timeline.forward(1)
    assert told(customer)["DialCallStatus"] == "busy"


def test_the_first_of_several_wins_and_the_others_are_cancelled(call, customer, timeline, other):
    third = Caller(customer.exchange, "+8613900000003", answers=False)
    call(f"<Dial><Number>{OTHER}</Number><Number>{third.number}</Number></Dial>")
    third.rung[0].answer()
    timeline.forward(1)
    assert other.rung[0].status == "canceled"
    assert third.rung[0].status == "in-progress"


def test_the_caller_hangs_up_while_it_rings(call, customer, timeline, other):
    caller = call(f"<Dial action='/done'>{OTHER}</Dial>")
    caller.hangs_up()
    timeline.forward(1)
    assert other.rung[0].status == "canceled"


def test_a_browser_phone_that_is_not_registered_fails_fast(call, customer, timeline):
    call("<Dial action='/done'><Client>nobody</Client></Dial>", done=SLOW)
    timeline.forward(2)
    assert told(customer)["DialCallStatus"] == "no-answer"


def test_a_browser_phone_gets_parameters(call, customer, timeline):
    phone = Caller(customer.exchange, "client:agent_7", answers=False)
    call(
        "<Dial><Client><Identity>agent_7</Identity>"
        "<Parameter name='offer' value='5'/></Client></Dial>"
    )
    assert phone.rung[0].custom == {"offer": "5"}


def test_the_callers_line_rings_on_until_the_other_answers(call, customer, timeline, other):
    caller = call(f"<Dial answerOnBridge='true'>{OTHER}</Dial>")
    assert caller.leg.status == "ringing"
    other.rung[0].answer()
    timeline.forward(1)
    assert caller.leg.status == "in-progress"


def test_a_star_hangs_up_the_other_side(call, customer, timeline, other):
    caller = call(f"<Dial action='/done' hangupOnStar='true'>{OTHER}</Dial>", done=SLOW)
    other.rung[0].answer()
    timeline.forward(1)
    caller.presses("*")
    timeline.forward(1)
    assert other.rung[0].status == "completed"
    assert caller.leg.status == "in-progress"


def test_the_time_is_limited(call, customer, timeline, other):
    call(f"<Dial action='/done' timeLimit='20'>{OTHER}</Dial>", done=SLOW)
    other.rung[0].answer()
    timeline.forward(25)
    assert told(customer)["DialCallStatus"] == "completed"


def test_the_child_reports_its_progress_in_order(call, customer, timeline, other):
    call(
        "<Dial><Number statusCallback='/child'"
        f" statusCallbackEvent='initiated ringing answered completed'>{OTHER}</Number></Dial>"
    )
    other.rung[0].answer()
    timeline.forward(1)
    other.rung[0].end()
    timeline.forward(1)
    said = [
        (one.params["CallStatus"], one.params["SequenceNumber"]) for one in customer.of("/child")
    ]
    assert [status for status, _ in said] == ["initiated", "ringing", "in-progress", "completed"]
    assert [number for _, number in said] == ["0", "1", "2", "3"]
    assert customer.last("/child")["ParentCallSid"]


def test_a_whisper_is_heard_before_the_bridge_and_can_refuse(call, customer, timeline, other):
    call(
        f"<Dial action='/done'><Number url='/whisper'>{OTHER}</Number></Dial>",
        whisper="<Say>a citizen</Say><Hangup/>",
        done=SLOW,
    )
    other.rung[0].answer()
    timeline.forward(3)
    assert other.heard == ["a citizen"]
    assert told(customer)["DialBridged"] == "false"


def test_a_moved_parent_lets_the_action_hear_but_not_answer(call, customer, timeline, other):
    caller = call(
        f"<Dial action='/done'>{OTHER}</Dial>", done="<Say>never</Say>", moved="<Say>here</Say>"
    )
    other.rung[0].answer()
    timeline.forward(1)
    customer.rest("POST", f"/Calls/{caller.leg.sid}", Url="http://customer.test/moved")
    timeline.forward(0.5)
    assert customer.of("/done")
    assert caller.heard == ["here"]
