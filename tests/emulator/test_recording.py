"""Recordings: by the Record verb, of a Dial, of a conference, and ordered over REST."""

import io
import wave

import numpy as np
import pytest

from emulator.caller import Caller
from tests.emulator.conftest import HOTLINE
from tests.emulator.test_beside import sound_of

SLOW = "<Pause length='600'/>"
OTHER = "+8613900000002"
TOLD = "recordingStatusCallback='/rec' recordingStatusCallbackEvent='in-progress completed absent'"


@pytest.fixture
def other(customer):
    return Caller(customer.exchange, OTHER)


@pytest.mark.parametrize(("attribute", "before"), [("", 0.4), ("playBeep='false'", 0.0)])
def test_record_begins_after_its_beep(call, customer, timeline, attribute, before):
    call(f"<Record action='/done' {attribute} maxLength='5' timeout='0'/>", done=SLOW)
    timeline.forward(4.52 + before - 0.1)
    assert not customer.of("/done")
    timeline.forward(0.2)
    assert customer.last("/done")["RecordingDuration"] == "5"


def test_record_stops_at_silence_of_five_seconds(call, customer, timeline):
    caller = call("<Record action='/done'/>", done=SLOW)
    caller.says("我家门口的路灯坏了")
    timeline.forward(6)
    assert not customer.of("/done")
    timeline.forward(2)
    assert customer.last("/done")["Digits"] == ""


def test_any_key_ends_a_record(call, customer, timeline):
    caller = call("<Record action='/done'/>", done=SLOW)
    timeline.forward(1)
    caller.presses("7")
    timeline.forward(0.5)
    assert customer.last("/done")["Digits"] == "7"


def test_only_its_finish_keys_end_a_record(call, customer, timeline):
    caller = call("<Record action='/done' finishOnKey='#' timeout='0'/>", done=SLOW)
    timeline.forward(1)
    caller.presses("7")
    timeline.forward(0.5)
    assert not customer.of("/done")
    caller.presses("#")
    timeline.forward(0.5)
    assert customer.last("/done")["Digits"] == "#"


def test_record_may_ask_its_action_by_get(call, customer, timeline):
    call("<Record action='/done' method='GET' maxLength='2' timeout='0'/>", done=SLOW)
    timeline.forward(4)
    asked = customer.of("/done")[0]
    assert asked.method == "GET" and "RecordingSid=RE" in asked.address


def test_without_an_action_record_asks_its_own_document_again(call, customer, timeline):
    call("<Record maxLength='2' timeout='0'/><Say>never</Say>")
    timeline.forward(3)
    assert len(customer.of("/start")) == 2
    assert customer.of("/start")[1].params["RecordingDuration"] == "2"


def test_record_reports_apart_from_its_action(call, customer, timeline):
    caller = call(f"<Record action='/done' {TOLD}/>", done=SLOW)
    timeline.forward(1)
    caller.says("路灯坏了")
    caller.presses("#")
    timeline.forward(3)
    said = [one.params for one in customer.of("/rec")]
    assert [one["RecordingStatus"] for one in said] == ["in-progress", "completed"]
    assert said[1]["RecordingSource"] == "RecordVerb" and said[1]["RecordingChannels"] == "1"
    assert said[1]["RecordingTrack"] == "both" and said[1]["ErrorCode"] == "0"
    assert "RecordingDuration" not in said[0]


def test_a_record_of_nothing_is_absent(call, customer, timeline):
    caller = call(f"<Record action='/done' playBeep='false' {TOLD}/>", done=SLOW)
    caller.presses("#")
    timeline.forward(3)
    assert customer.last("/rec")["RecordingStatus"] == "absent"


def test_by_default_only_completion_is_reported(call, customer, timeline):
    caller = call("<Record action='/done' recordingStatusCallback='/rec'/>", done=SLOW)
    timeline.forward(2)
    caller.presses("#")
    timeline.forward(3)
    assert [one.params["RecordingStatus"] for one in customer.of("/rec")] == ["completed"]


