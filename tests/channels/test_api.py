"""What a unit's own system reads and does through the interface, and what it does not get."""

import json
import re
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from markupsafe import escape
from openapi_spec_validator import validate
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from analytics.indicators import INDICATORS
from analytics.measuring import Period, by_unit, whole
from channels import docs_page, meanings
from channels.api import document, events, repeats
from channels.api.door import OPERATIONS
from infra import db, rates
from infra.bell import Bell
from infra.clock import now
from infra.db import commit, session
from infra.localtime import local
from models import (
    ApiKey,
    Assignment,
    AssignmentState,
    AuditEntry,
    Contact,
    Difficulty,
    KeptAnswer,
    Part,
    Reply,
    Request,
    Role,
    Scope,
    StaffMember,
    Ticket,
    TicketEvent,
    TicketState,
)
from staff import keys
from tests.channels.conftest import System, system_of
from tests.tickets.conftest import a_complaint
from tests.visitors import browser_of, somebody
from tickets import closing, dispatch, feed, history, lifecycle, requests, supervising

REPLY = {
    "public": "路灯已修好。",
    "facts_true": True,
    "solved": "yes",
    "no_contact": "夜间修复，未打扰",
}
RETURN = {
    "kind": "return",
    "code": "非职责",
    "reason": "不归我局",
    "basis": "三定方案第三条",
    "suggested_unit": "power",
}


@pytest.fixture
def one(assignment) -> str:
    return f"/assignments/{assignment.id}"


@pytest.fixture
def zhao(app, time) -> StaffMember:
    return somebody("zhao", Role.DISPATCHER)


def another(ticket, wang, unit) -> Ticket:
    """One more ticket, of the same citizen, in the hands of ``unit``."""
    draft = Ticket(person_id=ticket.person_id, created_at=now())
    session.add(draft)
    session.flush()
    made = lifecycle.submit(draft, by=wang, typed=a_complaint())
    dispatch.dispatch(made, unit, by=None)
    commit()
    return made


# Who comes in.

# What the interface is, anybody may read.
OPEN = ("api.openapi", "api_docs.page")


def test_every_door_of_the_interface_needs_a_key_and_no_other_door_takes_one(app):
    """A door without a key is everybody's; a key at a page would need no form's token."""
    for rule in app.url_map.iter_rules():
        access = str(getattr(app.view_functions[rule.endpoint], "access", ""))
        inside = rule.rule.startswith("/api/") and rule.endpoint not in OPEN
        assert access.startswith("key:") is inside, rule.rule


@pytest.mark.parametrize(
    "given",
    [None, "", "Bearer", "Bearer x", "Bearer h12345_0_0", "Basic eDp5", "Bearer h12345_\u00ff_x"],
)  # fmt: skip
def test_without_a_good_key_nobody_comes_in(client, app, time, given):
    headers = {} if given is None else {"Authorization": given}
    answer = client.get("/api/v1/assignments", headers=headers)
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "密钥不正确" in answer.json["detail"]


def test_a_key_whose_secret_is_wrong_by_a_letter_is_none(system):
    system.key = system.key[:-1] + ("a" if system.key[-1] != "a" else "b")
    assert system.get("/unit").status_code == 401


def test_a_key_ends_by_time_by_revocation_and_with_its_unit(app, system, urban, time):
    assert system.get("/unit").status_code == 200
    urban.active = False
    assert "已停用" in system.get("/unit").json["detail"]
    urban.active = True
    time.forward(31 * 24 * 3600)
    assert "已过期" in system.get("/unit").json["detail"]
    other = system_of(app, urban)
    keys.revoke(session.scalars(select(ApiKey).order_by(ApiKey.id.desc())).first())
    assert "已吊销" in other.get("/unit").json["detail"]


def test_a_scope_that_a_key_has_not_stays_closed(app, urban, one):
    reader = system_of(app, urban, Scope.READ)
    assert reader.get(one).status_code == 200
    for answer in (reader.post(f"{one}/signature"), reader.get("/events", after=0)):
        assert answer.status_code == 403
        assert "没有" in answer.json["detail"]


def test_the_secret_is_nowhere_and_its_use_is_remembered(system):
    system.get("/unit")
    key = session.scalars(select(ApiKey)).one()
    secret = system.key.split("_", 2)[2]
    assert secret not in str([getattr(key, name) for name in key.__mapper__.columns.keys()])  # noqa: SIM118
    assert key.last_used_at == now()


