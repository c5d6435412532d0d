"""A unit takes the steps of 12315 from its own system, as its clerks do on the ticket's page."""

import pytest
from sqlalchemy import select

from infra.clock import now
from infra.db import commit, session
from models import AuditEntry, LegalClock, Part, Scope, Ticket, TicketEvent, Topic
from tests.channels.conftest import system_of
from tests.tickets.conftest import a_complaint
from tickets import dispatch, handling, history, lifecycle


@pytest.fixture
def market(urban) -> None:
    session.add(Topic(code="consumer", name="消费纠纷", unit=urban, market=True))
    session.flush()


def given(wang, citizen, unit, *, beside=None, **other):
    """A ticket about the market that ``unit`` leads."""
    draft = Ticket(person_id=citizen.id, created_at=now())
    session.add(draft)
    session.flush()
    typed = a_complaint(topic="consumer", summary="健身房不退卡", demand="退款", **other)
    made = lifecycle.submit(draft, by=wang, typed=typed)
    one = dispatch.dispatch(made, unit, by=None, beside=beside or {})
    commit()
    return one


@pytest.fixture
def complaint(market, wang, citizen, texts, urban, power):
    return given(wang, citizen, urban, beside={power: Part.ASSIST})


def at(one) -> str:
    return f"/assignments/{one.id}"


def test_a_complaint_is_accepted_and_its_mediation_ends(system, complaint):
    (first,) = system.get(at(complaint)).json["legal"]
    assert (first["step"], first["outcome"], first["may_be_extended"]) == ("accept", None, False)
    done = system.post(f"{at(complaint)}/legal/decisions", {"step": "accept", "outcome": True})
    assert [one["step"] for one in done.json["steps"]] == ["accept", "mediate"]
    body = {"step": "mediate", "outcome": False, "words": "一方不同意"}
    done = system.post(f"{at(complaint)}/legal/decisions", body).json["steps"][1]
    assert (done["outcome"], done["words"]) == (False, "一方不同意") and done["done_at"]
    session.expire_all()
    assert history.verify(complaint.ticket) is None
    (event, *_rest) = session.scalars(select(TicketEvent).where(TicketEvent.name == "legal_met"))
    assert event.by.machine
    assert "ticket.viewed" in set(session.scalars(select(AuditEntry.action)))


def test_what_is_not_accepted_says_why_and_is_not_decided_twice(system, complaint):
    address = f"{at(complaint)}/legal/decisions"
    silent = system.post(address, {"step": "accept", "outcome": False})
    assert silent.status_code == 422 and "words" in str(silent.json["errors"])
    said = {"step": "accept", "outcome": False, "words": "不属市场监管职责"}
    assert system.post(address, said).status_code == 200
    again = system.post(address, said)
    assert again.status_code == 409 and "已经完成" in again.json["detail"]
    later = system.post(address, {"step": "mediate", "outcome": True})
    assert later.status_code == 409 and "还没有开始" in later.json["detail"]


def test_a_step_that_is_sent_twice_is_taken_once(system, complaint):
    body = {"step": "accept", "outcome": True}
    address = f"{at(complaint)}/legal/decisions"
    first = system.post(address, body, Idempotency_Key="accept-1")
    again = system.post(address, body, Idempotency_Key="accept-1")
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["Idempotency-Replayed"] == "true" and again.json == first.json
    assert session.query(LegalClock).count() == 2


def test_a_report_takes_longer_once(system, market, wang, citizen, texts, urban):
    one = given(wang, citizen, urban, kind="report", citizen_name="李娜")
    address = f"{at(one)}/legal/extensions"
    body = {"step": "verify", "reason": "情况复杂"}
    (before,) = system.get(at(one)).json["legal"]
    (after,) = system.post(address, body).json["steps"]
    assert after["due_at"] > before["due_at"] and after["extended_at"]
    assert (before["may_be_extended"], after["may_be_extended"]) == (True, False)
    assert system.post(address, body).status_code == 409
    told = system.post(f"{at(one)}/legal/decisions", {"step": "verify", "outcome": True})
    assert [step["step"] for step in told.json["steps"]] == ["verify", "inform"]


def test_only_who_leads_takes_a_step(app, complaint, system, power, station, urban):
    beside = session.scalars(select(type(complaint)).filter_by(unit_id=power.id)).one()
    body = {"step": "accept", "outcome": True}
    refused = system_of(app, power).post(f"{at(beside)}/legal/decisions", body)
    assert refused.status_code == 403 and "主办单位" in refused.json["detail"]
    assert system_of(app, power).post(f"{at(complaint)}/legal/decisions", body).status_code == 404
    handling.sign(complaint, by=None)
    child = handling.delegate(complaint, station, by=None, due_at=complaint.due_at)
    commit()
    below = system_of(app, station).post(f"{at(child)}/legal/decisions", body)
    assert below.status_code == 200


def test_a_key_without_the_scope_takes_no_step_and_an_ordinary_ticket_has_none(
    app, complaint, urban, system, assignment
):
    writer = system_of(app, urban, Scope.READ, Scope.WRITE)
    body = {"step": "accept", "outcome": True}
    assert writer.post(f"{at(complaint)}/legal/decisions", body).status_code == 403
    assert writer.get(at(complaint)).json["legal"]
    assert system.get(at(assignment)).json["legal"] == []
    assert system.post(f"{at(assignment)}/legal/decisions", body).status_code == 409
