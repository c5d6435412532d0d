"""Conferences in every combination: starting, ending, waiting, holding, announcing, events."""

import itertools

import pytest

from emulator.caller import Caller
from emulator.courier import Answer
from emulator.media import SilentMedia
from tests.emulator.conftest import HOTLINE

ALL = "start end join leave mute hold modify speaker announcement"
EVENTS = f"statusCallback='/events' statusCallbackEvent='{ALL}'"
SLOW = "<Pause length='600'/>"


@pytest.fixture
def beeps(monkeypatch):
    """Whose ears each beep reached."""
    heard: list[str] = []
    monkeypatch.setattr(SilentMedia, "beep", lambda _self, leg: heard.append(leg.caller))
    return heard


@pytest.fixture
def music(monkeypatch):
    """Who hears music now."""
    now: set[str] = set()

    def switch(_self, leg, on):
        (now.add if on else now.discard)(leg.caller)

    monkeypatch.setattr(SilentMedia, "music", switch)
    return now


def room_of(customer):
    return customer.exchange.rooms[-1]


def events(customer, *names):
    """The events that were told, or the fields of those with these names."""
    said = [one.params for one in customer.of("/events")]
    if not names:
        return [one["StatusCallbackEvent"] for one in said]
    return [one for one in said if one["StatusCallbackEvent"] in names]


def update(customer, who, **fields):
    path = f"/Conferences/{room_of(customer).sid}/Participants/{who.leg.sid}"
    status, body = customer.rest("POST", path, **fields)
    assert status == 200, body
    return body


@pytest.mark.parametrize("starts", list(itertools.product([True, False], repeat=3)))
def test_it_starts_with_the_second_as_soon_as_one_may_start_it(enter, customer, starts):
    for count, _ in enumerate(starts, 1):
        enter(f"startConferenceOnEnter='{str(starts[count - 1]).lower()}'")
        started = count >= 2 and any(starts[:count])
        assert room_of(customer).status == ("in-progress" if started else "init")


@pytest.mark.parametrize("ends", list(itertools.product([True, False], repeat=2)))
@pytest.mark.parametrize("leaver", [0, 1])
def test_it_ends_with_whoever_ends_it(enter, customer, timeline, ends, leaver):
    """The others go on with their documents; without such an end they stay, even alone."""
    people = [enter(f"endConferenceOnExit='{str(one).lower()}'") for one in ends]
    people[leaver].hangs_up()
    timeline.forward(0.5)
    stays = people[1 - leaver]
    assert (room_of(customer).status == "completed") is ends[leaver]
    assert stays.connected and (stays.leg.room is None) is ends[leaver]


def _hang_up(_customer, people):
    people[0].hangs_up()


def _all_hang_up(_customer, people):
    for one in people:
        one.hangs_up()


def _kick_first(customer, people):
    room = room_of(customer).sid
    customer.rest("DELETE", f"/Conferences/{room}/Participants/{people[0].leg.sid}")


def _kick_all(customer, people):
    room = room_of(customer).sid
    for one in people:
        customer.rest("DELETE", f"/Conferences/{room}/Participants/{one.leg.sid}")


def _end(customer, _people):
    customer.rest("POST", f"/Conferences/{room_of(customer).sid}", Status="completed")


@pytest.mark.parametrize(
    ("ends", "act", "reason", "left"),
    [
        ("true", _hang_up, "participant-with-end-conference-on-exit-left",
         ["participant_hung_up", "moderator_ended_conference"]),
        ("true", _kick_first, "participant-with-end-conference-on-exit-kicked",
         ["participant_updated_via_api", "moderator_ended_conference"]),
        ("false", _all_hang_up, "last-participant-left", ["participant_hung_up"] * 2),
        ("false", _kick_all, "last-participant-kicked", ["participant_updated_via_api"] * 2),
        ("false", _end, "conference-ended-via-api", ["conference_ended_via_api"] * 2),
    ],
)  # fmt: skip
def test_why_it_ended_and_why_each_left_is_told(enter, customer, timeline, ends, act, reason, left):
    people = [enter(f"{EVENTS} endConferenceOnExit='{ends}' participantLabel='a'"), enter()]
    act(customer, people)
    timeline.forward(0.5)
    told = events(customer, "conference-end")[0]
    assert told["ReasonConferenceEnded"] == told["Reason"] == reason
    assert [p["ReasonParticipantLeft"] for p in events(customer, "participant-leave")] == left
    _, shown = customer.rest("GET", f"/Conferences/{room_of(customer).sid}")
    assert (shown["status"], shown["reason_conference_ended"]) == ("completed", reason)
    if ends == "true":
        assert told["CallSidEndingConference"] == people[0].leg.sid
        assert told["ParticipantLabelEndingConference"] == "a"
        assert shown["call_sid_ending_conference"] == people[0].leg.sid


