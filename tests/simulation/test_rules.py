"""A hotline that is broken on purpose breaks the rules: what they do not see they do not guard."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

import queues.doors
import queues.offers
import queues.presence
import queues.routing
import queues.talk
import queues.waiting
from queues.admission import Admission
from simulation.habits import Habits
from simulation.plan import Plan
from simulation.weather import CALM, Climate
from telephony.replies import Reply

QUICK = Habits(talk_s=20, wrap_up_s=1, patience_s=60, reacts_s=1)
NEVER = Habits(talk_s=20, wrap_up_s=1, patience_s=40, misses=1.0)
PATIENT = Habits(talk_s=5, wrap_up_s=1, patience_s=None, reacts_s=1)
LAPSING = Habits(talk_s=5, wrap_up_s=1, patience_s=60, reacts_s=1, lets_lapse=1.0)
_callers, _hear, _end = queues.routing._callers, queues.waiting.hear, queues.talk.end


def _hangs_up(call):
    return Reply(call.language).hang_up().send()


def _favours(place):
    place.priority += 1
    return _hear(place)


def _ends_in_greetings_only(call):
    if call.agent_id is None:
        _end(call)


@dataclass(frozen=True)
class Broken:
    where: object
    name: str
    by: Callable[..., object]
    kind: str
    words: str
    habits: Habits = QUICK
    climate: Climate = CALM
    # All of one line, or hardly two of them would be of the same.
    pooled: bool = False
    set_lines: bool = False
    calls: int = 5


BROKEN = {
    "offers never lapse": Broken(
        queues.offers, "lapse_due", lambda: 0, "stuck", "rings past its deadline", NEVER
    ),
    "wrap-ups never end": Broken(
        queues.presence,
        "complete_due_wrap_ups",
        lambda: 0,
        "stuck",
        "a wrap-up goes on past its end",
        LAPSING,
    ),
    "the youngest is served first": Broken(
        queues.routing,
        "_callers",
        lambda at: reversed(list(_callers(at))),
        "overtaken",
        "who is older",
        PATIENT,
        pooled=True,
    ),
    "a caller is hung up on when he is answered": Broken(
        queues.doors, "citizen_joins", _hangs_up, "lost", "was ended by us"
    ),
    "a call that was answered never ends": Broken(
        queues.talk, "end", _ends_in_greetings_only, "stuck", "a call goes on"
    ),
    "a line takes in whoever asks": Broken(
        queues.doors,
        "admit",
        lambda _call, line: Admission(line),
        "unset",
        "has taken a caller in",
        set_lines=True,
        calls=20,
    ),
    "each wait document is worth a minute": Broken(
        queues.waiting,
        "hear",
        _favours,
        "redelivered",
        "/voice/wait",
        climate=Climate(redelivered=1),
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_hotline_is_seen(begins, monkeypatch, name):
    broken = BROKEN[name]
    monkeypatch.setattr(broken.where, broken.name, broken.by)
    plan = Plan(
        broken.calls,
        0.5,
        4 if broken.set_lines else 1,
        2,
        broken.habits,
        broken.climate,
        broken.pooled,
        looks_closely=True,
        set_lines=broken.set_lines,
    )
    outcome = begins(plan).run()
    found = [one.words for one in outcome.of(broken.kind)]
    assert any(broken.words in words for words in found), found
