"""A ticket is drafted, typed, filled and submitted; each step holds against the others."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from flask import Flask
from pydantic import ValidationError
from sqlalchemy import select, text

from infra import db
from infra.db import session, transaction
from infra.localtime import local
from models import (
    Call,
    Kind,
    Person,
    StaffMember,
    TextMessage,
    TicketEvent,
    TicketState,
    Topic,
)
from tests.tickets.conftest import Texts, a_complaint, a_person, ended
from tickets import fields, lifecycle, numbers
from tickets.fields import FieldsMissing, Typed, UnknownCode


@dataclass(frozen=True)
class Proposed:
    value: str
    sentence: str = "楼下路灯坏了"
    confidence: float = 0.8


def test_a_call_has_one_draft(a_call: Call) -> None:
    assert lifecycle.draft(a_call) is lifecycle.draft(a_call)
    assert lifecycle.draft(a_call).person_id == a_call.person_id


def test_a_submitted_ticket_has_number_code_and_history(
    a_call: Call, wang: StaffMember, place: None, time: object
) -> None:
    ticket = lifecycle.submit(lifecycle.draft(a_call), by=wang, typed=a_complaint())
    session.flush()
    assert ticket.state is TicketState.PENDING_DISPATCH
    assert ticket.number == f"{local(time.now):%Y%m%d}-000001"
    assert len(ticket.query_code) == 6 and ticket.query_code.isdigit()
    assert ticket.topic.name == "路灯"
    assert [one.name for one in session.scalars(select(TicketEvent))] == ["submitted"]


def test_submitting_twice_is_submitting_once(a_call: Call, wang: StaffMember, place: None) -> None:
    ticket = lifecycle.submit(lifecycle.draft(a_call), by=wang, typed=a_complaint())
    number = ticket.number
    assert lifecycle.submit(ticket, by=wang, typed=a_complaint()).number == number
    assert len(session.scalars(select(TextMessage)).all()) == 1


def test_who_speaks_english_is_told_number_and_code_in_english(
    a_call: Call, wang: StaffMember, place: None, app: Flask
) -> None:
    assert a_call.person is not None
    a_call.person.language = "en"
    ticket = lifecycle.submit(lifecycle.draft(a_call), by=wang, typed=a_complaint())
    (text_message,) = session.scalars(select(TextMessage))
    page = f"{app.config['SETTINGS'].public_url}/my"
    assert text_message.body.isascii()
    assert all(one in text_message.body for one in (ticket.number, ticket.query_code, page))


def test_other_words_are_not_taken_for_those_that_were_submitted(
    a_call: Call, wang: StaffMember, place: None
) -> None:
    """A second tab must not say "submitted" of what it alone has."""
    ticket = lifecycle.submit(lifecycle.draft(a_call), by=wang, typed=a_complaint())
    with pytest.raises(lifecycle.AlreadySubmitted):
        lifecycle.submit(ticket, by=wang, typed=Typed(demand="今天就修好"))
    assert lifecycle.submit(ticket, by=wang, typed=Typed(demand="尽快修好")) is ticket


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        (None, {"kind", "summary"}),
        ("praise", {"summary"}),
        ("consult", {"topic", "summary"}),
        ("suggest", {"topic", "summary"}),
        ("help", {"topic", "district", "address", "summary", "demand"}),
        ("complaint", {"topic", "district", "address", "summary", "demand"}),
        ("report", {"topic", "district", "address", "summary", "demand"}),
    ],
)
def test_each_kind_has_its_required_fields(
    a_call: Call, wang: StaffMember, kind: str | None, missing: set[str]
) -> None:
    typed = Typed.model_validate({"kind": kind})
    with pytest.raises(FieldsMissing) as refused:
        lifecycle.submit(lifecycle.draft(a_call), by=wang, typed=typed)
    assert set(refused.value.missing) == missing
    assert "请填写" in str(refused.value)


def test_a_report_is_confidential_unless_the_agent_says_otherwise(
    citizen: Person, wang: StaffMember, place: None
) -> None:
    silent = lifecycle.draft(ended(citizen))
    spoken = lifecycle.draft(ended(citizen))
    lifecycle.submit(silent, by=wang, typed=a_complaint(kind="report"))
    lifecycle.type_in(spoken, Typed(confidential=True))
    lifecycle.type_in(spoken, Typed(confidential=False))
    lifecycle.submit(spoken, by=wang, typed=a_complaint(kind="report"))
    assert (silent.confidential, spoken.confidential) == (True, False)


def test_the_software_never_overwrites_what_an_agent_typed(a_call: Call, place: None) -> None:
    ticket = lifecycle.draft(a_call)
    lifecycle.type_in(ticket, Typed(summary="我自己写的"))
    filled = lifecycle.fill(
        ticket, {"summary": Proposed("软件写的"), "topic": Proposed("street_light")}
    )
    assert filled == ["topic"]
    assert (ticket.summary, ticket.topic.code) == ("我自己写的", "street_light")
    assert ticket.origins["summary"] == {"by": "agent"}
    assert ticket.origins["topic"] == {
        "by": "software",
        "sentence": "楼下路灯坏了",
        "confidence": 0.8,
    }


def test_a_unit_that_was_guessed_goes_with_the_topic_that_the_agent_corrects(
    a_call: Call, place: None
) -> None:
    session.add(Topic(code="noise", name="噪声", words=["太吵"]))
    session.flush()
    heard = {"topic": Proposed("street_light"), "unit": Proposed("urban")}
    ticket = lifecycle.draft(a_call)
    lifecycle.fill(ticket, heard)
    lifecycle.type_in(ticket, Typed(topic="noise"))
    assert (ticket.topic.code, ticket.unit, "unit" in ticket.origins) == ("noise", None, False)
    assert lifecycle.fill(ticket, heard) == []
    assert lifecycle.fill(ticket, {"unit": Proposed("urban")}) == []
    agreed = {"topic": Proposed("noise"), "unit": Proposed("urban")}
    assert lifecycle.fill(ticket, agreed) == ["unit"]


def test_a_unit_that_the_agent_chose_stays_with_any_topic(a_call: Call, place: None) -> None:
    ticket = lifecycle.draft(a_call)
    lifecycle.type_in(ticket, Typed(unit="urban"))
    lifecycle.type_in(ticket, Typed(topic="street_light"))
    assert ticket.unit.code == "urban"


def test_what_the_agent_typed_as_the_software_had_it_is_his(a_call: Call, place: None) -> None:
    ticket = lifecycle.draft(a_call)
    lifecycle.fill(ticket, {"address": Proposed("阳明路12号")})
    lifecycle.type_in(ticket, Typed(address="阳明路12号"))
    assert lifecycle.fill(ticket, {"address": Proposed("阳明路129号")}) == []
    assert ticket.address == "阳明路12号"


def test_a_field_emptied_by_the_agent_stays_empty(a_call: Call) -> None:
    ticket = lifecycle.draft(a_call)
    lifecycle.fill(ticket, {"summary": Proposed("软件写的")})
    lifecycle.type_in(ticket, Typed(summary=None))
    assert lifecycle.fill(ticket, {"summary": Proposed("又来")}) == []
    assert ticket.summary is None


def test_a_submitted_ticket_is_no_draft_any_more(
    a_call: Call, wang: StaffMember, place: None
) -> None:
    ticket = lifecycle.submit(lifecycle.draft(a_call), by=wang, typed=a_complaint())
    with pytest.raises(lifecycle.AlreadySubmitted):
        lifecycle.type_in(ticket, Typed(summary="改"))
    assert lifecycle.fill(ticket, {"summary": Proposed("改")}) == []


def test_what_does_not_exist_is_refused(a_call: Call) -> None:
    with pytest.raises(UnknownCode, match="事项类别"):
        lifecycle.type_in(lifecycle.draft(a_call), Typed(topic="nowhere"))
    with pytest.raises(ValidationError):
        Typed.model_validate({"number": "1"})


def test_nothing_personal_is_readable_in_the_database(
    a_call: Call, wang: StaffMember, place: None
) -> None:
    ticket = lifecycle.submit(lifecycle.draft(a_call), by=wang, typed=a_complaint())
    session.flush()
    raw = str(session.execute(text("SELECT * FROM ticket")).mappings().one())
    raw += str(session.execute(text("SELECT * FROM text_message")).mappings().one())
    for secret in ("阳明路", ticket.query_code, "13812345678"):
        assert secret not in raw


def test_the_agent_sees_what_is_open_for_the_person(
    citizen: Person, wang: StaffMember, place: None
) -> None:
    first = lifecycle.submit(lifecycle.draft(ended(citizen)), by=wang, typed=a_complaint())
    other = ended(a_person("13900000000"))
    lifecycle.submit(lifecycle.draft(other), by=wang, typed=a_complaint())
    second = lifecycle.draft(ended(citizen))
    assert lifecycle.open_of(citizen.id, besides=second.id) == [first]
    assert lifecycle.open_of(None) == []


def test_numbers_are_unique_when_many_submit_at_once(app: Flask, time: object) -> None:
    given: list[str] = []

    def take() -> None:
        with app.app_context():
            for _ in range(5):
                with transaction():
                    given.append(numbers.next_number(time.now))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(set(given)) == 40
    assert max(given).endswith("-000040")


def test_codes_can_be_keyed_on_a_telephone_and_differ():
    codes = [numbers.new_code() for _ in range(200)]
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert len(set(codes)) > 190
    assert numbers.keyed("20261124000123") == "20261124-000123"
    assert numbers.keyed("1234") is None


def test_the_citizen_gets_number_and_code(
    a_call: Call, wang: StaffMember, place: None, texts: Texts, work: Callable[[], None]
) -> None:
    ticket = lifecycle.submit(lifecycle.draft(a_call), by=wang, typed=a_complaint())
    db.commit()
    work()
    ((to, _, body),) = texts.sent
    assert to == "+8613812345678"
    assert ticket.number in body
    assert ticket.query_code in body


def test_a_hidden_caller_gets_no_text(wang: StaffMember, place: None) -> None:
    ticket = lifecycle.submit(lifecycle.draft(ended(None)), by=wang, typed=a_complaint())
    assert ticket.number
    assert session.scalars(select(TextMessage)).all() == []


def test_the_form_and_the_rules_name_the_same_fields() -> None:
    assert set(fields.LABELS) == set(Typed.model_fields)
    assert set(fields.REQUIRED) == {None, *Kind}
