"""Lists: every one comes in pages that lead to each other, and knows its filters."""

import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from emulator.caller import Caller
from emulator.faults import Faults
from emulator.rest.api import TimedOut
from tests.emulator.conftest import ACCOUNT, HOTLINE

SLOW = "<Pause length='600'/>"
MANY = 7


@pytest.fixture
def crowd(customer, timeline):
    """Seven of everything: waiting callers, conferences, recordings, notes, messages, settings."""
    start = (
        "<Say>a</Say><Start><Recording/></Start><Play>/none.wav</Play>"
        "<Enqueue waitUrl='/wait'>line</Enqueue>"
    )
    customer.pages |= {"/start": start, "/wait": SLOW}
    callers = [Caller(customer.exchange) for _ in range(MANY)]
    for one in callers:
        one.dials(HOTLINE)
    timeline.forward(1)
    customer.pages["/start"] = (
        "<Dial><Conference record='record-from-start'>room</Conference></Dial>"
    )
    for _ in range(MANY):
        one = Caller(customer.exchange)
        one.dials(HOTLINE)
        timeline.forward(0.1)
    for number in range(MANY):
        document = f"<Response><Dial><Conference>r{number}</Conference></Dial></Response>"
        customer.pages["/start"] = document
        customer.rest("POST", "/Queues", FriendlyName=f"q{number}")
        customer.rest("POST", "/Applications", FriendlyName=f"a{number}")
        customer.rest("POST", "/IncomingPhoneNumbers", PhoneNumber=f"+86790{number}")
        customer.rest("POST", "/Messages", To="+861", From=HOTLINE, Body=str(number))
    return callers


def walk(customer, path, key, size):
    """Follow the pages from the first to the last, and back again."""
    found, back = [], 0
    query = {"PageSize": [str(size)]}
    while True:
        got = customer.api.handle("GET", path, query, customer.auth)
        page = json.loads(got.body)
        assert page["page_size"] == size and page["start"] == page["page"] * size
        found += page[key]
        if page["next_page_uri"] is None:
            break
        parts = urlsplit(page["next_page_uri"])
        assert parts.path == path
        query = parse_qs(parts.query)
    while page["previous_page_uri"] is not None:
        query = parse_qs(urlsplit(page["previous_page_uri"]).query)
        page = json.loads(customer.api.handle("GET", path, query, customer.auth).body)
        back += 1
    assert page["page"] == 0 and parse_qs(urlsplit(page["first_page_uri"]).query)["Page"] == ["0"]
    return found, back + 1


