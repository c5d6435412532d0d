"""Every address, as every role: in two languages, and whatever somebody puts into it."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask import Flask
from twilio.request_validator import RequestValidator
from werkzeug.routing import Rule

from models import Role
from tests.places import a_unit
from tests.services import TOKEN
from tests.visitors import Browser, somebody
from tests.web.city import KNOWN, NUMBER, City, ringing

HAN = re.compile(r"[\u3400-\u9fff\u3000-\u303f\uff00-\uff5e]")


def words(text: str) -> list[str]:
    return text.split()


# A stream has no end, and files are not ours to translate.
LEFT_OUT = {"live.live"}
# Whoever signs out sees nothing more.
LAST = {"staff.sign_out"}
NUMBERS = ["0", "-1", "2147483648", "99999999999999999999", "1e9", "x"]
TEXTS = ["\0", "a\0b", "x" * 4000, "%", "'", "\U0001f600", "{}", "2026-13-45", "9999-12-31", ""]
FIELDS = words("""
    page q who action subject id from to before words state kind topic district unit mine line
    agent person login name role title question answer materials basis valid_until number note
    reason desired desk offer call to take_over password old new again language back next dial
    peer owner result consent url wants scope days per_minute since on updated_since limit
    after address summary demand urgency confidential needs_reply submit
    tab light below words lead other assist info advice part because what master assignment notice
    way reached facts_true solved public internal why_not no_contact code reason suggested days
    until due_at remarks decision works year sign respond handle mobilise on_site remove day level
    hours
    mode unseen words_en begins_at ends_at keywords watched monitors_unseen
    condition legal_basis valid_from valid_to source title place minutes child at number
    because kind granted persuaded receiver receipt
    sure review plan adopt decision pass assignment reply
""")
WEBHOOK_FIELDS = words("""
    CallSid From To Digits SpeechResult CallStatus QueueTime StatusCallbackEvent FriendlyName
    RecordingSid RecordingDuration RecordingStatus RecordingUrl RecordingChannels
    RecordingStartTime TranscriptionEvent Final TranscriptionSid TranscriptionData SequenceId
    Timestamp Track offer dial monitor QueueResult
