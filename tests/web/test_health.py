"""Alive, ready, counted; and pages that guard themselves."""

import json

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from infra import bell
from infra.clock import now
from infra.db import session
from infra.events import listen
from ivr.menu import menu
from models import Call, Line, Role
from queues import waiting
from tests.places import a_line
from tests.visitors import browser_of, somebody
from web import health


@pytest.fixture
def lines(app):
    """All that callers are led to."""
    for code in ("general", *menu().lines()):
        a_line(code)


def test_it_lives_and_is_ready(client, lines):
    assert client.get("/healthz").text == "ok"
    known = {"database": "ok", "redis": "ok", "storage": "ok"}
    assert client.get("/readyz").json == {"state": "ready", **known}


def test_without_redis_it_is_degraded_and_still_takes_calls(app, client, lines, monkeypatch):
    lost = bell.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.1)
    monkeypatch.setitem(app.extensions, "redis", lost)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["state"]) == (200, "degraded")


def test_without_the_general_line_no_call_can_be_taken(client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["state"]) == (503, "unavailable")
    assert answer.json["lines"].startswith("missing: general")


def test_a_line_that_only_the_menu_knows_is_named(app, client, lines):
    lost = session.scalars(select(Line).where(Line.code == "tourism")).one()
    lost.code = "turism"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["state"]) == (200, "degraded")
    assert answer.json["lines"] == "missing: tourism"
    with capture_logs() as logs:
        health.report_lines(app)
    assert [(one["log_level"], one["lines"]) for one in logs] == [("error", ["tourism"])]


def test_a_database_that_is_away_does_not_stop_the_start(app, monkeypatch):
    def away():
        raise OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr(health, "missing_lines", away)
    with capture_logs() as logs:
        health.report_lines(app)
    assert [one["log_level"] for one in logs] == ["warning"]


def test_metrics_count_who_waits(client, app, time):
    call = Call(sid="CA1", number_masked="-", started_at=now())
    session.add(call)
    session.flush()
    waiting.enter(call, a_line("general"))
    time.forward(7)
    text = client.get("/metrics").text
    assert "callers_waiting 1.0" in text and "longest_wait_seconds 7.0" in text
    assert "webhook_failures_total" in text


def test_pages_carry_the_headers_that_guard_them(client):
    headers = client.get("/sign-in").headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_errors_say_what_to_do(client):
    assert "没有找到" in client.get("/nowhere").text
    answer = client.get("/nowhere", headers={"Accept": "application/json"})
    assert answer.json == {"error": "没有找到"}


def test_a_stream_tells_what_was_published_and_pings(app, time):
    agent = somebody("wang", Role.AGENT)
    stream = browser_of(app, agent).get("/live", buffered=False)
    assert stream.mimetype == "text/event-stream"
    lines = stream.iter_encoded()
    assert next(lines) == b"event: ping\ndata: {}\n\n"
    app.extensions["redis"].publish(
        f"agent:{agent.id}", json.dumps({"name": "offered", "detail": {"offer": 7}})
    )
    assert next(lines) == b'event: offered\ndata: {"offer": 7}\n\n'


def test_nobody_listens_without_signing_in(client):
    assert client.get("/live").status_code == 401


def test_silence_is_broken_by_pings(app):
    first = next(iter(listen("anything")))
    assert first is None
