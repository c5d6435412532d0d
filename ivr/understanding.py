"""What free speech means: an emergency, a line, or nothing that we are sure of."""

import re
from dataclasses import dataclass

from assist import emergency, lines, matter

FOR_A_PERSON = re.compile(
    r"人工|座席|接线员|话务员|客服|\b(?:agent|operator|person|representative)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Heard:
    danger: emergency.Danger | None
    line: str | None
    confidence: float
    # A hello, a cough: it asks for nothing, neither a matter nor a person.
    idle: bool


def of(speech: str) -> Heard:
    guess = lines.guess(speech)
    sure = guess is not None and guess.confidence >= lines.SURE
    return Heard(
        danger=emergency.find(speech),
        line=guess.code if guess is not None and sure else None,
        confidence=guess.confidence if guess is not None else 0.0,
        idle=not matter.of(speech) and FOR_A_PERSON.search(speech) is None,
    )
