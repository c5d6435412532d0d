"""Say, Play, Pause, Redirect, Hangup: how long they take, and what they do to a call."""

import io
import wave

import numpy as np
import pytest

from emulator.courier import Answer
from emulator.media import SilentMedia
from emulator.sound import RATE, read, wav
from tests.emulator.conftest import HOTLINE, sound

SLOW = "<Pause length='600'/>"


@pytest.fixture
def played(monkeypatch):
    """The seconds of each sound that was played."""
    found: list[float] = []
    real = SilentMedia.play

    def play(self, leg, one):
        found.append(round(one.seconds, 2))
        return real(self, leg, one)

    monkeypatch.setattr(SilentMedia, "play", play)
    return found


@pytest.fixture
def uttered(monkeypatch):
    """The language in which each text was said."""
    found: list[str] = []
    real = SilentMedia.utter

    def utter(self, leg, text, language):
        found.append(language)
        return real(self, leg, text, language)

    monkeypatch.setattr(SilentMedia, "utter", utter)
    return found


def test_say_is_american_english_unless_it_is_told_otherwise(call, uttered, timeline):
    call("<Say>a</Say><Say language='zh-CN'>b</Say>" + SLOW)
    timeline.forward(2)
    assert uttered == ["en-US", "zh-CN"]


@pytest.mark.parametrize(
    ("voice", "language", "heard"),
    [
        ("Polly.Zhiyu", "cmn-CN", True),
        ("Polly.Zhiyu-Neural", "zh-CN", True),
        ("Google.cmn-CN-Wavenet-A", "cmn-CN", True),
        ("Polly.Zhiyu", "en-US", False),
        ("Polly.Joanna", "zh-CN", False),
    ],
)
def test_a_voice_speaks_its_own_language_only(call, timeline, voice, language, heard):
    caller = call(f"<Say voice='{voice}' language='{language}'>a</Say>" + SLOW)
    assert caller.hears("a") is heard


def test_marked_up_speech_is_spoken_whole(call):
    caller = call("<Say>one <emphasis>two</emphasis> <break strength='weak'/>three</Say>" + SLOW)
    assert caller.heard == ["one two three"]


def test_saying_for_ever_ends_with_the_call(call, timeline):
    caller = call("<Say loop='0'>hello</Say>")
    timeline.forward(60)
    assert caller.connected and len(caller.heard) > 100
    caller.hangs_up()
    before = len(caller.heard)
    timeline.forward(60)
    assert len(caller.heard) == before


def test_for_ever_is_a_thousand_times_at_most(call, timeline):
    caller = call("<Say loop='0'>hi</Say>")
    timeline.forward(1000)
    assert len(caller.heard) == 1000 and caller.leg.status == "completed"


def test_play_lasts_as_long_as_its_sound(call, customer, timeline, played):
    caller = call("<Play>/music.wav</Play><Say>after</Say>" + SLOW, **{"music.wav": sound(7)})
    assert caller.connected and played == [7]
    timeline.forward(6.4)
    assert caller.heard == []
    timeline.forward(0.3)
    assert caller.heard == ["after"]


def test_play_again_and_again(call, timeline, played):
    caller = call("<Play loop='3'>/a.wav</Play><Say>after</Say>" + SLOW, **{"a.wav": sound(2)})
    timeline.forward(5)
    assert caller.heard == []
    timeline.forward(1.5)
    assert caller.heard == ["after"] and played == [2, 2, 2]


def test_play_for_ever_fetches_its_sound_once(call, customer, timeline, played):
    caller = call("<Play loop='0'>/a.wav</Play>", **{"a.wav": sound(2)})
    timeline.forward(30)
    assert caller.connected and len(played) == 16
    assert len(customer.of("/a.wav")) == 1


def test_sound_is_asked_for_by_a_signed_get(call, customer):
    call("<Play>/a.wav?v=1</Play>" + SLOW, **{"a.wav": sound(1)})
    asked = customer.of("/a.wav")[0]
    assert asked.method == "GET" and asked.headers["X-Twilio-Signature"]
    assert asked.address == "http://customer.test/a.wav?v=1"


def test_sound_that_has_not_changed_is_not_sent_again(call, customer, timeline, played):
    unchanged = Answer(304, content_type="")
    first = sound(2, validators={"If-None-Match": '"v1"'})
    customer.pages["/a.wav"] = [first, unchanged]
    call("<Play>/a.wav</Play><Play>/a.wav</Play>" + SLOW)
    timeline.forward(3)
    assert played == [2, 2]
    assert [one.headers.get("If-None-Match") for one in customer.of("/a.wav")] == [None, '"v1"']