def test_a_conference_that_is_over_has_no_participants(enter, customer):
    enter()
    enter()
    _end(customer, [])
    _, shown = customer.rest("GET", f"/Conferences/{room_of(customer).sid}/Participants")
    assert shown["participants"] == []


def test_events_carry_everything_about_their_participant(enter, customer, timeline):
    one = enter(f"{EVENTS} muted='true' endConferenceOnExit='true' participantLabel='市民'")
    told = events(customer, "participant-join")[0]
    assert told["CallSid"] == one.leg.sid and told["FriendlyName"] == "room"
    assert told["Muted"] == "true" and told["Hold"] == "false" and told["Coaching"] == "false"
    assert told["EndConferenceOnExit"] == told["StartConferenceOnEnter"] == "true"
    assert told["ParticipantLabel"] == "市民" and told["Timestamp"].endswith("+0000")
    one.hangs_up()
    timeline.forward(0.5)
    assert events(customer, "participant-leave")[0]["ParticipantCallStatus"] == "completed"


def test_without_a_choice_only_start_and_end_are_told(enter, customer, timeline):
    people = [enter("statusCallback='/events'"), enter()]
    _all_hang_up(customer, people)
    timeline.forward(0.5)
    assert events(customer) == ["conference-start", "conference-end"]


def test_a_choice_of_events_is_told_and_its_numbers_have_gaps(enter, customer, timeline):
    enter("statusCallback='/events' statusCallbackEvent='leave' statusCallbackMethod='GET'")
    enter().hangs_up()
    timeline.forward(0.5)
    assert [one.method for one in customer.of("/events")] == ["GET"]
    assert events(customer) == ["participant-leave"]
    assert int(customer.last("/events")["SequenceNumber"]) > 1


def test_each_change_of_a_participant_is_an_event(enter, customer, timeline):
    first, second = enter(EVENTS), enter()
    for fields in (
        {"Muted": "true"}, {"Muted": "true"}, {"Muted": "false"}, {"Hold": "true"},
        {"Hold": "false"}, {"EndConferenceOnExit": "true"},
        {"Coaching": "true", "CallSidToCoach": second.leg.sid}, {"Coaching": "false"},
    ):  # fmt: skip
        update(customer, first, **fields)
    timeline.forward(0.5)
    assert events(customer)[3:] == [
        "participant-mute", "participant-unmute", "participant-hold", "participant-unhold",
        "participant-modify", "participant-modify", "participant-modify",
    ]  # fmt: skip


def test_who_speaks_is_told_as_long_as_he_speaks(enter, customer, timeline):
    first, _ = enter(EVENTS), enter()
    first.says("你好你好你好")
    timeline.forward(0.5)
    assert events(customer)[-1] == "participant-speech-start"
    timeline.forward(1)
    assert events(customer)[-1] == "participant-speech-stop"
    assert customer.last("/events")["CallSid"] == first.leg.sid


@pytest.mark.parametrize(
    ("beep", "on_entry", "on_exit"),
    [("", True, True), ("beep='true'", True, True), ("beep='onEnter'", True, False),
     ("beep='onExit'", False, True), ("beep='false'", False, False)],
)  # fmt: skip
def test_the_others_hear_a_beep_as_asked(enter, timeline, beeps, beep, on_entry, on_exit):
    first = enter("beep='false'")
    second = enter(beep)
    assert beeps == ([first.number] if on_entry else [])
    beeps.clear()
    second.hangs_up()
    timeline.forward(0.5)
    assert beeps == ([first.number] if on_exit else [])


def test_music_waits_with_a_participant_until_it_starts(enter, customer, timeline, music):
    customer.pages["/start"] = "<Dial><Conference>room</Conference></Dial>"
    first = Caller(customer.exchange)
    first.dials(HOTLINE)
    timeline.forward(0.5)
    assert music == {first.number}
    enter()
    assert music == set()


def test_an_empty_wait_address_is_silence(enter, music):
    enter("waitUrl=''")
    assert music == set()


def test_an_own_wait_document_is_heard_once_and_stops_at_the_start(enter, customer, timeline):
    customer.pages["/wait"] = "<Say>please wait</Say><Pause length='20'/><Say>still</Say>"
    first = enter("waitUrl='/wait' waitMethod='GET'")
    assert first.heard == ["please wait"] and customer.of("/wait")[0].method == "GET"
    timeline.forward(10)
    second = enter()
    timeline.forward(30)
    assert first.heard == ["please wait"] and len(customer.of("/wait")) == 1
    second.says("hello")
    assert first.heard[-1] == "hello"