@pytest.mark.parametrize(
    ("path", "key", "name", "least"),
    [
        ("/Calls", "calls", "sid", 14),
        ("/Calls/{call}/Events", "events", None, 2),
        ("/Calls/{call}/Notifications", "notifications", "sid", 1),
        ("/Calls/{call}/Recordings", "recordings", "sid", 1),
        ("/Notifications", "notifications", "sid", 7),
        ("/Recordings", "recordings", "sid", 8),
        ("/Conferences", "conferences", "sid", 1),
        ("/Conferences/{room}/Participants", "participants", "call_sid", 7),
        ("/Conferences/{room}/Recordings", "recordings", "sid", 1),
        ("/Queues", "queues", "sid", 8),
        ("/Queues/{queue}/Members", "queue_members", "call_sid", 7),
        ("/Applications", "applications", "sid", 8),
        ("/IncomingPhoneNumbers", "incoming_phone_numbers", "sid", 8),
        ("/Messages", "messages", "sid", 7),
        ("/Transcriptions", "transcriptions", "sid", 0),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_every_list_can_be_walked_in_pages(customer, crowd, path, key, name, least, size):
    ids = {
        "{call}": crowd[0].leg.sid,
        "{room}": next(one.sid for one in customer.exchange.rooms if one.name == "room"),
        "{queue}": customer.exchange.queue("line").sid,
    }
    for place, sid in ids.items():
        path = path.replace(place, sid)
    found, pages = walk(customer, f"/2010-04-01/Accounts/{ACCOUNT}{path}.json", key, size)
    assert len(found) >= least and pages == max(1, -(-len(found) // size))
    if name is not None:
        assert len({one[name] for one in found}) == len(found)


@pytest.mark.parametrize(
    ("asked", "given"), [(None, 50), ("0", 1), ("2", 2), ("1000", 1000), ("5000", 1000)]
)
def test_how_much_a_page_may_hold(customer, asked, given):
    fields = {} if asked is None else {"PageSize": asked}
    assert customer.rest("GET", "/Calls", **fields)[1]["page_size"] == given


def test_a_page_after_the_last_is_empty(customer, crowd):
    _, page = customer.rest("GET", "/Calls", Page="99")
    assert page["calls"] == [] and page["next_page_uri"] is None


def test_a_filter_is_kept_from_page_to_page(customer, crowd):
    _, page = customer.rest("GET", "/Calls", Status="in-progress", PageSize="2")
    assert "Status=in-progress" in page["next_page_uri"]


def ids(customer, path, **filters):
    _, page = customer.rest("GET", path, **filters)
    key = next(name for name, value in page.items() if isinstance(value, list))
    return [one.get("sid") or one["call_sid"] for one in page[key]]


def test_calls_are_found_by_parties_status_and_parent(call, customer, timeline):
    other = Caller(customer.exchange, "+8613900000002")
    caller = call(f"<Dial>{other.number}</Dial>")
    timeline.forward(1)
    parent, child = caller.leg.sid, other.leg.sid
    assert ids(customer, "/Calls", To=other.number) == [child]
    assert ids(customer, "/Calls", To=HOTLINE) == [parent]
    assert ids(customer, "/Calls", ParentCallSid=parent) == [child]
    assert set(ids(customer, "/Calls", From=caller.number)) == {parent, child}
    assert ids(customer, "/Calls", Status="completed") == []
    other.hangs_up()
    assert ids(customer, "/Calls", Status="completed") == [child]


def test_lists_are_found_by_time(call, customer, timeline):
    caller = call("<Say>a</Say><Play>/none.wav</Play>" + SLOW)
    timeline.forward(1)
    customer.rest("POST", "/Messages", To="+861", From=HOTLINE, Body="a")
    sid = caller.leg.sid
    for path, field in (("/Calls", "StartTime"), ("/Notifications", "MessageDate"),
                        ("/Messages", "DateSent")):  # fmt: skip
        assert len(ids(customer, path, **{field: "2026-03-02"})) == 1
        assert ids(customer, path, **{field: "2026-03-03"}) == []
        assert len(ids(customer, path, **{field + ">": "2026-03-02T00:00:00Z"})) == 1
        assert ids(customer, path, **{field + "<": "2026-03-02"}) == []
    assert ids(customer, "/Calls", **{"EndTime>": "2026-03-01"}) == []  # it has not ended
    caller.hangs_up()
    assert ids(customer, "/Calls", **{"EndTime>": "2026-03-01"}) == [sid]


def test_notifications_are_found_by_their_weight(call, customer, timeline):
    customer.exchange.queue("line").max_size = 0
    call("<Play>/none.wav</Play><Enqueue>line</Enqueue>")
    timeline.forward(1)
    errors = ids(customer, "/Notifications", Log="0")
    warnings = ids(customer, "/Notifications", Log="1")
    assert len(errors) == len(warnings) == 1
    _, one = customer.rest("GET", f"/Notifications/{errors[0]}")
    assert one["error_code"] == "11200" and one["request_url"].endswith("/none.wav")


def test_a_notification_shows_what_was_answered(customer, caller, timeline):
    customer.pages |= {"/start": "<Sing/>", "/fallback": SLOW}
    caller.dials(HOTLINE)
    timeline.forward(0.5)
    path = f"/Calls/{caller.leg.sid}/Notifications"
    sid = ids(customer, path)[0]
    _, one = customer.rest("GET", f"{path}/{sid}")
    assert "<Sing/>" in one["response_body"] and "text/xml" in one["response_headers"]
    assert f"CallSid={caller.leg.sid}" in one["request_variables"]
    assert customer.rest("GET", f"/Calls/{'CA' + '0' * 32}/Notifications/{sid}")[0] == 404


def test_conferences_are_found_by_name_and_state(customer, crowd):
    assert len(ids(customer, "/Conferences", FriendlyName="room", Status="in-progress")) == 1
    assert ids(customer, "/Conferences", FriendlyName="other") == []
    assert ids(customer, "/Conferences", Status="completed") == []


@pytest.mark.parametrize("flag", ["Muted", "Hold"])
def test_participants_are_found_by_what_they_may_hear(customer, crowd, flag):
    room = next(one for one in customer.exchange.rooms if one.name == "room")
    who = room.participants[0].leg.sid
    path = f"/Conferences/{room.sid}/Participants"
    customer.rest("POST", f"{path}/{who}", **{flag: "true"})
    assert ids(customer, path, **{flag: "true"}) == [who]
    assert len(ids(customer, path, **{flag: "false"})) == MANY - 1


def test_recordings_are_found_by_call_and_by_conference(customer, crowd):
    sid = crowd[0].leg.sid
    assert len(ids(customer, "/Recordings", CallSid=sid)) == 1
    room = next(one for one in customer.exchange.rooms if one.name == "room")
    assert len(ids(customer, "/Recordings", ConferenceSid=room.sid)) == 1


def test_numbers_and_applications_are_found_by_their_names(customer, crowd):
    assert len(ids(customer, "/IncomingPhoneNumbers", PhoneNumber="+867903")) == 1
    assert len(ids(customer, "/Applications", FriendlyName="a3")) == 1


def test_an_api_key_may_ask_as_the_account_may(customer):
    customer.exchange.account.keys["SK1"] = "secret"
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    for pair, status in (("SK1:secret", 200), ("SK1:wrong", 401), ("SK2:secret", 401), (":", 401)):
        authorization = "Basic " + base64.b64encode(pair.encode()).decode()
        assert customer.api.handle("GET", path, {}, authorization).status == status


def test_another_account_that_begins_alike_is_another_account(customer):
    path = f"/2010-04-01/Accounts/{ACCOUNT}0/Calls.json"
    assert customer.api.handle("GET", path, {}, customer.auth).status == 404


def test_a_suspended_account_can_only_be_looked_at_and_woken_up(customer):
    assert customer.rest("POST", "", Status="suspended")[1]["status"] == "suspended"
    status, body = customer.rest("GET", "/Calls")
    assert (status, body["code"]) == (401, 20005)
    assert customer.rest("POST", "", Status="active")[0] == 200
    assert customer.rest("GET", "/Calls")[0] == 200


@pytest.mark.parametrize(
    "path", ["/Calls", "/Queues", "/Conferences", "/Recordings", "/Notifications", "/Messages"]
)
def test_an_error_has_a_code_words_an_address_and_its_status(customer, path):
    status, body = customer.rest("GET", f"{path}/XX{'0' * 32}")
    assert status == body["status"] == 404 and body["code"] == 20404
    assert path in body["message"] and body["more_info"].endswith("/20404")


def test_a_parameter_that_nobody_knows_is_refused_by_name(customer):
    status, body = customer.rest("GET", "/Calls", Statsu="completed")
    assert (status, body["message"]) == (400, "Unknown parameter Statsu")


@pytest.mark.parametrize(("kind", "status", "code"), [("429", 429, 20429), ("500", 500, 20500)])
def test_a_refused_request_was_never_carried_out(customer, kind, status, code):
    customer.exchange.faults = Faults(rest=1.0, rest_kind=kind)
    got, body = customer.rest("POST", "/Messages", To="+861", From=HOTLINE, Body="a")
    assert (got, body["code"]) == (status, code)
    assert not customer.exchange.messages


def test_a_request_that_times_out_was_not_carried_out_an_unanswered_one_was(customer):
    for kind, sent in (("timeout", 0), ("unanswered", 1)):
        customer.exchange.faults = Faults(rest=1.0, rest_kind=kind)
        with pytest.raises(TimedOut):
            customer.rest("POST", "/Messages", To="+861", From=HOTLINE, Body="a")
        assert len(customer.exchange.messages) == sent


def test_a_broken_request_was_carried_out_though_its_answer_says_otherwise(customer):
    customer.exchange.faults = Faults(rest=1.0, rest_kind="broken")
    got, _ = customer.rest("POST", "/Messages", To="+861", From=HOTLINE, Body="a")
    assert (got, len(customer.exchange.messages)) == (500, 1)
