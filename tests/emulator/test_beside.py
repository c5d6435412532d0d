"""What runs beside the documents: recordings, transcriptions, Record; and calls over REST."""

import io
import json
import wave

import numpy as np
import pytest

from emulator.caller import Caller
from emulator.transcription import Transcription
from tests.emulator.conftest import APPLICATION, AUTH, HOTLINE

SLOW = "<Pause length='600'/>"
RECORD = (
    "<Start><Recording channels='dual' recordingStatusCallback='http://customer.test/rec'"
    " recordingStatusCallbackEvent='in-progress completed absent'/></Start>"
)
WORDS = (
    "<Start><Transcription name='t' track='{0}' languageCode='cmn-Hans-CN'"
    " statusCallbackUrl='http://customer.test/words'/></Start>"
)


def sound_of(customer, sid) -> tuple[np.ndarray, int]:
    got = customer.api.handle(
        "GET",
        f"/2010-04-01/Accounts/{customer.exchange.account.sid}/Recordings/{sid}.wav",
        {},
        AUTH,
    )
    assert got.status == 200
    with wave.open(io.BytesIO(got.media)) as file:
        raw = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        return raw.reshape(-1, file.getnchannels()), file.getframerate()


def test_a_leg_is_recorded_with_a_channel_for_each_side(call, customer, timeline):
    caller = call(RECORD + "<Say>welcome</Say>" + SLOW)
    timeline.forward(1)
    caller.says("你好")
    timeline.forward(5)
    caller.hangs_up()
    timeline.forward(2)
    events = [one.params["RecordingStatus"] for one in customer.of("/rec")]
    assert events == ["in-progress", "completed"]
    told = customer.last("/rec")
    assert told["RecordingChannels"] == "2"
    sound, rate = sound_of(customer, told["RecordingSid"])
    assert abs(len(sound) / rate - float(told["RecordingDuration"])) <= 1
    assert np.abs(sound[:, 0]).max() > 1000 and np.abs(sound[:, 1]).max() > 1000


def test_a_recording_is_not_to_be_had_before_it_is_ready(call, customer, timeline):
    call(RECORD + SLOW)
    sid = next(iter(customer.exchange.recordings.all))
    got = customer.api.handle(
        "GET",
        f"/2010-04-01/Accounts/{customer.exchange.account.sid}/Recordings/{sid}.wav",
        {},
        AUTH,
    )
    assert got.status == 404


def test_a_callback_beside_documents_must_be_absolute(call, customer, timeline):
    call("<Start><Recording recordingStatusCallback='/rec'/></Start>" + SLOW)
    assert customer.exchange.notifications[0].code == 11200
    assert not customer.exchange.recordings.all


@pytest.mark.parametrize(("behavior", "seconds"), [("skip", 10), ("silence", 15)])
def test_a_pause_is_left_out_or_silent(call, customer, timeline, behavior, seconds):
    caller = call(RECORD + SLOW)
    path = f"/Calls/{caller.leg.sid}/Recordings/Twilio.CURRENT"
    caller.leg.answer()
    timeline.forward(4.5)
    customer.rest("POST", path, Status="paused", PauseBehavior=behavior)
    timeline.forward(5)
    customer.rest("POST", path, Status="in-progress")
    timeline.forward(5)
    customer.rest("POST", path, Status="stopped")
    timeline.forward(2)
    sound, rate = sound_of(customer, customer.last("/rec")["RecordingSid"])
    assert abs(len(sound) / rate - seconds) < 0.7


def test_a_second_recording_of_a_call_is_silently_not_made(call, customer, timeline):
    caller = call(RECORD + SLOW)
    caller.leg.answer()
    status, _ = customer.rest("POST", f"/Calls/{caller.leg.sid}/Recordings")
    assert status == 200 and len(customer.exchange.recordings.all) == 1


def test_words_are_told_sentence_by_sentence(call, customer, timeline):
    caller = call(WORDS.format("inbound_track") + SLOW)
    caller.says("第一句")
    timeline.forward(3)
    caller.says("第二句")
    timeline.forward(3)
    caller.hangs_up()
    timeline.forward(1)
    said = [one.params for one in customer.of("/words")]
    assert [one["TranscriptionEvent"] for one in said] == [
        "transcription-started",
        "transcription-content",
        "transcription-content",
        "transcription-stopped",
    ]
    assert [one["SequenceId"] for one in said] == ["1", "2", "3", "4"]
    assert json.loads(said[1]["TranscriptionData"])["transcript"] == "第一句"
    assert said[1]["Final"] == "true" and said[1]["Track"] == "inbound_track"


def test_the_outbound_track_is_what_the_leg_hears(call, customer, timeline):
    other = Caller(customer.exchange, "+8613900000002")
    call(WORDS.format("outbound_track") + f"<Dial>{other.number}</Dial>")
    timeline.forward(1)
    other.says("喂")
    timeline.forward(2)
    content = [
        p for p in customer.of("/words") if p.params["TranscriptionEvent"].endswith("content")
    ]
    assert [one.params["Track"] for one in content] == ["outbound_track"]


