"""After a call nothing is lost: a draft from the words, or a note of who reached nobody."""

import json
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from infra import bell
from infra.clock import now
from infra.db import session
from models import (
    Call,
    CallStatus,
    Direction,
    Disposition,
    MissedContact,
    MissedKind,
    Party,
    Person,
    StaffMember,
    Ticket,
    Topic,
    Unit,
    Utterance,
)
from tests.tickets.conftest import a_complaint, ended
from tickets import lifecycle, sweeps
from tickets.fields import Typed
from tickets.jobs import complete_from_call, fill_while_talking


def _says(call: Call, text: str, number: int) -> None:
    session.add(
        Utterance(
            call_id=call.id,
            party=Party.CITIZEN,
            transcription="GT1",
            sequence=number,
            at=now(),
            text=text,
        )
    )
    session.flush()


def _drafts() -> list[Ticket]:
    session.expire_all()
    return list(session.scalars(select(Ticket).order_by(Ticket.id)))


def test_an_answered_call_leaves_a_draft(a_call: Call) -> None:
    _says(a_call, "我们小区楼下的路灯坏了三天了", 1)
    complete_from_call(a_call.id)
    complete_from_call(a_call.id)
    (draft,) = _drafts()
    assert "路灯" in draft.summary
    assert draft.origins["summary"]["by"] == "software"
    assert draft.completed_at is not None


def test_the_agents_draft_is_completed_not_replaced(a_call: Call) -> None:
    _says(a_call, "我们小区楼下的路灯坏了三天了", 1)
    lifecycle.type_in(lifecycle.draft(a_call), Typed(summary="路灯不亮"))
    complete_from_call(a_call.id)
    assert _drafts()[0].summary == "路灯不亮"


def test_a_call_that_goes_on_is_left_alone(a_call: Call) -> None:
    a_call.status, a_call.ended_at, a_call.disposition = "talking", None, None
    complete_from_call(a_call.id)
    assert _drafts() == []


@pytest.mark.parametrize(
    ("disposition", "kind"),
    [
        (Disposition.ABANDONED, MissedKind.ABANDONED),
        (Disposition.LEFT_EARLY, MissedKind.LEFT_EARLY),
    ],
)
def test_who_reached_nobody_is_remembered_once(
    citizen: Person, disposition: Disposition, kind: MissedKind
) -> None:
    call = ended(citizen, disposition, speech="公积金怎么提取")
    complete_from_call(call.id)
    sweeps.run()
    (missed,) = session.scalars(select(MissedContact)).all()
    assert (missed.kind, missed.words) == (kind, "公积金怎么提取")
    assert missed.number_masked == "138****5678"
    assert _drafts() == []


def test_the_sweep_waits_for_the_agent_and_then_asks_once(
    a_call: Call, time: object, work: Callable[[], None]
) -> None:
    _says(a_call, "我们小区楼下的路灯坏了三天了", 1)
    sweeps.run()
    assert _drafts() == []
    time.forward(150)
    sweeps.run()
    sweeps.run()
    work()
    assert len(_drafts()) == 1
    assert _drafts()[0].completed_at is not None


def test_the_sweep_leaves_finished_work_alone(
    citizen: Person, a_call: Call, wang: StaffMember, place: None, time: object
) -> None:
    lifecycle.submit(lifecycle.draft(a_call), by=wang, typed=a_complaint())
    ended(citizen, Disposition.SELF_SERVED)
    time.forward(600)
    sweeps.run()
    assert session.scalar(select(func.count(Ticket.id))) == 1
    assert session.scalar(select(func.count(MissedContact.id))) == 0


def test_the_form_fills_itself_while_they_talk(a_call: Call) -> None:
    a_call.status, a_call.ended_at, a_call.disposition = CallStatus.TALKING, None, None
    a_call.answered_at = now()
    channel = bell.patient_connection().pubsub(ignore_subscribe_messages=True)
    channel.subscribe(f"agent:{a_call.agent_id}")
    channel.get_message(timeout=1)
    _says(a_call, "我们小区楼下的路灯坏了三天了", 1)
    fill_while_talking(a_call.id)
    message = channel.get_message(timeout=1)
    assert message is not None
    assert json.loads(message["data"]) == {"name": "ticket-filled", "detail": {"call": a_call.id}}
    fill_while_talking(a_call.id)
    assert channel.get_message(timeout=0.3) is None  # nothing new is known
    assert "路灯" in _drafts()[0].summary
    assert _drafts()[0].completed_at is None


def test_the_form_follows_him_from_his_question_to_his_complaint(
    a_call: Call, place: None, lifts: None
) -> None:
    a_call.status, a_call.ended_at, a_call.disposition = CallStatus.TALKING, None, None
    a_call.answered_at = now()
    _says(a_call, "我想问一下路灯归谁管", 1)
    fill_while_talking(a_call.id)
    (draft,) = _drafts()
    assert (draft.kind, draft.topic.code, draft.unit.code) == ("consult", "street_light", "urban")
    _says(a_call, "我们小区的物业不修电梯，物业就是不管电梯", 2)
    fill_while_talking(a_call.id)
    (draft,) = _drafts()
    assert (draft.kind, draft.topic.code, draft.unit) == ("complaint", "property", None)
    assert "unit" not in draft.origins
    assert draft.origins["kind"]["sentence"].startswith("我们小区的物业")


def test_what_an_agent_typed_is_not_taken_back(a_call: Call, place: None, lifts: None) -> None:
    a_call.status, a_call.ended_at, a_call.disposition = CallStatus.TALKING, None, None
    a_call.answered_at = now()
    lifecycle.type_in(lifecycle.draft(a_call), Typed(kind="help", unit="urban"))
    _says(a_call, "我们小区的物业不修电梯", 1)
    fill_while_talking(a_call.id)
    (draft,) = _drafts()
    assert (draft.kind, draft.topic.code, draft.unit.code) == ("help", "property", "urban")


@pytest.fixture
def lifts(place: None) -> None:
    """Whose lift it is depends on the district."""
    unit = session.scalars(select(Unit)).one()
    words = ["物业", "电梯"]
    session.add(Topic(code="property", name="物业管理", unit=unit, local=True, words=words))
    session.flush()


def test_a_call_that_we_placed_begins_a_ticket_only_when_its_agent_does(a_call: Call) -> None:
    a_call.status, a_call.ended_at, a_call.disposition = CallStatus.TALKING, None, None
    a_call.answered_at, a_call.direction = now(), Direction.OUT
    _says(a_call, "我们小区楼下的路灯坏了三天了", 1)
    fill_while_talking(a_call.id)
    assert _drafts() == []
    lifecycle.draft(a_call)
    fill_while_talking(a_call.id)
    assert "路灯" in _drafts()[0].summary


def test_a_sentence_that_arrives_after_the_end_still_counts(a_call: Call) -> None:
    a_call.answered_at = a_call.started_at
    fill_while_talking(a_call.id)
    assert _drafts() == []
    complete_from_call(a_call.id)
    _says(a_call, "我们小区楼下的路灯坏了三天了", 1)
    fill_while_talking(a_call.id)
    assert "路灯" in _drafts()[0].summary


def test_a_call_that_we_placed_leaves_no_draft_of_its_own(a_call: Call) -> None:
    a_call.direction = Direction.OUT
    _says(a_call, "我们小区楼下的路灯坏了三天了", 1)
    complete_from_call(a_call.id)
    assert _drafts() == []