def test_a_system_cannot_sign_in_and_is_nobody_among_people(app, client, system):
    member = session.scalars(select(StaffMember).where(StaffMember.machine)).one()
    admin = browser_of(app, somebody("admin", Role.ADMIN))
    assert member.login not in admin.get("/admin/people").text
    assert admin.post(f"/admin/people/{member.id}/reset").status_code == 404


def test_an_administrator_makes_a_key_shown_once_and_revokes_it(app, urban):
    admin = browser_of(app, somebody("admin", Role.ADMIN))
    form = {"unit": "urban", "name": "派单系统", "scope": ["tickets:read"], "days": "30"}
    admin.post("/admin/keys", **form)
    page = admin.get("/admin/keys").text
    whole = page.split("接口密钥：")[1].split("（")[0]
    assert whole not in admin.get("/admin/keys").text
    system = System(app.test_client(), whole)
    assert system.get("/unit").json["scopes"] == ["tickets:read"]
    key = session.scalars(select(ApiKey)).one()
    admin.post(f"/admin/keys/{key.id}/revocation")
    assert system.get("/unit").status_code == 401
    acts = set(session.scalars(select(AuditEntry.action)))
    assert {"api_key.made", "api_key.revoked"} <= acts
    refused = admin.post("/admin/keys", **(form | {"name": ""})).text
    assert "请填写用途" in refused
    assert refused.count(" checked>") == 1 and '<option value="30" selected>' in refused


# How often.


def test_who_asks_too_often_is_told_when_to_come_back(app, urban, time):
    system = system_of(app, urban, per_minute=30)
    answers = [system.get("/unit").status_code for _ in range(6)]
    assert answers == [200] * 5 + [429]
    late = system.get("/unit")
    assert (late.headers["Retry-After"], late.status_code) == ("2", 429)
    time.forward(2)
    assert system.get("/unit").status_code == 200
    assert system_of(app, urban).get("/unit").status_code == 200, "others are not held up"


@pytest.mark.parametrize(("a_minute", "at_once"), [(6, 5), (60, 10), (600, 100)])
def test_the_burst_that_is_documented_is_let_through(app, urban, time, a_minute, at_once):
    """And after it one request for each token that fills up."""
    told = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text("utf-8")
    assert f"{rates.BURST_S} seconds' worth" in told and rates.FEWEST == 5
    system = system_of(app, urban, per_minute=a_minute)
    assert {system.get("/unit").status_code for _ in range(at_once)} == {200}
    late = system.get("/unit")
    assert late.status_code == 429
    said = late.json["detail"]
    assert f"每分钟最多 {a_minute} 次，其中可连续 {at_once} 次" in said
    assert f"请在 {late.headers['Retry-After']} 秒后再试" in said
    time.forward(int(late.headers["Retry-After"]))
    assert system.get("/unit").status_code == 200


def test_without_redis_each_process_counts_by_itself(app, urban, time, monkeypatch):
    system = system_of(app, urban, per_minute=30)
    bell = Bell(app.extensions["redis"])
    bell._silent_until = float("inf")
    monkeypatch.setitem(app.extensions, "bell", bell)
    monkeypatch.setattr(rates, "_local", {})
    assert [system.get("/unit").status_code for _ in range(6)] == [200] * 5 + [429]


# What is read.


def test_a_unit_reads_its_own_and_nobody_elses(app, system, assignment, one, power, wang):
    neighbour = system_of(app, power)
    other = another(assignment.ticket, wang, power)
    assert [item["ticket"] for item in system.get("/assignments").json["items"]] == [
        assignment.ticket.number
    ]
    assert [item["ticket"] for item in neighbour.get("/assignments").json["items"]] == [
        other.number
    ]
    assert neighbour.get(one).status_code == 404
    assert neighbour.post(f"{one}/signature").status_code == 404


def test_who_called_is_not_told(system, assignment, one):
    ticket = assignment.ticket
    ticket.person.name = "欧阳娜"
    ticket.summary = "我叫李娜，电话13812345678，路灯坏了"
    told = system.get(one)
    assert told.json["citizen"] == "欧**"
    assert "路灯坏了" in told.json["summary"] and told.json["address"] == "阳明路12号"
    for secret in ("13812345678", "李娜", "阳娜", ticket.query_code):
        assert secret not in told.text
    ticket.confidential = True
    assert system.get(one).json["citizen"] is None


