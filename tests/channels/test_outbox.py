"""A notice reaches its unit's system and duty phones once, whatever dies on the way."""

import base64
import hashlib
import hmac
import json
import re
import socket
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy import func, select

import tickets.sweeps
from channels import sweeps
from channels.outgoing import addresses, endpoints, sending, wording
from channels.outgoing.deliveries import send
from infra.bell import Bell
from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import (
    About,
    AuditEntry,
    Delivery,
    DeliveryState,
    DutyPhone,
    Endpoint,
    Notice,
    Role,
    TextMessage,
    Unit,
    UnitKind,
    Urgency,
)
from telephony.errors import CarrierError
from tests.visitors import browser_of, somebody
from tickets import messages
from tickets.notices import tell_unit
from tickets.wording import NOTICES, happened

ROOT = Path(__file__).resolve().parent.parent.parent


class Killed(BaseException):
    """What kill -9 does: nothing of ours runs any more."""


def deliver(work) -> None:
    """What the clock and a worker do within seconds."""
    sweeps.run()
    work()
    session.expire_all()


def the_delivery() -> Delivery:
    session.expire_all()
    return session.scalars(select(Delivery)).one()


def signed_by(secret: str, got) -> str:
    """As a receiver checks it, by the words of docs/api.md."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{got.id}.{got.headers['webhook-timestamp']}.{got.body.decode()}"
    digest = hmac.new(key, signed.encode(), hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def test_a_dispatched_ticket_is_told_to_the_units_system(endpoint, receiver, assignment, work):
    deliver(work)
    deliver(work)
    (got,) = receiver.got
    told = json.loads(got.body)
    assert got.path == "/hook?from=12345"
    assert told["type"] == "ticket.dispatched"
    assert told["data"]["ticket"] == assignment.ticket.number
    assert told["data"]["assignment"] == assignment.id
    assert told["data"]["unit"] == "urban"
    assert got.headers["webhook-signature"] == signed_by(endpoint.secret, got)
    assert abs(int(got.headers["webhook-timestamp"]) - now().timestamp()) < 2
    sent = the_delivery()
    assert (sent.state, sent.status, sent.attempts) == (DeliveryState.SENT, 204, 1)
    assert "138" not in got.body.decode(), "who called stays with the hotline"


def test_only_the_unit_itself_is_told_and_only_what_it_wants(
    endpoint, receiver, assignment, power, work
):
    endpoints.add(power, receiver.url, list(About))
    endpoint.wants = [About.CLOCKS]
    deliver(work)
    assert receiver.got == []
    tell_unit(assignment, "overdue")
    deliver(work)
    assert [json.loads(got.body)["type"] for got in receiver.got] == ["ticket.overdue"]


@pytest.mark.parametrize(
    ("name", "about"),
    [
        ("dispatched", About.TICKETS),
        ("late_sign", About.CLOCKS),
        ("urged", About.CLOCKS),
        ("refused_return", About.DECISIONS),
        ("cancelled_meeting", About.DECISIONS),
        ("something_new", About.TICKETS),
    ],
)
def test_every_notice_is_about_something(name, about):
    assert wording.about(name) is about


def test_every_notice_has_words_of_its_own():
    """A clerk who reads "there is news" on his phone does not know whether to get up."""
    said = r"""tell_unit\(\w+, "(\w+)"|tell_about\([\w., ]+, "(\w+)\""""
    names = {
        first or second
        for path in (ROOT / "tickets").glob("*.py")
        for first, second in re.findall(said, path.read_text("utf-8"))
    }
    assert len(names) >= 8, "the notices are no longer found by their names"
    assert sorted(name for name in names - NOTICES.keys() if happened(name) == name) == []


def test_what_fails_is_sent_again_with_the_same_id_and_body(
    endpoint, receiver, assignment, work, time
):
    receiver.answer = lambda _got: 500
    deliver(work)
    assert (the_delivery().state, the_delivery().error) == (
        DeliveryState.PENDING,
        "接收系统回答：500",
    )
    receiver.answer = lambda _got: 200
    deliver(work)
    assert len(receiver.got) == 1, "it rests for a moment"
    time.forward(16)
    deliver(work)
    first, second = receiver.got
    assert (first.id, first.body) == (second.id, second.body)
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    assert the_delivery().state is DeliveryState.SENT
    assert session.get(Endpoint, endpoint.id).failures == 0


def test_an_answer_that_nobody_heard_is_asked_for_again(endpoint, receiver, assignment, work, time):
    receiver.answer = lambda _got: 0
    deliver(work)
    assert the_delivery().error.startswith("接收系统无应答")
    receiver.answer = lambda _got: 200
    time.forward(16)
    deliver(work)
    assert len({got.id for got in receiver.got}) == 1
    assert the_delivery().state is DeliveryState.SENT


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_webhook_whose_sender_dies_is_not_lost(
    app, endpoint, receiver, assignment, work, time, monkeypatch, after
):
    """channels.outgoing.deliveries.send: sent again, and the receiver knows it by its id."""
    sweeps.run()
    post = sending.post

    def dies(*given: object) -> None:
        if after:
            post(*given)
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(sending, "post", dies)
        send(the_delivery().id)
    app.extensions["redis"].flushdb()
    deliver(work)
    assert len(receiver.got) == after, "somebody may still be at it"
    time.forward(66)
    deliver(work)
    assert len({got.id for got in receiver.got}) == 1
    assert (the_delivery().state, the_delivery().attempts) == (DeliveryState.SENT, 2)
    send(the_delivery().id)
    assert len(receiver.got) == 1 + after


def test_nothing_is_lost_while_redis_is_away(
    app, endpoint, receiver, assignment, work, time, monkeypatch
):
    def away(*_words: object, **_more: object) -> None:
        raise RedisConnectionError

    with monkeypatch.context() as patched:
        patched.setitem(app.extensions, "bell", Bell(app.extensions["redis"]))
        patched.setattr(Redis, "execute_command", away)
        patched.setattr(Redis, "pipeline", away)
        sweeps.run()
    assert the_delivery().state is DeliveryState.PENDING
    time.forward(6)
    deliver(work)
    assert len(receiver.got) == 1


def test_an_endpoint_that_is_down_holds_up_nobody(endpoint, receiver, assignment, work, time):
    receiver.answer = lambda _got: 503
    for number in range(5):
        tell_unit(assignment, "nearly", about=str(number))
    deliver(work)
    assert len(receiver.got) == 1, "after the first failure it rests as a whole"
    for _ in range(4):
        time.forward(301)
        deliver(work)
    assert len(receiver.got) == 5
    receiver.answer = lambda _got: 200
    time.forward(3601)
    deliver(work)
    states = set(session.scalars(select(Delivery.state)))
    assert states == {DeliveryState.SENT}


def test_what_is_never_taken_is_given_up_and_seen_and_can_be_sent_again(
    app, endpoint, receiver, assignment, work, time
):
    receiver.answer = lambda _got: 500
    for _ in range(8):
        deliver(work)
        time.forward(12 * 3600)
    assert the_delivery().state is DeliveryState.FAILED
    assert the_delivery().attempts == 8
    admin = browser_of(app, somebody("admin", Role.ADMIN))
    page = admin.get("/admin/outbox").text
    assert "连续失败" in page
    page = admin.get(f"/admin/outbox/endpoints/{endpoint.id}?state=failed").text
    assert the_delivery().message_id in page and "接收系统回答：500" in page
    receiver.answer, receiver.got = (lambda _got: 200), []
    admin.post(f"/admin/outbox/deliveries/{the_delivery().id}/replay")
    time.forward(3601)
    deliver(work)
    assert [got.id for got in receiver.got] == [the_delivery().message_id]
    assert the_delivery().state is DeliveryState.SENT


def test_everything_since_a_day_is_sent_again(app, endpoint, receiver, assignment, work, time):
    deliver(work)
    time.forward(2 * 24 * 3600)
    tell_unit(assignment, "overdue")
    deliver(work)
    admin = browser_of(app, somebody("admin", Role.ADMIN))
    since = (now() - timedelta(days=1)).date()
    admin.post(f"/admin/outbox/endpoints/{endpoint.id}/replays", since=str(since))
    time.forward(6)
    deliver(work)
    types = [json.loads(got.body)["type"] for got in receiver.got]
    assert types == ["ticket.dispatched", "ticket.overdue", "ticket.overdue"]
    assert receiver.got[1].id == receiver.got[2].id


def test_who_says_gone_is_told_nothing_more(endpoint, receiver, assignment, work, time):
    receiver.answer = lambda _got: 410
    deliver(work)
    assert the_delivery().state is DeliveryState.FAILED
    assert not session.get(Endpoint, endpoint.id).active
    tell_unit(assignment, "overdue")
    time.forward(601)
    deliver(work)
    assert len(receiver.got) == 1


def test_nobody_is_followed_elsewhere(endpoint, receiver, assignment, work):
    receiver.headers = {"Location": receiver.url}
    receiver.answer = lambda _got: 302
    deliver(work)
    assert len(receiver.got) == 1
    assert the_delivery().status == 302
    assert the_delivery().state is DeliveryState.PENDING


def test_a_new_secret_signs_beside_the_old_one_for_a_day(
    endpoint, receiver, assignment, work, time
):
    old = endpoint.secret
    new = endpoints.rotate(endpoint)
    deliver(work)
    (got,) = receiver.got
    assert got.headers["webhook-signature"].split() == [signed_by(new, got), signed_by(old, got)]
    time.forward(24 * 3600 + 1)
    tell_unit(assignment, "overdue")
    deliver(work)
    assert receiver.got[1].headers["webhook-signature"] == signed_by(new, receiver.got[1])


def test_the_secret_is_encrypted_where_it_lies(app, endpoint):
    with app.extensions["engine"].connect() as connection:
        kept = connection.exec_driver_sql("SELECT secret FROM endpoint").scalar_one()
    assert kept.startswith(b"t1:") and endpoint.secret.encode() not in kept


def test_a_duty_phone_gets_a_text_once_without_the_citizens_words(urban, assignment, texts, work):
    endpoints.add_phone(urban, "+86 139 0000 1111", [About.TICKETS])
    endpoints.add_phone(urban, "13900002222", [About.DECISIONS])
    deliver(work)
    deliver(work)
    citizen, duty = texts.sent
    to, _sender, body = duty
    assert (citizen[0], to) == ("+8613812345678", "+8613900001111")
    assert body.startswith(f"【12345热线】工单{assignment.ticket.number}：新派单，请签收。")
    assert "办理期限03-09 18:00" in body
    assert assignment.ticket.summary not in body


def test_a_text_that_the_provider_refuses_is_tried_again(urban, assignment, texts, work, time):
    endpoints.add_phone(urban, "13900001111", list(About))
    texts.error = CarrierError("busy", permanent=False)
    deliver(work)
    texts.error = None
    time.forward(61)
    for message_id in session.scalars(select(TextMessage.id)).all():
        messages.send(message_id)
    assert [to for to, _, _ in texts.sent] == ["+8613812345678", "+8613900001111"]


def at_night(time, clock: str) -> None:
    """The next time that the city's clocks show this."""
    hour, minute = map(int, clock.split(":"))
    time.now = local(now()).replace(hour=hour, minute=minute, second=0) + timedelta(days=1)


def of_duty(texts) -> list[str]:
    return [body for to, _sender, body in texts.sent if to == "+8613900001111"]


def the_clock_goes_round(work) -> None:
    tickets.sweeps.run()
    deliver(work)


def test_at_night_a_duty_phone_is_told_in_the_morning(urban, assignment, texts, work, time):
    endpoints.add_phone(urban, "13900001111", list(About))
    at_night(time, "22:00")
    deliver(work)
    assert of_duty(texts) == [] and len(texts.sent) == 1, "the citizen has his number at once"
    time.forward(8 * 3600 + 59 * 60)
    the_clock_goes_round(work)
    assert of_duty(texts) == []
    time.forward(120)
    the_clock_goes_round(work)
    assert len(of_duty(texts)) == 1


def test_a_text_that_failed_in_the_evening_is_not_tried_at_night(
    urban, assignment, texts, work, time
):
    endpoints.add_phone(urban, "13900001111", list(About))
    at_night(time, "21:59")
    texts.error = CarrierError("busy", permanent=False)
    deliver(work)
    texts.error = None
    time.forward(600)
    the_clock_goes_round(work)
    assert of_duty(texts) == []
    time.forward(9 * 3600)
    the_clock_goes_round(work)
    assert len(of_duty(texts)) == 1


@pytest.mark.parametrize("urgency", [Urgency.URGENT, Urgency.INSTANT])
def test_what_is_urgent_wakes_whoever_is_on_duty(urban, assignment, texts, work, time, urgency):
    assignment.ticket.urgency = urgency
    endpoints.add_phone(urban, "13900001111", list(About))
    at_night(time, "03:00")
    deliver(work)
    assert len(of_duty(texts)) == 1


def test_the_quiet_hours_that_hold_are_those_of_the_moment_it_leaves(
    app, urban, assignment, texts, work, time
):
    endpoints.add_phone(urban, "13900001111", list(About))
    at_night(time, "22:30")
    boss = browser_of(app, somebody("boss", Role.ADMIN))
    boss.post("/policies/quiet-hours", begins="23:00", ends="06:00")
    deliver(work)
    assert len(of_duty(texts)) == 1


def test_a_notice_without_anybody_to_tell_is_done_with(assignment, work):
    sweeps.run()
    assert session.scalar(select(func.count()).where(Notice.spread_at.is_(None))) == 0
    assert session.scalar(select(func.count(Delivery.id))) == 0


def test_what_was_taken_long_ago_is_forgotten(endpoint, receiver, assignment, work, time):
    deliver(work)
    time.forward(31 * 24 * 3600)
    sweeps.run()
    assert session.scalar(select(func.count(Delivery.id))) == 0
    assert session.scalar(select(func.count(Notice.id))) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.216.34/hook",
        "ftp://unit.example/hook",
        "https://user:secret@93.184.216.34/",
        "https://",
        "https://93.184.216.34/#x",
        "https://单位.example/",
        "https://x:99999/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://10.1.2.3/",
        "https://192.168.1.1:8443/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://2130706433/",
        "https://100.64.0.1/",
    ],
)
def test_production_sends_nothing_inside(app, url):
    settings = replace(app.config["SETTINGS"], env="production")
    with pytest.raises(addresses.NotAllowed):
        addresses.resolve(url, settings)