def test_an_own_wait_document_does_not_begin_again(enter, customer, timeline):
    customer.pages["/wait"] = "<Say>please wait</Say>"
    first = enter("waitUrl='/wait'")
    timeline.forward(60)
    assert first.heard == ["please wait"] and first.leg.room is not None


@pytest.mark.parametrize("wait", [Answer(500), "<Gather/>", "<Dial>1</Dial>"])
def test_a_failing_wait_document_keeps_the_participant_out(enter, customer, timeline, wait):
    customer.pages["/wait"] = wait
    first = enter(f"waitUrl='/wait' {EVENTS}")
    timeline.forward(0.5)
    assert first.leg.room is None and first.connected
    assert customer.last("/out")["DialCallStatus"] == "failed"
    left = events(customer, "participant-leave")[0]
    assert left["ReasonParticipantLeft"] == "participant_add_failed"


def test_nobody_gathers_in_a_wait_document(enter, customer, timeline):
    customer.pages["/wait"] = "<Gather/>"
    enter("waitUrl='/wait'")
    timeline.forward(0.5)
    assert customer.codes() == [12200]


def test_hold_plays_music_unless_it_names_something_else(enter, customer, timeline, music):
    first, _ = enter(), enter()
    update(customer, first, Hold="true")
    assert music == {first.number}
    update(customer, first, Hold="false")
    assert music == set()


def test_a_hold_document_is_fetched_by_get_and_ends_with_the_hold(enter, customer, timeline, music):
    first, second = enter(), enter()
    customer.pages["/hold"] = "<Say>one moment</Say><Pause length='9'/><Say>still</Say>"
    update(customer, first, Hold="true", HoldUrl="http://customer.test/hold")
    timeline.forward(1)
    assert customer.of("/hold")[0].method == "GET" and music == set()
    assert first.heard == ["one moment"] and not second.hears("one moment")
    update(customer, first, Hold="false")
    timeline.forward(20)
    assert first.heard == ["one moment"]


def test_a_hold_document_may_be_posted(enter, customer, timeline):
    first, _ = enter(), enter()
    customer.pages["/hold"] = SLOW
    fields = {"HoldUrl": "http://customer.test/hold", "HoldMethod": "POST"}
    update(customer, first, Hold="true", **fields)
    timeline.forward(0.5)
    assert customer.of("/hold")[0].method == "POST"


def test_mute_and_hold_are_apart(enter, customer):
    first, _ = enter(), enter()
    update(customer, first, Muted="true")
    assert update(customer, first, Hold="true")["muted"] is True
    shown = update(customer, first, Hold="false")
    assert (shown["muted"], shown["hold"]) == (True, False)


def test_an_announcement_to_all_is_heard_by_all_who_stay_where_they_are(enter, customer, timeline):
    people = [enter(EVENTS), enter()]
    customer.pages["/announce"] = "<Say>系统将在五分钟后维护</Say>"
    path = f"/Conferences/{room_of(customer).sid}"
    customer.rest("POST", path, AnnounceUrl="http://customer.test/announce", AnnounceMethod="GET")
    timeline.forward(5)
    assert all(one.hears("系统将在五分钟后维护") and one.leg.room for one in people)
    assert customer.of("/announce")[0].method == "GET"
    told = events(customer, "announcement-end")
    assert len(told) == 2 and told[0]["AnnounceUrl"] == "http://customer.test/announce"


def test_a_failed_announcement_is_told_and_nobody_leaves(enter, customer, timeline):
    first, _ = enter(EVENTS), enter()
    customer.pages["/announce"] = Answer(500)
    update(customer, first, AnnounceUrl="http://customer.test/announce")
    timeline.forward(1)
    told = events(customer, "announcement-fail")[0]
    assert told["ReasonAnnouncementFailed"] and first.leg.room is not None


def test_an_announcement_stops_when_its_listener_leaves(enter, customer, timeline):
    first, _ = enter(EVENTS), enter()
    customer.pages["/announce"] = "<Say>one</Say><Pause length='5'/><Say>two</Say>"
    update(customer, first, AnnounceUrl="http://customer.test/announce")
    timeline.forward(1)
    first.hangs_up()
    timeline.forward(10)
    assert not first.hears("two")


def test_a_full_conference_lets_nobody_in(enter, customer, timeline):
    enter("maxParticipants='2'")
    enter()
    third = enter()
    assert third.leg.room is None and third.connected
    assert customer.codes() == [16020]
    assert customer.last("/out")["DialCallStatus"] == "failed"


def test_no_conference_is_larger_than_the_carrier_allows(enter, customer):
    enter("maxParticipants='1000'")
    assert room_of(customer).max_participants == 250


def test_coaching_somebody_who_is_not_there_fails(enter, customer):
    enter()
    lead = enter("coach='CA" + "0" * 32 + "'")
    assert lead.leg.room is None and customer.codes() == [13240]
    assert customer.last("/out")["DialCallStatus"] == "failed"


