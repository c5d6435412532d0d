"""Jobs that are killed in the middle, forgotten by Redis or done twice: nothing lost, nothing
doubled."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import select

from infra.clock import now
from infra.db import commit, session
from models import Call, CallStatus, MissedContact, Party, TextMessage, TextState, Ticket, Utterance
from tests.tickets.conftest import Texts
from tickets import completion, messages, sms, sweeps
from tickets.jobs import complete_from_call, fill_while_talking
from tickets.messages import queue_text, send


class Killed(BaseException):
    """What kill -9 does: nothing of ours runs any more."""


def until_restored(app: Flask, time: object, work: Callable[[], None], seconds: float) -> None:
    app.extensions["redis"].flushdb()
    time.forward(seconds)
    sweeps.run()
    work()


def says(call: Call, text: str) -> None:
    known = {"party": Party.CITIZEN, "transcription": "GT1", "sequence": 1, "at": now()}
    session.add(Utterance(call_id=call.id, text=text, **known))
    session.flush()


def the_text() -> TextMessage:
    session.expire_all()
    return session.scalars(select(TextMessage)).one()


@pytest.fixture
def queued(citizen, texts) -> int:
    queue_text(citizen, "工单号 1", key="ticket:1:submitted")
    commit()
    return the_text().id


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_text_whose_sender_dies_is_sent_once(
    app, queued, texts: Texts, time, work, monkeypatch, after
):
    """tickets.messages.send: the second attempt asks the carrier what became of the first."""
    deliver = sms.deliver

    def dies(*given: object, **known: object) -> None:
        if after:
            deliver(*given, **known)
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(sms, "deliver", dies)
        send(queued)
    until_restored(app, time, work, 90)
    assert [body for _, _, body in texts.sent] == ["工单号 1"]
    assert (the_text().state, the_text().sid, the_text().attempts) == (TextState.SENT, "SM1", 2)
    send(queued)
    assert len(texts.sent) == 1


@pytest.fixture
def gateway(app: Flask) -> Iterator[list[tuple[str | None, str]]]:
    """A gateway that takes messages and answers too late to be heard, the first time."""
    got: list[tuple[str | None, str]] = []

    class Gateway(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length).decode("unicode_escape")
            got.append((self.headers["Idempotency-Key"], body))
            if len(got) == 1:
                return  # the line is cut
            answer = b'{"id": "G1"}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_words: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Gateway)
    Thread(target=server.serve_forever, daemon=True).start()
    settings = app.config["SETTINGS"]
    url = f"http://127.0.0.1:{server.server_port}/sms"
    app.config["SETTINGS"] = replace(settings, sms_url=url)
    yield got
    app.config["SETTINGS"] = settings
    server.shutdown()
    server.server_close()


def test_a_gateway_is_told_that_it_is_the_same_message(app, queued, gateway, time, work):
    send(queued)
    assert "短信网关无应答" in the_text().error
    until_restored(app, time, work, 90)
    keys = [key for key, _ in gateway]
    assert keys == ["ticket:1:submitted"] * 2, "the gateway knows by it not to send again"
    assert (the_text().state, the_text().sid) == (TextState.SENT, "G1")


A_YEAR = 365 * 24 * 3600


@pytest.mark.parametrize("seconds", [150, A_YEAR])
def test_a_draft_whose_writer_dies_is_completed_once(app, a_call, time, work, monkeypatch, seconds):
    """tickets.jobs.complete_from_call, however long nobody was there to do it."""
    says(a_call, "我们小区楼下的路灯坏了三天了")

    def dies(*_said: object) -> None:
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(completion, "propose", dies)
        complete_from_call(a_call.id)
    until_restored(app, time, work, seconds)
    session.expire_all()
    (draft,) = session.scalars(select(Ticket)).all()
    assert draft.completed_at is not None and "路灯" in draft.summary
    completed_at = draft.completed_at
    complete_from_call(a_call.id)
    session.expire_all()
    assert [one.completed_at for one in session.scalars(select(Ticket))] == [completed_at]


def test_what_was_not_filled_in_during_the_talk_is_there_after_it(
    app, a_call, time, work, monkeypatch
):
    """tickets.jobs.fill_while_talking has no sweep of its own: the next sentence asks again, and
    the end of the call does the same from all that was said."""
    a_call.status, a_call.ended_at, a_call.disposition = CallStatus.TALKING, None, None
    a_call.answered_at = now()
    says(a_call, "我们小区楼下的路灯坏了三天了")

    def dies(*_said: object) -> None:
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(completion, "propose", dies)
        fill_while_talking(a_call.id)
    assert session.scalars(select(Ticket)).all() == []
    a_call.status, a_call.ended_at = CallStatus.ENDED, now()
    a_call.disposition = completion.Disposition.ANSWERED
    until_restored(app, time, work, 150)
    session.expire_all()
    assert "路灯" in session.scalars(select(Ticket)).one().summary


def test_who_reached_nobody_long_ago_is_remembered_and_the_clock_looks_no_more(
    app, a_call, citizen, time, work
):
    a_call.disposition, a_call.answered_at = completion.Disposition.ABANDONED, None
    until_restored(app, time, work, A_YEAR)
    assert session.scalars(select(MissedContact.call_id)).all() == [a_call.id]
    session.expire_all()
    assert a_call.ticket_due_at is None


def test_a_message_that_is_given_up_is_not_taken_up_by_a_late_job(queued, texts, time):
    with_message = the_text()
    with_message.state = TextState.FAILED
    commit()
    send(queued)
    assert texts.sent == []
    messages.again(the_text())
    commit()
    send(queued)
    assert len(texts.sent) == 1
