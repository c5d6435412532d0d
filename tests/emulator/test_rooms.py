"""Conferences: who starts and ends them, who hears whom, and who is told."""

from emulator.caller import Caller
from tests.emulator.conftest import HOTLINE

EVENTS = "statusCallback='/events' statusCallbackEvent='start end join leave mute hold modify'"
SLOW = "<Pause length='600'/>"


def events(customer):
    return [one.params["StatusCallbackEvent"] for one in customer.of("/events")]


def patch(customer, who, **fields):
    room = customer.exchange.rooms[0]
    status, body = customer.rest(
        "POST", f"/Conferences/{room.sid}/Participants/{who.leg.sid}", **fields
    )
    assert status == 200
    return body


def test_two_start_it_and_hear_each_other(enter, customer):
    first = enter(EVENTS)
    assert customer.exchange.rooms[0].status == "init"
    second = enter()
    assert customer.exchange.rooms[0].status == "in-progress"
    first.says("hello")
    assert second.hears("hello")
    assert events(customer) == ["participant-join", "participant-join", "conference-start"]


def test_it_does_not_start_while_nobody_may_start_it(enter, customer):
    first = enter("startConferenceOnEnter='false'")
    second = enter("startConferenceOnEnter='false'")
    first.says("hello")
    assert not second.hears("hello")


def test_the_first_participant_settles_where_events_go(enter, customer):
    enter(EVENTS)
    enter("statusCallback='/other' statusCallbackEvent='join leave'")
    assert customer.of("/events") and not customer.of("/other")


def test_events_are_numbered_and_say_who(enter, customer, timeline):
    first = enter(EVENTS + " participantLabel='citizen'")
    enter()
    first.hangs_up()
    timeline.forward(0.5)
    numbers = [int(one.params["SequenceNumber"]) for one in customer.of("/events")]
    assert numbers == sorted(set(numbers))
    left = [
        p.params
        for p in customer.of("/events")
        if p.params["StatusCallbackEvent"] == "participant-leave"
    ]
    assert left[0]["ParticipantLabel"] == "citizen"
    assert left[0]["ReasonParticipantLeft"] == "participant_hung_up"


def test_whoever_ends_it_sends_the_others_on(enter, customer, timeline):
    first = enter("endConferenceOnExit='true'")
    second = enter()
    first.hangs_up()
    timeline.forward(0.5)
    assert customer.exchange.rooms[0].status == "completed"
    told = [one.params for one in customer.of("/out") if one.params["CallSid"] == second.leg.sid]
    assert told[0]["DialCallStatus"] == "answered"
    assert second.connected


def test_without_an_ending_participant_the_other_stays(enter, customer, timeline):
    first, second = enter(), enter()
    first.hangs_up()
    timeline.forward(0.5)
    assert second.leg.room is not None


def test_mute_is_heard_by_nobody_but_hears(enter, customer):
    first, second = enter(), enter()
    patch(customer, first, Muted="true")
    first.says("psst")
    assert not second.hears("psst")
    second.says("hello")
    assert first.hears("hello")


def test_hold_is_apart_both_ways(enter, customer, timeline):
    first, second = enter(EVENTS), enter()
    assert patch(customer, first, Hold="true")["hold"] is True
    first.says("a")
    second.says("b")
    assert not second.hears("a") and not first.hears("b")
    patch(customer, first, Hold="false")
    second.says("c")
    assert first.hears("c")
    timeline.forward(1)
    assert events(customer)[-2:] == ["participant-hold", "participant-unhold"]


def test_a_coach_is_heard_only_by_whom_he_coaches(enter, customer):
    citizen, agent = enter(), enter()
    lead = enter(f"coach='{agent.leg.sid}'")
    lead.says("offer help")
    assert agent.hears("offer help") and not citizen.hears("offer help")
    citizen.says("thanks")
    assert lead.hears("thanks")
    patch(customer, lead, Coaching="false")
    lead.says("hello all")
    assert citizen.hears("hello all")


def test_a_label_is_unique(enter, customer, timeline):
    enter("participantLabel='citizen'")
    second = enter("participantLabel='citizen'")
    timeline.forward(0.5)
    assert second.leg.room is None
    assert customer.exchange.notifications[0].code == 16025


def test_moving_a_participant_takes_him_out_at_once(enter, customer, timeline):
    first, second = enter(EVENTS), enter()
    customer.pages["/moved"] = SLOW
    customer.rest("POST", f"/Calls/{second.leg.sid}", Url="http://customer.test/moved")
    timeline.forward(0.5)
    assert second.leg.room is None and first.leg.room is not None
    left = customer.of("/events")[-1].params
    assert left["ReasonParticipantLeft"] == "participant_updated_via_api"


def test_removing_a_participant_ends_his_leg(enter, customer, timeline):
    enter()
    second = enter()
    room = customer.exchange.rooms[0]
    status, _ = customer.rest("DELETE", f"/Conferences/{room.sid}/Participants/{second.leg.sid}")
    timeline.forward(0.5)
    assert status == 204 and second.leg.status == "completed"


def test_the_same_name_later_is_another_conference(enter, customer, timeline):
    first = enter()
    first.hangs_up()
    timeline.forward(0.5)
    enter()
    assert len({room.sid for room in customer.exchange.rooms}) == 2


def test_somebody_is_dialled_into_a_room_by_name(enter, customer, timeline):
    citizen = enter()
    officer = Caller(customer.exchange, "+8613900000009")
    status, body = customer.rest(
        "POST", "/Conferences/room/Participants", To=officer.number, From=HOTLINE, Label="officer"
    )
    timeline.forward(1)
    assert status == 201 and body["status"] == "queued"
    citizen.says("hello")
    assert officer.hears("hello")


def test_an_announcement_is_heard_by_one(enter, customer, timeline):
    first, second = enter(), enter()
    customer.pages["/announce"] = "<Say>one moment</Say>"
    patch(customer, first, AnnounceUrl="http://customer.test/announce")
    timeline.forward(0.5)
    assert first.hears("one moment") and not second.hears("one moment")
    assert first.leg.room is not None
