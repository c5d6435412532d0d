"""Every REST request of the SDK and every answer of ours, against the carrier's OpenAPI document.

``TWILIO_OPENAPI`` names the document; it is not part of this repository."""

import json
import os
import re
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from emulator.caller import Caller
from emulator.rest.api import ROUTES
from emulator.rest.parameters import WITHOUT_EFFECT, known
from tests.emulator.conftest import ACCOUNT, HOTLINE, TOKEN

DOCUMENT = os.environ.get("TWILIO_OPENAPI", "")  # noqa: TID251 - a setting of this test alone
HOST = "https://api.twilio.com"
BASE = "/2010-04-01/Accounts/{AccountSid}"
TODAY, YESTERDAY = date(2026, 3, 2), date(2026, 3, 1)
SLOW = "<Pause length='600'/>"

pytestmark = pytest.mark.skipif(
    not DOCUMENT,
    reason="download twilio_api_v2010.json of github.com/twilio/twilio-oai (spec/json) and run:"
    " TWILIO_OPENAPI=…/twilio_api_v2010.json script/test tests/emulator/test_contract.py",
)
# What this carrier does not do: the rest of the document is tested below.
NOT_DONE = re.compile(
    "Siprec|Streams|Payments|UserDefined|AddOn|Media|Feedback|Addresses|Available|Authorized|"
    "Connect|Keys|Tokens|Balance|OutgoingCallerIds|SIP|SMS|Usage|SigningKeys|Summary|AssignedAdd|"
    "Local|Mobile|TollFree|Transcriptions/{Sid}|Accounts.json"
)


@pytest.fixture(scope="module")
def paths():
    document = json.loads(Path(DOCUMENT).read_text(encoding="utf-8"))
    # Its description says "will be null" while a conference goes on; its schema forgets to.
    schemas = document["components"]["schemas"]
    schemas["conference_enum_reason_conference_ended"]["nullable"] = True
    schemas["conference_enum_reason_conference_ended"]["enum"].append(None)
    return document


@pytest.fixture(scope="module")
def contract(paths):
    return OpenAPI.from_dict(paths)


class Checked(HttpClient):
    """Carries requests to the emulator and holds both directions against the document."""

    def __init__(self, api, contract, document) -> None:
        self.api, self.contract, self.document = api, contract, document
        self.seen: set[str] = set()

    def request(self, method, uri, params=None, data=None, headers=None, auth=None, **_more):
        prepared = requests.Request(method, uri, params=params, data=data, auth=auth).prepare()
        parts = urlsplit(prepared.url)
        body = prepared.body or ""
        fields = parse_qs(parts.query) | parse_qs(body)
        got = self.api.handle(method, parts.path, fields, prepared.headers["Authorization"])
        self._check(method, parts, body, got)
        return Response(got.status, got.body)

    def _check(self, method, parts, body, got) -> None:
        operation = self._operation(method, parts.path)
        self._no_unknown(operation, parse_qs(parts.query), parse_qs(body))
        form = "application/x-www-form-urlencoded"
        asked = MockRequest(
            HOST,
            method.lower(),
            parts.path,
            args=parse_qs(parts.query),
            data=body.encode() if body else None,
            content_type=form if body else "",
        )
        answered = MockResponse(got.body.encode(), got.status, content_type=got.content_type)
        self.contract.validate_response(asked, answered)
        self._nothing_missing(operation, got)

    def _operation(self, method, path):
        for template, item in self.document["paths"].items():
            pattern = re.sub(r"\{\w+\}", "[^/]+?", template)
            if re.fullmatch(pattern, path) and method.lower() in item:
                self.seen.add(f"{method} {template}")
                return item[method.lower()]
        raise AssertionError(f"{method} {path} is not in the document")

    def _no_unknown(self, operation, query, form) -> None:
        """The document lets unknown parameters pass; we do not."""
        named = {one["name"] for one in operation.get("parameters", [])}
        content = operation.get("requestBody", {}).get("content", {})
        for body in content.values():
            named |= set(body["schema"].get("properties", {}))
        assert set(query) | set(form) <= named

    def _nothing_missing(self, operation, got) -> None:
        """Answers carry every field of their schema, which the document does not insist on."""
        shapes = operation["responses"].get(str(got.status), {}).get("content", {})
        for body in shapes.values():
            schema = body["schema"]
            said = json.loads(got.body)
            if "$ref" in schema:
                self._whole(schema["$ref"], said)
            for name, part in schema.get("properties", {}).items():
                assert name in said, name
                if part.get("type") == "array" and "$ref" in part.get("items", {}):
                    for one in said[name]:
                        self._whole(part["items"]["$ref"], one)

    def _whole(self, reference, said) -> None:
        name = reference.rpartition("/")[2]
        wanted = set(self.document["components"]["schemas"][name].get("properties", {}))
        assert wanted <= set(said), f"{name} lacks {wanted - set(said)}"


