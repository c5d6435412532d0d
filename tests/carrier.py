"""The emulator's carrier, connected to the application under test without any network."""

from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import requests
from flask import Flask
from flask.testing import FlaskClient
from twilio.base.exceptions import TwilioException
from twilio.http import HttpClient
from twilio.http.response import Response

import followups.planning
import queues.relaying
import queues.sweeps
import telephony.attempts
import telephony.carrier
import telephony.orders
import telephony.outbound
from emulator.account import Account, Application, Number, Webhooks
from emulator.caller import Caller
from emulator.courier import Answer, Request
from emulator.exchange import Exchange
from emulator.legs import Leg
from emulator.rest.api import Api, TimedOut
from emulator.timeline import Timeline
from infra import db
from models import Seat
from queues import presence
from queues.doors import absolute

# How long a webhook takes, and how long after it the application's own orders go out.
NETWORK = 0.02
AFTERWARDS = 0.05
# How often a test looks whether what it waits for is so.
STEP = 0.25


class InProcess(HttpClient):
    """Carries the SDK's requests straight into the emulator's REST interface."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.asked: list[tuple[str, str]] = []

    def request(
        self,
        method,
        uri,
        params=None,
        data=None,
        headers=None,
        auth=None,
        timeout=None,
        allow_redirects=False,
    ):
        prepared = requests.Request(method, uri, params=params, data=data, auth=auth).prepare()
        parts = urlsplit(prepared.url)
        fields = parse_qs(parts.query) | parse_qs(prepared.body or "")
        self.asked.append((method, parts.path))
        try:
            got = self.api.handle(method, parts.path, fields, prepared.headers.get("Authorization"))
        except TimedOut as error:
            raise TwilioException("timed out") from error
        return Response(got.status, got.body)


@dataclass
class City:
    """A hotline with its carrier: telephones, browser phones, and a clock that ticks."""

    app: Flask
    client: FlaskClient
    fallback: FlaskClient
    timeline: Timeline
    exchange: Exchange = field(init=False)
    sdk: InProcess = field(init=False)
    # While the application is down every webhook fails to connect.
    down: bool = False
    ticking: bool = True
    desks: dict[int, "Desk"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settings = self.app.config["SETTINGS"]
        account = Account(settings.twilio_account_sid, settings.twilio_auth_token)
        self.exchange = Exchange(
            self.timeline, account, self._post, base_url=settings.twilio_api_url
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
        self.sdk = InProcess(Api(self.exchange))
        connected = telephony.carrier.connect(
            account.sid, account.token, settings.twilio_api_url, http=self.sdk
        )
        telephony.carrier.init_app(self.app, connected)
        with self.app.test_request_context():
            self.addresses = queues.sweeps.Addresses(
                join=absolute("queues.join"), requeue=absolute("queues.requeue")
            )
        self.timeline.after(1, self._tick)

    def citizen(self, number: str | None = None) -> Caller:
        return Caller(self.exchange, number) if number else Caller(self.exchange)

    def desk(self, seat: Seat) -> "Desk":
        """An agent's open desk: it keeps his lease and answers with its own browser phone."""
        db.commit()  # others must see the seat
        found = Desk(self, seat.staff_id, seat.identity)
        self.desks[seat.staff_id] = found
        found.renew()
        return found

    def pass_time(self, seconds: float) -> None:
        self.timeline.forward(seconds)

    def until(self, condition: Callable[[], bool], within: float = 30) -> None:
        """Let time pass until something is so; fail when it is not so in time."""
        for _ in range(int(within / STEP)):
            if condition():
                return
            self.timeline.forward(STEP)
        raise AssertionError(f"not so within {within} s")

    def _post(self, request: Request, answered: Callable[[Answer], None]) -> None:
        parts = urlsplit(request.address)
        door = self.fallback if "fallback" in parts.netloc else self.client
        if self.down and door is self.client:
            answered(Answer(error="connect"))
            return
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
        self.timeline.after(NETWORK, lambda: answered(answer))
        self.timeline.after(AFTERWARDS, lambda: Context().run(response.close))

    def _tick(self) -> None:
        self.timeline.after(1, self._tick)
        if self.down or not self.ticking:
            return
        for desk in self.desks.values():
            if desk.open:
                desk.renew()
        seconds = round(self.timeline.now.timestamp())
        Context().run(self._sweep, seconds)

    def _sweep(self, seconds: int) -> None:
        with self.app.app_context():
            queues.sweeps.tick()
            telephony.orders.carry_out_due()
            queues.sweeps.look_into_stuck(self.addresses)
            telephony.outbound.dial_due()
            telephony.attempts.settle_due()
            if seconds % 15 == 0:
                queues.sweeps.reconcile(self.addresses)
            if seconds % 60 == 0:
                followups.planning.run()
                telephony.outbound.lapse_due()
                queues.relaying.settle_lost()


@dataclass
class Desk:
    city: City
    staff_id: int
    identity: str
    open: bool = True
    phone: Caller = field(init=False)

    def __post_init__(self) -> None:
        self.phone = Caller(self.city.exchange, f"client:{self.identity}")

    def renew(self) -> None:
        self._as_agent(lambda seat: presence.renew(seat, f"desk-{self.staff_id}"))

    def accepts(self, offer_id: int) -> Leg:
        """Press "answer": the browser places its own leg and names the offer."""
        app_sid = self.city.app.config["SETTINGS"].twilio_app_sid
        return self.phone.connects(app_sid, offer=str(offer_id))

    def dials(self, outgoing_id: int) -> Leg:
        app_sid = self.city.app.config["SETTINGS"].twilio_app_sid
        return self.phone.connects(app_sid, dial=str(outgoing_id))

    def _as_agent(self, act: Callable[[Seat], object]) -> None:
        Context().run(self._in_transaction, act)

    def _in_transaction(self, act: Callable[[Seat], object]) -> None:
        with self.city.app.app_context(), db.transaction():
            db.serialise_routing()
            act(db.session.get_one(Seat, self.staff_id))
