"""What free speech means: an emergency, a line, or nothing that we are sure of."""

from dataclasses import dataclass

from assist import emergency, lines


@dataclass(frozen=True)
class Heard:
    danger: emergency.Danger | None
    line: str | None
    confidence: float


def of(speech: str) -> Heard:
    guess = lines.guess(speech)
    sure = guess is not None and guess.confidence >= lines.SURE
    return Heard(
        danger=emergency.find(speech),
        line=guess.code if guess is not None and sure else None,
        confidence=guess.confidence if guess is not None else 0.0,
    )