def test_each_look_is_in_the_audit_log_in_the_systems_name(system, assignment, one):
    system.get("/assignments")
    assert session.scalar(select(func.count()).where(AuditEntry.action == "ticket.viewed")) == 0
    system.get(one)
    system.get(one)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "ticket.viewed")).one()
    assert entry.by.machine and entry.subject_id == assignment.ticket.number


def test_what_was_returned_is_listed_and_not_read(system, assignment, one, zhao):
    assert system.post(f"{one}/requests", RETURN).status_code == 201
    session.refresh(assignment)
    requests.approve(session.scalars(select(requests.Request)).one(), by=zhao)
    commit()
    assert system.get("/assignments").json["items"][0]["state"] == "returned"
    assert system.get(one).status_code == 409
    assert system.post(f"{one}/signature").status_code == 409


def test_pages_hang_together_and_updates_are_found(system, assignment, wang, urban, time):
    mine = [assignment.ticket.number]
    mine += [another(assignment.ticket, wang, urban).number for _ in range(4)]
    seen, after, as_of = [], 0, None
    while after is not None:
        page = system.get("/assignments", limit=2, after=after).json
        as_of = as_of or page["as_of"]
        seen += [item["ticket"] for item in page["items"]]
        after = page["next"]
    assert seen == mine
    time.forward(3600)
    assert system.get("/assignments", updated_since=now().isoformat()).json["items"] == []
    supervising.urge(assignment.ticket, call=None, by=None)
    found = system.get("/assignments", updated_since=now().isoformat()).json["items"]
    assert [item["ticket"] for item in found] == mine[:1]
    assert len(system.get("/assignments", updated_since=as_of).json["items"]) == 5
    assert len(system.get("/assignments", ticket=mine[3]).json["items"]) == 1
    assert system.get("/assignments", state="signed").json["items"] == []


# What is done.


def test_a_ticket_is_signed_and_answered(system, assignment, one, time):
    assert system.post(f"{one}/signature").json["state"] == "signed"
    assert system.post(f"{one}/signature").status_code == 200
    time.forward(60)
    told = system.post(f"{one}/contacts", {"way": "phone"})
    assert told.json["contacted_at"] is not None
    assert system.post(f"{one}/replies", REPLY).status_code == 201
    session.expire_all()
    assert assignment.ticket.state is TicketState.PENDING_AUDIT
    links = session.scalars(select(TicketEvent).order_by(TicketEvent.id)).all()
    assert [link.name for link in links] == [
        "submitted", "dispatched", "signed", "contacted", "replied",
    ]  # fmt: skip
    assert all(link.by.machine for link in links[2:])
    assert history.verify(assignment.ticket) is None
    again = system.post(f"{one}/replies", REPLY)
    assert again.status_code == 409 and "状态" in again.json["detail"]


TOO_EARLY = "2001-01-01T00:00:00Z"


def test_a_date_that_a_system_types_is_no_first_word_in_time(system, assignment, one, time):
    """Twenty days late, and "spoken to" on the day of dispatch: what was recorded counts."""
    system.post(f"{one}/signature")
    dispatched = assignment.dispatched_at
    time.forward(20 * 86400)
    said = {name: value for name, value in REPLY.items() if name != "no_contact"}
    later = (now() + timedelta(minutes=1)).isoformat()
    for typed, why in ((TOO_EARLY, "早于派单"), (later, "晚于现在")):
        refused = system.post(f"{one}/replies", said | {"contacted_at": typed})
        assert refused.status_code == 409 and why in refused.json["detail"]
    typed = (dispatched + timedelta(hours=1)).isoformat()
    told = system.post(f"{one}/replies", said | {"contacted_at": typed, "contact_way": "visit"})
    assert told.status_code == 201
    session.expire_all()
    recorded = session.scalars(select(Contact)).one()
    assert (recorded.at, recorded.way) == (now(), "visit")
    assert assignment.contacted_at == now() > assignment.respond_due_at
    month = Period.month(local(assignment.respond_due_at).date())
    figure = whole(by_unit(INDICATORS["respond"], month))
    assert (figure.numerator, figure.denominator) == (0, 1)


