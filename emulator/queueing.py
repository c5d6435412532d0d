"""Enqueue: a caller waits in a queue and hears its wait document again and again."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from statistics import fmean

from emulator.account import new_sid
from emulator.document import Verb
from emulator.legs import HungUp, Leg
from emulator.program import Go, Next, Stage, perform
from emulator.tasks import Interrupted, Signal, Task, moment

MAX_SIZE = 1000
LARGEST_SIZE = 5000
LONGEST_NAME = 64
FULL = 14207
# A wait document without any length must not be fetched in a tight loop.
SHORTEST_WAIT = 1.0
REMEMBERED_WAITS = 50
WAIT_VERBS = ("Say", "Play", "Pause", "Hangup", "Redirect", "Leave", "Gather")


class Taken(Interrupted):
    """The wait is over."""


@dataclass(eq=False)
class Member:
    leg: Leg
    since: datetime
    left: Signal[str] = field(default_factory=Signal)


@dataclass(eq=False)
class Queue:
    name: str
    max_size: int = MAX_SIZE
    sid: str = field(default_factory=lambda: new_sid("QU"))
    members: list[Member] = field(default_factory=list)
    created: datetime | None = None
    waits: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED_WAITS))

    @property
    def average_wait(self) -> int:
        return round(fmean(self.waits)) if self.waits else 0

    def member(self, sid: str) -> Member | None:
        if sid == "Front":
            return self.members[0] if self.members else None
        return next((one for one in self.members if one.leg.sid == sid), None)


async def enqueue(stage: Stage, verb: Verb) -> Next:
    queue = stage.exchange.queue(verb.text[:LONGEST_NAME] or "default")
    if len(queue.members) >= queue.max_size:
        words = f"queue {queue.name} is full"
        stage.exchange.notify(stage.leg, FULL, words, Go(stage.url), warning=True)
        full = Member(stage.leg, stage.exchange.timeline.now)
        return _go_on(stage, verb, _outcome(stage, queue, "queue-full", full))
    return await _wait(stage, verb, queue)


async def _wait(stage: Stage, verb: Verb, queue: Queue) -> Next:
    member = Member(stage.leg, stage.exchange.timeline.now)
    queue.members.append(member)
    stage.leg.queue = queue.sid
    waiting = Task(stage.exchange.timeline, _listen(stage, verb, queue, member))
    try:
        result = await member.left
    except Interrupted as why:
        # Out of the queue by hanging up or by REST: the action hears of it, its answer is unused.
        result = "hangup" if isinstance(why, HungUp) else "redirected"
        stage.tell(verb, **_outcome(stage, queue, result, member))
        raise
    finally:
        waiting.interrupt(Taken())
        queue.members.remove(member)
        queue.waits.append(_seconds(stage, member))
        stage.leg.queue = None
        stage.exchange.media.music(stage.leg, False)
        stage.exchange.media.hush(stage.leg)
    return _go_on(stage, verb, _outcome(stage, queue, result, member))


async def _listen(stage: Stage, verb: Verb, queue: Queue, member: Member) -> None:
    """Perform the wait document for ever; the verb that ends it tells how the wait ended."""
    timeline = stage.exchange.timeline
    if not verb.has("waitUrl") or not verb.get("waitUrl"):
        stage.exchange.media.music(stage.leg, not verb.has("waitUrl"))
        return
    url, method = stage.absolute(verb.get("waitUrl")), verb.get("waitUrlMethod", "POST")
    verbs = {name: stage.verbs[name] for name in WAIT_VERBS}
    while not member.left.done:
        began = timeline.now
        inside = Stage(
            stage.leg, url, verbs, extra=lambda: _position(stage, queue, member), waiting=True
        )
        end = await perform(inside, Go(url, method))
        if end.result in ("leave", "error"):
            member.left.resolve(end.result)
            return
        if not stage.leg.live:
            # The document itself has hung up.
            return
        spent = (timeline.now - began).total_seconds()
        if spent < SHORTEST_WAIT:
            await moment(timeline, SHORTEST_WAIT - spent)


def _go_on(stage: Stage, verb: Verb, said: dict[str, str]) -> Next:
    return stage.go(verb, **said) if verb.get("action") else None


def _outcome(stage: Stage, queue: Queue, result: str, member: Member) -> dict[str, str]:
    return {
        "QueueResult": result,
        "QueueSid": queue.sid,
        "QueueTime": str(ceil(_seconds(stage, member))),
    }


def _position(stage: Stage, queue: Queue, member: Member) -> dict[str, str]:
    return {
        "QueuePosition": str(queue.members.index(member) + 1),
        "QueueSid": queue.sid,
        "QueueTime": str(ceil(_seconds(stage, member))),
        "AvgQueueTime": str(queue.average_wait),
        "CurrentQueueSize": str(len(queue.members)),
        "MaxQueueSize": str(queue.max_size),
    }


def _seconds(stage: Stage, member: Member) -> float:
    return (stage.exchange.timeline.now - member.since).total_seconds()
