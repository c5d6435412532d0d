"""Packages between this city's hotline and another; a small reference peer plays the other side
over real HTTP: its key opens our doors, its own server takes our news."""

import json
from collections.abc import Iterator
from contextvars import Context
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from threading import Thread

import pytest
import requests as http
from sqlalchemy import func, select
from werkzeug.serving import make_server

from channels import sweeps
from channels.exchange import peers
from channels.exchange.following import OF_ASSIGNMENT
from infra.clock import now
from infra.db import commit, session
from infra.localtime import local
from models import (
    Addition,
    Assignment,
    AssignmentState,
    AuditEntry,
    Delivery,
    Difference,
    Exchange,
    ExchangeState,
    Peer,
    PeerKind,
    Reply,
    Role,
    Scope,
    StaffMember,
    Ticket,
    TicketEvent,
    TicketState,
    Topic,
    Unit,
    Urgency,
)
from tests.channels.conftest import System, system_of
from tests.places import a_line
from tests.visitors import browser_of, somebody
from tickets import (
    closing,
    dispatch,
    handling,
    history,
    locking,
    merging,
    proposals,
    recalling,
)
from tickets.handling import Answer

ORDER = (
    *("number", "version", "hop", "kind", "topic", "district", "address", "summary", "demand"),
    *("urgency", "due_at"),
)
DONE = Answer(public="路灯已修好。", facts_true=True, solved="yes", no_contact="夜间修复")
ANSWER = {"public": "已由本市修复。", "facts_true": True, "solved": "yes", "no_contact": "夜间"}


def checksum(said: dict) -> str:
    """As docs/api.md describes it to whoever writes the other side."""
    known = {"version": 1, "hop": 1, "urgency": "normal", "due_at": None} | said
    if known["due_at"] is not None:
        known["due_at"] = int(known["due_at"].timestamp())
    lines = ("" if known[name] is None else str(known[name]) for name in ORDER)
    return sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def a_package(**other: object) -> dict:
    said = {
        "number": "GD20260302-0007",
        "kind": "complaint",
        "topic": "street_light",
        "district": "donghu",
        "address": "阳明路12号",
        "summary": "从外省打来：路灯不亮",
        "demand": "修好路灯",
        **other,
    }
    whole = said | {"checksum": other.get("checksum") or checksum(said)}
    if said.get("due_at") is not None:
        whole["due_at"] = said["due_at"].isoformat()
    return whole


@dataclass
class Province:
    """The reference peer: another line with numbers, states and a list of its own."""

    peer: Peer
    url: str
    key: str
    receiver: object
    kept: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: object = None) -> http.Response:
        commit()
        answer = http.request(
            method,
            f"{self.url}/api/v1{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=10,
        )
        session.expire_all()
        return answer

    def sends(self, **other: object) -> http.Response:
        return self.ask("POST", "/exchanges", a_package(**other))

    def heard(self) -> list[str]:
        return [json.loads(got.body)["type"] for got in self.receiver.got]

    def acknowledges(self) -> http.Response:
        """Everything that lies here for it, by the checksum of what it has read."""
        (item,) = self.ask("GET", "/exchanges").json()["items"]
        read = {name: item[name] for name in ORDER if name not in ("number", "due_at")}
        own = item["due_at"] and now().fromisoformat(item["due_at"])
        whole = checksum(read | {"number": item["ticket"], "due_at": own})
        return self.ask(
            "POST",
            f"/exchanges/{item['id']}/acknowledgement",
            {"checksum": whole, "number": "S-1"},
        )