def test_stop_ends_a_transcription(call, customer, timeline):
    caller = call(WORDS.format("inbound_track") + "<Stop><Transcription name='t'/></Stop>" + SLOW)
    caller.says("unheard")
    timeline.forward(3)
    assert customer.last("/words")["TranscriptionEvent"] == "transcription-stopped"


def test_an_engine_that_does_not_exist_is_an_error_and_the_call_goes_on(call, customer, timeline):
    caller = call(WORDS.format("inbound_track' transcriptionEngine='none") + SLOW)
    assert customer.last("/words")["TranscriptionErrorCode"] == "32650"
    assert caller.leg.live


def test_transcription_over_rest_needs_a_call_in_progress(call, customer, timeline):
    caller = call(SLOW)
    caller.leg.answer()
    path = f"/Calls/{caller.leg.sid}/Transcriptions"
    status, body = customer.rest("POST", path, StatusCallbackUrl="http://customer.test/words")
    assert status == 200 and body["status"] == "in-progress"
    status, body = customer.rest("POST", f"{path}/{body['sid']}", Status="stopped")
    assert body["status"] == "stopped"
    caller.hangs_up()
    status, body = customer.rest("POST", path, StatusCallbackUrl="http://customer.test/words")
    assert (status, body["code"]) == (400, 21220)
    assert all(isinstance(one, Transcription) for one in caller.leg.transcriptions)


@pytest.mark.parametrize(
    ("end", "digits"), [(lambda one: one.presses("#"), "#"), (lambda one: None, "")]
)
def test_record_always_asks_its_action(call, customer, timeline, end, digits):
    caller = call("<Record action='/done' timeout='3'/><Say>never</Say>", done=SLOW)
    timeline.forward(1)
    caller.says("我的留言")
    timeline.forward(2)
    end(caller)
    timeline.forward(4)
    told = customer.last("/done")
    assert told["Digits"] == digits
    assert told["RecordingUrl"].endswith(told["RecordingSid"])
    assert int(told["RecordingDuration"]) >= 2


def test_record_is_as_long_as_it_may_be(call, customer, timeline):
    call("<Record action='/done' maxLength='10' timeout='0'/>", done=SLOW)
    timeline.forward(9)
    assert not customer.of("/done")
    timeline.forward(3)
    assert customer.last("/done")["RecordingDuration"] == "10"


def test_record_tells_a_hang_up(call, customer, timeline):
    caller = call("<Record action='/done'/>")
    timeline.forward(2)
    caller.hangs_up()
    timeline.forward(1)
    assert customer.last("/done")["Digits"] == "hangup"


def test_a_call_over_rest_reports_its_progress(customer, timeline):
    citizen = Caller(customer.exchange, "+8613900000005")
    customer.pages["/out"] = SLOW
    status, body = customer.rest(
        "POST",
        "/Calls",
        To=citizen.number,
        From=HOTLINE,
        Url="http://customer.test/out",
        StatusCallback="http://customer.test/report",
        StatusCallbackEvent="answered",
    )
    timeline.forward(1)
    assert (status, body["status"]) == (201, "queued")
    assert customer.last("/report")["CallStatus"] == "in-progress"
    assert customer.last("/out")["Direction"] == "outbound-api"


def test_calls_over_rest_ring_one_a_second(customer, timeline):
    for number in range(3):
        Caller(customer.exchange, f"+86139000001{number}", answers=False)
        customer.rest(
            "POST", "/Calls", To=f"+86139000001{number}", From=HOTLINE, Twiml="<Response/>"
        )
    timeline.forward(0.5)
    assert [leg.status for leg in customer.exchange.legs.values()] == [
        "ringing",
        "queued",
        "queued",
    ]
    timeline.forward(2)
    assert {leg.status for leg in customer.exchange.legs.values()} == {"ringing"}


def test_a_call_over_rest_gives_up(customer, timeline):
    Caller(customer.exchange, "+8613900000005", answers=False)
    customer.rest(
        "POST", "/Calls", To="+8613900000005", From=HOTLINE, Twiml="<Response/>", Timeout="10"
    )
    timeline.forward(16)
    assert [leg.status for leg in customer.exchange.legs.values()] == ["no-answer"]


def test_a_browser_phone_calls_an_application_with_its_parameters(customer, timeline):
    customer.pages["/app"] = SLOW
    agent = Caller(customer.exchange, "client:agent_1")
    agent.connects(APPLICATION, offer="7")
    timeline.forward(0.5)
    asked = customer.last("/app")
    assert asked["From"] == "client:agent_1" and asked["Caller"] == "client:agent_1"
    assert asked["offer"] == "7" and asked["ApplicationSid"] == APPLICATION
    assert asked["Direction"] == "inbound"


def test_text_messages_lie_in_the_inbox(customer):
    status, body = customer.rest(
        "POST", "/Messages", To="+8613800000001", From=HOTLINE, Body="工单号"
    )
    assert status == 201 and body["status"] == "queued"
    status, body = customer.rest("GET", f"/Messages/{body['sid']}")
    assert body["body"] == "工单号" and body["status"] == "delivered"
