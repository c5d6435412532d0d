"""The carrier's engine and the application in one process, on one clock, without any network.

What the carrier asks goes through the application's real doors, and what the application orders
through the carrier's real REST interface; only the wire between them is missing."""

from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from flask import Flask
from flask.testing import FlaskClient
from twilio.base.exceptions import TwilioException
from twilio.http import HttpClient
from twilio.http.response import Response

import queues.connecting
import queues.sweeps
import telephony.carrier
from emulator.account import Account, Application, Number, Webhooks
from emulator.courier import Answer, Request
from emulator.exchange import Exchange
from emulator.faults import Faults
from emulator.rest.api import Api, TimedOut
from emulator.timeline import Timeline
from queues.doors import absolute

# In seconds: how long a webhook takes, and when after it the application's own orders go out.
NETWORK = 0.02
AFTERWARDS = 0.05


class Killed(BaseException):
    """A process of the hotline is gone between two statements; no handler of ours may catch it."""


class InProcess(HttpClient):  # type: ignore[misc]
    """Carries the SDK's requests straight into the emulator's REST interface."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.asked: list[tuple[str, str]] = []

    def request(
        self,
        method: str,
        uri: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        auth: Any = None,
        timeout: Any = None,
        allow_redirects: bool = False,
    ) -> Response:
        prepared = requests.Request(method, uri, params=params, data=data, auth=auth).prepare()
        parts = urlsplit(prepared.url or "")
        fields = parse_qs(str(parts.query)) | parse_qs(str(prepared.body or ""))
        path = str(parts.path)
        self.note(method, path)
        try:
            got = self.api.handle(method, path, fields, prepared.headers.get("Authorization"))
        except TimedOut as error:
            raise TwilioException("timed out") from error
        return Response(got.status, got.body)

    def note(self, method: str, path: str) -> None:
        self.asked.append((method, path))


@dataclass
class Coupling:
    """A hotline and its carrier.  Whoever holds ``timeline`` moves both on."""

    app: Flask
    client: FlaskClient
    fallback: FlaskClient
    timeline: Timeline
    faults: Faults = field(default_factory=Faults)
    network: float = NETWORK
    afterwards: float = AFTERWARDS
    exchange: Exchange = field(init=False)
    sdk: InProcess = field(init=False)
    addresses: queues.connecting.Addresses = field(init=False)
    # While the application is down every webhook fails to connect.
    down: bool = False

    def __post_init__(self) -> None:
        settings = self.app.config["SETTINGS"]
        account = Account(settings.twilio_account_sid, settings.twilio_auth_token)
        self.exchange = Exchange(
            self.timeline,
            account,
            self._post,
            base_url=settings.twilio_api_url,
            faults=self.faults,
        )
        hotline = Webhooks(
            voice_url=settings.public_url + "/voice/incoming",
            voice_fallback_url=settings.fallback_url + "/voice/failed",
            status_callback=settings.public_url + "/voice/status",
        )
        account.numbers[settings.hotline_number] = Number(settings.hotline_number, hotline)
        agents = Webhooks(
            voice_url=settings.public_url + "/voice/agent",
            status_callback=settings.public_url + "/voice/status",
        )
        account.applications[settings.twilio_app_sid] = Application(agents, settings.twilio_app_sid)
        self.sdk = self._sdk()
        connected = telephony.carrier.connect(
            account.sid, account.token, settings.twilio_api_url, http=self.sdk
        )
        telephony.carrier.init_app(self.app, connected)
        with self.app.test_request_context():
            self.addresses = queues.connecting.Addresses(
                join=absolute("queues.join"), requeue=absolute("queues.requeue")
            )

    def _sdk(self) -> InProcess:
        return InProcess(Api(self.exchange))

    def _post(self, request: Request, answered: Callable[[Answer], None]) -> None:
        parts = urlsplit(request.address)
        door = self.fallback if "fallback" in parts.netloc else self.client
        if self.down and door is self.client:
            answered(Answer(error="connect"))
            return
        try:
            answer, close = self._ask(door, request)
        except Killed:
            answered(Answer(error="connect"))
            return
        self.timeline.after(self.network, lambda: answered(answer))
        self.timeline.after(self.afterwards, lambda: self._close(close))

    def _ask(self, door: FlaskClient, request: Request) -> tuple[Answer, Callable[[], None]]:
        parts = urlsplit(request.address)
        response = door.open(
            f"{parts.path}?{parts.query}" if parts.query else parts.path,
            method=request.method,
            data=request.params if request.method == "POST" else None,
            headers=request.headers,
        )
        sound = (response.content_type or "").startswith("audio/")
        answer = Answer(
            response.status_code,
            "" if sound else response.text,
            response.content_type or "",
            content=response.data if sound else b"",
        )
        return answer, response.close

    def _close(self, close: Callable[[], None]) -> None:
        """What the application does once its answer is on the way."""
        Context().run(close)
