"""What was said of what somebody looks for: one sentence of each call, with the words marked."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Integer, cast, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from infra.db import session
from models import Party, Utterance
from models.pairs import stands_in

# In characters: a sentence without a pause fills no list, and its first word stays in sight.
LONGEST = 80
BEFORE = 15
CUT = "…"


@dataclass(frozen=True)
class Excerpt:
    """A sentence in pieces, each with whether it is looked for."""

    party: Party
    pieces: list[tuple[str, bool]]


def of_calls(call_ids: Sequence[int], words: Sequence[str]) -> dict[int, Excerpt]:
    """By call: the sentence that holds most of the words, the first of several; one query."""
    if not (call_ids and words):
        return {}
    there = [stands_in(word, Utterance.text) for word in words]
    most = sum((cast(one, Integer) for one in there[1:]), cast(there[0], Integer))
    found = session.execute(
        select(Utterance.call_id, Utterance.party, Utterance.text)
        .ext(distinct_on(Utterance.call_id))
        .where(Utterance.call_id.in_(call_ids), or_(*there))
        .order_by(Utterance.call_id, most.desc(), Utterance.at, Utterance.id)
    )
    return {call: Excerpt(party, list(_pieces(text, words))) for call, party, text in found}


def _pieces(text: str, words: Sequence[str]) -> Iterator[tuple[str, bool]]:
    wanted = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    # What was looked for stands between the others: a group that splits is kept.
    parts = re.split(f"({wanted})", _cut(text, wanted), flags=re.IGNORECASE)
    return ((part, nth % 2 == 1) for nth, part in enumerate(parts) if part)


def _cut(text: str, wanted: str) -> str:
    if len(text) <= LONGEST:
        return text
    first = re.search(wanted, text, flags=re.IGNORECASE)
    start = min(max(0, (first.start() if first else 0) - BEFORE), len(text) - LONGEST)
    end = start + LONGEST
    return f"{CUT if start else ''}{text[start:end]}{CUT if end < len(text) else ''}"
