"""A call, the carrier's reports about it, and a server that has the sound."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from twilio.request_validator import RequestValidator

from infra.clock import now
from infra.db import session
from models import Call, CallStatus, Disposition, Party, Seat
from tests.places import a_line, an_agent
from tests.recordings.sounds import MediaServer, serving
from tests.services import ACCOUNT, TOKEN
from tests.tickets.conftest import place  # noqa: F401  the same city

BASE = "http://hotline.test"


@pytest.fixture
def media(app: Flask) -> Iterator[MediaServer]:
    settings = app.config["SETTINGS"]
    with serving(ACCOUNT, TOKEN) as server:
        app.config["SETTINGS"] = replace(settings, twilio_api_url=server.url)
        yield server
    app.config["SETTINGS"] = settings


@pytest.fixture
def agent(app: Flask, time: object) -> Seat:
    return an_agent("wang", a_line())


@pytest.fixture
def a_call(app: Flask, agent: Seat) -> Call:
    """A finished talk of one minute."""
    call = Call(
        sid="CA-citizen",
        number_masked="138****5678",
        started_at=now(),
        answered_at=now(),
        tapped_at=now(),
        ended_at=now() + timedelta(seconds=60),
        status=CallStatus.ENDED,
        disposition=Disposition.ANSWERED,
        agent_id=agent.staff_id,
        agent_leg="CA-agent",
    )
    session.add(call)
    session.flush()
    return call


@dataclass
class CarrierReports:
    """The carrier, as far as recordings go: it signs what it sends."""

    client: FlaskClient

    def post(self, path: str, **form: str) -> int:
        signature = RequestValidator(TOKEN).compute_signature(BASE + path, form)
        headers = {"X-Twilio-Signature": signature}
        return self.client.post(path, data=form, headers=headers).status_code

    def recording(
        self, url: str, status: str = "completed", leg: str = "CA-citizen", seconds: int = 10
    ) -> int:
        return self.post(
            "/voice/recording",
            RecordingSid="RE1",
            RecordingUrl=url,
            RecordingStatus=status,
            CallSid=leg,
            RecordingDuration=str(seconds),
            RecordingChannels="2",
            RecordingStartTime=format_datetime(now()),
        )

    def says(
        self,
        party: Party,
        text: str,
        number: int,
        *,
        leg: str = "CA-citizen",
        at: datetime | None = None,
        final: bool = True,
    ) -> int:
        return self.post(
            f"/voice/words?speaker={party}",
            TranscriptionEvent="transcription-content",
            TranscriptionSid=f"GT-{party}",
            SequenceId=str(number),
            Track="inbound_track",
            Final="true" if final else "false",
            TranscriptionData=json.dumps({"transcript": text, "confidence": 0.93}),
            Timestamp=(at or now()).isoformat(),
            CallSid=leg,
        )


@pytest.fixture
def reports(client: FlaskClient) -> CarrierReports:
    return CarrierReports(client)


@pytest.fixture
def at_second() -> Callable[[float], datetime]:
    return lambda seconds: now() + timedelta(seconds=seconds)