def test_a_coach_may_change_whom_he_coaches(enter, customer):
    citizen, agent = enter(), enter()
    lead = enter(f"coach='{agent.leg.sid}'")
    shown = update(customer, lead, Coaching="true", CallSidToCoach=citizen.leg.sid)
    assert shown["coaching"] and shown["call_sid_to_coach"] == citizen.leg.sid
    lead.says("您好")
    assert citizen.hears("您好") and not agent.hears("您好")


def test_a_listener_is_muted_and_barges_in_when_unmuted(enter, customer):
    citizen, agent, lead = enter(), enter(), enter("muted='true'")
    lead.says("a")
    agent.says("b")
    assert not citizen.hears("a") and lead.hears("b")
    update(customer, lead, Muted="false")
    lead.says("c")
    assert citizen.hears("c") and agent.hears("c")


def test_a_taken_label_lets_the_next_verb_follow(enter, customer, timeline):
    enter("participantLabel='agent'")
    customer.pages["/start"] = (
        "<Dial><Conference participantLabel='agent'>room</Conference></Dial><Say>next</Say>" + SLOW
    )
    second = Caller(customer.exchange)
    second.dials(HOTLINE)
    timeline.forward(0.5)
    assert second.heard == ["next"] and customer.codes() == [16025]


def test_a_participant_is_found_by_his_label(enter, customer):
    one = enter("participantLabel='agent-7'")
    path = f"/Conferences/{room_of(customer).sid}/Participants/agent-7"
    status, shown = customer.rest("POST", path, Muted="true")
    assert (status, shown["call_sid"], shown["label"]) == (200, one.leg.sid, "agent-7")


def test_after_a_conference_the_action_is_told_neither_leg_nor_length(enter, customer, timeline):
    enter("endConferenceOnExit='true'").hangs_up()
    timeline.forward(0.5)
    told = customer.last("/out")
    assert told["DialCallStatus"] == "answered"
    assert not {"DialCallSid", "DialCallDuration"} & set(told)


def test_moving_a_participant_who_ends_it_ends_it_for_all(enter, customer, timeline):
    first, second = enter(f"{EVENTS} endConferenceOnExit='true'"), enter()
    customer.pages["/moved"] = SLOW
    customer.rest("POST", f"/Calls/{first.leg.sid}", Url="http://customer.test/moved")
    timeline.forward(0.5)
    assert room_of(customer).status == "completed" and first.connected and second.connected


def test_the_end_flag_can_be_taken_away_before_one_leaves(enter, customer, timeline):
    """How a call is handed over: first the flag, then the leg."""
    first, second = enter("endConferenceOnExit='true'"), enter()
    update(customer, first, EndConferenceOnExit="false")
    first.hangs_up()
    timeline.forward(0.5)
    assert second.leg.room is not None


def test_who_is_dialled_into_a_room_brings_its_settings(customer, timeline):
    agent = Caller(customer.exchange, "client:agent_7")
    status, shown = customer.rest(
        "POST", "/Conferences/call-1/Participants", To="client:agent_7?offer=5", From=HOTLINE,
        Label='a "quoted" <label>', EndConferenceOnExit="true", Beep="false", MaxParticipants="2",
        ConferenceStatusCallback="http://customer.test/events",
        ConferenceStatusCallbackEvent="start end join leave", ConferenceRecord="true",
        ConferenceRecordingStatusCallback="http://customer.test/rec",
    )  # fmt: skip
    assert status == 201 and shown["label"] == 'a "quoted" <label>'
    timeline.forward(1)
    assert agent.rung[0].custom == {"offer": "5"} and agent.rung[0].called == "client:agent_7"
    room = room_of(customer)
    assert room.name == "call-1" and room.max_participants == 2 and room.recorded
    assert room.participants[0].label == 'a "quoted" <label>' and room.participants[0].ends
    assert events(customer) == ["participant-join"]


def test_a_room_for_somebody_who_never_answers_is_given_up(customer, timeline):
    Caller(customer.exchange, "+8613900000009", answers=False)
    customer.rest(
        "POST", "/Conferences/call-1/Participants", To="+8613900000009", From=HOTLINE, Timeout="10"
    )
    timeline.forward(20)
    assert room_of(customer).status == "completed"
    assert customer.exchange.room("call-1") is None


def test_nobody_is_dialled_into_a_conference_that_is_over(enter, customer):
    enter()
    sid = room_of(customer).sid
    _end(customer, [])
    status, body = customer.rest(
        "POST", f"/Conferences/{sid}/Participants", To="+8613900000009", From=HOTLINE
    )
    assert (status, body["code"]) == (404, 20404)