def test_a_record_that_is_moved_away_from_keeps_its_sound_and_asks_nothing(
    call, customer, timeline
):
    caller = call(f"<Record action='/done' {TOLD}/>", moved=SLOW)
    timeline.forward(2)
    customer.rest("POST", f"/Calls/{caller.leg.sid}", Url="http://customer.test/moved")
    timeline.forward(2)
    assert not customer.of("/done")
    assert customer.last("/rec")["RecordingStatus"] == "completed"


@pytest.mark.parametrize(
    ("kind", "channels"), [("record-from-answer", 1), ("true", 1), ("record-from-ringing-dual", 2)]
)
def test_a_dial_is_recorded_from_its_bridge_to_its_end(
    call, customer, timeline, other, kind, channels
):
    caller = call(f"<Dial action='/done' record='{kind}' {TOLD}>{OTHER}</Dial>", done=SLOW)
    timeline.forward(1)
    caller.says("你好")
    timeline.forward(1)
    other.says("您好请讲")
    timeline.forward(2)
    other.hangs_up()
    timeline.forward(2)
    told = customer.last("/rec")
    assert told["RecordingSource"] == "DialVerb" and told["RecordingChannels"] == str(channels)
    assert customer.last("/done")["RecordingUrl"] == told["RecordingUrl"]
    sound, _ = sound_of(customer, told["RecordingSid"])
    assert sound.shape[1] == channels
    assert all(np.abs(sound[:, side]).max() > 1000 for side in range(channels))


def test_a_dial_that_is_not_recorded_names_no_recording(call, customer, timeline, other):
    call(f"<Dial action='/done' record='do-not-record'>{OTHER}</Dial>", done=SLOW)
    timeline.forward(1)
    other.hangs_up()
    timeline.forward(1)
    assert "RecordingUrl" not in customer.last("/done")
    assert not customer.exchange.recordings.all


@pytest.fixture
def talk(customer, timeline):
    """Two people in a recorded conference."""
    customer.pages["/start"] = (
        f"<Dial><Conference waitUrl='' beep='false' record='record-from-start' {TOLD}>room"
        "</Conference></Dial>"
    )
    two = [Caller(customer.exchange) for _ in range(2)]
    for one in two:
        one.dials(HOTLINE)
        timeline.forward(2)
    return two


def test_a_conference_is_recorded_on_one_channel_from_its_start(customer, timeline, talk):
    first, _ = talk
    timeline.forward(2)
    first.says("你好")
    timeline.forward(3)
    for one in talk:
        one.hangs_up()
    timeline.forward(2)
    told = customer.last("/rec")
    assert told["RecordingSource"] == "Conference" and told["RecordingChannels"] == "1"
    assert told["ConferenceSid"] == customer.exchange.rooms[0].sid
    # Not the two seconds that the first one waited alone.
    assert told["RecordingDuration"] == "7"
    sound, _ = sound_of(customer, told["RecordingSid"])
    assert np.abs(sound).max() > 1000


def test_a_conference_recording_outlives_any_one_participant(customer, timeline, talk):
    talk[0].hangs_up()
    timeline.forward(2)
    assert [one.params["RecordingStatus"] for one in customer.of("/rec")] == ["in-progress"]


def test_a_coach_is_not_in_the_recording(customer, timeline, talk):
    agent = talk[1]
    customer.pages["/start"] = (
        f"<Dial><Conference beep='false' coach='{agent.leg.sid}'>room</Conference></Dial>"
    )
    lead = Caller(customer.exchange)
    lead.dials(HOTLINE)
    timeline.forward(1)
    lead.says("提醒他登记地址")
    timeline.forward(3)
    for one in [lead, *talk]:
        one.hangs_up()
    timeline.forward(2)
    sound, _ = sound_of(customer, customer.last("/rec")["RecordingSid"])
    assert np.abs(sound).max() == 0


