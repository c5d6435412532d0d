"""How the customer is asked: addresses, signatures, retries, time allowed, cookies, fallback."""

import pytest
from twilio.request_validator import RequestValidator

from emulator.courier import Answer, Courier, Overrides, Request
from tests.emulator.conftest import HOTLINE, TOKEN

SLOW = "<Pause length='600'/>"
REFUSED = Answer(error="connect")


@pytest.mark.parametrize(
    ("fragment", "wanted"),
    [
        ("", Overrides()),
        ("#ct=2000", Overrides(connect=2)),
        ("#ct=50", Overrides(connect=0.1)),
        ("#ct=60000", Overrides(connect=10)),
        ("#rt=4000&tt=12000", Overrides(read=4, total=12)),
        ("#rt=99999&tt=99999", Overrides(read=15, total=15)),
        ("#rc=0", Overrides(retries=0)),
        ("#rc=9", Overrides(retries=5)),
        ("#rp=4xx,5xx", Overrides(policy=frozenset({"4xx", "5xx"}))),
        ("#rc=2&rp=all&sni=n&e=ashburn", Overrides(retries=2, policy=frozenset({"all"}))),
        ("#nonsense", Overrides()),
        ("#ct=soon&rc=x", Overrides()),
    ],
)
def test_an_address_overrides_how_it_is_asked(fragment, wanted):
    assert Overrides.of(f"http://customer.test/a?q=1{fragment}") == wanted


@pytest.mark.parametrize(
    ("policy", "repeated"),
    [
        ("ct", {"connect", "dns", "tls"}),
        ("rt", {"timeout"}),
        ("4xx", {"404"}),
        ("5xx", {"503"}),
        ("4xx,rt", {"404", "timeout"}),
        ("all", {"connect", "dns", "tls", "timeout", "404", "503"}),
    ],
)
def test_a_policy_says_which_failures_are_repeated(policy, repeated):
    rules = Overrides.of(f"http://customer.test/#rp={policy}")
    errors = {name: Answer(error=name) for name in ("connect", "dns", "tls", "timeout")}
    answers = errors | {"404": Answer(404), "503": Answer(503), "200": Answer(200)}
    assert {name for name, one in answers.items() if rules.repeats(one)} == repeated


def test_fifteen_seconds_are_all_that_retries_share(call, customer, timeline):
    """However many retries: the budget of a request is its own and its repetitions' together."""
    call("<Redirect>/next#rc=5&amp;rp=all&amp;rt=6000</Redirect>", next=None, fallback=SLOW)
    timeline.forward(16)
    assert len(customer.of("/next")) == 3
    assert customer.codes() == [11205]
    assert len(customer.of("/fallback")) == 1


def test_a_repeated_request_says_that_it_is_the_same(call, customer, timeline):
    call("<Redirect>/next#rc=3&amp;rp=all</Redirect><Say/>", next=[Answer(503), Answer(503)])
    timeline.forward(1)
    tokens = [one.headers["I-Twilio-Idempotency-Token"] for one in customer.of("/next")]
    assert len(tokens) == 4 and len(set(tokens)) == 1


def test_two_requests_are_never_taken_for_the_same(call, customer, timeline):
    call("<Redirect>/next</Redirect>", next="<Say>a</Say><Redirect>/next</Redirect>")
    timeline.forward(1)
    tokens = [one.headers["I-Twilio-Idempotency-Token"] for one in customer.of("/next")]
    assert len(tokens) > 2 and len(set(tokens)) == len(tokens)


def test_a_retry_that_succeeds_is_as_good_as_the_first(call, customer, timeline):
    good = Answer(200, "<Response><Say>fine</Say></Response>")
    caller = call("<Redirect>/next</Redirect>", next=[REFUSED, good])
    timeline.forward(0.5)
    assert caller.heard == ["fine"] and customer.codes() == []


def test_a_status_callback_is_repeated_like_any_other(call, customer, timeline):
    customer.pages["/status"] = [REFUSED, Answer(204)]
    call(SLOW).hangs_up()
    timeline.forward(1)
    assert len(customer.of("/status")) == 2


def test_a_failing_status_callback_never_touches_the_call(call, customer, timeline):
    customer.pages["/child"] = Answer(500)
    told = "statusCallback='/child' statusCallbackEvent='ringing'"
    caller = call(f"<Dial><Number {told}>+8613900000002</Number></Dial>")
    timeline.forward(3)
    assert customer.of("/child") and customer.codes() == [] and caller.leg.live


