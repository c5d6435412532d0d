"""The desk's doors: opening and leaving it, giving a caller up, and a note about a caller."""

from threading import Timer
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from infra.clock import now
from infra.db import LOCK_WITHIN, ROUTING_LOCK, commit, session
from models import (
    Activity,
    AuditEntry,
    Call,
    CallStatus,
    Desired,
    Offer,
    OfferState,
    Outgoing,
    Place,
    Role,
    Ticket,
)
from staff import live
from tests.agent_desk.conftest import again
from tests.places import an_agent
from tests.visitors import browser_of, somebody

DESK = str(uuid4())
PING = "event: ping\ndata: {}\n\n"
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


def test_how_long_he_is_offline_counts_from_when_he_sat_down(wang, desk, time):
    wang.desired = Desired.OFFLINE
    commit()
    time.forward(300)
    shown = opens(desk).get_json()
    assert (shown["seat"]["desired"], shown["seat"]["since"]) == ("offline", shown["now"])


def the_call() -> Call:
    session.expire_all()
    return session.scalars(select(Call)).one()


def test_a_ping_of_the_stream_tells_again_what_rings(app, city, phone):
    """Redis was away for a moment when the bell was rung."""
    tab = f"desk-{phone.staff_id}"
    with app.test_request_context():
        assert [*live._ping(phone.staff_id, tab)] == [PING]
    city.citizen().dials("12345")
    ringing(city, phone)
    with app.test_request_context():
        assert [*live._ping(phone.staff_id, tab)] == [PING, "event: offered\ndata: {}\n\n"]
        assert [*live._ping(phone.staff_id, str(uuid4()))] == [PING]


def test_who_waits_for_the_routing_lock_is_tried_once_more(app, desk):
    opens(desk)
    with app.extensions["engine"].connect() as other:
        other.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ROUTING_LOCK})
        release = Timer(
            LOCK_WITHIN + 0.5,
            other.execute,
            [text("SELECT pg_advisory_unlock(:key)"), {"key": ROUTING_LOCK}],
        )
        release.start()
        answer = desk.post_json("/desk/choose", {"desk": DESK, "desired": "ready"})
        release.join()
    assert answer.get_json()["seat"]["desired"] == "ready"


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
    assert answer.get_json()["lost"] is None
    assert session.get_one(Offer, offer.id).state is OfferState.DECLINED
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


def talks(city, phone) -> Offer:
    offer = ringing(city, phone)
    phone.accepts(offer.id)
    city.until(lambda: the_call().status is CallStatus.TALKING)
    return offer


def test_a_call_that_broke_off_is_taken_back_by_the_agent_who_had_it(city, phone, desk):
    citizen = city.citizen()
    citizen.dials("12345")
    call = talks(city, phone).call_id
    age = session.scalars(select(Place.age_from)).one()
    phone.phone.hangs_up()
    city.pass_time(0.2)
    state = desk.get("/desk/state?desk=x").get_json()
    number = the_call().number_masked
    assert state["lost"] == {"call": call, "number": number, "emergency": None, "ready": False}
    assert state["call"] is None
    early = desk.post_json("/desk/take-back", {"desk": DESK, "call": call}).get_json()
    assert early["offer"] is None, "the carrier has not enqueued him yet"
    city.pass_time(8)
    taken = desk.post_json("/desk/take-back", {"desk": DESK, "call": call}).get_json()
    assert taken["offer"]["call"]["id"] == call and taken["lost"] is None
    phone.accepts(taken["offer"]["id"])
    city.until(lambda: the_call().status is CallStatus.TALKING)
    assert citizen.connected_with() == [f"client:{phone.identity}"]
    assert age in session.scalars(select(Place.age_from)).all()
    assert "通话中断后接回" in desk.get(f"/calls/{call}").text


def test_whoever_was_cut_off_before_his_talk_was_seen_takes_it_back_too(city, phone, desk):
    """The reports of the joining are lost, and his page is loaded again."""
    city.citizen().dials("12345")
    offer = ringing(city, phone)
    city.exchange.faults.only, city.exchange.faults.drop = "/voice/conference", 1.0
    phone.accepts(offer.id)
    city.pass_time(1)
    assert the_call().status is CallStatus.CONNECTING
    asked = {"desk": DESK, "call": offer.call_id}
    for _ in range(20):
        taken = desk.post_json("/desk/take-back", asked).get_json()
        if taken["offer"]:
            break
        assert taken["lost"]["call"] == offer.call_id, "his desk goes on asking for him"
        city.pass_time(0.5)
    assert taken["offer"]["call"]["id"] == offer.call_id


def test_a_note_about_a_citizen_who_was_lost_since_is_kept(app, city, phone, desk):
    city.citizen("+8613812345678").dials("12345")
    call = talks(city, phone).call_id
    phone.phone.hangs_up()
    city.pass_time(0.2)
    assert the_call().agent_id is None
    note = {"note": "听力不好，请说慢些"}
    assert desk.post_json(f"/desk/caution/{call}", note).get_json() == {"caution": note["note"]}
    stranger = browser_of(app, an_agent("zhao").staff)
    assert stranger.post_json(f"/desk/caution/{call}", {"note": ""}).status_code == 404
    assert again(the_call()).person.caution == note["note"]


