"""A partner city takes over who has waited too long: nobody is lost, parted or overtaken by it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from infra.clock import now
from infra.db import commit, serialise_routing, session
from models import (
    Activity,
    Call,
    Callback,
    CallbackState,
    CallbackWay,
    CallEvent,
    Disposition,
    Line,
    Offer,
    OfferState,
    Person,
    Place,
    Role,
    Seat,
)
from queues import diverting, ringback, waiting
from tests.places import a_line, an_agent
from tests.visitors import browser_of, somebody

TO_A_PERSON = 40
THERE = "079212345"
KEY = {"general": "0", "tourism": "8"}
# Longer than his talk may take to be found out where every report was lost.
LONG = 150


@pytest.fixture
def lines(app, time) -> dict[str, Line]:
    found = {
        "general": a_line("general", name="综合"),
        "tourism": a_line("tourism", name="旅游", rank=1),
    }
    commit()
    return found


@pytest.fixture
def lead(app, time):
    return browser_of(app, somebody("lead", Role.LEAD))


@pytest.fixture
def desk(city, lines):
    """The line's only seat, in a talk."""
    found = city.desk(an_agent("own", *lines.values()))
    session.get_one(Seat, found.staff_id).activity = Activity.TALKING
    commit()
    return found


def is_free(desk) -> None:
    session.get_one(Seat, desk.staff_id).activity = Activity.IDLE
    commit()


def waits_for(city, key: str, number: str | None = None):
    citizen = city.citizen(number)
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请直接说出"))
    citizen.presses(key)
    city.until(lambda: place_of(citizen) is not None and place_of(citizen).heard_at, TO_A_PERSON)
    return citizen


def call_of(citizen) -> Call:
    session.expire_all()
    return session.scalars(select(Call).where(Call.sid == citizen.leg.sid)).one()


def place_of(citizen) -> Place | None:
    session.expire_all()
    return session.scalar(
        select(Place).join(Call).where(Call.sid == citizen.leg.sid, Place.left_at.is_(None))
    )


def rung(citizen) -> Offer | None:
    session.expire_all()
    return session.scalar(
        select(Offer)
        .join(Call, Call.id == Offer.call_id)
        .where(Call.sid == citizen.leg.sid, Offer.state == OfferState.RINGING)
    )


def partner(city, lead, line: str = "tourism", after: int = 20):
    there = {"partner_name": "九江", "partner_number": "0792 12345", "partner_after_s": str(after)}
    lead.post(f"/lines/{line}/partner", **there)
    return city.citizen(THERE)


def diverted() -> list[int]:
    """In the order in which the partner was to be rung for them."""
    session.expire_all()
    told = select(CallEvent.call_id).where(CallEvent.name == "diverting").order_by(CallEvent.id)
    return list(session.scalars(told))


def talks_there(city, citizen, there) -> None:
    city.until(lambda: citizen.hears("正在为您转接九江的热线座席"), 40)
    city.until(lambda: there.hears("热线转来的来电"))


def test_a_partner_city_takes_over_who_has_waited_too_long(city, lines, lead, desk):
    citizen = waits_for(city, KEY["tourism"])
    there = partner(city, lead)
    talks_there(city, citizen, there)
    city.until(lambda: diverting.is_there(call_of(citizen)))
    assert place_of(citizen) is None and citizen.leg.live
    is_free(desk)
    city.pass_time(60)
    assert rung(citizen) is None
    there.hangs_up()
    city.until(lambda: not citizen.leg.live)
    city.until(lambda: call_of(citizen).over)
    assert call_of(citizen).disposition is Disposition.DIVERTED


def test_who_hangs_up_there_himself_was_taken_over(city, lines, lead, desk):
    citizen = waits_for(city, KEY["tourism"])
    talks_there(city, citizen, partner(city, lead))
    city.until(lambda: diverting.is_there(call_of(citizen)))
    # They are connected after the notice.
    city.pass_time(10)
    citizen.hangs_up()
    city.until(lambda: call_of(citizen).over)
    assert call_of(citizen).disposition is Disposition.DIVERTED


def test_who_hangs_up_on_the_notice_there_has_given_up(city, lines, lead, desk):
    citizen = waits_for(city, KEY["tourism"])
    talks_there(city, citizen, partner(city, lead))
    city.until(lambda: diverting.is_there(call_of(citizen)))
    citizen.hangs_up()
    city.until(lambda: call_of(citizen).over)
    assert call_of(citizen).disposition is Disposition.ABANDONED


def test_a_talk_there_is_not_parted_where_the_report_of_it_is_lost(city, lines, lead, desk):
    citizen = waits_for(city, KEY["tourism"])
    there = partner(city, lead)
    city.faults.set({"drop": 1.0, "only": "/voice/partner/leg"})
    talks_there(city, citizen, there)
    is_free(desk)
    city.pass_time(LONG)
    assert there.leg.live and citizen.leg.live and rung(citizen) is None
    assert diverting.is_there(call_of(citizen))
    there.hangs_up()
    city.until(lambda: call_of(citizen).over)
    assert call_of(citizen).disposition is Disposition.DIVERTED


