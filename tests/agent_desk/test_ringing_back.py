"""Ringing back: from a ticket, a past call or a missed one, without seeing the number."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from infra.clock import now
from infra.db import commit, session
from models import (
    AuditEntry,
    Call,
    CallStatus,
    Direction,
    Disposition,
    District,
    MissedContact,
    MissedKind,
    Outgoing,
    Person,
    Role,
    Ticket,
    Topic,
)
from tests.agent_desk.conftest import again
from tests.places import an_agent
from tests.tickets.conftest import a_complaint, a_person, ended
from tests.visitors import browser_of, somebody
from tickets import lifecycle

NUMBER = "13812345678"


@pytest.fixture
def citizen(city):
    """He has a telephone that he picks up."""
    person = a_person(NUMBER)
    commit()
    return person


@pytest.fixture
def missed(citizen) -> MissedContact:
    call = ended(citizen, Disposition.ABANDONED)
    contact = MissedContact(
        call_id=call.id,
        person_id=citizen.id,
        kind=MissedKind.ABANDONED,
        number_masked=citizen.number_masked,
        at=now(),
    )
    session.add(contact)
    commit()
    return contact


@pytest.fixture
def ticket(citizen, wang) -> Ticket:
    session.add_all(
        [District(code="donghu", name="东湖区"), Topic(code="street_light", name="路灯")]
    )
    session.flush()
    draft = lifecycle.draft(ended(citizen, agent=wang))
    made = lifecycle.submit(draft, by=wang.staff, typed=a_complaint())
    commit()
    return made


def rings_back(city, desk, phone, name: str) -> Call:
    """The agent confirms, his browser dials, the citizen picks up."""
    telephone = city.citizen(f"+86{NUMBER}")
    answer = desk.post_json("/desk/dial", {"to": name})
    assert answer.status_code == 200, answer.text
    assert NUMBER not in answer.text
    phone.dials(answer.get_json()["dial"])
    calls = select(Call).where(Call.direction == Direction.OUT)

    def talking() -> bool:
        session.expire_all()
        call = session.scalar(calls)
        return call is not None and call.status is CallStatus.TALKING

    city.until(talking)
    city.pass_time(3)
    assert telephone.connected
    assert telephone.hears("本次通话将被录音")
    return session.scalars(calls).one()


def test_a_missed_caller_is_rung_back_and_is_settled_when_he_answers(
    city, wang, phone, desk, missed
):
    assert f"/desk?dial=missed-{missed.id}" in desk.get("/missed").text
    page = desk.get(f"/desk?dial=missed-{missed.id}").text
    assert "138****5678" in page and NUMBER not in page
    assert again(missed).handled_at is None
    call = rings_back(city, desk, phone, f"missed-{missed.id}")
    assert again(missed).handled_by_id == wang.staff_id
    assert call.tapped_at is not None
    assert "已回电此前的未接来电" in desk.get(f"/calls/{call.id}").text
    looked = select(AuditEntry.subject_id).where(AuditEntry.action == "rang_back")
    assert session.scalars(looked).all() == [str(missed.id)]


def test_who_finishes_a_talk_that_he_dialled_ends_it_for_both(city, phone, desk, missed):
    call = rings_back(city, desk, phone, f"missed-{missed.id}")
    city.until(lambda: phone.phone.connected, 20)
    desk.post_json("/desk/finish", {"desk": str(uuid4()), "call": call.id})
    city.pass_time(2)
    assert not phone.phone.connected
    assert again(call).status is CallStatus.ENDED


def test_a_talk_whose_report_was_lost_is_known_to_be_one_while_it_goes_on(
    city, phone, desk, missed
):
    city.exchange.faults.only, city.exchange.faults.drop = "/voice/dialled-leg", 1.0
    call = rings_back(city, desk, phone, f"missed-{missed.id}")
    assert phone.phone.connected
    assert again(missed).handled_at is not None
    assert call.answered_at is not None


@pytest.mark.parametrize("first", ["/voice/dialled", "/voice/status"])
def test_who_hangs_up_on_the_notice_was_not_spoken_to_and_is_still_owed_a_call(
    city, phone, desk, missed, first
):
    """Which of the two reports of the end comes first is chance."""
    telephone = city.citizen(f"+86{NUMBER}")
    phone.dials(desk.post_json("/desk/dial", {"to": f"missed-{missed.id}"}).get_json()["dial"])
    city.until(lambda: telephone.connected and again(missed).handled_at is not None)
    faults = city.exchange.faults
    faults.only = "/voice/status" if first == "/voice/dialled" else "/voice/dialled"
    faults.late = faults.document_late = 1.0
    telephone.hangs_up()
    phone.phone.hangs_up()
    city.pass_time(20)
    call = session.scalars(select(Call).where(Call.direction == Direction.OUT)).one()
    session.refresh(call)
    assert (call.status, call.answered_at) == (CallStatus.ENDED, None)
    assert call.disposition is Disposition.NOT_REACHED
    assert (again(missed).handled_at, missed.handled_by_id) == (None, None)
    assert "对方未与座席通话" in desk.get(f"/calls/{call.id}").text


def test_a_talk_that_only_its_last_report_tells_of_settles_what_was_missed(
    city, phone, desk, missed
):
    """The leg's end came first, and nobody had told of the pick-up."""
    city.ticking = False
    faults = city.exchange.faults
    faults.set({"only": "/voice/dialled", "late": 1, "document_late": 1, "late_seconds": 40})
    telephone = city.citizen(f"+86{NUMBER}")
    phone.dials(desk.post_json("/desk/dial", {"to": f"missed-{missed.id}"}).get_json()["dial"])
    city.until(lambda: telephone.hears("本次通话将被录音"))
    city.pass_time(30)
    phone.phone.hangs_up()
    city.pass_time(5)
    call = session.scalars(select(Call).where(Call.direction == Direction.OUT)).one()
    assert session.refresh(call) or call.disposition is Disposition.NOT_REACHED
    city.pass_time(60)
    session.refresh(call)
    assert call.disposition is Disposition.ANSWERED
    assert 25 <= (call.ended_at - call.answered_at).total_seconds() <= 35
    assert again(missed).handled_at is not None


