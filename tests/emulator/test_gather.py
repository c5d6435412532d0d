"""Gather: keys, speech, silence, barge-in."""

import pytest

from tests.emulator.conftest import sound

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


def test_an_action_may_be_absolute_and_asked_by_get(call, customer, timeline):
    caller = call(
        "<Gather action='http://customer.test/got?a=1' method='GET' numDigits='1'/>", got=SLOW
    )
    caller.presses("4")
    timeline.forward(0.5)
    asked = customer.of("/got")[0]
    assert asked.method == "GET" and "a=1&" in asked.address and "Digits=4" in asked.address


def test_any_number_of_keys_and_five_seconds_of_silence_by_default(call, customer, timeline):
    caller = call("<Gather action='/got'/><Say>nothing</Say>", got=SLOW)
    caller.presses("1" * 30)
    timeline.forward(4.8)
    assert got(customer) is None
    timeline.forward(0.5)
    assert got(customer)["Digits"] == "1" * 30


def test_silence_by_default_is_five_seconds_after_the_prompt(call, customer, timeline):
    caller = call("<Gather><Pause length='3'/></Gather><Say>nothing</Say>" + SLOW)
    timeline.forward(7.4)
    assert caller.heard == []
    timeline.forward(0.3)
    assert caller.heard == ["nothing"]


def test_a_played_prompt_is_heard_to_its_end_before_the_clock_starts(call, customer, timeline):
    document = "<Gather timeout='2'><Play>/a.wav</Play></Gather><Say>nothing</Say>" + SLOW
    caller = call(document, **{"a.wav": sound(6)})
    timeline.forward(7.3)
    assert caller.heard == []
    timeline.forward(0.5)
    assert caller.heard == ["nothing"]


def test_a_played_prompt_is_cut_short_by_a_key(call, customer, timeline):
    document = "<Gather numDigits='1' action='/got'><Play loop='0'>/a.wav</Play></Gather>"
    caller = call(document, got=SLOW, **{"a.wav": sound(60)})
    timeline.forward(10)
    caller.presses("1")
    timeline.forward(0.5)
    assert got(customer)["Digits"] == "1"


def test_a_prompt_that_cannot_be_played_does_not_prevent_the_answer(call, customer, timeline):
    caller = call(
        "<Gather numDigits='1' action='/got'><Play>/none.wav</Play><Say>press</Say></Gather>",
        got=SLOW,
    )
    assert caller.heard == ["press"] and customer.codes() == [11200]
    caller.presses("2")
    timeline.forward(0.5)
    assert got(customer)["Digits"] == "2"


def test_speech_cuts_the_prompt_short(call, customer, timeline):
    caller = call(
        "<Gather input='speech' speechTimeout='auto' action='/got'>"
        "<Say>a</Say><Pause length='9'/><Say>b</Say></Gather>",
        got=SLOW,
    )
    caller.says("你好")
    timeline.forward(3)
    assert caller.heard == ["a"] and got(customer)["SpeechResult"] == "你好"


def test_speech_goes_on_after_a_short_pause(call, customer, timeline):
    caller = call(GATHER.format("input='speech' speechTimeout='2'"), got=SLOW)
    caller.says("我要")
    timeline.forward(1.5)
    caller.says("提取公积金")
    timeline.forward(2.5)
    assert got(customer) is None
    timeline.forward(1)
    assert got(customer)["SpeechResult"] == "我要提取公积金"


def test_when_speech_wins_keys_no_longer_count(call, customer, timeline):
    caller = call(GATHER.format("input='dtmf speech'"), got=SLOW)
    caller.says("你好")
    caller.presses("1#")
    timeline.forward(7)
    assert got(customer)["SpeechResult"] == "你好" and "Digits" not in got(customer)


def test_nobody_speaks_longer_than_a_minute_into_it(call, customer, timeline):
    caller = call(GATHER.format("input='speech' speechTimeout='3'"), got=SLOW)
    for _ in range(40):
        caller.says("还有一件事要说")
        timeline.forward(2)
        if got(customer):
            break
    assert got(customer)["SpeechResult"].startswith("还有一件事要说" * 20)


def test_partial_results_come_in_order_and_end_stable(call, customer, timeline):
    caller = call(
        GATHER.format(
            "input='speech' speechTimeout='auto' partialResultCallback='/part'"
            " partialResultCallbackMethod='GET'"
        ),
        got=SLOW,
    )
    caller.says("公积金怎么提取")
    timeline.forward(4)
    asked = customer.of("/part")
    assert [one.method for one in asked] == ["GET", "GET"]
    first, last = (one.params for one in asked)
    assert first["SequenceNumber"] == "0" and first["UnstableSpeechResult"] == "公积金怎么提取"
    assert last["SequenceNumber"] == "1" and last["StableSpeechResult"] == "公积金怎么提取"
    assert 0 < float(first["Stability"]) < float(last["Stability"]) <= 1


def test_a_failing_partial_callback_does_not_disturb(call, customer, timeline):
    caller = call(
        GATHER.format("input='speech' speechTimeout='auto' partialResultCallback='/nowhere'"),
        got=SLOW,
    )
    caller.says("你好")
    timeline.forward(3)
    assert got(customer)["SpeechResult"] == "你好" and customer.codes() == []


def test_a_call_that_is_moved_while_it_gathers_asks_no_action(call, customer, timeline):
    caller = call(GATHER.format(""), got=SLOW, moved="<Say>here</Say>" + SLOW)
    customer.rest("POST", f"/Calls/{caller.leg.sid}", Url="http://customer.test/moved")
    timeline.forward(0.5)
    caller.presses("1#")
    timeline.forward(10)
    assert caller.heard[-1] == "here" and got(customer) is None


@pytest.mark.parametrize("kind", ["voice", "", "dtmf sms"])
def test_an_input_that_does_not_exist_is_refused(call, customer, timeline, kind):
    call(f"<Gather input='{kind}'/>", fallback=SLOW)
    timeline.forward(0.5)
    assert customer.codes() == [12200]