def test_whom_the_partner_drops_is_back_at_his_own_age(city, lines, lead, desk):
    citizen = waits_for(city, KEY["tourism"])
    age = place_of(citizen).age_from
    there = partner(city, lead)
    talks_there(city, citizen, there)
    city.until(lambda: diverting.is_there(call_of(citizen)))
    city.pass_time(3)
    there.hangs_up()
    city.until(lambda: place_of(citizen) is not None)
    assert place_of(citizen).age_from == age
    city.until(lambda: citizen.hears("与协作城市的通话中断了"))
    is_free(desk)
    city.until(lambda: rung(citizen) is not None)
    citizen.hangs_up()
    city.until(lambda: call_of(citizen).over)
    assert call_of(citizen).disposition is Disposition.ABANDONED


def test_where_the_partner_does_not_answer_he_has_his_place_and_is_offered(city, lines, lead, desk):
    citizen = waits_for(city, KEY["tourism"])
    age = place_of(citizen).age_from
    partner(city, lead).answers = False
    city.until(lambda: place_of(citizen).diverting_since is not None, 40)
    is_free(desk)
    city.pass_time(5)
    assert rung(citizen) is None, "while the partner is being rung"
    city.until(lambda: citizen.hears("对方没有接听"), 60)
    city.until(lambda: rung(citizen) is not None)
    assert place_of(citizen).age_from == age


def test_a_wait_document_that_was_under_way_offers_nobody_who_is_being_rung_for(
    city, lines, lead, desk
):
    citizen = waits_for(city, KEY["tourism"])
    there = partner(city, lead)
    there.answers = False
    city.until(lambda: place_of(citizen).partner_rung_at is not None, 40)
    city.pass_time(15)
    assert waiting.hear(place_of(citizen)) is False
    commit()
    is_free(desk)
    city.pass_time(3)
    assert rung(citizen) is None and place_of(citizen).diverting_since is not None


def test_who_comes_back_is_served_before_younger_ones(city, lines, lead, desk):
    older = waits_for(city, KEY["tourism"])
    partner(city, lead).answers = False
    city.until(lambda: place_of(older).partner_rung_at is not None, 40)
    younger = waits_for(city, KEY["tourism"])
    city.until(lambda: place_of(older).diverting_since is None, 60)
    # A round trip of the carrier, and no sentence before it.
    city.pass_time(1)
    is_free(desk)
    city.until(lambda: rung(older) is not None, 3)
    assert rung(younger) is None


def test_nobody_is_brought_to_the_partner_before_whom_it_did_not_answer(city, lines, lead, desk):
    older = waits_for(city, KEY["tourism"])
    there = partner(city, lead, after=60)
    there.answers = False
    city.until(lambda: place_of(older).partner_rung_at is not None, 80)
    younger = waits_for(city, KEY["tourism"])
    city.until(lambda: older.hears("对方没有接听"), 60)
    there.answers = True
    city.until(lambda: len(diverted()) > 2, 150)
    assert diverted()[:2] == [call_of(older).id] * 2
    assert set(diverted()[2:]) <= {call_of(younger).id}


def test_whom_the_carrier_does_not_take_there_is_offered_again(city, lines, lead, desk):
    citizen = waits_for(city, KEY["tourism"])
    partner(city, lead)
    city.faults.set({"rest": 1.0})
    city.until(lambda: place_of(citizen).diverting_since is not None, 40)
    is_free(desk)
    city.until(lambda: rung(citizen) is not None, 45)


def test_danger_is_not_sent_to_another_city(city, lines, lead, desk):
    partner(city, lead, "general", after=10)
    citizen = city.citizen()
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请直接说出"))
    citizen.says("着火了快来人")
    city.until(lambda: place_of(citizen) is not None, TO_A_PERSON)
    city.pass_time(30)
    assert place_of(citizen).partner_tried_at is None


def test_a_minor_stays_with_us(city, lines, lead, desk):
    citizen = waits_for(city, KEY["tourism"], "+8613812345678")
    session.get_one(Person, call_of(citizen).person_id).minor = True
    commit()
    partner(city, lead)
    city.pass_time(40)
    assert place_of(citizen).partner_tried_at is None


def test_who_is_to_be_rung_back_is_not_sent_there(app, lines, time):
    line, at = lines["tourism"], now() - timedelta(minutes=5)
    line.partner_name, line.partner_number, line.partner_after_s = "九江", THERE, 10
    session.add(
        Callback(
            way=CallbackWay.KEY,
            state=CallbackState.SCHEDULED,
            number="13812345678",
            number_fingerprint="f",
            number_masked="-",
            line_id=line.id,
            language="zh",
            priority=0,
            asked_at=at,
            age_from=at,
            due_at=at,
            tried=0,
        )
    )
    session.flush()
    serialise_routing()
    ringback.move_due()
    place = session.scalars(select(Place)).one()
    time.forward(30)
    diverting.divert_due()
    assert place.heard_at is not None and place.partner_tried_at is None
