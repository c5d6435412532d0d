"""Our small voice vocabulary and the TwiML that it becomes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

from flask import Response
from twilio.twiml.voice_response import Dial, Gather, Start, Stop, VoiceResponse

from telephony.sentences import Tongue, tongue

QUEUE = "hotline"
# The most that the carrier lets wait in one queue; by itself it makes one for a thousand.
LARGEST_QUEUE = 5000

# The carrier asks again when we are slow or fail; every handler answers a repeat alike.  An apology
# comes after two waits for a lock at the latest, and must still be listened to.
RETRY = "#rc=2&rp=all&ct=2000&rt=5000&tt=15000"

# Its name, and what is filled in.
Sentence = tuple[str, Mapping[str, object]]


@dataclass(frozen=True)
class Room:
    """A conference to enter: its name, where the leg goes afterwards, who hears of its events."""

    name: str
    events: str
    # None: the leg's document, and with it the leg, ends with the conference.
    after: str | None = None


@dataclass(frozen=True)
class Aside:
    """A sentence in another language than the rest of the document."""

    language: str
    text: str


class Reply:
    """A call document being written, in one language."""

    def __init__(self, language: str = "zh") -> None:
        self._tongue = tongue(language)
        self._twiml = VoiceResponse()

    def say(self, name: str, **values: object) -> "Reply":
        self._speak(self._twiml, name, **values)
        return self

    def tell(self, words: str, language: str) -> "Reply":
        """Words that a person has written, in the voice of their language."""
        self._pronounce(self._twiml, tongue(language), words)
        return self

    def pause(self, seconds: int) -> "Reply":
        self._twiml.pause(length=seconds)
        return self

    def play(self, url: str) -> "Reply":
        """Sound that the carrier fetches from this absolute address."""
        self._twiml.play(url)
        return self

    def play_on(self, url: str) -> "Reply":
        """The same, again and again."""
        self._twiml.play(url, loop=0)
        return self

    def press(self, keys: str) -> "Reply":
        """Tones, as if somebody pressed these keys at the other end of the leg."""
        self._twiml.play(digits=keys)
        return self

    def announce(self, name: str, action: str) -> "Reply":
        """What comes first.  Whoever is in danger does not wait for its end: what he says or
        presses meanwhile counts."""
        gather = Gather(
            input="dtmf speech",
            action=action + RETRY,
            num_digits=1,
            timeout=1,
            speech_timeout="auto",
            language=self._tongue.speech,
            finish_on_key="",
        )
        self._speak(gather, name)
        self._twiml.append(gather)
        return self

    def ask(
        self,
        name: str,
        action: str,
        *,
        first: Aside | None = None,
        before: Iterable[Sentence] = (),
        **values: object,
    ) -> "Reply":
        """One key or free speech, whichever comes first; silence goes on to the next verb.

        ``before`` is said first, and a key counts from its first word on."""
        gather = Gather(
            input="dtmf speech",
            action=action + RETRY,
            num_digits=1,
            timeout=4,
            speech_timeout="auto",
            language=self._tongue.speech,
            finish_on_key="",
        )
        if first is not None:
            self._pronounce(gather, tongue(first.language), first.text)
        for earlier, its_values in before:
            self._speak(gather, earlier, **its_values)
        self._speak(gather, name, **values)
        self._twiml.append(gather)
        return self

    def ask_keys(
        self,
        name: str,
        action: str,
        *,
        keys: int = 1,
        seconds: int = 6,
        speech: bool = False,
        first: Iterable[Sentence] = (),
        **values: object,
    ) -> "Reply":
        """``keys`` digits, or fewer ended by #; silence goes on to the next verb.

        Whoever ends all ``keys`` digits with # gives that # to what is asked next: it comes there
        as an empty answer, long before ``seconds`` are over.
        With ``speech`` the caller may also say something instead: danger is never overheard.
        ``first`` is said before the question, and may be interrupted like it."""
        listening = {"speech_timeout": "auto", "language": self._tongue.speech} if speech else {}
        gather = Gather(
            input="dtmf speech" if speech else "dtmf",
            action=action + RETRY,
            num_digits=keys,
            timeout=seconds,
            finish_on_key="#" if keys > 1 else "",
            **listening,
        )
        for earlier, its_values in first:
            self._speak(gather, earlier, **its_values)
        self._speak(gather, name, **values)
        self._twiml.append(gather)
        return self

    def wait_for_key(self, action: str, music: str | None) -> "Reply":
        """What was said so far and ``music``, once; a key meanwhile goes to ``action``."""
        gather = Gather(
            input="dtmf", action=action + RETRY, num_digits=1, timeout=1, finish_on_key=""
        )
        for said in self._twiml.verbs:
            gather.append(said)
        if music is not None:
            gather.play(music)
        self._twiml = VoiceResponse()
        self._twiml.append(gather)
        return self

    def queue(self, wait: str, then: str) -> "Reply":
        """Wait; a leg that leaves the queue alive asks ``then``.

        It is the next verb and no action, because an action would also be asked when the leg is
        moved by our own order or hangs up, which the order's and the leg's reports say already."""
        self._twiml.enqueue(QUEUE, wait_url=wait + RETRY, wait_url_method="POST")
        return self.go_to(then)

    def queue_and_tell(self, wait: str, then: str) -> "Reply":
        """Wait; ``then`` is asked however that ends: only for a door that may be asked in vain."""
        self._twiml.enqueue(
            QUEUE, action=then + RETRY, wait_url=wait + RETRY, wait_url_method="POST"
        )
        return self

    def leave_queue(self) -> "Reply":
        self._twiml.leave()
        return self

    def record(self, arrived: str, name: str = "") -> "Reply":
        """Record this leg from here on, each side on a channel of its own; what has a name may be
        stopped before the call ends."""
        start = Start()
        start.recording(
            name=name or None,
            channels="dual",
            # Else silence is cut off, and no sentence stands any more where it was said.
            trim="do-not-trim",
            recording_status_callback=arrived + RETRY,
            recording_status_callback_method="POST",
            recording_status_callback_event="completed absent",
        )
        self._twiml.append(start)
        return self

    def take_message(self, name: str, then: str) -> "Reply":
        """Record what he says after the tone, up to three minutes; silence or # ends it."""
        self.say(name)
        self._twiml.record(
            action=then + RETRY, method="POST", max_length=180, timeout=8, finish_on_key="#"
        )
        return self

    def transcribe(self, name: str, words: str) -> "Reply":
        """Report what is said and heard on this leg, sentence by sentence."""
        start = Start()
        start.transcription(
            name=name,
            status_callback_url=words + RETRY,
            status_callback_method="POST",
            language_code=self._tongue.speech,
            track="both_tracks",
            partial_results=False,
        )
        self._twiml.append(start)
        return self

    def stop_transcribing(self, name: str) -> "Reply":
        stop = Stop()
        stop.transcription(name=name)
        self._twiml.append(stop)
        return self

    def join(self, room: Room, *, citizen: bool) -> "Reply":
        """Enter a conference.  Only the citizen's exit ends it; nobody hears a beep."""
        dial = Dial()
        dial.conference(
            room.name,
            beep="false",
            start_conference_on_enter=True,
            end_conference_on_exit=citizen,
            participant_label="citizen" if citizen else None,
            status_callback=room.events + RETRY,
            status_callback_method="POST",
            status_callback_event="join",
            wait_url="",
        )
        self._twiml.append(dial)
        return self.go_to(room.after) if room.after else self

    def listen_in(self, room: Room) -> "Reply":
        """Enter a conference unheard: the carrier mutes him, whatever his browser does.  He neither
        begins nor ends it."""
        dial = Dial()
        dial.conference(
            room.name,
            muted=True,
            beep="false",
            start_conference_on_enter=False,
            end_conference_on_exit=False,
            status_callback=room.events + RETRY,
            status_callback_method="POST",
            status_callback_event="join",
            wait_url="",
        )
        self._twiml.append(dial)
        return self

    def dial(self, number: str, *, shown: str, after: str, reports: str, notice: str) -> "Reply":
        """Ring an outside telephone, let it hear ``notice`` and connect it with this leg."""
        dial = Dial(action=after + RETRY, caller_id=shown, timeout=40, answer_on_bridge=True)
        dial.number(
            number,
            url=notice + RETRY,
            method="POST",
            status_callback=reports + RETRY,
            status_callback_method="POST",
            status_callback_event="answered completed",
        )
        self._twiml.append(dial)
        return self

    def go_to(self, url: str) -> "Reply":
        self._twiml.redirect(url + RETRY)
        return self

    def hang_up(self) -> "Reply":
        self._twiml.hangup()
        return self

    def send(self) -> Response:
        return Response(str(self._twiml), mimetype="text/xml")

    def _speak(self, where: VoiceResponse | Gather, name: str, **values: object) -> None:
        self._pronounce(where, self._tongue, self._tongue.sentence(name, **values))

    def _pronounce(self, where: VoiceResponse | Gather, how: Tongue, text: str) -> None:
        where.say(text, language=how.language, voice=how.voice)


def stopping(name: str, answer: Response) -> Response:
    """Another answer, whatever it does, once the recording of this name has stopped."""
    stop = ElementTree.Element("Stop")
    ElementTree.SubElement(stop, "Recording", name=name)
    document = ElementTree.fromstring(answer.get_data())
    document.insert(0, stop)
    answer.set_data(ElementTree.tostring(document, encoding="unicode", xml_declaration=True))
    return answer