def test_how_long_they_spoke_is_known_though_nobody_told_of_the_pick_up(city, phone, desk, missed):
    city.ticking = False
    city.exchange.faults.set({"only": "/voice/dialled-leg", "drop": 1.0})
    telephone = city.citizen(f"+86{NUMBER}")
    phone.dials(desk.post_json("/desk/dial", {"to": f"missed-{missed.id}"}).get_json()["dial"])
    city.until(lambda: telephone.hears("本次通话将被录音"))
    city.pass_time(60)
    telephone.hangs_up()
    city.pass_time(5)
    call = session.scalars(select(Call).where(Call.direction == Direction.OUT)).one()
    session.refresh(call)
    assert call.disposition is Disposition.ANSWERED
    assert 55 <= (call.ended_at - call.answered_at).total_seconds() <= 70
    assert again(missed).handled_at is not None


def test_who_hung_up_on_the_notice_and_then_reached_somebody_is_owed_nothing(
    city, phone, desk, missed
):
    telephone = city.citizen(f"+86{NUMBER}")
    phone.dials(desk.post_json("/desk/dial", {"to": f"missed-{missed.id}"}).get_json()["dial"])
    city.until(lambda: telephone.connected and again(missed).handled_at is not None)
    call = session.scalars(select(Call).where(Call.direction == Direction.OUT)).one()
    talked = ended(session.get_one(Person, missed.person_id))
    talked.answered_at = now()
    commit()
    telephone.hangs_up()
    city.pass_time(20)
    session.refresh(call)
    assert call.answered_at is None and again(missed).handled_at is not None


def test_a_call_for_a_ticket_stands_in_its_story(city, wang, phone, desk, ticket):
    assert f"/desk?dial=ticket-{ticket.id}" in desk.get(f"/tickets/{ticket.number}").text
    call = rings_back(city, desk, phone, f"ticket-{ticket.id}")
    allowed = session.scalars(select(Outgoing)).one()
    assert (allowed.ticket_id, allowed.call_id) == (ticket.id, call.id)
    state = desk.get("/desk/state?desk=x").get_json()
    assert state["call"]["about"]["number"] == ticket.number
    page = desk.get(f"/tickets/{ticket.number}").text
    assert "回拨市民" in page and f"/calls/{call.id}" in page


def test_a_past_call_leads_to_its_citizen_and_its_ticket(desk, wang, ticket):
    assert f"/desk?dial=call-{ticket.call_id}" in desk.get("/calls").text
    assert f"/desk?dial=call-{ticket.call_id}" in desk.get(f"/calls/{ticket.call_id}").text
    assert desk.post_json("/desk/dial", {"to": f"call-{ticket.call_id}"}).status_code == 200
    assert session.scalars(select(Outgoing.ticket_id)).one() == ticket.id


@pytest.mark.parametrize("name", ["ticket-999", "call-999", "missed-999", "nonsense", "call-x"])
def test_whoever_is_not_known_cannot_be_rung_back(desk, name):
    answer = desk.post_json("/desk/dial", {"to": name})
    assert answer.status_code == 422 and "回拨" in answer.get_json()["error"]
    assert "回拨" in desk.get(f"/desk?dial={name}").text


def test_what_an_agent_may_not_read_he_cannot_ring(app, ticket, missed):
    ticket.confidential = True
    other = browser_of(app, an_agent("zhao").staff)
    for name in (f"ticket-{ticket.id}", f"call-{ticket.call_id}"):
        assert other.post_json("/desk/dial", {"to": name}).status_code == 422
    assert session.scalars(select(Outgoing)).all() == []


def test_a_hidden_number_cannot_be_rung(desk, wang):
    call = ended(None, agent=wang)
    answer = desk.post_json("/desk/dial", {"to": f"call-{call.id}"})
    assert "未显示号码" in answer.get_json()["error"]
    assert f"dial=call-{call.id}" not in desk.get(f"/calls/{call.id}").text


def test_who_has_no_desk_is_offered_no_dialling(app, missed):
    lead = browser_of(app, somebody("li", Role.LEAD))
    assert "/desk?dial=" not in lead.get("/missed").text + lead.get("/calls").text