def test_what_was_recorded_when_it_was_done_stays_the_first_word(system, assignment, one, time):
    system.post(f"{one}/signature")
    time.forward(60)
    system.post(f"{one}/contacts", {"way": "phone"})
    spoken = now()
    time.forward(86400)
    said = {name: value for name, value in REPLY.items() if name != "no_contact"}
    system.post(f"{one}/replies", said | {"contacted_at": spoken.isoformat()})
    session.expire_all()
    assert assignment.contacted_at == spoken and session.query(Contact).count() == 1


@pytest.mark.parametrize(
    "breach",
    [
        update(Assignment).values(contacted_at=Assignment.dispatched_at - timedelta(seconds=1)),
        update(Reply).values(contacted_at=Reply.at + timedelta(seconds=1)),
    ],
)
def test_the_database_knows_no_word_before_the_dispatch_or_after_the_reply(system, one, breach):
    system.post(f"{one}/signature")
    system.post(f"{one}/replies", REPLY)
    with pytest.raises(IntegrityError):
        session.execute(breach)
    assert system.post(f"{one}/contacts", {}).status_code == 409


def test_5533_is_reported_step_by_step(system, one):
    system.post(f"{one}/signature")
    assert system.post(f"{one}/mobilisation").json["mobilised_at"]
    assert system.post(f"{one}/on-site").json["on_site_done_at"]


def test_requests_are_asked_and_taken_back(system, assignment, one, zhao):
    system.post(f"{one}/signature")
    first = system.post(f"{one}/requests", {"kind": "extension", "days": 3, "reason": "等待备件"})
    assert (first.status_code, first.json["state"]) == (201, "applied")
    again = system.post(f"{one}/requests", {"kind": "extension", "days": 2, "reason": "等待备件"})
    assert again.json["detail"] == "已有同类申请待审批"
    gone = system.ask("DELETE", f"/requests/{first.json['id']}")
    assert gone.json["state"] == "cancelled"
    assert system.ask("DELETE", f"/requests/{first.json['id']}").status_code == 409
    for wish in (
        {"kind": "co_handling", "unit": "power"},
        {"kind": "suspension", "until": "2099-12-01"},
        {"kind": "exclusion"},
        {"kind": "meeting", "units": ["power"]},
    ):
        made = system.post(f"{one}/requests", wish | {"reason": "说明"})
        assert made.status_code == 201, wish
        requests.approve(session.get_one(Request, made.json["id"]), by=zhao, lead=True)
    for wish in (
        {"kind": "meeting", "units": ["nobody"]},
        {"kind": "co_handling"},
        {"kind": "co_handling", "unit": "station"},
        {"kind": "suspension"},
        {"kind": "suspension", "until": "2020-01-01"},
    ):
        refused = system.post(f"{one}/requests", wish | {"reason": "说明"})
        assert refused.status_code in (409, 422), wish


def test_a_difficult_ticket_is_asked_for_planned_and_read(system, assignment, one, wang, time):
    system.post(f"{one}/signature")
    early = system.post(f"{one}/plans", {"plan": "勘察", "review_on": "2026-12-20"})
    assert early.status_code == 409 and "没有列为疑难" in early.json["detail"]
    asked = system.post(f"{one}/requests", {"kind": "difficult", "reason": "产权不清"})
    assert (asked.status_code, asked.json["kind"]) == (201, "difficult")
    assert system.get(one).json["difficulty"] is None
    requests.approve(session.get_one(Request, asked.json["id"]), by=wang, lead=True)
    commit()
    told = system.get(one).json["difficulty"]
    assert told["plan"] == "" and told["review_on"] is None and told["plan_due_at"]
    today, later = local(now()).date(), local(now()).date() + timedelta(days=9)
    wrong = system.post(f"{one}/plans", {"plan": "勘察", "review_on": today.isoformat()})
    assert wrong.status_code == 409 and "今天之后" in wrong.json["detail"]
    filed = system.post(f"{one}/plans", {"plan": "勘察", "review_on": later.isoformat()})
    assert filed.status_code == 201 and filed.json["review_on"] == later.isoformat()
    assert system.get(one).json["difficulty"] == filed.json
    kept = session.scalars(select(Difficulty)).one()
    assert kept.plan == "勘察" and kept.planned_by is not None