@pytest.fixture(scope="module")
def seen():
    """Which operations of the document were exercised."""
    return set()


@pytest.fixture
def sdk(customer, contract, paths, seen):
    http = Checked(customer.api, contract, paths)
    http.seen = seen
    return Client(ACCOUNT, TOKEN, http_client=http)


def test_calls(call, sdk, timeline):
    caller = call("<Say>a</Say><Play>/none.wav</Play>" + SLOW)
    timeline.forward(1)
    leg = sdk.calls(caller.leg.sid)
    leg.fetch()
    sdk.calls.list(status="in-progress", to=HOTLINE, from_=caller.number, page_size=1)
    sdk.calls.list(start_time_after=TODAY, end_time_before=TODAY, parent_call_sid=caller.leg.sid)
    assert leg.events.list()
    note = leg.notifications.list(log=0, message_date=TODAY)[0]
    leg.notifications(note.sid).fetch()
    sdk.api.v2010.account.notifications.list(message_date_after=YESTERDAY)
    sdk.api.v2010.account.notifications(note.sid).fetch()
    leg.update(twiml="<Response><Pause length='60'/></Response>", time_limit=600)
    leg.update(status="completed")
    leg.delete()
    sdk.calls.create(
        to="+8613900000001", from_=HOTLINE, url="http://customer.test/a", timeout=10, method="GET",
        status_callback="http://customer.test/s", status_callback_event=["ringing", "answered"],
        fallback_url="http://customer.test/f", send_digits="ww1", record=True, time_limit=60,
        recording_channels="dual", recording_status_callback="http://customer.test/r",
        machine_detection="Enable",
    )  # fmt: skip


def test_recordings(call, sdk, timeline):
    caller = call("<Say>a</Say>" + SLOW)
    leg = sdk.calls(caller.leg.sid)
    recording = leg.recordings.create(
        recording_channels="dual", recording_status_callback_event=["completed"]
    )
    leg.recordings(recording.sid).update(status="paused", pause_behavior="silence")
    leg.recordings(recording.sid).update(status="in-progress")
    timeline.forward(2)
    leg.recordings("Twilio.CURRENT").update(status="stopped")
    timeline.forward(2)
    leg.recordings(recording.sid).fetch()
    assert leg.recordings.list(date_created_after=YESTERDAY)
    assert sdk.recordings.list(call_sid=caller.leg.sid, date_created=TODAY)
    sdk.recordings(recording.sid).fetch()
    sdk.recordings(recording.sid).transcriptions.list()
    sdk.transcriptions.list()
    leg.recordings(recording.sid).delete()
    second = leg.recordings.create()
    sdk.recordings(second.sid).delete()


def test_transcriptions(call, sdk):
    leg = sdk.calls(call("<Say>a</Say>" + SLOW).leg.sid)
    words = leg.transcriptions.create(
        name="t", track="inbound_track", status_callback_url="http://customer.test/w",
        language_code="cmn-Hans-CN", partial_results=True, inbound_track_label="市民",
    )  # fmt: skip
    leg.transcriptions(words.sid).update(status="stopped")


def test_conferences_and_participants(call, sdk, timeline):
    caller = call("<Dial><Conference record='record-from-start'>room</Conference></Dial>")
    sdk.conferences("room").participants.create(
        to="+8613900000001", from_=HOTLINE, label="officer", end_conference_on_exit=False,
        beep="onEnter", muted=False, wait_url="http://customer.test/w", timeout=20,
        conference_status_callback="http://customer.test/c", time_limit=600,
        conference_status_callback_event=["start", "end"], early_media=True,
        coaching=False, max_participants=10,
    )  # fmt: skip
    timeline.forward(1)
    found = sdk.conferences.list(friendly_name="room", date_created_after=YESTERDAY)[0]
    room = sdk.conferences(found.sid)
    room.participants.list(muted=False, hold=False, coaching=False)
    one = room.participants(caller.leg.sid)
    one.fetch()
    one.update(muted=True, hold=True, hold_url="http://customer.test/h", hold_method="POST")
    one.update(announce_url="http://customer.test/x", end_conference_on_exit=True)
    room.recordings.list()
    room.update(announce_url="http://customer.test/y")
    one.delete()
    room.fetch()
    other = call("<Dial><Conference>room</Conference></Dial>")
    sdk.conferences(sdk.conferences.list(status="init")[0].sid).update(status="completed")
    other.hangs_up()