def test_sound_that_changed_is_heard_anew(call, customer, timeline, played):
    customer.pages["/a.wav"] = [sound(2, validators={"If-None-Match": '"v1"'}), sound(3)]
    call("<Play>/a.wav</Play><Play>/a.wav</Play>" + SLOW)
    timeline.forward(3)
    assert played == [2, 3]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(404), 11200),
        (Answer(500), 11200),
        (Answer(error="connect"), 11205),
        (Answer(error="dns"), 11210),
        (Answer(200, "<html/>", "text/html"), 12300),
        (Answer(200, "", "audio/x-wav", content=b"RIFFnonsense"), 12300),
    ],
)
def test_what_cannot_be_played_is_noted_and_left_out(call, customer, timeline, answer, code):
    caller = call("<Play>/a.wav</Play><Say>after</Say>" + SLOW, **{"a.wav": answer})
    timeline.forward(0.5)
    assert caller.heard == ["after"]
    assert customer.codes() == [code]
    assert not customer.of("/fallback")


def test_an_answer_that_is_sound_is_played_and_then_the_call_ends(customer, caller, timeline):
    customer.pages["/start"] = sound(4)
    caller.dials(HOTLINE)
    timeline.forward(3.5)
    assert caller.connected
    timeline.forward(1)
    assert caller.leg.status == "completed"
    assert len(customer.of("/start")) == 1


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_plain_wav_file_becomes_telephone_sound(rate, width, channels):
    """Half a second of a tone is half a second of a tone, whatever it was written in."""
    tone = np.sin(2 * np.pi * 400 * np.arange(rate // 2) / rate)
    scaled = {1: lambda x: x * 100 + 128, 2: lambda x: x * 25600, 3: lambda x: x * 6553600}[width]
    whole = np.repeat(scaled(tone).astype("<i4"), channels)
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(whole.view(np.uint8).reshape(-1, 4)[:, :width].tobytes())
    found = read(target.getvalue())
    assert abs(found.seconds - 0.5) < 0.01
    assert 18000 < np.abs(found.samples).max() < 28000
    spectrum = np.abs(np.fft.rfft(found.samples))
    assert abs(int(np.argmax(spectrum)) * RATE / len(found.samples) - 400) < 5


def test_an_empty_wav_file_is_no_sound_at_all():
    assert read(wav(np.zeros((0, 1)))).seconds == 0


def test_keys_are_played_to_the_other_side_after_a_wait(call, customer, timeline):
    """Each w is half a second."""
    call("<Play digits='ww1'/><Say>after</Say>" + SLOW)
    timeline.forward(0.7)
    assert customer.exchange.legs
    caller = next(iter(customer.exchange.legs.values())).party
    assert caller.heard == []
    timeline.forward(0.5)
    assert caller.heard == ["1", "after"]


@pytest.mark.parametrize(("attribute", "seconds"), [("", 1), ("length='4'", 4)])
def test_a_pause_is_a_second_unless_it_says_how_long(call, timeline, attribute, seconds):
    caller = call(f"<Say>a</Say><Pause {attribute}/><Say>b</Say>" + SLOW)
    timeline.forward(seconds - 0.55)
    assert caller.heard == ["a"]
    timeline.forward(0.3)
    assert caller.heard == ["a", "b"]


def test_a_pause_at_the_beginning_does_not_answer(call, timeline):
    caller = call("<Pause length='3'/><Say>a</Say>" + SLOW)
    assert caller.leg.status == "ringing"
    timeline.forward(3)
    assert caller.leg.status == "in-progress"


def test_an_empty_redirect_is_the_same_document_again(customer, caller, timeline):
    pages = ["<Say>a</Say><Redirect/>", "<Say>b</Say>" + SLOW]
    customer.pages["/start"] = lambda _asked: pages.pop(0)
    caller.dials(HOTLINE)
    timeline.forward(1)
    assert caller.heard == ["a", "b"]


def test_what_follows_a_redirect_is_never_reached(call, timeline):
    caller = call("<Redirect>/next</Redirect><Say>never</Say>", next="<Say>b</Say>" + SLOW)
    timeline.forward(1)
    assert caller.heard == ["b"]


def test_hanging_up_ends_the_call_there(call, timeline):
    caller = call("<Say>a</Say><Hangup/><Say>never</Say>")
    timeline.forward(2)
    assert caller.heard == ["a"] and caller.leg.status == "completed"


def test_a_call_that_is_hung_up_at_once_was_answered_all_the_same(call):
    """Nothing but Reject prevents the answer."""
    caller = call("<Hangup/>")
    assert caller.leg.status == "completed" and caller.leg.answered is not None


def test_leave_means_nothing_outside_a_queue(call, timeline):
    caller = call("<Leave/><Say>goes on</Say>" + SLOW)
    assert caller.heard == ["goes on"]