def test_a_request_of_another_unit_is_none(app, system, one, power):
    system.post(f"{one}/signature")
    made = system.post(f"{one}/requests", {"kind": "meeting", "reason": "说明"})
    other = system_of(app, power)
    assert other.ask("DELETE", f"/requests/{made.json['id']}").status_code == 404


def test_a_sub_unit_handles_its_part(app, system, assignment, one, station, time):
    system.post(f"{one}/signature")
    due = (now() + timedelta(days=1)).isoformat()
    made = system.post(f"{one}/delegations", {"unit": "station", "due_at": due})
    assert (made.status_code, made.json["level"]) == (201, 2)
    below = system_of(app, station)
    part = f"/assignments/{made.json['id']}"
    below.post(f"{part}/signature")
    below.post(f"{part}/replies", REPLY)
    told = system.get(one).json
    assert told["state"] == "delegated"
    assert [(one["unit"]["code"], one["replies"][0]["public"]) for one in told["delegated"]] == [
        ("station", "路灯已修好。")
    ]
    early = {"unit": "station", "due_at": (now() - timedelta(days=1)).isoformat()}
    assert system.post(f"{one}/delegations", early).status_code == 409


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("replies", REPLY | {"solved": "no"}, "why_not"),
        ("replies", REPLY | {"no_contact": " "}, "contacted_at"),
        ("replies", REPLY | {"solved": "perhaps"}, "/solved"),
        ("replies", REPLY | {"facts_true": "yes"}, "/facts_true"),
        ("replies", REPLY | {"contacted_at": "2026-03-02T08:00:00"}, "/contacted_at"),
        ("replies", REPLY | {"contacted_at": "0001-01-01T00:00:00+14:00"}, "2000"),
        ("replies", REPLY | {"public": "x" * 4001}, "/public"),
        ("replies", REPLY | {"unknown": 1}, "/unknown"),
        ("replies", [], "/"),
        ("requests", {"kind": "return", "reason": "x", "code": "x"}, "/basis"),
        ("requests", {"kind": "holiday"}, "/kind"),
        ("requests", {"kind": "extension", "days": 11, "reason": "x"}, "/days"),
        ("requests", {"kind": "extension", "days": "3", "reason": "x"}, "/days"),
        ("delegations", {"unit": "station", "due_at": "soon"}, "/due_at"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(system, one, path, body, where):
    answer = system.post(f"{one}/{path}", body)
    assert answer.status_code == 422
    assert where in str(answer.json["errors"])
    assert session.scalar(select(func.count(Reply.id))) == 0


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'"\\ud800"', "application/json", 400),
        (b'{"public": "a\\u0000b"}', "application/json", 400),
        (b"\xff\xfe{", "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"", "application/json", 400),
        (b'{"public": NaN}', "application/json", 422),
        (b"x" * 2_000_000, "application/json", 413),
    ],
)
def test_what_is_no_body_is_refused_in_words(system, one, data, kind, status):
    headers = {"Content-Type": kind}
    answer = system.ask("POST", f"{one}/replies", data=data, headers=headers)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json["detail"]


def test_errors_speak_the_language_that_was_asked_for(system):
    system.language = "en-GB,en;q=0.8"
    assert "does not belong to your unit" in system.get("/assignments/999").json["detail"]
    system.language = "fr"
    assert "不属于本单位" in system.get("/assignments/999").json["detail"]
    missing = system.get("/nowhere")
    assert (missing.status_code, missing.mimetype) == (404, "application/problem+json")
    wrong = system.ask("PUT", "/assignments")
    assert wrong.status_code == 405 and "GET" in wrong.headers["Allow"]


# Sent twice.


