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


@pytest.mark.parametrize("number", ["110", "0791-86112345", "+86 138 0013 8000"])
def test_any_number_may_be_dialled_as_plain_text(call, customer, timeline, number):
    call(f"<Dial>{number}</Dial>")
    child = list(customer.exchange.legs.values())[1]
    assert child.called == number and child.direction == "outbound-dial"


def test_the_action_may_be_asked_by_get(call, customer, timeline, other):
    call(f"<Dial action='/done' method='GET'>{OTHER}</Dial>", done=SLOW)
    other.rung[0].end("busy")
    timeline.forward(0.5)
    asked = customer.of("/done")[0]
    assert asked.method == "GET" and "DialCallStatus=busy" in asked.address


def test_without_an_action_the_next_verb_follows(call, customer, timeline, other):
    caller = call(f"<Dial>{OTHER}</Dial><Say>after</Say>" + SLOW)
    other.rung[0].end("busy")
    timeline.forward(0.5)
    assert caller.heard == ["after"]


def test_with_an_action_the_next_verb_is_never_reached(call, customer, timeline, other):
    caller = call(f"<Dial action='/done'>{OTHER}</Dial><Say>never</Say>", done="<Say>done</Say>")
    other.rung[0].end("busy")
    timeline.forward(0.5)
    assert caller.heard == ["done"]


@pytest.mark.parametrize(
    ("attribute", "shown"), [("", "+8613800000001"), ("callerId='+8679112345'", "+8679112345")]
)
def test_the_other_side_sees_the_caller_or_who_he_is_said_to_be(call, other, attribute, shown):
    call(f"<Dial {attribute}>{OTHER}</Dial>")
    assert other.rung[0].caller == shown


def test_by_default_it_rings_for_half_a_minute_and_a_little(call, customer, timeline, other):
    call(f"<Dial action='/done'>{OTHER}</Dial>", done=SLOW)
    timeline.forward(34)
    assert not customer.of("/done")
    timeline.forward(2)
    assert told(customer)["DialCallStatus"] == "no-answer"


def test_the_answered_one_of_several_is_told(call, customer, timeline, other):
    third = Caller(customer.exchange, "+8613900000003", answers=False)
    call(
        f"<Dial action='/done'><Number>{OTHER}</Number><Number>{third.number}</Number></Dial>",
        done=SLOW,
    )
    third.rung[0].answer()
    timeline.forward(5)
    third.rung[0].end()
    timeline.forward(0.5)
    assert told(customer)["DialCallSid"] == third.rung[0].sid
    assert told(customer)["DialCallDuration"] == "5"


def test_browsers_ring_at_once_and_the_losers_are_cancelled(call, customer, timeline):
    phones = [Caller(customer.exchange, f"client:a{n}", answers=False) for n in range(3)]
    call("<Dial>" + "".join(f"<Client>a{n}</Client>" for n in range(3)) + "</Dial>")
    phones[1].rung[0].answer()
    timeline.forward(0.5)
    assert [one.rung[0].status for one in phones] == ["canceled", "in-progress", "canceled"]


def test_one_after_the_other_when_asked_so(call, customer, timeline, other):
    third = Caller(customer.exchange, "+8613900000003")
    call(
        f"<Dial sequential='true' timeout='5'><Number>{OTHER}</Number>"
        f"<Number>{third.number}</Number></Dial>"
    )
    timeline.forward(5)
    assert not third.rung
    timeline.forward(6)
    assert other.rung[0].status == "no-answer" and third.connected


def test_no_more_than_ten_ring_at_once(call, customer, timeline):
    call("<Dial>" + "<Number>+86139</Number>" * 11 + "</Dial>", fallback=SLOW)
    timeline.forward(0.5)
    assert customer.codes() == [13214]


def test_the_caller_who_hangs_up_in_mid_talk_ends_the_other(call, customer, timeline, other):
    caller = call(f"<Dial action='/done'>{OTHER}</Dial>")
    other.rung[0].answer()
    timeline.forward(5)
    caller.hangs_up()
    timeline.forward(0.5)
    assert other.rung[0].status == "completed"
    assert told(customer)["CallStatus"] == "completed"


def test_an_unanswered_call_reports_what_became_of_it(call, customer, timeline, other):
    call(f"<Dial><Number statusCallback='/child'>{OTHER}</Number></Dial>" + SLOW)
    other.rung[0].end("busy")
    timeline.forward(0.5)
    said = customer.last("/child")
    assert said["CallStatus"] == "busy" and said["SipResponseCode"] == "486"
    assert said["CallDuration"] == said["Duration"] == "0"
    assert said["SequenceNumber"] == "2"


