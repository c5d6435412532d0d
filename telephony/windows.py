"""When a citizen may be rung, and when again: the rules are data, the arithmetic is pure.

``dialling.toml`` is what they are shipped as; the city sets its own on the page of its numbers."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from infra.localtime import CITY, local
from models import DialPurpose
from telephony import set_numbers

FILE = Path(__file__).parent / "dialling.toml"
WINDOW = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")
# So far ahead an hour that was not tried yet is looked for.
LOOK_AHEAD = 14
HOUR = timedelta(hours=1)
# A call that rings a minute before the window closes would talk after it.
MARGIN = timedelta(minutes=5)
# How a window writes the end of the day.
MIDNIGHT = "24:00"
ALL_DAY = time.min, time.max


class RulesInvalid(Exception):
    """The rules of dialling cannot be used; the message names the purpose and what to change."""


@dataclass(frozen=True)
class Rules:
    windows: tuple[tuple[time, time], ...]
    attempts: int
    per_day: int
    gap_minutes: int
    different_hours: bool
    ring_seconds: int
    at_once: int
    detect_machines: bool
    tells_machines: bool

    def open_at(self, moment: datetime) -> bool:
        at = local(moment).time()
        return any(begin <= at < end for begin, end in self.windows)

    def next_time(self, earliest: datetime, tried: Sequence[datetime] = ()) -> datetime:
        """The first moment from ``earliest`` on at which it may ring again."""
        if tried:
            earliest = max(earliest, max(tried) + timedelta(minutes=self.gap_minutes))
        hours = {local(one).hour for one in tried} if self.different_hours else set()
        return (
            self._first(earliest, tried, hours) or self._first(earliest, tried, set()) or earliest
        )

    def _first(
        self, earliest: datetime, tried: Sequence[datetime], hours: set[int]
    ) -> datetime | None:
        first_day = local(earliest).date()
        for ahead in range(LOOK_AHEAD):
            day = first_day + timedelta(days=ahead)
            if sum(local(one).date() == day for one in tried) >= self.per_day:
                continue
            for begin, end in self.windows:
                at = max(earliest, datetime.combine(day, begin, CITY))
                until = datetime.combine(day, end, CITY)
                if (begin, end) != ALL_DAY:
                    until -= MARGIN
                while at < until and local(at).hour in hours:
                    at = local(at).replace(minute=0, second=0, microsecond=0) + HOUR
                if at < until:
                    return at.astimezone(earliest.tzinfo)
        return None


def rules(purpose: DialPurpose) -> Rules:
    """What holds now."""
    return as_set(purpose, all_rules()[purpose], set_numbers.amounts())


def as_set(purpose: DialPurpose, shipped: Rules, amounts: Mapping[str, int]) -> Rules:
    """``amounts``: by ``purpose_field``, windows by ``purpose_opens_1``, ``purpose_closes_1``."""
    own: dict[str, Any] = {
        field.name: amounts[f"{purpose}_{field.name}"]
        for field in fields(Rules)
        if f"{purpose}_{field.name}" in amounts
    }
    windows: list[tuple[time, time]] = []
    for nth, (begin, end) in enumerate(shipped.windows, 1):
        opens = _at_minute(amounts.get(f"{purpose}_opens_{nth}", minute_of(begin)))
        closes = _at_minute(amounts.get(f"{purpose}_closes_{nth}", minute_of(end)))
        if windows and windows[-1][1] == opens:
            # Without a pause between them they are one: nobody is kept from its last minutes.
            opens = windows.pop()[0]
        if opens < closes:
            windows.append((opens, closes))
    return replace(shipped, windows=tuple(windows) or shipped.windows, **own)


def minute_of(clock: time) -> int:
    """Since midnight; the end of the day is 1440."""
    return 24 * 60 if clock == time.max else clock.hour * 60 + clock.minute


def _at_minute(minute: int) -> time:
    return time.max if minute >= 24 * 60 else time(minute // 60, minute % 60)


@cache
def all_rules() -> dict[DialPurpose, Rules]:
    return read(FILE.read_text(encoding="utf-8"))


def read(source: str) -> dict[DialPurpose, Rules]:
    """Parse and check; raises RulesInvalid."""
    try:
        raw = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise RulesInvalid(f"{FILE.name}: {error}") from error
    known = {str(purpose) for purpose in DialPurpose}
    if set(raw) != known:
        raise RulesInvalid(f"{FILE.name}: needs exactly the tables {', '.join(sorted(known))}")
    return {purpose: _rules(purpose, raw[purpose]) for purpose in DialPurpose}


def _rules(purpose: str, body: dict[str, Any]) -> Rules:
    where = f"{FILE.name} [{purpose}]"
    names = {field.name for field in fields(Rules)}
    if set(body) != names:
        raise RulesInvalid(f"{where}: needs exactly {', '.join(sorted(names))}")
    whole = {name: body[name] for name in names if name != "windows"}
    for name, value in whole.items():
        switch = name in ("different_hours", "detect_machines", "tells_machines")
        if type(value) is not (bool if switch else int) or (not switch and value < 0):
            raise RulesInvalid(f"{where}: {name} = {value!r} is not possible")
    if not whole["attempts"] or not whole["per_day"] or not whole["at_once"]:
        raise RulesInvalid(f"{where}: attempts, per_day and at_once are at least 1")
    if not isinstance(body["windows"], list) or not body["windows"]:
        raise RulesInvalid(f'{where}: windows = ["09:00-12:00"]')
    return Rules(windows=tuple(_window(where, one) for one in body["windows"]), **whole)


def _clock(text: str) -> time:
    return time.max if text == MIDNIGHT else time.fromisoformat(text)


def _window(where: str, text: object) -> tuple[time, time]:
    found = WINDOW.fullmatch(str(text))
    try:
        begin, end = [_clock(one) for one in found.groups()] if found else []
    except ValueError as error:
        raise RulesInvalid(f"{where}: write a window as 09:00-12:00, not {text!r}") from error
    if begin >= end:
        raise RulesInvalid(f"{where}: the window {text} ends before it begins")
    return begin, end