def test_a_repeated_write_is_done_once(system, assignment, one, time):
    system.post(f"{one}/signature")
    first = system.post(f"{one}/replies", REPLY, Idempotency_Key="r-1")
    again = system.post(f"{one}/replies", REPLY, Idempotency_Key="r-1")
    assert (first.status_code, first.json) == (again.status_code, again.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert session.scalar(select(func.count(Reply.id))) == 1
    other = system.post(f"{one}/replies", REPLY | {"public": "x"}, Idempotency_Key="r-1")
    assert other.status_code == 422 and "另一个请求" in other.json["detail"]
    assert system.post(f"{one}/signature", Idempotency_Key="中 文").status_code == 400
    time.forward(24 * 3600 + 1)
    repeats.forget_old()
    assert session.scalar(select(func.count(KeptAnswer.id))) == 0


def test_what_was_refused_may_be_tried_again_with_its_key(system, one):
    assert system.post(f"{one}/replies", REPLY, Idempotency_Key="r-1").status_code == 409
    system.post(f"{one}/signature")
    assert system.post(f"{one}/replies", REPLY, Idempotency_Key="r-1").status_code == 201


def test_the_same_key_of_two_systems_is_two(app, system, one, urban):
    system.post(f"{one}/signature", Idempotency_Key="1")
    other = system_of(app, urban)
    assert "Idempotency-Replayed" not in other.post(f"{one}/signature", Idempotency_Key="1").headers


def test_while_the_first_is_under_way_the_second_waits(app, system, one, monkeypatch):
    begun, finish = Event(), Event()
    first = repeats._first

    def slow(*given):
        begun.set()
        assert finish.wait(10)
        return first(*given)

    monkeypatch.setattr(repeats, "_first", slow)
    answers = []
    commit()
    running = Thread(
        target=lambda: answers.append(system.post(f"{one}/signature", Idempotency_Key="1"))
    )
    running.start()
    assert begun.wait(10)
    second = System(app.test_client(), system.key).post(f"{one}/signature", Idempotency_Key="1")
    finish.set()
    running.join(10)
    assert (second.status_code, answers[0].status_code) == (409, 200)


# The stream.


def test_the_stream_begins_now_and_goes_on(system, assignment, one, zhao):
    start = system.get("/events").json
    assert (start["items"], start["more"]) == ([], False)
    system.post(f"{one}/signature")
    system.post(f"{one}/replies", REPLY)
    session.refresh(zhao)
    closing.accept_reply(session.scalars(select(Reply)).one(), by=zhao)
    history.note(assignment.ticket, "code_locked")
    commit()
    page = system.get("/events", after=start["next"], limit=2).json
    assert page["more"]
    rest = system.get("/events", after=page["next"]).json
    assert [one["name"] for one in page["items"] + rest["items"]] == [
        "signed", "replied", "reply_accepted", "awaits_follow_up",
    ]  # fmt: skip
    assert page["items"][0]["ticket"] == assignment.ticket.number
    assert system.get("/events", after=rest["next"]).json["items"] == []


def test_the_stream_tells_a_unit_nothing_of_the_time_without_it(
    app, system, assignment, one, power, zhao, time
):
    neighbour = system_of(app, power)
    time.forward(60)
    system.post(f"{one}/requests", RETURN)
    requests.approve(session.scalars(select(requests.Request)).one(), by=zhao)
    commit()
    time.forward(60)
    dispatch.dispatch(assignment.ticket, power, by=zhao)
    commit()
    mine = [one["name"] for one in system.get("/events", after=0).json["items"]]
    theirs = [one["name"] for one in neighbour.get("/events", after=0).json["items"]]
    assert mine == ["dispatched", "asked_return", "approved_return"]
    assert theirs == ["dispatched"]


def test_nothing_slow_is_jumped_over(app, system, assignment, wang, urban):
    """A link whose transaction commits after one with a higher id is still delivered."""
    other = another(assignment.ticket, wang, urban)
    start = system.get("/events").json["next"]
    supervising.urge(assignment.ticket, call=None, by=None)
    session.flush()  # it has its id, and is not committed yet

    def quick():
        with app.app_context(), db.transaction():
            supervising.urge(session.get_one(Ticket, other_id), call=None, by=None)

    other_id = other.id
    running = Thread(target=quick)
    running.start()
    running.join(10)
    early = []
    asking = Thread(target=lambda: early.append(app.test_client().get(
        f"/api/v1/events?after={start}", headers={"Authorization": f"Bearer {system.key}"}
    ).json))  # fmt: skip
    asking.start()
    asking.join(10)
    assert early[0]["items"] == [], "the quick one waits for the slow one before it"
    commit()
    page = system.get("/events", after=early[0]["next"]).json
    assert [one["ticket"] for one in page["items"]] == [assignment.ticket.number, other.number]


def test_a_savepoint_that_is_rolled_back_leaves_the_place_marked(assignment):
    commit()
    with pytest.raises(RuntimeError), session.begin_nested():
        history.note(assignment.ticket, "urged")
        raise RuntimeError
    session.expire_all()
    history.note(assignment.ticket, "urged")
    marked = session.execute(feed.LOWEST_MARK).scalar()
    assert marked is not None and marked < feed.newest() + 1


def test_a_long_stream_is_looked_through_in_pieces(system, assignment, one, monkeypatch):
    monkeypatch.setattr(events, "WINDOW", 1)
    system.post(f"{one}/signature")
    names, after, more = [], 0, True
    while more:
        page = system.get("/events", after=after).json
        names += [one["name"] for one in page["items"]]
        after, more = page["next"], page["more"]
    assert names == ["dispatched", "signed"]


def test_a_place_that_an_older_database_does_not_know_is_named(system, assignment):
    assert "不带 after" in system.get("/events", after=10**9).json["detail"]


# The document.


def test_the_document_is_valid_and_says_every_door(client, app):
    told = client.get("/api/v1/openapi.json").json
    validate(told)
    assert told["openapi"] == "3.1.0"
    said = {(verb.upper(), path) for path, verbs in told["paths"].items() for verb in verbs}
    there = {
        (verb, rule.rule.removeprefix("/api/v1").replace("<int:", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        for verb in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1") and rule.endpoint not in OPEN
    }
    assert said == there and len(said) == len(OPERATIONS)


def test_states_and_parts_are_those_of_the_tables(client, app):
    told = client.get("/api/v1/openapi.json").json["components"]["schemas"]
    assert set(told["AssignmentState"]["enum"]) == set(AssignmentState)
    assert set(told["Part"]["enum"]) == set(Part)


def test_the_page_of_the_document_says_every_door_in_chinese(client, app):
    # Read by people: not in the language of whatever browser they have.
    page = client.get("/api/v1/docs", headers={"Accept-Language": "en"}).text
    assert "接口文档" in page and "Idempotency-Key" in page and "webhook-signature" in page
    for one in OPERATIONS:
        assert one.name in docs_page.TITLES, "say in Chinese what the door is for"
        path = one.path.replace("<int:", "{").replace(">", "}")
        assert f"{one.method} {path}" in page
    # Nothing of it lies on another host.
    hosts = re.findall(r"(?:src|href)=.(https?://[^\"']+)", page)
    assert hosts == []


def test_every_field_is_explained_in_chinese_and_shown(client, app):
    told = document.made("http://x")
    fields = {
        (name, field)
        for name, shape in told["components"]["schemas"].items()
        for field in shape.get("properties", {})
    }
    places = {
        (f"{one['operationId']}?", given["name"])
        for verbs in told["paths"].values()
        for one in verbs.values()
        for given in one["parameters"]
    }
    page = client.get("/api/v1/docs").text
    for shape, field in fields | places:
        meaning = meanings.of(shape, field)
        assert re.search("[一-鿿]", meaning), f"say in Chinese what {shape} {field} means"
        assert str(escape(meaning)) in page, (shape, field)


def test_no_meaning_is_of_a_field_that_is_gone():
    told = document.made("http://x")
    schemas, doors = told["components"]["schemas"], {}
    for verbs in told["paths"].values():
        for one in verbs.values():
            doors[one["operationId"]] = {given["name"] for given in one["parameters"]}
    known = set().union(*doors.values())
    for shape in schemas.values():
        known |= set(shape.get("properties", {}))
    for key in meanings.MEANINGS:
        if "?" in key:
            door, _mark, name = key.partition("?")
            assert name in doors[door], key
        elif "." in key:
            shape, _dot, name = key.partition(".")
            assert name in schemas[shape]["properties"], key
        else:
            assert key in known, key


# A checksum is over what is really sent.
EXAMPLES = [one for one in OPERATIONS if one.body and one.name != "take_in"]


@pytest.mark.parametrize("one", EXAMPLES, ids=lambda one: one.name)
def test_an_example_has_what_is_needed(client, app, one):
    """As the page shows it."""
    schemas = document.made("http://x")["components"]["schemas"]
    given = docs_page.example(schemas[one.body.__name__], schemas)
    one.body.model_validate_json(json.dumps(given), strict=True)