def test_a_name_that_leads_inside_is_refused_when_it_is_called(app, monkeypatch):
    settings = replace(app.config["SETTINGS"], env="production")
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 443))]
    public = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: public)
    assert addresses.resolve("https://unit.example/hook", settings).address == "93.184.216.34"
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: public + inside)
    with pytest.raises(addresses.NotAllowed):
        addresses.resolve("https://unit.example/hook", settings)
    allowed = replace(settings, webhook_networks=(ip_network("10.0.0.0/16"),))
    assert addresses.resolve("https://unit.example/hook", allowed).host == "unit.example"
    with pytest.raises(sending.NotTaken) as refused:
        sending.post("https://unit.example/hook", "m", b"{}", [], now(), settings)
    assert refused.value.permanent


def test_in_development_a_system_on_this_machine_may_listen(app):
    settings = app.config["SETTINGS"]
    assert addresses.resolve("http://127.0.0.1:9000/x", settings).authority == "127.0.0.1:9000"
    for url in ("http://192.168.1.1/", "https://169.254.169.254/"):
        with pytest.raises(addresses.NotAllowed):
            addresses.resolve(url, settings)


def test_who_never_answers_is_not_waited_for(app, monkeypatch):
    monkeypatch.setattr(sending, "TIMEOUT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(sending.NotTaken) as failed:
            sending.post(url, "m", b"{}", [], now(), app.config["SETTINGS"])
    assert not failed.value.permanent


def test_an_administrator_adds_tries_and_switches_off(app, urban, receiver, work):
    admin = browser_of(app, somebody("admin", Role.ADMIN))
    wants = list(About)
    answer = admin.post("/admin/outbox/endpoints", unit="urban", url=receiver.url, wants=wants)
    page = admin.get(answer.headers["Location"]).text
    made = session.scalars(select(Endpoint)).one()
    assert made.secret in page, "shown once"
    assert made.secret not in admin.get(answer.headers["Location"]).text
    admin.post(f"/admin/outbox/endpoints/{made.id}/trials")
    deliver(work)
    assert [json.loads(got.body)["type"] for got in receiver.got] == ["trial"]
    admin.post(f"/admin/outbox/endpoints/{made.id}/active", on="no")
    admin.post(f"/admin/outbox/endpoints/{made.id}/trials")
    deliver(work)
    assert len(receiver.got) == 1
    acts = set(session.scalars(select(AuditEntry.action)))
    assert acts >= {"endpoint.added", "endpoint.tried", "endpoint.switched_off"}


@pytest.mark.parametrize(
    ("path", "form", "says"),
    [
        ("endpoints", {"unit": "urban", "url": "http://10.0.0.1/", "wants": "clocks"}, "https://"),
        ("endpoints", {"unit": "urban", "url": "https://nowhere.invalid/", "wants": "clocks"},
         "找不到这个主机"),
        ("endpoints", {"unit": "urban", "url": "https://127.0.0.1/"}, "请至少选择一类通知"),
        ("endpoints", {"unit": "none", "url": "https://127.0.0.1/"}, "请选择单位"),
        ("phones", {"unit": "urban", "number": "12345", "wants": "clocks"}, "手机号码"),
        (
            "phones",
            {"unit": "urban", "number": "0791-86789110", "wants": "clocks"},
            "座机收不到短信",
        ),
        ("phones", {"unit": "", "number": "13900001111", "wants": "clocks"}, "请选择单位"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said(app, urban, path, form, says):
    admin = browser_of(app, somebody("admin", Role.ADMIN))
    page = admin.post(f"/admin/outbox/{path}", **form).text
    assert says in page
    typed = form.get("url") or form["number"]
    assert f'value="{typed}"' in page, "what was typed is not typed again"
    chosen = re.findall('<option value="urban"[^>]* selected>', page)
    assert len(chosen) == (form["unit"] == "urban")
    assert session.query(Endpoint).count() == session.query(DutyPhone).count() == 0


def test_pages_show_no_number_of_a_duty_phone(app, urban):
    endpoints.add_phone(urban, "13900001111", list(About))
    session.add(Unit(code="noise", name="无关单位", kind=UnitKind.BUREAU))
    page = browser_of(app, somebody("admin", Role.ADMIN)).get("/admin/outbox").text
    assert "139****1111" in page and "13900001111" not in page
