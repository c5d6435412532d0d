"""Raised hands: a word in the talk asks for the lead, where the agent has not by his key."""

import re

from assist import alerts
from models import AlertKind, Call, CallStatus


def listen(call: Call, text: str) -> None:
    """A keyword was said in the talk, by whomever: the first one raises the hand."""
    rule = alerts.rules()[AlertKind.RAISED_HAND]
    if call.status is not CallStatus.TALKING or not rule.watched:
        return
    plain = re.sub(r"\s+", "", text).lower()
    found = next((one for one in rule.keywords if one and one.lower() in plain), None)
    if found is not None:
        alerts.raise_hand(call, found)
