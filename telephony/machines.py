"""Who picked up: a person, an answering machine, a fax; and what a machine is told."""

from datetime import timedelta

from infra.clock import now
from models import DialAttempt
from telephony.replies import RETRY
from telephony.windows import rules

PERSON, FAX = "human", "fax"
MACHINES = ("machine", FAX)
# Longer than what is said to a machine.
TELLS_WITHIN = timedelta(seconds=20)
# The planner's door for machines, behind the attempt.
DOOR = "machine"


def hear(attempt: DialAttempt, answered_by: str) -> None:
    """The carrier's guess at who picked up, unless a person has shown himself."""
    if attempt.answered_by != PERSON:
        attempt.answered_by = answered_by.partition("_")[0][:16]


def picked_up(attempt: DialAttempt) -> bool:
    """Who has said already what he was rung for, or asks for a person, is none: the carrier's ear
    is no better than a guess, and it may come to it late."""
    return attempt.dial.open and attempt.answered_by in MACHINES


def tells(attempt: DialAttempt) -> str:
    """Where a machine is led to, once; "" for whoever is not to be told anything."""
    dial = attempt.dial
    if attempt.told_at is not None or not rules(dial.purpose).tells_machines:
        return ""
    if not picked_up(attempt) or attempt.answered_by == FAX:
        return ""
    attempt.told_at = now()
    return f"{dial.url}/{attempt.id}/{DOOR}{RETRY}"
