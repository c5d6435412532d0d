"""Whoever reads a log finds the call and the ticket that a line is about, and no number."""

import json
import logging

import pytest
import structlog
from flask import Flask
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

import infra.log
from infra.db import commit, session
from models import Call
from queues import waiting
from tests.places import a_line, an_agent
from tests.tickets.conftest import a_person, ended
from tests.visitors import browser_of
from tickets import lifecycle

NUMBER = "+8613812345678"


@pytest.fixture
def logs():
    with capture_logs(processors=[merge_contextvars]) as lines:
        yield lines
    structlog.contextvars.clear_contextvars()


def test_an_apology_to_a_caller_names_his_call(city, logs, monkeypatch):
    a_line("general")
    commit()

    def broken(*_given, **_known):
        raise ZeroDivisionError

    citizen = city.citizen(NUMBER)
    monkeypatch.setattr(waiting, "enter", broken)
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请直接说出"))
    citizen.presses("0")
    city.pass_time(5)
    call = session.scalars(select(Call)).one()
    (line, *_) = [one for one in logs if one["event"] == "a caller hears our apology"]
    assert (line["call"], line["leg"]) == (call.id, citizen.leg.sid)
    assert "13812345678" not in json.dumps(logs, default=str)


class Silent:
    """Redis is away."""

    def ring(self, _rope):
        raise RedisConnectionError

    def publish(self, _topic, _message):
        raise RedisConnectionError


def test_what_fails_after_a_ticket_was_sent_names_ticket_and_call(
    app: Flask, time, logs, monkeypatch
):
    wang = an_agent("wang", a_line())
    call = ended(a_person("13812345678"), agent=wang)
    ticket = lifecycle.draft(call)
    desk = browser_of(app, wang.staff)
    structlog.contextvars.clear_contextvars()
    monkeypatch.setitem(app.extensions, "bell", Silent())
    form = {"kind": "praise", "summary": "谢谢", "needs_reply": "on", "submit": "1"}
    assert desk.post(f"/drafts/{ticket.id}", **form).headers["Location"].startswith("/tickets/")
    (line,) = [one for one in logs if one["event"] == "effect after commit failed"]
    assert (line["ticket"], line["call"]) == (ticket.id, call.id)
    assert line["endpoint"] == "drafts.save"


def test_what_a_refused_row_says_is_in_no_log(app: Flask, time):
    """PostgreSQL quotes the whole row: with it what a citizen said, or where he lives."""
    call = ended(a_person("13812345678"))
    commit()
    broken = text("UPDATE call SET speech = :words, status = 'nowhere' WHERE id = :id")
    with pytest.raises(IntegrityError) as refused:
        session.execute(broken, {"id": call.id, "words": "我住\n阳明路"})
    assert "阳明路" in str(refused.value.orig), "or there is nothing to hide"
    error = refused.value
    structlog_line = {"event": "failed", "exc_info": error, "error": str(error.orig)}
    for processor in structlog.get_config()["processors"]:
        structlog_line = processor(None, "error", structlog_line)
    record = logging.LogRecord(
        "x", logging.ERROR, __file__, 1, "failed", (), (type(error), error, None)
    )
    for line in (structlog_line, logged_by_library(record)):
        assert "failed" in line and "阳明路" not in line
        assert json.loads(line)["event"] == "failed"


def logged_by_library(record: logging.LogRecord) -> str:
    infra.log.configure()
    ours = [one for one in logging.getLogger().handlers if one.formatter is not None]
    return next(
        one.formatter.format(record)
        for one in ours
        if isinstance(one.formatter, structlog.stdlib.ProcessorFormatter)
    )
