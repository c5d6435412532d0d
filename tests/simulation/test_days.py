"""Whole days of chance: nobody is lost, nothing happens twice, nothing stays for ever."""

from dataclasses import replace

import pytest

from queues import erlang
from simulation.habits import HUMAN, IDEAL, PATIENT, Habits
from simulation.plan import Outcome, Plan
from simulation.weather import CALM, Climate

# Much more than any real day has, so that few calls meet everything.
WILD = Climate(
    lost=0.12,
    doubled=0.15,
    late=0.15,
    document_lost=0.03,
    document_late=0.03,
    rest=0.15,
    killed=0.002,
    killed_at_commit=0.006,
    cut=0.002,
    redelivered=0.1,
    redis_away=0.3,
)
FICKLE = Habits(
    talk_s=40,
    wrap_up_s=10,
    patience_s=90,
    misses=0.1,
    rejects=0.07,
    vanishes=0.05,
    drops=0.15,
    takes_back=0.7,
    citizen_ends=0.4,
    leaves_in_menu=0.05,
)


# Each talk has something going on in it, each lead does something every few seconds.
BUSY = replace(
    FICKLE,
    cuts_off=0.08,
    holds=0.15,
    sends_on=0.1,
    hands_on=0.1,
    consults=0.3,
    rings_police=0.15,
    keeps=0.1,
    speaks=0.3,
    redials=0.3,
    picks_up=0.8,
    leads_every_s=8,
)


# As calls' histories name it.
EVERYTHING = {
    *("held", "resumed", "sent_on", "consult_asked", "consult_joined", "consult_ended"),
    *("outside_rung", "outside_ended", "agent_lost", "turned_away", "diverting"),
    *("monitor_began", "monitor_changed", "lead_took_over", "moved", "preferred"),
}


def wild(seed: int, calls: int = 12) -> Plan:
    return Plan(calls, 0.4, 4, seed, FICKLE, WILD, looks_closely=True)


def told(outcome: Outcome) -> str:
    return "\n".join(str(one) for one in outcome.violations)


def test_a_calm_day_serves_everybody(begins):
    outcome = begins(Plan(15, 0.2, 8, 1, HUMAN, CALM, looks_closely=True)).run()
    assert outcome.violations == [], told(outcome)
    assert sum(outcome.dispositions.values()) == 15
    assert outcome.dispositions["answered"] >= 9


def test_a_day_on_lines_that_are_set_keeps_to_what_is_set(begins):
    outcome = begins(Plan(20, 0.5, 6, 4, HUMAN, CALM, looks_closely=True, set_lines=True)).run()
    assert outcome.violations == [], told(outcome)
    assert outcome.dispositions.get("closed") or outcome.dispositions.get("full"), outcome


def everything(seed: int, climate: Climate = WILD, calls: int = 8) -> Plan:
    """Set lines, a partner city, two leads, and agents who do all that can be done in a talk."""
    return Plan(
        calls,
        0.3,
        5,
        seed,
        BUSY,
        climate,
        looks_closely=True,
        set_lines=True,
        leads=2,
        partner_after_s=20,
    )


def test_days_of_everything_lose_nobody_and_hold_everything(begins):
    """Which day holds what changes with whatever casts a die: so many days surely hold it all."""
    happened: set[str] = set()
    for seed in range(1, 7):
        if happened >= EVERYTHING:
            break
        outcome = begins(everything(seed, CALM, 12)).run()
        assert outcome.violations == [], told(outcome)
        happened |= outcome.events.keys()
    assert happened >= EVERYTHING, EVERYTHING - happened


@pytest.mark.parametrize("seed", range(1, 4))
def test_a_wild_day_of_everything_loses_nobody(begins, seed):
    outcome = begins(everything(seed)).run()
    assert outcome.violations == [], told(outcome)
    assert outcome.kills and outcome.cuts


def test_a_seed_replays_exactly(begins):
    """Or a failure could not be looked at a second time."""
    first, again, other = (begins(everything(seed, calls=4)).run().story for seed in (11, 11, 12))
    assert first == again != other


@pytest.mark.parametrize("seed", range(1, 4))
def test_a_wild_day_loses_nobody(begins, seed):
    outcome = begins(wild(seed)).run()
    assert outcome.violations == [], told(outcome)
    assert sum(outcome.dispositions.values()) == 12
    assert outcome.kills and outcome.cuts


def test_a_pooled_line_has_no_delay_of_its_own(begins):
    """Far from any queue a caller meets his agent at the moment he comes; theory knows no other
    wait than that for a seat.  With one seat for many he waits as the seat comes free."""
    idle = begins(Plan(8, 0.02, 6, 3, IDEAL, CALM, pooled=True)).run()
    assert [wait for wait, met in idle.waits if met] == [0.0] * 8
    few = begins(Plan(12, 0.05, 2, 3, IDEAL, CALM, pooled=True)).run()
    assert any(wait > 0 for wait, _ in few.waits)
    assert erlang.erlang_a(0.05, 120, 180, 2).p_wait > 0.5
    assert few.violations == [], told(few)


def keeping(seed: int, climate: Climate, calls: int = 6) -> Plan:
    """Few seats: who waits would rather be rung back, gives up and calls again, or leaves word."""
    return Plan(calls, 0.25, 2, seed, PATIENT, climate, looks_closely=True)


def test_a_day_of_callbacks_keeps_every_place(begins):
    outcome = begins(keeping(1, CALM)).run()
    assert outcome.violations == [], told(outcome)
    assert outcome.dispositions["callback"] + outcome.dispositions["voicemail"]


@pytest.mark.parametrize("seed", range(1, 4))
def test_a_wild_day_of_callbacks_keeps_every_place(begins, seed):
    outcome = begins(keeping(seed, WILD)).run()
    assert outcome.violations == [], told(outcome)
    assert outcome.kills and outcome.cuts
