"""What a unit's page shows of those below it, and of what it must plan itself."""

from collections.abc import Mapping
from typing import Any

from infra.db import session
from models import Assignment, Reply
from tickets import appeals_above, below, difficult
from web import asked


def beside(one: Assignment) -> dict[str, Any]:
    """What those below it have, and ask for; and its plan, where it is difficult."""
    return {
        "handed": [(part, below.newest_reply(part)) for part in below.open_below(one)],
        "appeals_below": appeals_above.open_below(one),
        "hard": difficult.of(one),
    }


def adopted(lower: list[int]) -> Mapping[str, str]:
    """The answer of a unit below that this one takes over, as its form holds it: looked at, and
    sent by a click of its own."""
    wanted = asked.number("adopt")
    given = session.get(Reply, wanted) if wanted is not None else None
    if given is None or given.assignment_id not in lower:
        return {}
    return {
        "facts_true": "yes" if given.facts_true else "no",
        "solved": given.solved,
        "why_not": given.why_not,
        "no_contact": given.no_contact,
        "public": given.public,
        "internal": given.internal,
    } | ({"beyond_duty": "on"} if given.beyond_duty else {})
