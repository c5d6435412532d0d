"""未成年人: straight to a certified seat, a key that leaves without a word, and no trace after."""

import pytest
from sqlalchemy import func, select

from infra.clock import now
from infra.db import commit, session
from models import (
    Callback,
    CallStatus,
    MissedContact,
    Otherwise,
    Place,
    TextMessage,
    Ticket,
    Topic,
)
from queues import calls
from tests.agent_desk.talks import Agent, call_of, events_of
from tests.places import a_line, an_agent
from tests.tickets.conftest import a_complaint, a_person, ended
from tickets import completion, lifecycle

NUMBER = "+8613812345678"


@pytest.fixture
def lines(app, time):
    found = {
        "general": a_line("general"),
        "minors": a_line("minors", certified=True, rank=1, priority=5),
    }
    commit()
    return found


@pytest.fixture
def child(lines):
    person = calls.person_of(NUMBER)
    person.minor = True
    commit()
    return person


def test_a_known_minor_meets_no_menu_and_goes_before(city, child, lines):
    citizen = city.citizen(NUMBER)
    citizen.dials("12345")
    city.pass_time(1)
    city.until(lambda: call_of(citizen).status is CallStatus.WAITING, 12)
    assert not citizen.hears("请直接说出")
    place = session.scalars(select(Place)).one()
    assert (place.line.code, place.priority) == ("minors", 10)
    city.until(lambda: citizen.hears("按井号键可随时离开"), 12)


@pytest.fixture
def refused(city, child, lines):
    """His line has nobody, and does not let him wait."""
    lines["minors"].when_nobody = Otherwise.RING_BACK
    commit()

    def calls_for(key=""):
        citizen = city.citizen(NUMBER if not key else "+8613900001111")
        citizen.dials("12345")
        if key:
            city.pass_time(1)
            citizen.presses(key)
        city.until(lambda: citizen.hears("按0由值班人员接听"), 20)
        return citizen

    return calls_for


@pytest.mark.parametrize(
    ("does", "line", "danger"),
    [
        (("presses", "0"), "general", None),
        (None, "general", None),
        (("presses", "1"), "general", "key"),
        (("says", "爸爸打我"), "general", "爸爸打我"),
    ],
)
@pytest.mark.parametrize("key", ["", "5"])
def test_a_minor_whom_his_line_refuses_reaches_a_person(city, refused, key, does, line, danger):
    citizen = refused(key)
    if does is not None:
        getattr(citizen, does[0])(does[1])
    city.until(lambda: call_of(citizen).status is CallStatus.WAITING, 20)
    assert not citizen.hears("给您回电")
    assert (call_of(citizen).line.code, call_of(citizen).emergency) == (line, danger)


def test_where_the_general_line_is_closed_too_only_danger_passes(city, refused, lines):
    lines["general"].closed_since, lines["general"].closed_reason = now(), "防汛演练"
    commit()
    citizen = refused()
    city.until(lambda: not citizen.leg.live, 40)
    assert citizen.hears("幺幺零") and not citizen.hears("给您回电")
    again = refused()
    again.presses("0")
    city.until(lambda: again.hears("general专席暂停服务"), 10)
    city.pass_time(3)
    again.presses("1")
    city.until(lambda: call_of(again).status is CallStatus.WAITING, 10)


def test_whoever_else_calls_hears_the_menu(city, lines):
    citizen = city.citizen("+8613900001111")
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请直接说出"), 15)
    citizen.presses("5")
    city.until(lambda: call_of(citizen).status is CallStatus.WAITING, 5)
    assert session.scalars(select(Place.priority)).all() == [5]


def test_only_a_certified_seat_is_rung(city, child, lines):
    other = Agent.comes(city, "wang", lines["general"])
    citizen = city.citizen(NUMBER)
    citizen.dials("12345")
    city.pass_time(30)
    assert other.rings is None
    certified = Agent.comes(city, "sun", lines["minors"])
    certified.answers()
    assert call_of(citizen).agent_id == certified.id


@pytest.mark.parametrize("in_danger", [False, True])
def test_the_hash_key_ends_it_without_a_word_and_nothing_follows(city, child, lines, in_danger):
    citizen = city.citizen(NUMBER)
    citizen.dials("12345")
    entered = select(Place).where(Place.heard_at.is_not(None))
    city.until(lambda: session.scalar(entered) is not None, 40)
    if in_danger:
        call_of(citizen).emergency = "有人打我"
        commit()
        city.pass_time(20)
    citizen.heard.clear()
    citizen.presses("#")
    city.until(lambda: not citizen.connected, 20)
    assert citizen.heard == [] or "热线" not in "".join(citizen.heard)
    call = call_of(citizen)
    assert call.over and events_of(call).count("left_at_once") == 1
    completion.remember_missed(call)
    for table in (MissedContact, Callback, TextMessage):
        assert session.scalar(select(func.count()).select_from(table)) == 0


def test_for_whoever_else_the_hash_key_ends_nothing(city, lines):
    citizen = city.citizen("+8613900001111")
    citizen.dials("12345")
    city.pass_time(1)
    citizen.presses("0")
    entered = select(Place).where(Place.heard_at.is_not(None))
    city.until(lambda: session.scalar(entered) is not None, 40)
    assert not citizen.hears("随时离开")
    citizen.presses("#")
    city.pass_time(3)
    assert citizen.connected and call_of(citizen).status is CallStatus.WAITING


@pytest.mark.parametrize("why", ["ticket", "person", "topic"])
def test_a_minors_ticket_is_confidential_and_is_texted_to_nobody(app, lines, why, time):
    person = a_person("13955556666")
    person.minor = why == "person"
    of_line = lines["minors"].id if why == "topic" else None
    session.add(Topic(code="street_light", name="路灯", line_id=of_line))
    session.flush()
    agent = an_agent("qian", lines["general"])
    draft = lifecycle.draft(ended(person, agent=agent))
    marked = {"minor": True} if why == "ticket" else {}
    typed = a_complaint(**marked, confidential=False, district=None, kind="consult")
    made = lifecycle.submit(draft, by=agent.staff, typed=typed)
    assert made.confidential is True and made.number
    assert lifecycle.tell_again(made) is False
    assert session.scalar(select(func.count(TextMessage.id))) == 0
    plain = lifecycle.draft(ended(a_person("13977778888"), agent=agent))
    plain.topic_id = None
    lifecycle.submit(
        plain, by=agent.staff, typed=a_complaint(kind="praise", topic=None, district=None)
    )
    assert plain.confidential is False
    assert session.scalars(select(TextMessage.ticket_id)).all() == [plain.id]
    assert session.get_one(Ticket, made.id).confidential