def test_a_conference_recording_is_steered_and_deleted_over_rest(customer, timeline, talk):
    room = customer.exchange.rooms[0]
    base = f"/Conferences/{room.sid}/Recordings"
    _, listed = customer.rest("GET", base)
    assert [one["source"] for one in listed["recordings"]] == ["Conference"]
    sid = listed["recordings"][0]["sid"]
    _, paused = customer.rest("POST", f"{base}/{sid}", Status="paused", PauseBehavior="skip")
    assert paused["status"] == "paused"
    timeline.forward(10)
    customer.rest("POST", f"{base}/Twilio.CURRENT", Status="in-progress")
    timeline.forward(2)
    customer.rest("POST", f"{base}/{sid}", Status="stopped")
    timeline.forward(2)
    assert customer.last("/rec")["RecordingDuration"] == "4"
    status, _ = customer.rest("DELETE", f"{base}/{sid}")
    assert status == 204
    assert customer.rest("GET", base)[1]["recordings"] == []
    assert customer.rest("GET", f"/Recordings/{sid}")[0] == 404


def test_a_length_does_not_count_what_was_left_out(call, customer, timeline):
    caller = call("<Say>a</Say>" + SLOW)
    path = f"/Calls/{caller.leg.sid}/Recordings"
    customer.rest("POST", path, RecordingStatusCallback="http://customer.test/rec")
    timeline.forward(3)
    customer.rest("POST", f"{path}/Twilio.CURRENT", Status="paused", PauseBehavior="skip")
    timeline.forward(20)
    caller.hangs_up()
    timeline.forward(2)
    assert customer.last("/rec")["RecordingDuration"] == "3"
    assert customer.last("/rec")["RecordingSource"] == "StartCallRecordingAPI"


def test_a_call_over_rest_may_be_recorded_from_its_answer(customer, timeline):
    citizen = Caller(customer.exchange, OTHER)
    customer.rest(
        "POST", "/Calls", To=OTHER, From=HOTLINE, Twiml="<Response><Pause length='5'/></Response>",
        Record="true", RecordingChannels="dual",
        RecordingStatusCallback="http://customer.test/rec",
    )  # fmt: skip
    timeline.forward(1)
    citizen.says("喂")
    timeline.forward(8)
    told = customer.last("/rec")
    assert told["RecordingSource"] == "OutboundAPI" and told["RecordingChannels"] == "2"
    assert told["RecordingDuration"] == "5"


def test_a_recording_comes_as_wav_and_as_its_description(call, customer, timeline):
    caller = call("<Say>a</Say>" + SLOW)
    customer.rest("POST", f"/Calls/{caller.leg.sid}/Recordings")
    timeline.forward(3)
    caller.hangs_up()
    timeline.forward(2)
    sid = next(iter(customer.exchange.recordings.all))
    _, described = customer.rest("GET", f"/Recordings/{sid}.json")
    assert described["duration"] == "3" and described["status"] == "completed"
    sound, rate = sound_of(customer, sid)
    assert rate == 8000 and len(sound) == 24000


def test_the_media_of_old_recordings_is_forgotten_the_newest_never(
    call, customer, timeline, monkeypatch
):
    """A server that runs for a week must not keep a week of sound in its memory."""
    monkeypatch.setattr("emulator.recording.MOST_MEDIA", 100_000)
    for _ in range(4):
        caller = call("<Start><Recording channels='mono'/></Start>" + SLOW)
        timeline.forward(5)
        caller.hangs_up()
        timeline.forward(2)
    kept = [len(one.media) for one in customer.exchange.recordings.all.values()]
    assert kept[:3] == [0, 0, 0] and kept[3] > 80_000
    with wave.open(io.BytesIO(list(customer.exchange.recordings.all.values())[3].media)) as file:
        assert file.getnchannels() == 1
