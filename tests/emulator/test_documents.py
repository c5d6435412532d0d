"""Documents: what is performed, in which order, and what happens when one is bad."""

import pytest
from twilio.request_validator import RequestValidator

from emulator.courier import Answer
from emulator.program import APOLOGY
from tests.emulator.conftest import TOKEN


def codes(customer):
    return [one.code for one in customer.exchange.notifications]


def test_verbs_are_performed_from_top_to_bottom_and_the_end_hangs_up(call, timeline):
    caller = call("<Say>one</Say><Pause length='2'/><Say>two</Say>")
    assert caller.heard == ["one"]
    timeline.forward(5)
    assert caller.heard == ["one", "two"]
    assert caller.leg.status == "completed"


def test_the_first_request_is_ringing_and_later_ones_in_progress(call, customer, timeline):
    call("<Say>a</Say><Redirect>/next</Redirect>", next="<Hangup/>")
    timeline.forward(2)
    assert customer.last("/start")["CallStatus"] == "ringing"
    assert customer.last("/next")["CallStatus"] == "in-progress"


def test_every_request_carries_the_standard_fields_and_a_signature(call, customer):
    call("<Pause/>")
    asked = customer.of("/start")[0]
    wanted = {"CallSid", "AccountSid", "From", "To", "CallStatus", "ApiVersion", "Direction"}
    assert wanted | {"Caller", "Called", "FromCity", "ToCountry"} <= set(asked.params)
    signature = asked.headers["X-Twilio-Signature"]
    assert RequestValidator(TOKEN).validate(asked.url, asked.params, signature)
    assert asked.headers["I-Twilio-Idempotency-Token"]


@pytest.mark.parametrize(
    ("where", "asked"),
    [("/next", "/next"), ("next", "/next"), ("http://customer.test/next?a=1", "/next")],
)
def test_addresses_are_relative_to_the_document(call, customer, timeline, where, asked):
    call(f"<Redirect>{where}</Redirect>", next="<Pause length='9'/>")
    timeline.forward(1)
    assert len(customer.of(asked)) == 1


def test_a_redirect_by_get_puts_the_fields_in_the_query_and_signs_them(call, customer, timeline):
    call("<Redirect method='GET'>/next?a=1</Redirect>", next="<Pause/>")
    timeline.forward(0.5)
    asked = customer.of("/next")[0]
    assert asked.method == "GET" and "a=1&CallSid=" in asked.address
    signature = asked.headers["X-Twilio-Signature"]
    assert RequestValidator(TOKEN).validate(asked.address, {}, signature)


def test_a_redirect_that_loops_lets_the_time_pass(call, customer, timeline):
    call("<Redirect/>")
    timeline.forward(1)
    assert customer.exchange.legs


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("<Response><Say>", 12100),
        ("<Answer/>", 12100),
        ("", 12100),
        ("<Response><Sing/></Response>", 12200),
        ("<Response><Gather><Dial/></Gather></Response>", 12200),
        ("<Response><Say>" + "x" * 66_000 + "</Say></Response>", 11750),
    ],
)
def test_a_bad_document_is_noted_and_the_fallback_asked(customer, caller, timeline, document, code):
    customer.pages |= {"/start": Answer(200, document), "/fallback": "<Say>sorry</Say>"}
    caller.dials("+8679112345")
    timeline.forward(1)
    assert codes(customer) == [code]
    assert caller.heard == ["sorry"]
    assert customer.last("/fallback")["ErrorCode"] == str(code)
    assert customer.last("/fallback")["ErrorUrl"] == "http://customer.test/start"


@pytest.mark.parametrize(
    ("answer", "code"),
    [(Answer(500), 11200), (Answer(404), 11200), (Answer(error="connect"), 11205)],
)
def test_a_failed_request_falls_back(customer, caller, timeline, answer, code):
    customer.pages |= {"/start": answer, "/fallback": "<Pause length='60'/>"}
    caller.dials("+8679112345")
    timeline.forward(2)
    assert codes(customer) == [code]
    assert len(customer.of("/fallback")) == 1


def test_without_a_working_fallback_the_caller_hears_an_apology(customer, caller, timeline):
    customer.pages |= {"/start": Answer(500), "/fallback": Answer(500)}
    caller.dials("+8679112345")
    timeline.forward(10)
    assert caller.heard == [APOLOGY]
    assert caller.leg.status == "completed"


def test_an_answer_that_never_comes_is_given_up_after_15_seconds(customer, caller, timeline):
    customer.pages |= {"/start": None, "/fallback": "<Say>late</Say>"}
    caller.dials("+8679112345")
    timeline.forward(14)
    assert not customer.of("/fallback")
    timeline.forward(2)
    assert caller.heard == ["late"]


def test_an_address_says_how_often_and_how_long(customer, caller, timeline, call):
    call("<Redirect>/next#rc=2&amp;rp=all&amp;rt=1000</Redirect>", next=None)
    timeline.forward(5)
    asked = customer.of("/next")
    assert len(asked) == 3
    assert len({one.headers["I-Twilio-Idempotency-Token"] for one in asked}) == 1
    assert "#" not in asked[0].url


def test_by_default_only_a_failed_connection_is_tried_again(customer, caller, timeline):
    customer.pages |= {"/start": Answer(500), "/fallback": "<Pause/>"}
    caller.dials("+8679112345")
    timeline.forward(1)
    assert len(customer.of("/start")) == 1
    customer.pages["/start"] = Answer(error="connect")
    caller.dials("+8679112345")
    timeline.forward(1)
    assert len(customer.of("/start")) == 3


@pytest.mark.parametrize(("reason", "status"), [("busy", "busy"), ("rejected", "no-answer")])
def test_a_first_reject_never_answers(call, timeline, reason, status):
    caller = call(f"<Reject reason='{reason}'/>")
    assert caller.leg.status == status
    assert caller.leg.answered is None


def test_a_later_reject_only_ends_the_call(call, timeline):
    caller = call("<Say>a</Say><Reject/>")
    timeline.forward(2)
    assert caller.leg.status == "completed"


def test_comments_are_skipped(call):
    assert call("<!-- quiet --><Say>a</Say>").heard == ["a"]


def test_sound_is_played_and_plain_text_is_spoken(customer, caller, timeline):
    customer.pages["/start"] = Answer(200, "hello", "text/plain")
    caller.dials("+8679112345")
    timeline.forward(0.5)
    assert caller.heard == ["hello"]
    customer.pages["/start"] = Answer(200, "", "audio/x-wav")
    caller.dials("+8679112345")
    timeline.forward(1)
    assert caller.leg.status == "in-progress"
    timeline.forward(3)
    assert caller.leg.status == "completed"


def test_a_voice_that_does_not_speak_the_language_says_nothing(call, customer, timeline):
    caller = call("<Say voice='Polly.Zhiyu' language='en-US'>a</Say><Say>b</Say>")
    timeline.forward(1)
    assert caller.heard == ["b"]
    assert codes(customer) == [13512]


def test_say_again_and_again(call, timeline):
    caller = call("<Say loop='3'>a</Say>")
    timeline.forward(5)
    assert caller.heard == ["a"] * 3


def test_the_status_callback_tells_the_end_once_with_its_length(call, customer, timeline):
    caller = call("<Pause length='60'/>")
    caller.leg.answer()
    timeline.forward(30)
    caller.hangs_up()
    timeline.forward(1)
    told = customer.last("/status")
    assert len(customer.of("/status")) == 1
    assert told["CallStatus"] == "completed"
    assert told["CallDuration"] == "30" and told["Duration"] == "1"
    assert told["CallbackSource"] == "call-progress-events"
