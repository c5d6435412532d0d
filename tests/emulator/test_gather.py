"""Gather: keys, speech, silence, barge-in."""

import pytest

GATHER = "<Gather action='/got' {0}><Say>press or say</Say></Gather><Say>nothing</Say>"
SLOW = "<Pause length='60'/>"


def got(customer):
    asked = customer.of("/got")
    return asked[-1].params if asked else None


def test_keys_end_by_the_finish_key_which_is_not_told(call, customer, timeline):
    caller = call(GATHER.format(""), got=SLOW)
    caller.presses("12#")
    timeline.forward(1)
    assert got(customer)["Digits"] == "12"


def test_keys_end_by_their_number(call, customer, timeline):
    caller = call(GATHER.format("numDigits='2'"), got=SLOW)
    caller.presses("12")
    timeline.forward(1)
    assert got(customer)["Digits"] == "12"


def test_keys_end_by_the_timeout_which_each_key_restarts(call, customer, timeline):
    caller = call(GATHER.format("timeout='3'"), got=SLOW)
    caller.presses("1")
    timeline.forward(2)
    caller.presses("2")
    timeline.forward(2)
    assert got(customer) is None
    timeline.forward(2)
    assert got(customer)["Digits"] == "12"


def test_an_empty_finish_key_lets_the_hash_count(call, customer, timeline):
    caller = call(GATHER.format("finishOnKey='' numDigits='2'"), got=SLOW)
    caller.presses("1#")
    timeline.forward(1)
    assert got(customer)["Digits"] == "1#"


def test_another_finish_key(call, customer, timeline):
    caller = call(GATHER.format("finishOnKey='*'"), got=SLOW)
    caller.presses("1#2*")
    timeline.forward(1)
    assert got(customer)["Digits"] == "1#2"


def test_only_the_finish_key_is_no_input(call, customer, timeline):
    caller = call(GATHER.format(""), got=SLOW)
    caller.presses("#")
    timeline.forward(1)
    assert caller.heard[-1] == "nothing"


def test_silence_goes_on_to_the_next_verb_after_prompt_and_timeout(call, customer, timeline):
    caller = call(GATHER.format("timeout='4'"), got=SLOW)
    timeline.forward(4)
    assert caller.heard == ["press or say"]
    timeline.forward(2)
    assert caller.heard[-1] == "nothing"
    assert got(customer) is None


def test_silence_can_be_told(call, customer, timeline):
    call(GATHER.format("timeout='1' actionOnEmptyResult='true'"), got=SLOW)
    timeline.forward(4)
    assert got(customer)["Digits"] == ""


def test_without_an_action_the_current_document_is_asked(call, customer, timeline):
    caller = call("<Gather numDigits='1'/>")
    caller.presses("7")
    timeline.forward(0.5)
    assert customer.last("/start")["Digits"] == "7"


def test_a_key_cuts_the_prompt_short(call, customer, timeline):
    caller = call(
        "<Gather action='/got' numDigits='1'><Say>a</Say><Pause length='3'/><Say>b</Say></Gather>",
        got=SLOW,
    )
    caller.presses("1")
    timeline.forward(1)
    assert caller.heard == ["a"]


def test_speech_is_told_with_its_confidence(call, customer, timeline):
    caller = call(GATHER.format("input='dtmf speech' speechTimeout='auto'"), got=SLOW)
    caller.says("公积金怎么提取")
    timeline.forward(4)
    told = got(customer)
    assert told["SpeechResult"] == "公积金怎么提取"
    assert 0 < float(told["Confidence"]) <= 1
    assert "Digits" not in told


def test_whatever_comes_first_wins(call, customer, timeline):
    caller = call(GATHER.format("input='dtmf speech' numDigits='3'"), got=SLOW)
    caller.presses("1")
    caller.says("hello")
    caller.presses("23")
    timeline.forward(3)
    assert got(customer)["Digits"] == "123"
    assert "SpeechResult" not in got(customer)


def test_keys_only_does_not_hear_speech(call, customer, timeline):
    caller = call(GATHER.format("input='dtmf' timeout='2'"), got=SLOW)
    caller.says("hello")
    timeline.forward(5)
    assert got(customer) is None


def test_partial_results_are_reported_and_change_nothing(call, customer, timeline):
    caller = call(GATHER.format("input='speech' partialResultCallback='/part'"), got=SLOW)
    caller.says("hello there")
    timeline.forward(8)
    assert customer.of("/part")[0].params["UnstableSpeechResult"] == "hello there"
    assert customer.of("/part")[0].params["SequenceNumber"] == "0"
    assert got(customer)["SpeechResult"] == "hello there"


def test_hanging_up_asks_no_action(call, customer, timeline):
    caller = call(GATHER.format(""), got=SLOW)
    caller.hangs_up()
    timeline.forward(10)
    assert got(customer) is None


@pytest.mark.parametrize("inside", ["<Dial>1</Dial>", "<Gather/>", "<Hangup/>"])
def test_only_speech_may_stand_inside(call, customer, timeline, inside):
    call(f"<Gather>{inside}</Gather>", fallback="<Hangup/>")
    timeline.forward(1)
    assert customer.exchange.notifications[0].code == 12200