@pytest.mark.parametrize(
    "url",
    [
        "http://customer.test/a",
        "http://customer.test:80/a",
        "http://Customer.TEST:8080/A?b=%E4%BD%A0&c=",
        "https://user:pass@customer.test:443/a/?q",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_address_is_signed_as_it_is_written(timeline, url, method):
    """Case, port, escapes: the signature covers the bytes that were configured, and no fragment."""
    courier = Courier(timeline, TOKEN, lambda _asked, _answered: None)
    asked = courier.signed(url + "#rc=2", method, {"CallSid": "CA1", "中": "文", "empty": ""})
    signed = asked.params if method == "POST" else {}
    assert asked.url == url
    assert RequestValidator(TOKEN).validate(
        asked.address, signed, asked.headers["X-Twilio-Signature"]
    )
    assert not RequestValidator("other").validate(
        asked.address, signed, asked.headers["X-Twilio-Signature"]
    )


def test_headers_are_those_that_the_carrier_sends(call, customer):
    call(SLOW)
    headers = customer.of("/start")[0].headers
    assert headers["User-Agent"] == "TwilioProxy/1.1" and headers["Accept"] == "*/*"
    assert headers["Cache-Control"] == "max-age=259200"


def test_how_long_a_connection_may_take_is_told_to_whoever_makes_it(timeline):
    seen: list[Request] = []
    courier = Courier(timeline, TOKEN, lambda asked, _answered: seen.append(asked))
    courier.fetch("CA1", "http://customer.test/a#ct=700", "POST", {})
    courier.fetch("CA1", "http://customer.test/a", "POST", {})
    timeline.forward(0.1)
    assert [one.connect for one in seen] == [0.7, 5.0]


def test_cookies_live_as_long_as_the_call(customer, caller, timeline):
    body = "<Response><Redirect>/next</Redirect></Response>"
    customer.pages |= {"/start": Answer(200, body, cookies={"visit": "1"}), "/next": SLOW}
    caller.dials(HOTLINE)
    timeline.forward(0.5)
    assert "Cookie" not in customer.of("/start")[0].headers
    assert customer.of("/next")[0].headers["Cookie"] == "visit=1"
    caller.dials(HOTLINE)
    timeline.forward(0.5)
    assert "Cookie" not in customer.of("/start")[1].headers


@pytest.mark.parametrize(
    ("error", "code"),
    [("connect", 11205), ("dns", 11210), ("redirects", 11215), ("tls", 11220), ("timeout", 11205)],
)
def test_each_failure_has_its_code(customer, caller, timeline, error, code):
    customer.pages |= {"/start": Answer(error=error), "/fallback": SLOW}
    caller.dials(HOTLINE)
    timeline.forward(1)
    assert customer.codes() == [code]
    assert customer.last("/fallback")["ErrorCode"] == str(code)


def test_the_fallback_also_covers_what_comes_later_in_the_call(call, customer, timeline):
    caller = call(
        "<Gather numDigits='1' action='/got'/>", got=Answer(500), fallback="<Say>sorry</Say>" + SLOW
    )
    caller.presses("1")
    timeline.forward(1)
    assert caller.heard == ["sorry"]
    told = customer.last("/fallback")
    assert told["ErrorUrl"] == "http://customer.test/got" and told["ErrorCode"] == "11200"


def test_the_fallback_is_asked_by_its_own_method(customer, caller, timeline):
    number = customer.exchange.account.numbers[HOTLINE]
    number.webhooks.voice_fallback_method = "GET"
    customer.pages |= {"/start": Answer(500), "/fallback": SLOW}
    caller.dials(HOTLINE)
    timeline.forward(1)
    assert customer.of("/fallback")[0].method == "GET"


def test_without_any_fallback_the_caller_hears_an_apology_at_once(customer, caller, timeline):
    customer.exchange.account.numbers[HOTLINE].webhooks.voice_fallback_url = ""
    customer.pages["/start"] = Answer(500)
    caller.dials(HOTLINE)
    timeline.forward(1)
    assert "application error" in caller.heard[0] and not customer.of("/fallback")


def test_a_number_may_be_answered_by_get(customer, caller, timeline):
    customer.exchange.account.numbers[HOTLINE].webhooks.voice_method = "GET"
    customer.pages["/start"] = SLOW
    caller.dials(HOTLINE)
    timeline.forward(0.5)
    asked = customer.of("/start")[0]
    assert asked.method == "GET" and "CallSid=" in asked.address


def test_text_that_is_a_document_is_performed(customer, caller, timeline):
    customer.pages["/start"] = Answer(200, "<Response><Say>a</Say></Response>", "text/plain")
    caller.dials(HOTLINE)
    timeline.forward(0.5)
    assert caller.heard == ["a"]


@pytest.mark.parametrize("kind", ["text/xml", "application/xml", "text/html"])
def test_a_document_may_come_as_any_kind_of_markup(customer, caller, timeline, kind):
    customer.pages["/start"] = Answer(200, "<Response><Say>a</Say></Response>", kind)
    caller.dials(HOTLINE)
    timeline.forward(0.5)
    assert caller.heard == ["a"]


@pytest.mark.parametrize(
    "before", ["<Gather numDigits='1' action='/next'/>", "<Record action='/next' timeout='1'/>"]
)
def test_an_empty_answer_to_an_action_ends_the_call(call, timeline, before):
    caller = call(before, next="")
    caller.presses("1")
    timeline.forward(3)
    assert caller.leg.status == "completed"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("<Gather action='/got'/>", 11100),
        ("<Gather/>", 11100),
        ("<Record action='done'/>", 11100),
        ("<Redirect>/next</Redirect>", 11100),
        ("<Say>a</Say><Gather action='http://customer.test/got'/>", None),
    ],
)
def test_addresses_in_a_document_without_one_must_be_absolute(
    call, customer, timeline, document, code
):
    caller = call("<Say>hello</Say>" + SLOW, fallback=SLOW)
    customer.rest("POST", f"/Calls/{caller.leg.sid}", Twiml=f"<Response>{document}</Response>")
    timeline.forward(1)
    assert customer.codes() == ([code] if code else [])


