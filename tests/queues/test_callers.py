"""Who is behind a number: one person however it is written, nobody when it is withheld."""

import pytest
from sqlalchemy import select

from infra.db import commit, session
from models import Call, Person, StaffMember, TextMessage
from queues import calls, outgoing
from seeds import plant
from telephony.callers import shown
from tests.places import a_line, an_agent
from tests.tickets.conftest import a_complaint
from tickets import lifecycle

WITHHELD = [
    "+266696687",
    "+7378742833",
    "+2562533",
    "+8566696",
    "+8656696",
    "+86282452253",
    "anonymous",
    "Anonymous",
    "restricted",
    "unknown",
    "blocked",
    "unavailable",
    "private",
    "",
]


@pytest.mark.parametrize(
    ("shown_by_the_carrier", "typed_by_an_agent"),
    [
        ("+8679188123456", "0791-88123456"),
        ("+8679188123456", "88123456"),
        ("+8613812345678", "138 1234 5678"),
    ],
)
def test_who_called_is_who_is_rung_back(app, time, shown_by_the_carrier, typed_by_an_agent):
    caller = calls.person_of(shown_by_the_carrier)
    assert calls.person_of(typed_by_an_agent) is caller
    assert outgoing.dialled(caller.number) == shown_by_the_carrier


DIALLABLE = {
    "138 1234 5678": "13812345678",
    "+8613812345678": "13812345678",
    "0791-88123456": "079188123456",
    # As people of the city write it.
    "8812 3456": "079188123456",
    "010 65123456": "01065123456",
    "400 800 1234": "4008001234",
    "12315": "12315",
    "95598": "95598",
    "968000": "968000",
    "+852 2123 4567": "+85221234567",
    "0044 20 7946 0958": "+442079460958",
    # Written by another hand, but the same digits.
    "１３８１２３４５６７８": "13812345678",
}
NOT_DIALLABLE = [
    *("110", "119", "120", "122", "112", "999", "+86110", "0791110"),
    *("", "12", "1234567", "98123456", "1381234567", "138123456789", "0791", "+", "+1", "++442079"),
    *("+0123456789", "client:agent_1", "sip:a@b", "13812345678;ext=1"),
]


@pytest.fixture
def seat(app, time):
    return an_agent("wang", a_line("general"))


@pytest.mark.parametrize(("typed", "known"), DIALLABLE.items())
def test_what_an_agent_may_dial(seat, typed, known):
    assert outgoing.begin(agent=seat, number=typed).number == known


@pytest.mark.parametrize("typed", NOT_DIALLABLE)
def test_what_is_no_number_or_an_emergency_is_not_dialled(seat, typed):
    with pytest.raises(outgoing.NotDiallable):
        outgoing.begin(agent=seat, number=typed)


@pytest.mark.parametrize(("later", "rings"), [(59, True), (61, False)])
def test_a_permit_to_dial_is_over_after_a_minute(city, later, rings):
    seat = an_agent("wang", a_line("general"))
    desk = city.desk(seat)
    citizen = city.citizen("+8613812345678")
    allowed = outgoing.begin(agent=seat, number=citizen.number).id
    commit()
    city.pass_time(later)
    desk.dials(allowed)
    city.pass_time(3)
    assert bool(citizen.rung) is rings
    assert desk.phone.hears("已经结束") is not rings


@pytest.mark.parametrize("caller", WITHHELD)
def test_a_withheld_number_is_no_number(caller):
    assert shown(caller) == ""


@pytest.mark.parametrize("caller", ["+8613812345678", "2562533", "12345", "client:agent_1"])
def test_any_other_caller_stays_as_he_is(caller):
    assert shown(caller) == caller


@pytest.fixture
def hidden(city):
    """Two calls of citizens whose numbers the carrier withholds."""
    plant.plant()
    commit()
    citizens = [city.citizen("+266696687"), city.citizen("anonymous")]
    for citizen in citizens:
        citizen.dials("12345")
    city.pass_time(1)
    return citizens


def test_hidden_callers_are_nobody_and_not_each_other(city, hidden):
    known = session.execute(select(Call.person_id, Call.number_masked)).all()
    assert known == [(None, "号码未显示")] * 2
    assert session.scalars(select(Person)).all() == []


def test_a_hidden_caller_gets_no_text_and_no_other_hears_of_his_ticket(city, hidden):
    first, second = hidden
    agent = session.scalars(select(StaffMember).where(StaffMember.login == "agent1")).one()
    call = session.scalars(select(Call).where(Call.sid == first.leg.sid)).one()
    lifecycle.submit(lifecycle.draft(call), by=agent, typed=a_complaint())
    commit()
    assert session.scalars(select(TextMessage)).all() == []
    city.until(lambda: second.hears("请直接说出"))
    second.presses("9")
    city.until(lambda: second.hears("14位工单号"))
    assert not second.hears("您有一张")
