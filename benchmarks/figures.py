"""How a figure is said, and whether its goal is met."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Report:
    """Collects the figures of a bench; a goal that is missed is remembered."""

    bench: str
    missed: list[str] = field(default_factory=list)

    def say(
        self,
        figure: str,
        value: float,
        unit: str,
        *,
        reference: float | None = None,
        at_most: float | None = None,
        at_least: float | None = None,
        ratio_at_most: float | None = None,
        within: float | None = None,
    ) -> None:
        ratio = value / reference if reference else None
        line = {
            "bench": self.bench,
            "figure": figure,
            "value": round(value, 6),
            "unit": unit,
            "reference": None if reference is None else round(reference, 6),
            "ratio": None if ratio is None else round(ratio, 3),
        }
        print(json.dumps(line), flush=True)
        if at_most is not None and value > at_most:
            self.missed.append(f"{figure} is {value:.4f} {unit}, not at most {at_most}")
        if at_least is not None and value < at_least:
            self.missed.append(f"{figure} is {value:.4f} {unit}, not at least {at_least}")
        if within is not None and reference is not None and abs(value - reference) > within:
            self.missed.append(f"{figure} is {value:.4f}, not {reference:.4f} ± {within:.4f}")
        if ratio_at_most is not None and ratio is not None and ratio > ratio_at_most:
            self.missed.append(f"{figure} is {ratio:.2f} × its reference, not {ratio_at_most}")


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered)) - 1))]
