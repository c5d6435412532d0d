"""How people of a simulated day are: how long they take, and how often they do what."""

from dataclasses import dataclass, replace
from random import Random


@dataclass(frozen=True)
class Habits:
    """Means of exponential times in seconds, and chances between 0 and 1."""

    talk_s: float = 120.0
    wrap_up_s: float = 15.0
    # None: nobody ever gives up.
    patience_s: float | None = 180.0
    reacts_s: float = 3.0
    misses: float = 0.0
    rejects: float = 0.0
    vanishes: float = 0.0
    drops: float = 0.0
    takes_back: float = 0.0
    citizen_ends: float = 0.0
    leaves_in_menu: float = 0.0
    # His wrap-up is over when its time is, and not by his own word.
    lets_lapse: float = 0.0
    # He keeps his place and is rung back; of those so many leave a message.
    keeps: float = 0.0
    speaks: float = 0.0
    # Who has given up dials again, within the time in which he has his old place.
    redials: float = 0.0
    # Who is rung back picks up.
    picks_up: float = 1.0
    # He hangs up in mid-talk, whatever is going on.
    cuts_off: float = 0.0
    # In a talk the agent puts the citizen on hold, sends him on to a line or to one agent, asks a
    # colleague, or rings 110 into it; at most one of them.
    holds: float = 0.0
    sends_on: float = 0.0
    hands_on: float = 0.0
    consults: float = 0.0
    rings_police: float = 0.0
    # Whoever is rung outside, 110 or a partner city, answers, and hangs up first.
    outside_answers: float = 0.9
    outside_ends: float = 0.5
    # A lead does something after so long.
    leads_every_s: float = 20.0


# Everybody answers at once and has no wrap-up: what queueing theory supposes.
IDEAL = Habits(wrap_up_s=0.0, reacts_s=0.0)
HUMAN = Habits(
    misses=0.03,
    rejects=0.02,
    vanishes=0.01,
    drops=0.03,
    takes_back=0.5,
    citizen_ends=0.4,
    leaves_in_menu=0.03,
    lets_lapse=0.7,
)
# All that may go on in a talk, and in a queue that is sometimes long.
EVERYTHING = replace(
    HUMAN,
    cuts_off=0.05,
    holds=0.15,
    sends_on=0.08,
    hands_on=0.08,
    consults=0.2,
    rings_police=0.1,
    keeps=0.2,
    speaks=0.3,
    redials=0.5,
    picks_up=0.7,
)


# In a queue that is long: many would rather be rung back.
PATIENT = Habits(
    talk_s=50,
    wrap_up_s=10,
    patience_s=120,
    misses=0.05,
    rejects=0.05,
    vanishes=0.03,
    drops=0.05,
    takes_back=0.5,
    citizen_ends=0.4,
    keeps=0.6,
    speaks=0.3,
    redials=0.6,
    picks_up=0.7,
)


def drawn(dice: Random, mean: float) -> float:
    return dice.expovariate(1 / mean) if mean > 0 else 0.0