def test_whom_somebody_else_is_rung_for_is_not_taken_back(city, lines, phone, desk):
    city.citizen().dials("12345")
    call = talks(city, phone).call_id
    other = city.desk(an_agent("zhao", lines["tourism"], level=1))
    phone.phone.hangs_up()
    second = ringing(city, other)
    assert desk.get("/desk/state?desk=x").get_json()["lost"] is None
    answer = desk.post_json("/desk/take-back", {"desk": DESK, "call": call}).get_json()
    assert answer["offer"] is None
    assert session.get_one(Offer, second.id).state is OfferState.RINGING


def test_a_citizen_who_hung_up_is_not_taken_back(city, phone, desk):
    citizen = city.citizen()
    citizen.dials("12345")
    call = talks(city, phone).call_id
    phone.phone.hangs_up()
    city.pass_time(8)
    citizen.hangs_up()
    city.pass_time(1)
    answer = desk.post_json("/desk/take-back", {"desk": DESK, "call": call}).get_json()
    assert answer["offer"] is None and answer["lost"] is None


def test_nobody_takes_the_call_of_another(app, city, phone):
    city.citizen().dials("12345")
    call = talks(city, phone).call_id
    thief = browser_of(app, an_agent("zhao").staff)
    answer = thief.post_json("/desk/take-back", {"desk": DESK, "call": call}).get_json()
    assert answer["offer"] is None
    assert the_call().status is CallStatus.TALKING


def test_each_caller_who_is_shown_is_one_look_in_the_audit_log(city, phone, desk):
    city.citizen().dials("12345")
    offer = ringing(city, phone)
    for _ in range(3):
        desk.get("/desk/state?desk=x")
    talks(city, phone)
    desk.get("/desk/state?desk=x")
    looks = select(AuditEntry.subject_id).where(AuditEntry.action == "caller.shown")
    assert session.scalars(looks).all() == [str(offer.call_id)]


def test_own_calls_tell_which_still_wait_for_their_ticket(city, phone, desk):
    citizen = city.citizen()
    citizen.dials("12345")
    call = talks(city, phone).call_id
    assert desk.get(f"/calls/{call}/ticket").get_json()["begun"] is False
    citizen.says("路灯坏了")
    city.pass_time(2)
    assert desk.get(f"/calls/{call}/ticket").get_json()["begun"] is True
    citizen.hangs_up()
    city.pass_time(1)
    ticket = session.scalars(select(Ticket)).one()
    (mine,) = desk.get("/desk/calls").get_json()
    assert mine["draft_url"] == f"/drafts/{ticket.id}"
    assert desk.get(mine["draft_url"]).status_code == 200


def test_a_draft_of_a_call_in_which_nothing_was_said_waits_for_nobody(city, phone, desk):
    citizen = city.citizen()
    citizen.dials("12345")
    call = talks(city, phone).call_id
    desk.get(f"/calls/{call}/ticket")
    citizen.hangs_up()
    city.pass_time(1)
    (mine,) = desk.get("/desk/calls").get_json()
    assert (mine["id"], mine["draft_url"]) == (call, None)


def test_a_citizen_who_was_lost_and_gave_up_stays_with_the_agent_who_had_him(city, phone, desk):
    citizen = city.citizen()
    citizen.dials("12345")
    call = talks(city, phone).call_id
    desk.post_json(f"/calls/{call}/ticket", {"summary": "路灯坏了"})
    phone.open = False
    phone.phone.hangs_up()
    city.pass_time(3)
    (mine,) = desk.get("/desk/calls").get_json()
    assert (mine["id"], mine["disposition"], mine["draft_url"]) == (call, None, None)
    citizen.hangs_up()
    city.pass_time(1)
    (mine,) = desk.get("/desk/calls").get_json()
    assert (mine["id"], mine["disposition"]) == (call, "abandoned")
    assert desk.get(mine["draft_url"]).status_code == 200


def test_the_call_in_hand_is_the_one_he_talks_in_though_it_came_first(city, phone, desk):
    first, second = city.citizen(), city.citizen()
    for one in (first, second):
        one.dials("12345")
    offer = ringing(city, phone)
    waits = second if offer.call.sid == first.leg.sid else first
    phone.accepts(offer.id)
    city.until(lambda: session.get_one(Call, offer.call_id).status is CallStatus.TALKING)
    # Whoever waits called before the one whom the agent is done with.
    done = Call(
        sid="CA-done",
        number_masked="-",
        agent_id=phone.staff_id,
        status=CallStatus.ENDED,
        disposition="answered",
        started_at=now(),
        answered_at=now(),
        ended_at=now(),
    )
    session.add(done)
    commit()
    assert desk.get(f"/desk/state?desk={DESK}").get_json()["call"]["id"] == offer.call_id
    assert waits.connected


def test_a_unit_is_rung_about_the_ticket_that_is_on_the_desk(city, phone, desk):
    citizen = city.citizen()
    citizen.dials("12345")
    call = talks(city, phone).call_id
    filled = {"kind": "praise", "summary": "谢谢"}
    desk.post_json(f"/calls/{call}/ticket/submit", filled)
    citizen.hangs_up()
    city.pass_time(1)
    ticket = session.scalars(select(Ticket)).one()
    about = {"number": "079188881111", "about": f"ticket-{ticket.id}"}
    assert desk.post_json("/desk/dial", about).status_code == 200
    allowed = session.scalars(select(Outgoing)).one()
    assert allowed.ticket_id == ticket.id
    assert allowed.number == "079188881111"