def test_element_names_are_case_sensitive(call, customer, timeline):
    call("<say>a</say>", fallback=SLOW)
    timeline.forward(0.5)
    assert customer.codes() == [12200]


def test_when_the_caller_has_gone_the_last_request_says_completed(call, customer, timeline):
    caller = call("<Record action='/done'/>")
    timeline.forward(1)
    caller.hangs_up()
    timeline.forward(1)
    assert customer.last("/done")["CallStatus"] == "completed"


def test_a_document_that_is_not_to_be_had_leads_to_the_fallback(call, customer, timeline):
    """A switch of its own: reports are not touched by it, nor documents by those of reports."""
    customer.pages["/fallback"] = "<Say>sorry</Say>"
    customer.exchange.faults.set({"document_drop": 1.0, "only": "/next"})
    caller = call("<Redirect>/next</Redirect>")
    timeline.forward(1)
    assert caller.heard == ["sorry"] and customer.of("/next") == []
    tried = [one for one in customer.exchange.courier.log if one.request.url.endswith("/next")]
    assert [one.answer.error for one in tried] == ["connect", "connect"]


def test_a_document_that_is_late_is_only_late(call, customer, timeline):
    customer.exchange.faults.set({"document_late": 1.0, "late_seconds": 4, "only": "/next"})
    caller = call("<Redirect>/next</Redirect>", next="<Say>fine</Say>")
    timeline.forward(3.4)
    assert caller.heard == []
    timeline.forward(0.2)
    assert caller.heard == ["fine"]


def test_faults_of_reports_touch_no_document(call, customer, timeline):
    customer.exchange.faults.set({"drop": 1.0})
    caller = call("<Say>fine</Say>")
    timeline.forward(1)
    assert caller.heard == ["fine"]
    assert customer.of("/status") == [] and customer.of("/start") != []


@pytest.mark.parametrize(
    ("faults", "marked"),
    [
        ({"drop": 1.0}, [(True, False, 0.0)]),
        ({"double": 1.0}, [(False, True, 0.0), (False, True, None)]),
        ({"late": 1.0, "late_seconds": 2.0}, [(False, False, 2.0)]),
        ({}, [(False, False, 0.0)]),
    ],
)
def test_the_log_says_what_the_switches_did_to_a_report(call, customer, timeline, faults, marked):
    customer.exchange.faults.set(faults)
    caller = call("<Say>fine</Say>")
    timeline.forward(5)
    caller.hangs_up()
    timeline.forward(5)
    log = customer.exchange.courier.log
    entries = [one for one in log if one.request.url.endswith("/status")]
    found = [(one.fault.lost, one.fault.doubled, one.fault.late) for one in entries[: len(marked)]]
    for got, wanted in zip(found, marked, strict=True):
        assert got[:2] == wanted[:2]
        assert wanted[2] is None or got[2] == wanted[2]


def test_the_log_says_what_the_switches_did_to_a_document(call, customer, timeline):
    customer.exchange.faults.set({"document_late": 1.0, "late_seconds": 4, "only": "/next"})
    call("<Redirect>/next</Redirect>", next="<Say>fine</Say>")
    timeline.forward(5)
    log = customer.exchange.courier.log
    assert [one.fault.late for one in log if one.request.url.endswith("/next")] == [4.0]
    assert [one.fault.late for one in log if one.request.url.endswith("/start")] == [0.0]
