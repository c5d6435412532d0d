"""The desk's doors: opening and leaving it, giving a caller up, and a note about a caller."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from infra.db import session
from models import Activity, Call, CallStatus, Desired, Offer, OfferState, Place, Role
from tests.agent_desk.conftest import again
from tests.places import an_agent
from tests.visitors import browser_of, somebody

DESK = str(uuid4())
LEASE_IS_OVER = 21


def opens(desk, tab: str = DESK):
    return desk.post_json("/desk/open", {"desk": tab})


def ringing(city, phone) -> Offer:
    def offer():
        session.expire_all()
        return session.scalar(
            select(Offer).where(Offer.agent_id == phone.staff_id, Offer.state == OfferState.RINGING)
        )

    city.until(lambda: offer() is not None, 60)
    return offer()


def the_call() -> Call:
    session.expire_all()
    return session.scalars(select(Call)).one()


def test_yesterdays_ready_rings_at_nobody(time, wang, desk):
    opens(desk)
    desk.post_json("/desk/choose", {"desk": DESK, "desired": "ready"})
    time.forward(LEASE_IS_OVER)
    assert opens(desk, str(uuid4())).get_json()["seat"]["desired"] == "offline"


def test_a_reload_within_the_lease_keeps_what_was_chosen(time, wang, desk):
    opens(desk)
    desk.post_json("/desk/choose", {"desk": DESK, "desired": "ready"})
    time.forward(5)
    assert opens(desk).get_json()["seat"]["desired"] == "ready"


def test_who_signs_out_is_offline_and_his_caller_rings_elsewhere(city, lines, wang, phone, desk):
    other = city.desk(an_agent("zhao", lines["tourism"], level=1))
    city.citizen().dials("12345")
    offer = ringing(city, phone)
    phone.open = False
    desk.post("/sign-out")
    assert again(wang).desired is Desired.OFFLINE
    assert again(wang).activity is Activity.IDLE
    assert ringing(city, other).call_id == offer.call_id


def test_somebody_without_a_seat_signs_out_too(app, wang, time):
    lead = browser_of(app, somebody("li", Role.LEAD))
    assert lead.post("/sign-out").status_code == 302


@pytest.mark.parametrize("moment", [0.0, 0.05])
def test_a_caller_given_up_while_he_is_connected_is_offered_on_at_his_age(
    city, lines, phone, desk, moment
):
    other = city.desk(an_agent("zhao", lines["tourism"], level=1))
    citizen = city.citizen()
    citizen.dials("12345")
    offer = ringing(city, phone)
    age = session.scalars(select(Place.age_from)).one()
    phone.accepts(offer.id)
    while the_call().status is not CallStatus.CONNECTING:
        city.pass_time(0.01)
    city.pass_time(moment)
    assert the_call().status is CallStatus.CONNECTING
    answer = desk.post_json("/desk/finish", {"desk": DESK, "call": offer.call_id})
    assert answer.get_json()["seat"]["activity"] == "idle"
    city.pass_time(2)
    assert not phone.phone.connected
    second = ringing(city, other)
    assert second.call_id == offer.call_id
    assert session.scalars(select(Place.age_from)).one() == age
    other.accepts(second.id)
    city.until(lambda: the_call().status is CallStatus.TALKING)
    assert citizen.connected_with() == [f"client:{other.identity}"]


@pytest.mark.parametrize("turn", ["rings", "rings elsewhere"])
def test_a_note_goes_to_the_caller_who_rings(app, city, phone, desk, turn):
    city.citizen("+8613812345678").dials("12345")
    offer = ringing(city, phone)
    writer = desk if turn == "rings" else browser_of(app, an_agent("zhao").staff)
    answer = writer.post_json(f"/desk/caution/{offer.call_id}", {"note": "听力不好，请说慢些"})
    session.expire_all()
    if turn == "rings":
        assert answer.get_json()["caution"] == "听力不好，请说慢些"
    else:
        assert answer.status_code == 404
        assert again(the_call()).person.caution is None
