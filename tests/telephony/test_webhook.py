"""The carrier's door when the database dies at the worst moment: while it is told to keep."""

import subprocess
import sys
from pathlib import Path

import pytest
from flask import has_request_context
from sqlalchemy import event, select, text
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator

from emulator.courier import Overrides
from infra.db import CONNECT_WITHIN, LOCK_WITHIN, WORTH_A_RETRY, session
from models import Call
from telephony.replies import RETRY
from tests.places import a_line
from tests.services import TOKEN

BASE = "http://hotline.test"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def die_at_commit(app):
    """Let the database end the connection of the next ``times`` requests as they commit."""
    left = 0

    def cut(committed: Session) -> None:
        nonlocal left
        if left and has_request_context():
            left -= 1
            pid = committed.scalar(text("SELECT pg_backend_pid()"))
            with app.extensions["engine"].connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid, 2000)"), {"pid": pid})

    def die(times: int) -> None:
        nonlocal left
        left = times

    event.listen(Session, "before_commit", cut)
    yield die
    event.remove(Session, "before_commit", cut)


@pytest.fixture(autouse=True)
def general(app):
    return a_line()


def carrier_posts(client, path: str, **form: str):
    signature = RequestValidator(TOKEN).compute_signature(BASE + path, form)
    return client.post(path, data=form, headers={"X-Twilio-Signature": signature})


def test_a_commit_that_fails_is_repeated(client, die_at_commit):
    die_at_commit(1)
    answer = carrier_posts(client, "/voice/incoming", CallSid="CA1", From="+8613800138000")
    assert answer.status_code == 200
    assert "通话将被录音" in answer.text
    assert session.scalars(select(Call.sid)).all() == ["CA1"]


@pytest.mark.parametrize(
    ("path", "words"),
    [("/voice/incoming", "/voice/failed"), ("/voice/wait", "<Pause"), ("/voice/agent", "<Hangup")],
)
def test_a_commit_that_fails_twice_is_apologised_for(client, die_at_commit, path, words):
    die_at_commit(2)
    known = {"CallSid": "CA1", "From": "+8613800138000", "QueueTime": "9"}
    answer = carrier_posts(client, path, **known)
    assert answer.status_code == 200
    assert words in answer.text
    assert session.scalars(select(Call.sid)).all() == []


def test_a_report_whose_commit_fails_twice_is_repeated_by_the_carrier(
    app, client, die_at_commit, monkeypatch
):
    monkeypatch.setattr(app, "testing", False)
    die_at_commit(2)
    answer = carrier_posts(client, "/voice/recording", CallSid="CA1", RecordingSid="RE1")
    assert answer.status_code >= 500


def test_the_carrier_still_listens_when_a_failing_webhook_apologises():
    patience = Overrides.of(f"{BASE}/voice/wait{RETRY}")
    assert "55P03" in WORTH_A_RETRY
    for slowest in (CONNECT_WITHIN, 2 * LOCK_WITHIN):
        assert slowest + 0.5 < patience.read
    assert patience.total >= (patience.retries + 1) * patience.read


def test_the_fallback_needs_no_library_of_the_database():
    """It is there for when all else is not, and small beside it."""
    told = "import sys, telephony.fallback; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told], cwd=ROOT, check=False).returncode == 0