def test_conference_recordings(call, customer, sdk, timeline):
    document = "<Dial><Conference record='record-from-start'>room</Conference></Dial>"
    for _ in range(2):
        Caller(customer.exchange).dials(HOTLINE) if customer.pages else call(document)
    timeline.forward(2)
    room = sdk.conferences(sdk.conferences.list(status="in-progress")[0].sid)
    one = room.recordings.list()[0]
    room.recordings(one.sid).fetch()
    room.recordings(one.sid).update(status="paused")
    room.recordings(one.sid).update(status="stopped")
    room.recordings(one.sid).delete()


def test_queues_and_members(call, sdk, timeline):
    caller = call("<Enqueue waitUrl='/wait'>line</Enqueue>", wait=SLOW, moved=SLOW)
    queue = sdk.queues.list()[0]
    queue.update(max_size=50)
    queue.members.list()
    queue.members(caller.leg.sid).fetch()
    queue.members(caller.leg.sid).update(url="http://customer.test/moved", method="POST")
    timeline.forward(1)
    sdk.queues(queue.sid).fetch()
    sdk.queues(queue.sid).delete()
    sdk.queues.create(friendly_name="other", max_size=7)


def test_what_the_account_has(sdk):
    sdk.api.accounts(ACCOUNT).fetch()
    sdk.api.accounts(ACCOUNT).update(friendly_name="南昌")
    made = sdk.applications.create(friendly_name="desk", voice_url="http://customer.test/a")
    sdk.applications(made.sid).update(voice_method="POST")
    sdk.applications(made.sid).fetch()
    sdk.applications.list(friendly_name="desk")
    sdk.applications(made.sid).delete()
    made = sdk.incoming_phone_numbers.create(phone_number="+8679112346")
    number = sdk.incoming_phone_numbers(made.sid)
    number.update(voice_url="http://customer.test/b")
    number.fetch()
    sdk.incoming_phone_numbers.list(phone_number="12346")
    number.delete()


def test_text_messages(sdk):
    sent = sdk.messages.create(
        to="+8613900000001", from_=HOTLINE, body="工单号", status_callback="http://customer.test/m"
    )
    sdk.messages(sent.sid).fetch()
    sdk.messages.list(to="+8613900000001", date_sent_after=YESTERDAY)
    sdk.messages(sent.sid).update(body="")
    sdk.messages(sent.sid).delete()


def test_every_operation_of_these_resources_was_exercised(seen, paths):
    """The tests above, all of them, leave out nothing that the carrier does."""
    wanted = {
        f"{method.upper()} {template}"
        for template, item in paths["paths"].items()
        if not NOT_DONE.search(template.removeprefix("/2010-04-01/"))
        for method in item
        if method in ("get", "post", "delete")
    }
    assert wanted - seen == set()


@pytest.mark.parametrize("route", [f"{method} {path}" for method, path, _ in ROUTES])
def test_every_parameter_that_is_understood_is_one_of_the_carriers(paths, route):
    """A parameter of our own making would work here and nowhere else."""
    method, _, path = route.partition(" ")
    assert known(method, path) <= _named(paths, method, path)


def test_what_has_no_effect_has_none_anywhere_or_somewhere_else(paths):
    """A parameter that is performed wherever the carrier knows it is not among the ignored."""
    ignored = set()
    for method, path, _ in ROUTES:
        ignored |= _named(paths, method, path) - known(method, path)
    assert WITHOUT_EFFECT - ignored == set()


def _named(paths, method: str, path: str) -> set[str]:
    """The parameters that the carrier's document names for a route."""
    items = [item for name, item in paths["paths"].items() if _bare(name) == _bare(BASE + path)]
    operation = next(item[method.lower()] for item in items if method.lower() in item)
    named = {one["name"] for one in operation.get("parameters", [])}
    for body in operation.get("requestBody", {}).get("content", {}).values():
        named |= set(body["schema"].get("properties", {}))
    return named


def _bare(template: str) -> str:
    """The document and we call the parts of an address by different names."""
    return re.sub(r"\{\w+\}", "{}", template.removesuffix(".json"))
