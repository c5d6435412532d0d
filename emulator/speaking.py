"""Verbs that speak or steer: Say, Play, Pause, Redirect, Reject, Hangup, Leave."""

from emulator.document import Refused, Verb
from emulator.program import End, Go, Next, Stage
from emulator.tasks import moment

LONGEST_TEXT = 4096
FOR_EVER = 1000
KEY_PAUSE = 0.5
# Voices that speak one language family only; another pair makes the Say fail.
VOICES = {"Polly.Zhiyu": ("cmn", "zh"), "Polly.Joanna": ("en",)}
BAD_VOICE = 13512


async def say(stage: Stage, verb: Verb) -> Next:
    language = verb.get("language", "en-US")
    families = VOICES.get(verb.get("voice").removesuffix("-Neural"))
    if families is not None and not language.startswith(families):
        stage.exchange.notify(
            stage.leg, BAD_VOICE, f"{verb.get('voice')} does not speak {language}", Go(stage.url)
        )
        return None
    text = verb.text[:LONGEST_TEXT]
    for _ in range(int(verb.number("loop", 1)) or FOR_EVER):
        stage.leg.hear(text)
        seconds = stage.exchange.media.utter(stage.leg, text, language)
        await moment(stage.exchange.timeline, seconds)
    return None


async def play(stage: Stage, verb: Verb) -> Next:
    for digit in verb.get("digits"):
        await moment(stage.exchange.timeline, KEY_PAUSE)
        if digit != "w":
            stage.leg.hear(digit, "key")
    if not verb.text:
        return None
    go = Go(stage.absolute(verb.text), "GET")
    try:
        sound = await stage.exchange.library.get(stage.leg.sid, go.url)
    except Refused as refusal:
        # What cannot be played is noted and left out: the call goes on.
        stage.exchange.notify(stage.leg, refusal.code, str(refusal), go)
        return None
    for _ in range(int(verb.number("loop", 1)) or FOR_EVER):
        seconds = stage.exchange.media.play(stage.leg, sound)
        await moment(stage.exchange.timeline, seconds)
    return None


async def pause(stage: Stage, verb: Verb) -> Next:
    await moment(stage.exchange.timeline, verb.number("length", 1))
    return None


async def redirect(stage: Stage, verb: Verb) -> Next:
    # Documents that only send each other around would never let the time pass.
    await moment(stage.exchange.timeline, 0.001)
    return Go(stage.absolute(verb.text), verb.get("method", "POST"))


async def reject(stage: Stage, verb: Verb) -> Next:
    if stage.first:
        reason = verb.get("reason", "rejected")
        if reason not in ("rejected", "busy"):
            raise Refused(12200, f"<Reject reason={reason!r}>")
        stage.leg.end("busy" if reason == "busy" else "no-answer")
    return End()


async def hangup(stage: Stage, verb: Verb) -> Next:
    stage.leg.end()
    return End("hangup")


async def leave(stage: Stage, verb: Verb) -> Next:
    """Only a wait document can leave; elsewhere there is nothing to leave."""
    return End("leave") if stage.leg.queue is not None else None
