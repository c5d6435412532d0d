"""A caller who chose English: his prompts, the seat he is rung at, and his next call."""

import pytest
from sqlalchemy import select

from infra.db import commit, session
from models import Call, CallStatus, Offer
from tests.places import a_line, an_agent


@pytest.fixture
def seats(city):
    """A seat that speaks English too, and one that does not, idle for longer."""
    line = a_line("general")
    chinese = an_agent("chinese", line)
    city.pass_time(60)
    english = an_agent("english", line, languages=("zh", "en"))
    commit()
    city.desk(chinese), city.desk(english)
    return {"zh": chinese.staff_id, "en": english.staff_id}


def dials(city, citizen, greeting: str) -> None:
    citizen.heard.clear()
    citizen.dials("12345")
    city.until(lambda: citizen.hears(greeting))


def rung_for(city, citizen) -> int:
    def offer():
        session.expire_all()
        call = select(Call.id).where(Call.sid == citizen.leg.sid).scalar_subquery()
        return session.scalar(select(Offer).where(Offer.call_id == call))

    city.until(lambda: offer() is not None)
    return offer().agent_id


def test_the_hash_key_leads_to_a_seat_that_speaks_english(city, seats):
    citizen = city.citizen("+8613812345678")
    dials(city, citizen, "请直接说出")
    citizen.presses("#")
    city.until(lambda: citizen.hears("Please say"))
    citizen.presses("0")
    assert rung_for(city, citizen) == seats["en"]


def test_the_hash_key_leads_to_notice_and_menu_in_the_other_language(city, seats):
    citizen = city.citizen("+8613812345678")
    dials(city, citizen, "请直接说出")
    citizen.heard.clear()
    citizen.presses("#")
    city.until(lambda: citizen.hears("Please say"))
    assert citizen.heard[:2] == [
        "Welcome to the 1 2 3 4 5 government service hotline. This call is recorded.",
        "普通话请按井号键。",
    ]
    session.expire_all()
    assert session.scalars(select(Call.status)).one() is CallStatus.GREETED
    citizen.presses("#")
    city.until(lambda: citizen.hears("请直接说出"))


def test_at_his_next_call_he_is_greeted_and_served_in_english(city, seats):
    citizen = city.citizen("+8613812345678")
    dials(city, citizen, "请直接说出")
    citizen.presses("#")
    city.pass_time(1)
    citizen.hangs_up()
    city.pass_time(10)
    dials(city, citizen, "Please say")
    citizen.presses("0")
    assert rung_for(city, citizen) == seats["en"]


def test_who_chose_nothing_is_rung_at_the_longest_idle_seat(city, seats):
    citizen = city.citizen("+8613812345678")
    dials(city, citizen, "请直接说出")
    citizen.presses("0")
    assert rung_for(city, citizen) == seats["zh"]


def hangs_up(city, citizen) -> None:
    city.pass_time(1)
    citizen.hangs_up()
    city.pass_time(10)


def test_how_to_change_the_language_is_said_in_the_other_one(city, seats):
    citizen = city.citizen("+8613812345678")
    dials(city, citizen, "请直接说出")
    assert citizen.hears("For English, press hash")
    citizen.presses("#")
    hangs_up(city, citizen)
    dials(city, citizen, "Please say")
    assert citizen.heard[-3:-1] == [
        "Welcome to the 1 2 3 4 5 government service hotline. This call is recorded.",
        "普通话请按井号键。",
    ]
    assert [one for one in citizen.heard if not one.isascii()] == ["普通话请按井号键。"]


def test_the_hash_key_is_its_own_way_back_and_that_is_remembered_too(city, seats):
    citizen = city.citizen("+8613812345678")
    dials(city, citizen, "请直接说出")
    citizen.presses("#")
    hangs_up(city, citizen)
    dials(city, citizen, "Please say")
    citizen.presses("#")
    city.until(lambda: citizen.hears("请直接说出"))
    citizen.presses("0")
    assert rung_for(city, citizen) == seats["zh"]
    hangs_up(city, citizen)
    dials(city, citizen, "请直接说出")