@pytest.fixture
def served(app) -> Iterator[str]:
    """The hotline itself, on a port; each request in a context of its own."""

    def apart(environ, start_response):
        return Context().run(app.wsgi_app, environ, start_response)

    server = make_server("127.0.0.1", 0, apart, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def zhao(app, time) -> StaffMember:
    return somebody("zhao", Role.DISPATCHER)


@pytest.fixture
def province(app, urban, receiver, served, time) -> Province:
    made, secrets = peers.add("province", "省12345平台", PeerKind.PROVINCE, receiver.url)
    peers.add("nextdoor", "邻市12345", PeerKind.CITY, f"{receiver.url}&other=1")  # noise
    commit()
    return Province(made, served, secrets.key, receiver)


def hand_on(work) -> None:
    sweeps.run()
    work()
    session.expire_all()


def the_one() -> Exchange:
    session.expire_all()
    return session.scalars(select(Exchange)).one()


def names() -> list[str]:
    return list(session.scalars(select(TicketEvent.name).order_by(TicketEvent.id)))


# What comes in.


def test_a_package_becomes_a_ticket_that_is_handled_and_answered(
    province, urban, zhao, receiver, work, time
):
    due = now() + timedelta(days=2)
    receipt = province.sends(due_at=due)
    assert receipt.status_code == 201, receipt.text
    ticket = session.scalars(select(Ticket)).one()
    assert receipt.json()["ticket"] == ticket.number
    assert receipt.json()["checksum"] == a_package(due_at=due)["checksum"]
    assert (ticket.state, ticket.channel) == (TicketState.PENDING_DISPATCH, "province")
    assert (the_one().peer_number, ticket.due_at, ticket.submitted_by.machine) == (
        "GD20260302-0007", due, True,
    )  # fmt: skip

    given = dispatch.dispatch(ticket, urban, by=zhao)
    assert given.due_at == due, "no unit is given longer than the peer has"
    assert given.respond_due_at is None, "its citizen is the peer's to speak to"
    commit()
    hand_on(work)
    handling.sign(given, by=None)
    reply = handling.reply(given, DONE, by=None)
    closing.accept_reply(reply, by=zhao)
    commit()
    hand_on(work)
    hand_on(work)
    assert province.heard() == ["exchange.acknowledged", "exchange.done"]
    (told,) = province.ask("GET", "/exchanges").json()["items"]
    assert (told["state"], told["number"]) == ("done", "GD20260302-0007")
    assert [one["text"] for one in told["answers"]] == ["路灯已修好。"]
    assert history.verify(ticket) is None
    assert "exchange_taken_in" in names()


def test_the_same_package_twice_is_one_ticket(province):
    first, second = province.sends(), province.sends()
    assert (second.status_code, second.json()["id"]) == (201, first.json()["id"])
    assert session.scalar(select(func.count(Ticket.id))) == 1


def test_two_at_once_are_one_ticket(province):
    answers: list[http.Response] = []
    commit()

    def send() -> None:
        answers.append(
            http.post(
                f"{province.url}/api/v1/exchanges",
                json=a_package(),
                headers={"Authorization": f"Bearer {province.key}"},
                timeout=20,
            )
        )

    both = [Thread(target=send) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert [one.status_code for one in answers] == [201, 201]
    assert len({one.json()["id"] for one in answers}) == 1
    session.expire_all()
    assert session.scalar(select(func.count(Ticket.id))) == 1


def test_a_number_of_another_peer_is_another_package(app, province, urban):
    province.sends()
    neighbour = session.scalars(select(Unit).where(Unit.code == "nextdoor")).one()
    other = system_of(app, neighbour, Scope.EXCHANGE)
    assert other.get("/exchanges").json["items"] == []
    assert other.post("/exchanges", a_package()).status_code == 201
    assert session.scalar(select(func.count(Ticket.id))) == 2


def test_what_was_changed_needs_a_higher_version(province):
    province.sends()
    changed = province.sends(summary="路灯倒了")
    assert changed.status_code == 409 and "version" in changed.json()["detail"]
    amended = province.sends(summary="路灯倒了", version=2)
    assert (amended.status_code, amended.json()["version"]) == (201, 2)
    assert session.scalars(select(Ticket)).one().summary == "路灯倒了"
    late = province.sends()
    assert (late.json()["version"], session.scalars(select(Ticket)).one().summary) == (
        2, "路灯倒了",
    ), "an older one that comes late changes nothing"  # fmt: skip
    assert names().count("exchange_amended") == 1


def test_a_unit_that_has_it_is_told_what_is_corrected(province, urban, zhao):
    province.sends()
    dispatch.dispatch(session.scalars(select(Ticket)).one(), urban, by=zhao)
    assert province.sends(summary="路灯倒了", version=2).status_code == 201
    ticket = session.scalars(select(Ticket)).one()
    assert ticket.summary == "从外省打来：路灯不亮", "what was dispatched stays as it was"
    assert session.scalars(select(Addition)).one().words == "来源平台更正：诉求内容：路灯倒了"
    ticket.state = TicketState.VOID
    refused = province.sends(summary="又变了", version=3)
    assert refused.status_code == 409 and "不能更正" in refused.json()["detail"]


def test_what_a_platform_corrects_is_the_masters_own_and_leaves_what_others_want(
    province, ticket, zhao
):
    province.sends(due_at=now() + timedelta(days=2))
    master = session.scalars(select(Ticket).where(Ticket.id != ticket.id)).one()
    ticket.due_at, ticket.urgency = now() + timedelta(hours=8), Urgency.URGENT
    sooner = ticket.due_at
    merging.merge(locking.ticket(ticket.number), locking.ticket(master.number), by=zhao)
    assert (master.due_at, master.urgency) == (sooner, Urgency.URGENT)
    due = now() + timedelta(days=1)
    assert province.sends(version=2, urgency="expedite", due_at=due).status_code == 201
    assert (master.due_at, master.wanted_by, master.urgency) == (sooner, sooner, Urgency.URGENT)
    merging.separate(locking.ticket(ticket.number), by=zhao, because="不是同一件事")
    assert (master.due_at, master.wanted_by, master.urgency) == (due, due, Urgency.EXPEDITE)
    assert history.verify(master) is None


def test_a_date_that_is_over_is_refused_and_not_replaced(province):
    late = now() - timedelta(hours=1)
    answer = province.sends(due_at=late)
    assert answer.status_code == 409 and "due_at 已过" in answer.json()["detail"]
    assert session.scalars(select(Ticket)).all() == []


def test_what_was_damaged_on_its_way_is_refused(province):
    answer = province.ask("POST", "/exchanges", a_package(checksum="0" * 64))
    assert answer.status_code == 422 and "checksum" in answer.text
    assert session.scalars(select(Ticket)).all() == []


def test_what_is_not_ours_goes_back_with_the_reason(app, province, zhao, work):
    number = province.sends().json()["id"]
    page = browser_of(app, zhao)
    assert "GD20260302-0007" in page.get("/exchanges").text
    assert page.post(f"/exchanges/{number}/refusal", reason=" ").status_code == 409
    page.post(f"/exchanges/{number}/refusal", reason="该路段属邻市")
    hand_on(work)
    assert province.heard() == ["exchange.refused"]
    (told,) = province.ask("GET", "/exchanges").json()["items"]
    assert (told["state"], told["reason"]) == ("refused", "该路段属邻市")
    assert session.scalars(select(Ticket)).one().state is TicketState.TRANSFERRED


def test_a_package_that_goes_round_is_stopped(province):
    answer = province.sends(hop=6)
    assert answer.status_code == 409 and "6 个平台" in answer.json()["detail"]


def test_a_report_stays_confidential_also_when_it_becomes_one(province):
    province.sends()
    province.sends(version=2, kind="report")
    assert session.scalars(select(Ticket)).one().confidential


def test_what_is_corrected_to_a_minors_matter_is_protected(province):
    session.add(Topic(code="children", name="未保", line=a_line("minors", certified=True)))
    commit()
    province.sends()
    ticket = session.scalars(select(Ticket)).one()
    assert (ticket.minor, ticket.confidential) == (False, False)
    assert province.sends(version=2, topic="children").status_code == 201
    assert (ticket.minor, ticket.confidential) == (True, True)
    assert names().count("protected") == 1


def test_a_unit_that_is_no_peer_has_no_packages(app, urban, province):
    system = system_of(app, urban, Scope.EXCHANGE)
    assert system.get("/exchanges").status_code == 403
    assert system_of(app, urban, Scope.READ).post("/exchanges", a_package()).status_code == 403


# What goes out.


@pytest.fixture
def out(ticket, province, zhao, app) -> Exchange:
    ticket.summary = "我叫李娜，电话13812345678，邻省的路灯坏了"
    commit()
    browser_of(app, zhao).post("/exchanges", number=ticket.number, peer="province")
    return the_one()


def test_what_is_beyond_the_city_goes_to_the_peer_and_its_answer_is_checked(
    out, ticket, province, zhao, work
):
    hand_on(work)
    assert province.heard() == ["exchange.sent"]
    (told,) = province.ask("GET", "/exchanges").json()["items"]
    assert (told["state"], told["ticket"], told["hop"]) == ("sent", ticket.number, 1)
    for secret in ("13812345678", "李娜"):
        assert secret not in json.dumps(told, ensure_ascii=False)
    assert session.scalar(select(func.count()).where(AuditEntry.action == "ticket.viewed")), (
        "each look is logged"
    )

    wrong = province.ask("POST", f"/exchanges/{out.id}/acknowledgement", {"checksum": "0" * 64})
    assert wrong.status_code == 409 and "校验值" in wrong.json()["detail"]
    early = province.ask("POST", f"/exchanges/{out.id}/answers", ANSWER)
    assert early.status_code == 409
    assert province.acknowledges().json()["state"] == "acknowledged"
    assert province.acknowledges().status_code == 200
    assert (the_one().peer_number, ticket.state) == ("S-1", TicketState.PROCESSING)

    answered = province.ask("POST", f"/exchanges/{out.id}/answers", ANSWER)
    assert (answered.status_code, answered.json()["state"]) == (201, "answered")
    assert ticket.state is TicketState.PENDING_AUDIT
    closing.refuse_reply(session.scalars(select(Reply)).one(), by=zhao, remarks="请写明何时")
    commit()
    hand_on(work)
    assert the_one().state is ExchangeState.ACKNOWLEDGED
    assert province.heard()[-1] == "ticket.reply_refused"
    province.ask("POST", f"/exchanges/{out.id}/answers", ANSWER | {"public": "3 月 2 日修复"})
    second = session.scalars(select(Reply).order_by(Reply.id.desc())).first()
    closing.accept_reply(second, by=zhao)
    commit()
    hand_on(work)
    assert (the_one().state, ticket.state) == (ExchangeState.DONE, TicketState.PENDING_FOLLOW_UP)
    assert province.heard()[-1] == "exchange.done"
    assert history.verify(ticket) is None


def test_what_the_peer_refuses_is_dispatched_anew(out, ticket, province, urban, zhao, work):
    reason = {"reason": "属南昌市管辖"}
    refused = province.ask("POST", f"/exchanges/{out.id}/refusal", reason)
    assert (refused.json()["state"], refused.json()["reason"]) == ("refused", "属南昌市管辖")
    assert (ticket.state, ticket.unit) == (TicketState.PENDING_DISPATCH, None)
    assert "exchange_refused" in names()
    assert province.peer.unit_id not in {one.lead.id for one in proposals.propose(ticket)}
    again = province.ask("POST", f"/exchanges/{out.id}/refusal", reason)
    assert again.status_code == 409
    dispatch.dispatch(ticket, urban, by=zhao)
    hand_on(work)
    assert the_one().state is ExchangeState.REFUSED


def test_what_is_recalled_is_withdrawn_and_rehandled_goes_out_again(
    out, ticket, province, zhao, work
):
    province.acknowledges()
    province.ask("POST", f"/exchanges/{out.id}/answers", ANSWER)
    closing.accept_reply(session.scalars(select(Reply)).one(), by=zhao)
    closing.rehandle(ticket, by=zhao, because="unsatisfied")
    commit()
    hand_on(work)
    first, second = session.scalars(select(Exchange).order_by(Exchange.id)).all()
    assert (first.state, second.state) == (ExchangeState.DONE, ExchangeState.SENT)
    assert second.assignment is not None


def test_a_dispatcher_who_dispatches_to_the_peer_as_to_any_unit_sends_a_package(
    ticket, province, zhao, work
):

    given = dispatch.dispatch(ticket, province.peer.unit, by=zhao)
    commit()
    hand_on(work)
    hand_on(work)
    assert province.heard() == ["exchange.sent"]
    recalling.recall(given, by=zhao, because="changed")
    commit()
    hand_on(work)
    assert the_one().state is ExchangeState.WITHDRAWN
    assert province.heard() == ["exchange.sent", "exchange.withdrawn"]


def test_a_peers_package_is_not_sent_back_as_ours(app, province, zhao):
    province.sends()
    number = session.scalars(select(Ticket.number)).one()
    page = browser_of(app, zhao)
    assert page.post("/exchanges", number=number, peer="province").status_code == 409
    assert page.post("/exchanges", number=number, peer="nextdoor").status_code == 302
    hops = session.scalars(select(Exchange.hop).order_by(Exchange.id)).all()
    assert hops == [1, 2]


def test_each_side_answers_only_what_it_was_sent(app, out, province, zhao):
    page = browser_of(app, zhao)
    assert page.post(f"/exchanges/{out.id}/refusal", reason="不收").status_code == 409
    number = province.sends().json()["id"]
    for what, body in (
        ("answers", ANSWER),
        ("refusal", {"reason": "x"}),
    ):
        assert province.ask("POST", f"/exchanges/{number}/{what}", body).status_code == 409
    neighbour = session.scalars(select(Unit).where(Unit.code == "nextdoor")).one()
    other = system_of(app, neighbour, Scope.EXCHANGE)
    assert other.post(f"/exchanges/{out.id}/refusal", {"reason": "x"}).status_code == 404


def test_what_every_state_of_an_assignment_and_ticket_means_is_known(out, province):
    assert set(OF_ASSIGNMENT) == set(AssignmentState)
    assert session.scalars(select(Assignment)).one().id == out.assignment_id


def test_a_peer_that_is_down_loses_nothing(out, province, work, time):
    province.receiver.answer = lambda _got: 503
    hand_on(work)
    province.receiver.answer = lambda _got: 204
    time.forward(3600)
    hand_on(work)
    assert province.heard()[-1] == "exchange.sent"
    assert len({got.id for got in province.receiver.got}) == 1
    assert session.scalar(select(func.count(Delivery.id))) >= 1


def test_an_administrator_enters_a_peer_and_is_shown_its_secrets_once(app, urban, receiver, time):
    admin = browser_of(app, somebody("admin", Role.ADMIN))
    form = {"code": "jx", "name": "省平台", "kind": "province", "url": receiver.url}
    admin.post("/exchanges/peers", **form)
    page = admin.get("/exchanges/peers").text
    key = page.split("接口密钥：")[1].split("；")[0]
    assert "whsec_" in page and key not in admin.get("/exchanges/peers").text
    assert System(app.test_client(), key).get("/exchanges").json["items"] == []
    assert admin.post("/exchanges/peers", **form).status_code == 409
    assert admin.post("/exchanges/peers", **(form | {"code": "a b"})).status_code == 409
    wrong = admin.post("/exchanges/peers", **(form | {"kind": "moon"}))
    assert wrong.status_code == 409 and f'value="{receiver.url}"' in wrong.text


# Both sides' books.


@pytest.fixture
def yesterday(out, province, time) -> str:
    """One package went out, one came in; the day is over."""
    province.sends()
    day = f"{local(now()).date()}"
    time.forward(24 * 3600)
    commit()
    return day


def a_list(*rows: tuple[str, str, str]) -> list[dict]:
    return [{"origin": origin, "number": number, "state": state} for origin, number, state in rows]


def test_lists_that_say_the_same_have_no_difference(yesterday, province):
    ours = province.ask("GET", f"/reconciliations?day={yesterday}").json()
    assert {(one["origin"], one["state"]) for one in ours["items"]} == {
        ("ours", "sent"), ("peer", "sent"),
    }  # fmt: skip
    theirs = [{name: one[name] for name in ("origin", "number", "state")} for one in ours["items"]]
    answer = province.ask("POST", "/reconciliations", {"day": yesterday, "items": theirs})
    assert (answer.status_code, answer.json()["differences"]) == (200, [])
    assert (answer.json()["ours"], answer.json()["theirs"]) == (2, 2)


def test_a_dispatcher_sees_where_lists_differ_and_sends_again(
    app, yesterday, province, zhao, work, ticket
):
    page = browser_of(app, zhao)
    assert "省12345平台还没有送来" in page.get("/reconciliations").text
    theirs = a_list(("peer", "GD20260302-0007", "done"), ("peer", "GD20260302-0008", "sent"))
    answer = province.ask("POST", "/reconciliations", {"day": yesterday, "items": theirs})
    assert [
        (one["kind"], one["number"], one["ours"], one["theirs"])
        for one in answer.json()["differences"]
    ] == [
        ("missing_there", ticket.number, "sent", None),
        ("states", "GD20260302-0007", "sent", "done"),
        ("missing_here", "GD20260302-0008", None, "sent"),
    ]
    shown = page.get("/reconciliations").text
    assert "省12345平台还没有送来" not in shown and "邻市12345还没有送来" in shown
    assert "GD20260302-0008" in shown and "请对方补送" in shown
    hand_on(work)
    before = len(province.receiver.got)
    for one in session.scalars(select(Difference.id)).all():
        page.post(f"/reconciliations/differences/{one}/again")
    hand_on(work)
    again = [json.loads(got.body) for got in province.receiver.got[before:]]
    assert sorted(one["type"] for one in again) == [
        "exchange.missing", "exchange.sent", "exchange.sent",
    ]  # fmt: skip
    assert {one["data"]["number"] for one in again} == {
        ticket.number, "GD20260302-0007", "GD20260302-0008",
    }  # fmt: skip
    mended = a_list(("peer", "GD20260302-0007", "sent"), ("ours", ticket.number, "sent"))
    province.ask("POST", "/reconciliations", {"day": yesterday, "items": mended})
    assert session.scalars(select(Difference)).all() == []
    assert "三十天内双方清单一致" in page.get("/reconciliations").text


def test_a_day_of_another_peer_or_another_day_is_not_listed(app, yesterday, province):
    neighbour = session.scalars(select(Unit).where(Unit.code == "nextdoor")).one()
    other = system_of(app, neighbour, Scope.EXCHANGE)
    assert other.get("/reconciliations", day=yesterday).json["items"] == []
    today = f"{local(now()).date()}"
    assert province.ask("GET", f"/reconciliations?day={today}").json()["items"] == []
    early = province.ask("POST", "/reconciliations", {"day": today, "items": []})
    assert early.status_code == 409
    twice = a_list(("peer", "A", "sent"), ("peer", "A", "done"))
    answer = province.ask("POST", "/reconciliations", {"day": yesterday, "items": twice})
    assert answer.status_code == 422 and "两次" in answer.text