""")


def shortly(value: object) -> str:
    return repr(value)[:20]


@pytest.fixture
def a_city(app: Flask, time: object) -> City:
    return City(app)


def rules(app: Flask, method: str) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        served = rule.endpoint.endswith("static") or rule.endpoint in LEFT_OUT | LAST
        if method in rule.methods and not served:
            yield rule


def address(rule: Rule, value: str | None = None) -> str:
    """With what the city knows, or with ``value`` in every place."""
    path = rule.rule
    for name in rule.arguments:
        given = KNOWN.get(name, "1") if value is None else value
        path = re.sub(rf"<(?:\w+(?:\([^)]*\))?:)?{name}>", quote(given, safe=""), path)
    return path


def access(app: Flask, rule: Rule) -> str:
    return getattr(app.view_functions[rule.endpoint], "access", "")


def one_of_those(app: Flask, rule: Rule, browsers: dict[Role, Browser]) -> Browser:
    """Somebody who may come in there."""
    allowed = access(app, rule).split()
    return next((browsers[role] for role in browsers if role in allowed), browsers[Role.AGENT])


@pytest.mark.parametrize("role", list(Role))
def test_no_english_page_says_anything_in_chinese(app, a_city, role):
    a_city.people[role].language = "en"
    browser = a_city.browsers()[role]
    seen = 0
    for rule in rules(app, "GET"):
        answer = browser.get(address(rule), follow_redirects=True)
        assert answer.status_code < 500, rule.rule
        if answer.mimetype == "text/html":
            # The way back, and what is listened for in a talk, are Chinese in every language.
            chinese = r'<button[^>]*lang="zh-CN">中文</button>|<input[^>]*lang="zh-CN"[^>]*>'
            page = re.sub(chinese, "", answer.text)
            found = [line.strip() for line in page.splitlines() if HAN.search(line)]
            assert found == [], f"{rule.rule} as {role}"
            seen += answer.status_code == 200
    assert seen > 3


# What belongs to nobody's work: his own password.
NOWHERE = {"staff.password"}
MENU = re.compile(r'<nav aria-label="主导航">(.*?)</nav>', re.S)


@pytest.mark.parametrize("role", list(Role))
def test_every_page_shows_in_the_menu_where_it_belongs(app, a_city, role):
    browser = a_city.browsers()[role]
    seen = 0
    for rule in rules(app, "GET"):
        answer = browser.get(address(rule))
        menu = MENU.search(answer.text) if answer.mimetype == "text/html" else None
        own = menu and "<a " in menu[1] and answer.status_code == 200
        if own and access(app, rule) != "public":
            marked = menu[1].count("aria-current=")
            assert marked == (rule.endpoint not in NOWHERE), rule.rule
            seen += 1
    assert seen > 3


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("/calls/1", "通话记录"),
        (f"/tickets/{NUMBER}", "工单"),
        ("/drafts/2", "工单"),
        ("/knowledge/1", "知识"),
        ("/knowledge/learning", "学习"),
        (f"/dispatch/{NUMBER}", "派单"),
        ("/reconciliations", "交换"),
    ],
)
def test_a_detail_page_is_marked_at_its_list(app, a_city, path, entry):
    page = a_city.browsers()[Role.LEAD].get(path).text
    marked = re.findall(r'aria-current="(\w+)">([^<]+)', MENU.search(page)[1])
    exact = {"/knowledge/learning"}
    assert marked == [("page" if path in exact else "true", entry)]


@pytest.mark.parametrize("role", list(Role))
def test_empty_lists_speak_english_too(app, time, role):
    staff = somebody("x", role, unit=a_unit() if role is Role.UNIT else None)
    staff.language = "en"
    browser = Browser(app, staff)
    for path in ("/tickets", "/missed", "/texts/failed", "/calls", "/knowledge", "/admin/people",
                 "/calls/rung", "/calls/rung?result=busy",
                 "/admin/audit?action=nothing", "/admin/jobs", "/floor", "/calls?words=none",
                 "/tickets?words=none", "/knowledge?q=none", "/inbox", "/inbox?tab=done",
                 "/inbox?words=x", "/dispatch", "/dispatch?tab=more", "/dispatch/requests",
                 "/dispatch/replies", "/admin/outbox", "/admin/keys"):  # fmt: skip
        page = browser.get(path).text
        page = re.sub(r'<button[^>]*lang="zh-CN">中文</button>', "", page)
        assert not HAN.search(page), path


@pytest.mark.parametrize("value", NUMBERS + TEXTS, ids=shortly)
def test_nothing_that_is_put_into_an_address_or_a_form_breaks_a_page(app, a_city, value):
    ringing(a_city)
    browsers = a_city.browsers()
    fields = dict.fromkeys(FIELDS, value)
    for rule in list(rules(app, "GET")):
        browser = one_of_those(app, rule, browsers)
        for path in {address(rule), address(rule, value)}:
            answer = browser.get(path, query_string=fields)
            assert answer.status_code < 500, f"GET {path}"
    for rule in list(rules(app, "POST")):
        if access(app, rule) == "signed":
            continue
        browser = one_of_those(app, rule, browsers)
        for path in {address(rule), address(rule, value)}:
            for sent in (browser.post(path, **fields), browser.post_json(path, fields)):
                assert sent.status_code < 500, f"POST {path} {sent.request.mimetype}"
        lists = {name: [value] for name in FIELDS}
        answer = browser.post_json(address(rule), lists)
        assert answer.status_code < 500, f"POST {rule.rule} with lists"


LISTS = [{name: [bad] for name in FIELDS} for bad in ("\0", "\ud800")]


@pytest.mark.parametrize(
    "body", [[], ["x"], "x", 1, None, {}, *LISTS], ids=lambda it: repr(it)[:20]
)
def test_a_body_that_is_no_form_breaks_no_page(app, a_city, body):
    ringing(a_city)
    browsers = a_city.browsers()
    for rule in list(rules(app, "POST")):
        if access(app, rule) == "signed":
            continue
        answer = one_of_those(app, rule, browsers).post_json(address(rule), body)
        assert answer.status_code < 500, rule.rule


@pytest.mark.parametrize("number", [2**31, -1, 2**63, 2**70, True, None, 1.5, {"a": "\ud800"}])
def test_numbers_that_no_row_has_break_no_page(app, a_city, number):
    browsers = a_city.browsers()
    for rule in list(rules(app, "POST")):
        if access(app, rule) == "signed":
            continue
        browser = one_of_those(app, rule, browsers)
        answer = browser.post_json(address(rule), dict.fromkeys(FIELDS, number))
        assert answer.status_code < 500, rule.rule


@pytest.mark.parametrize("value", NUMBERS + TEXTS, ids=shortly)
def test_a_caller_hears_words_whatever_the_carrier_sends(app, a_city, client, value):
    validator = RequestValidator(TOKEN)
    fields = dict.fromkeys(WEBHOOK_FIELDS, value)
    sound = {"CallSid": "CA9", "From": "13812345678"}
    for rule in list(rules(app, "POST")):
        if access(app, rule) != "signed":
            continue
        for form in (fields, fields | sound, fields | sound | {"CallSid": "CA1"}):
            path = address(rule).replace("/1", f"/{a_city.call.key}")
            signature = validator.compute_signature("http://hotline.test" + path, form)
            answer = client.post(path, data=form, headers={"X-Twilio-Signature": signature})
            assert answer.status_code < 500, f"{path} {form['CallSid'][:20]}"
            spoken = answer.mimetype == "text/xml"
            assert not spoken or "<Response>" in answer.text or "<Response />" in answer.text
