"""A unit that works by the interface only; and the first five minutes of docs/api.md."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextvars import Context
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.serving import make_server

from channels import sweeps
from infra.clock import now
from infra.db import commit, session
from models import Reply, Role, TicketState
from tests.channels.conftest import system_of
from tests.visitors import somebody
from tickets import closing, dispatch, history

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "api.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT.read_text("utf-8"), re.M | re.S)


def genuine(time_is: float):
    """The check that docs/api.md recommends, at a time that is held still."""
    known: dict = {}
    exec(blocks("python")[0], known)
    known["time"] = type("Still", (), {"time": staticmethod(lambda: time_is)})
    return known["genuine"]


def test_a_unit_works_by_the_interface_alone(app, ticket, urban, endpoint, receiver, work, time):
    dispatcher = somebody("zhao", Role.DISPATCHER)
    system = system_of(app, urban)
    cursor = system.get("/events").json["next"]

    # The ticket is dispatched; the unit's system is told, and reads what it is about.
    dispatch.dispatch(ticket, urban, by=dispatcher)
    commit()
    sweeps.run()
    work()
    (got,) = receiver.got
    check = genuine(now().timestamp())
    assert check(endpoint.secret, got.headers, got.body)
    assert not check(endpoint.secret, got.headers, got.body + b" ")
    one = f"/assignments/{json.loads(got.body)['data']['assignment']}"
    assert "路灯" in system.get(one).json["summary"]

    # It signs within its time, works, replies; the hotline finds the reply wanting.
    time.forward(600)
    assert system.post(f"{one}/signature", Idempotency_Key="sign").json["state"] == "signed"
    reply = {"public": "已修好", "facts_true": True, "solved": "yes", "no_contact": "夜间"}
    time.forward(3600)
    given = system.post(f"{one}/replies", reply, Idempotency_Key="reply-1")
    assert given.status_code == 201
    first = session.get_one(Reply, given.json["id"])
    session.refresh(dispatcher)
    closing.refuse_reply(first, by=dispatcher, remarks="请写明何时修好")
    commit()
    sweeps.run()
    work()
    assert json.loads(receiver.got[-1].body)["type"] == "ticket.reply_refused"
    told = system.get(one).json
    assert (told["state"], told["replies"][0]["remarks"]) == ("reply_rejected", "请写明何时修好")

    # It answers better, and sees that this is accepted.
    better = reply | {"public": "已于 3 月 2 日 11 时修好。"}
    given = system.post(f"{one}/replies", better, Idempotency_Key="reply-2")
    session.refresh(dispatcher)
    closing.accept_reply(session.get_one(Reply, given.json["id"]), by=dispatcher)
    commit()
    names = [event["name"] for event in system.get("/events", after=cursor).json["items"]]
    assert names == [
        "dispatched", "signed", "replied", "reply_refused", "replied", "reply_accepted",
        "awaits_follow_up",
    ]  # fmt: skip
    assert system.get(one).json["state"] == "accepted"
    session.expire_all()
    assert ticket.state is TicketState.PENDING_FOLLOW_UP
    assert history.verify(ticket) is None


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """The application as a browser or curl finds it."""

    def each_by_itself(environ, start):
        return Context().run(app.wsgi_app, environ, start)

    server = make_server("127.0.0.1", 0, each_by_itself, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples are for curl")
def test_the_first_five_minutes_go_as_they_are_told(app, address, assignment, urban, tmp_path):
    system = system_of(app, urban)
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"0" * 1000)
    known = {"HOTLINE": address, "KEY": system.key, "PATH": os.environ["PATH"]}  # noqa: TID251
    commands = blocks("sh")
    assert len(commands) >= 4
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(commands)],
        env=known,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    session.expire_all()
    assert assignment.ticket.state is TicketState.PENDING_AUDIT
    replies = session.scalars(select(Reply.public)).all()
    assert replies == ["路灯已于今日修复。"]
    assert '"name":"attached"' in done.stdout
