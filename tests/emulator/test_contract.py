"""Every REST request of the SDK and every answer of ours, against the carrier's OpenAPI document.

``TWILIO_OPENAPI`` names the document; it is not part of this repository."""

import json
import os
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from tests.emulator.conftest import ACCOUNT, HOTLINE, TOKEN

DOCUMENT = os.environ.get("TWILIO_OPENAPI", "")  # noqa: TID251 - a setting of this test alone
HOST = "https://api.twilio.com"
SLOW = "<Pause length='600'/>"

pytestmark = pytest.mark.skipif(
    not DOCUMENT, reason="TWILIO_OPENAPI does not name the carrier's OpenAPI document"
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


@pytest.fixture
def sdk(customer, contract, paths):
    client = Client(ACCOUNT, TOKEN, http_client=Checked(customer.api, contract, paths))
    return client


def test_calls(call, sdk, timeline):
    caller = call("<Say>a</Say>" + SLOW)
    timeline.forward(1)
    leg = sdk.calls(caller.leg.sid)
    leg.fetch()
    sdk.calls.list(status="in-progress", page_size=1)
    leg.events.list()
    leg.notifications.list()
    leg.update(twiml="<Response><Pause length='60'/></Response>")
    leg.update(status="completed")
    sdk.calls.create(to="+8613900000001", from_=HOTLINE, url="http://customer.test/a", timeout=10)


def test_recordings_and_transcriptions(call, sdk, timeline):
    caller = call(SLOW)
    caller.leg.answer()
    leg = sdk.calls(caller.leg.sid)
    recording = leg.recordings.create(recording_channels="dual")
    leg.recordings(recording.sid).update(status="paused", pause_behavior="silence")
    leg.recordings(recording.sid).update(status="stopped")
    timeline.forward(2)
    leg.recordings.list()
    sdk.recordings.list(call_sid=caller.leg.sid)
    sdk.recordings(recording.sid).fetch()
    words = leg.transcriptions.create(
        name="t", track="inbound_track", status_callback_url="http://customer.test/w"
    )
    leg.transcriptions(words.sid).update(status="stopped")


def test_conferences_and_participants(call, sdk, timeline):
    caller = call("<Dial><Conference>room</Conference></Dial>")
    sdk.conferences("room").participants.create(
        to="+8613900000001", from_=HOTLINE, label="officer", end_conference_on_exit=False
    )
    timeline.forward(1)
    found = sdk.conferences.list(friendly_name="room")[0]
    sdk.conferences(found.sid).participants.list()
    one = sdk.conferences(found.sid).participants(caller.leg.sid)
    one.fetch()
    one.update(muted=True, hold=True)
    one.delete()
    sdk.conferences(found.sid).fetch()


def test_queues_and_members(call, customer, sdk, timeline):
    caller = call("<Enqueue waitUrl='/wait'>line</Enqueue>", wait=SLOW, moved=SLOW)
    queue = sdk.queues.list()[0]
    queue.update(max_size=50)
    queue.members.list()
    queue.members(caller.leg.sid).fetch()
    queue.members(caller.leg.sid).update(url="http://customer.test/moved")
    timeline.forward(1)
    sdk.queues(queue.sid).delete()
    sdk.queues.create(friendly_name="other")


def test_what_the_account_has(sdk):
    made = sdk.applications.create(friendly_name="desk", voice_url="http://customer.test/a")
    sdk.applications(made.sid).update(voice_method="POST")
    sdk.applications.list()
    sdk.applications(made.sid).delete()
    number = sdk.incoming_phone_numbers.list()[0]
    number.update(voice_url="http://customer.test/b")
    sent = sdk.messages.create(to="+8613900000001", from_=HOTLINE, body="工单号")
    sdk.messages(sent.sid).fetch()
    sdk.messages.list()