@pytest.mark.parametrize(
    ("events", "statuses"),
    [
        ("", ["completed"]),
        ("ringing", ["ringing"]),
        ("answered completed", ["in-progress", "completed"]),
        ("initiated", ["initiated"]),
    ],
)
def test_only_the_events_that_were_asked_for_are_told(
    call, customer, timeline, other, events, statuses
):
    asked = f"statusCallbackEvent='{events}'" if events else ""
    call(f"<Dial><Number statusCallback='/child' {asked}>{OTHER}</Number></Dial>")
    other.rung[0].answer()
    timeline.forward(1)
    other.rung[0].end()
    timeline.forward(0.5)
    assert [one.params["CallStatus"] for one in customer.of("/child")] == statuses


def test_the_browsers_whisper_may_gather_a_yes(call, customer, timeline):
    phone = Caller(customer.exchange, "client:agent_7")
    caller = call(
        "<Dial action='/done'><Client url='/whisper'>agent_7</Client></Dial>",
        whisper="<Gather numDigits='1' action='/yes'><Say>press 1</Say></Gather><Hangup/>",
        yes="<Say>thanks</Say>",
        done=SLOW,
    )
    timeline.forward(2)
    caller.says("hello?")
    assert not phone.hears("hello?")
    phone.presses("1")
    timeline.forward(2)
    caller.says("hello")
    assert phone.hears("hello")


def test_a_browser_that_declines_in_the_whisper_is_not_bridged(call, customer, timeline):
    Caller(customer.exchange, "client:agent_7")
    call(
        "<Dial action='/done'><Client url='/whisper'>agent_7</Client></Dial>",
        whisper="<Gather numDigits='1' timeout='3'/><Hangup/>",
        done=SLOW,
    )
    timeline.forward(5)
    assert told(customer)["DialBridged"] == "false"


def test_nobody_dials_on_in_a_whisper(call, customer, timeline, other):
    call(
        f"<Dial action='/done'><Number url='/whisper'>{OTHER}</Number></Dial>",
        whisper="<Dial>110</Dial>",
        done=SLOW,
    )
    other.rung[0].answer()
    timeline.forward(1)
    assert customer.codes() == [13201]


def test_a_caller_who_leaves_ends_the_whisper(call, customer, timeline, other):
    caller = call(
        f"<Dial><Number url='/whisper'>{OTHER}</Number></Dial>",
        whisper="<Say>one</Say><Pause length='3'/><Say>two</Say>",
    )
    other.rung[0].answer()
    timeline.forward(1)
    caller.hangs_up()
    timeline.forward(5)
    assert other.heard == ["one"] and other.rung[0].status == "completed"


def test_keys_are_sent_to_the_other_side_before_the_talk(call, customer, timeline, other):
    caller = call(f"<Dial><Number sendDigits='wW12'>{OTHER}</Number></Dial>")
    other.rung[0].answer()
    timeline.forward(1)
    caller.says("too early")
    timeline.forward(1)
    assert other.heard == ["1", "2"]


def test_a_moved_child_lets_the_parents_dial_end(call, customer, timeline, other):
    """Blind transfer of the called side: he goes elsewhere, the caller goes on."""
    caller = call(f"<Dial action='/done'>{OTHER}</Dial>", done="<Say>on my own</Say>" + SLOW)
    other.rung[0].answer()
    timeline.forward(1)
    customer.pages["/moved"] = "<Say>elsewhere</Say>" + SLOW
    customer.rest("POST", f"/Calls/{other.rung[0].sid}", Url="http://customer.test/moved")
    timeline.forward(1)
    assert other.heard == ["elsewhere"] and other.rung[0].status == "in-progress"
    assert caller.heard == ["on my own"] and caller.connected


def test_a_star_after_the_talk_is_only_a_key(call, customer, timeline, other):
    caller = call(
        f"<Dial action='/done' hangupOnStar='true'>{OTHER}</Dial>",
        done="<Gather numDigits='2' action='/got'/>",
        got=SLOW,
    )
    other.rung[0].answer()
    timeline.forward(1)
    caller.presses("*")
    timeline.forward(0.5)
    caller.presses("*1")
    timeline.forward(0.5)
    assert customer.last("/got")["Digits"] == "*1"


def test_keys_of_one_are_heard_by_the_other_until_they_part(call, customer, timeline, other):
    caller = call(f"<Dial action='/done'>{OTHER}</Dial>", done=SLOW)
    other.rung[0].answer()
    other.leg = other.rung[0]
    timeline.forward(1)
    caller.presses("12")
    other.presses("#")
    assert other.heard == ["1", "2"] and caller.heard == ["#"]
    other.hangs_up()
    timeline.forward(1)
    caller.presses("3")
    assert other.heard == ["1", "2"]
