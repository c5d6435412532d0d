"""Forecasts of arrivals beside the same slot last week and the mean of all weeks.

Walk forward: each day is forecast from the days before it alone, the night before, by the function
that the hotline itself uses."""

import csv
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import holidays
import numpy as np

from benchmarks.figures import Report
from workforce.forecasting import SLOTS, Counts, TooLittleKnown, Works, forecast, ordinary

GOAL = 0.9
# Days before the first that is forecast.
WARM_UP = timedelta(days=28)
WEEK = timedelta(days=7)
HALF_HOUR = 30
# Whose holidays a file has is known of some; the others are taken for ordinary weeks.
CALENDARS = {"arrivals_city12345": "CN", "arrivals_bank2003": "US"}

History = dict[date, Counts]


def run(report: Report) -> None:
    given = os.environ.get("BENCH_DATA")
    if not given:
        print("forecast: skipped, BENCH_DATA names no folder of arrivals", file=sys.stderr)
        return
    files = sorted(Path(given).glob("arrivals_*.csv"))
    if not files:
        print(f"forecast: skipped, no arrivals_*.csv in {given}", file=sys.stderr)
    for file in files:
        _measure(report, file.name, _read(file), _works(file.name))


def _measure(report: Report, name: str, history: History, works: Works) -> None:
    came, ours, week, mean, nights = _walk(history, works)
    references = {"last_week": _wape(came, week), "seasonal_mean": _wape(came, mean)}
    for reference, error in references.items():
        report.say(f"wape_{reference}@{name}", error, "share")
    best = min(references.values())
    report.say(f"wape@{name}", _wape(came, ours), "share", reference=best, ratio_at_most=GOAL)
    report.say(f"days_forecast@{name}", nights, "days")


def _walk(history: History, works: Works) -> tuple[Counts, Counts, Counts, Counts, int]:
    """What came, our forecast, last week's and the mean of its weekday, slot by slot."""
    rows: list[tuple[Counts, Counts, Counts, Counts]] = []
    first = min(history)
    for day in sorted(history):
        before = {one: counts for one, counts in history.items() if one < day}
        same = [before[one] for one in sorted(before) if one.weekday() == day.weekday()]
        if day - first < WARM_UP or not same:
            continue
        try:
            ours = forecast(before, day, works).slots
        except TooLittleKnown:
            continue
        came = history[day]
        # The same weekday that was open last; then only slots that had calls in any of them.
        rows.append((came, ours, same[-1], np.mean(same, axis=0)))
    came, ours, week, mean = (np.concatenate(column) for column in zip(*rows, strict=True))
    return came, ours, week, mean, len(rows)


def _wape(came: Counts, told: Counts) -> float:
    return float(np.abs(came - told).sum() / came.sum())


def _read(file: Path) -> History:
    """Half-hours of a series by minutes; a daily series has one slot a day."""
    found: History = {}
    for moment, calls in _rows(file):
        if isinstance(moment, datetime):
            counts = found.setdefault(moment.date(), np.zeros(SLOTS))
            counts[(moment.hour * 60 + moment.minute) // HALF_HOUR] += calls
        else:
            found[moment] = np.array([calls])
    return found


def _rows(file: Path) -> Iterator[tuple[date, float]]:
    with file.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            calls = _number(row)
            if "ts" in row:
                yield datetime.fromisoformat(row["ts"]), calls
            else:
                yield date.fromisoformat(row["date"][:10]), calls


def _number(row: Mapping[str, str]) -> float:
    return float(row["calls"] if "calls" in row else row["tickets"])


def _works(name: str) -> Works:
    for known, country in CALENDARS.items():
        if name.startswith(known):
            return holidays.country_holidays(country).is_working_day
    return ordinary
