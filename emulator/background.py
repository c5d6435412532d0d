"""Start and Stop: what runs beside the documents until the call ends."""

from emulator.document import Refused, Verb
from emulator.legs import Reports
from emulator.program import Go, Next, Stage
from emulator.recording import callback_of
from emulator.transcription import Transcription

RELATIVE_URL = 11200


async def start(stage: Stage, verb: Verb) -> Next:
    for noun in verb.children:
        if noun.name == "Recording":
            _record(stage, noun)
        else:
            _transcribe(stage, noun)
    return None


async def stop(stage: Stage, verb: Verb) -> Next:
    for noun in verb.children:
        if noun.name == "Recording":
            stage.exchange.recordings.stop_all(stage.leg)
        for one in list(stage.leg.transcriptions):
            if noun.name == "Transcription" and noun.get("name") in ("", one.name):
                one.stop()
    return None


def _record(stage: Stage, noun: Verb) -> None:
    if _relative(stage, noun, "recordingStatusCallback"):
        return
    if stage.exchange.recordings.running(stage.leg) is not None:
        return  # a second recording of the same call is silently not made
    stage.exchange.recordings.start(
        stage.leg,
        source="StartCallRecordingTwiML",
        channels=1 if noun.get("channels", "dual") == "mono" else 2,
        callback=callback_of(stage, noun),
    )


def _transcribe(stage: Stage, noun: Verb) -> None:
    if not noun.get("statusCallbackUrl"):
        raise Refused(12200, "<Transcription> without statusCallbackUrl")
    if _relative(stage, noun, "statusCallbackUrl"):
        return
    Transcription(
        stage.exchange,
        stage.leg,
        Reports(noun.get("statusCallbackUrl"), noun.get("statusCallbackMethod", "POST")),
        name=noun.get("name"),
        track=noun.get("track", "both_tracks"),
        language=noun.get("languageCode", "en-US"),
        partial=noun.flag("partialResults", False),
        labels=(noun.get("inboundTrackLabel"), noun.get("outboundTrackLabel")),
        engine=noun.get("transcriptionEngine", "google"),
    ).start()


def _relative(stage: Stage, noun: Verb, attribute: str) -> bool:
    """Callbacks of what runs beside documents must be absolute: there is no current document."""
    url = noun.get(attribute)
    if not url or url.startswith(("http://", "https://")):
        return False
    words = f"<{noun.name} {attribute}> must be absolute"
    stage.exchange.notify(stage.leg, RELATIVE_URL, words, Go(stage.url))
    return True
