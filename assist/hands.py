"""Raised hands: a word in the talk asks for the lead, where the agent has not by his key."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from assist import alerts
from infra.clock import now
from models import AlertKind, Call, CallStatus

# Each sentence of each talk is held against them: what a lead changes counts within so long.
KNOWN_FOR = timedelta(seconds=5)


@dataclass
class Known:
    keywords: list[str]
    asked_at: datetime


_known: list[Known] = []


def listen(call: Call, text: str) -> None:
    """A keyword was said in the talk, by whomever: the first one raises the hand."""
    if call.status is not CallStatus.TALKING:
        return
    plain = re.sub(r"\s+", "", text).lower()
    found = next((one for one in _keywords() if one and one.lower() in plain), None)
    if found is not None:
        alerts.raise_hand(call, found)


def forget() -> None:
    _known.clear()


def _keywords() -> list[str]:
    at = now()
    known = _known[0] if _known else None
    if known is None or not timedelta() <= at - known.asked_at < KNOWN_FOR:
        rule = alerts.rules()[AlertKind.RAISED_HAND]
        known = Known(list(rule.keywords) if rule.watched else [], at)
        _known[:] = [known]
    return known.keywords
