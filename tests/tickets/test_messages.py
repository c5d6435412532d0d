"""Texts leave once; what fails is tried again and in the end shown."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy import select

from infra import db
from infra.bell import Bell
from infra.db import session
from infra.jobs import lane
from models import Person, TextMessage, TextState
from telephony.errors import CarrierError
from tests.tickets.conftest import Texts, a_person
from tickets import messages, sms, sweeps
from tickets.messages import queue_text, send


def _only() -> TextMessage:
    session.expire_all()
    return session.scalars(select(TextMessage)).one()


@pytest.fixture
def queued(citizen: Person, texts: Texts) -> int:
    queue_text(citizen, "您好", key="greeting")
    db.commit()
    return _only().id


def test_the_same_key_is_written_once(citizen: Person, queued: int) -> None:
    queue_text(citizen, "您好", key="greeting")
    assert _only().number_masked == "138****5678"


def test_a_text_is_sent_once(queued: int, texts: Texts) -> None:
    send(queued)
    send(queued)
    assert [body for _, _, body in texts.sent] == ["您好"]
    assert (_only().state, _only().sid) == (TextState.SENT, "SM1")


def test_a_failure_is_tried_again_later(queued: int, texts: Texts, time: object) -> None:
    texts.error = CarrierError("busy", permanent=False)
    send(queued)
    assert (_only().state, _only().error) == (TextState.PENDING, "busy")
    texts.error = None
    send(queued)  # too early
    assert texts.sent == []
    time.forward(61)
    send(queued)
    assert _only().state is TextState.SENT


def test_what_cannot_succeed_is_given_up_at_once(queued: int, texts: Texts) -> None:
    texts.error = CarrierError("no such number", permanent=True)
    send(queued)
    assert (_only().state, _only().error) == (TextState.FAILED, "no such number")
    texts.error = None
    messages.again(_only())
    db.commit()
    send(queued)
    assert _only().state is TextState.SENT


def test_everything_is_given_up_in_the_end(queued: int, texts: Texts, time: object) -> None:
    texts.error = CarrierError("busy", permanent=False)
    for _ in range(messages.ENOUGH_ATTEMPTS):
        send(queued)
        time.forward(3601)
    assert _only().state is TextState.FAILED


def test_a_landline_gets_no_text(app: Flask, texts: Texts, time: object) -> None:
    queue_text(a_person("079188889110"), "您好", key="landline")
    db.commit()
    send(_only().id)
    assert (_only().state, _only().error) == (TextState.FAILED, "座机不能接收短信")


def test_a_lost_queue_is_swept(
    queued: int, texts: Texts, app: Flask, time: object, work: object
) -> None:
    app.extensions["redis"].flushdb()
    time.forward(11)
    sweeps.run()
    work()
    assert _only().state is TextState.SENT


def test_without_workers_the_queue_does_not_grow(
    queued: int, texts: Texts, time: object, work: object
) -> None:
    for _ in range(3):
        time.forward(20)
        sweeps.run()
    assert lane("messages").count == 1
    work()
    assert (len(texts.sent), lane("messages").count) == (1, 0)


def test_redis_that_is_away_is_not_asked_for_every_message(
    app: Flask, citizen: Person, texts: Texts, time: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        queue_text(citizen, "您好", key=f"greeting {number}")
    asked = []

    def away(_redis: object, *_words: object, **_more: object) -> None:
        asked.append(1)
        raise RedisConnectionError

    monkeypatch.setitem(app.extensions, "bell", Bell(app.extensions["redis"]))
    monkeypatch.setattr(Redis, "execute_command", away)
    db.commit()
    assert len(asked) == 1


@pytest.fixture
def gateway(app: Flask) -> Iterator[None]:
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(settings, sms_url="http://127.0.0.1:9/sms")
    yield
    app.config["SETTINGS"] = settings


def test_a_gateway_that_is_away_may_come_back(gateway: None) -> None:
    with pytest.raises(CarrierError) as failed:
        sms.deliver("13812345678", "您好", key="greeting")
    assert not failed.value.permanent
    assert failed.value.unknown
