"""The rules that a day must keep, each held against it where it is cheapest to see."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emulator.courier import Request
from emulator.exchange import Exchange
from emulator.timeline import Timeline
from simulation import looks
from simulation.agents import Citizen
from simulation.looks import Eye

# In seconds: reports that were lost are made good by a comparison with the carrier every 15 s,
# which may itself fail a few times.
MADE_GOOD_WITHIN = 120.0
# Two people; a third is nobody's business yet.
MOST_IN_A_ROOM = 2
# He is rung back, and has not been dropped.
PROMISED = ("callback", "voicemail")
# He was not taken in, and told so.
TURNED_AWAY = ("closed", "full", "nobody")


@dataclass(frozen=True)
class Violation:
    """``kind``: lost, doubled, stuck, torn, overtaken, redelivered, promise, or unset: against what
    leads have set."""

    kind: str
    at: datetime
    words: str

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%H:%M:%S.%f}: {self.words}"


class Rules:
    def __init__(self, eye: Eye, timeline: Timeline) -> None:
        self._eye, self._timeline = eye, timeline
        self.violations: list[Violation] = []
        self._since: dict[tuple[str, object], datetime] = {}

    def broken(self, kind: str, words: str) -> None:
        self.violations.append(Violation(kind, self._timeline.now, words))

    # While it goes on

    def after_a_pass(self) -> None:
        """Whatever lapsed has been put away, and whoever could meet has met."""
        for words, which in self._eye.rows(looks.LATE, at=self._timeline.now):
            self.broken("stuck", f"{words} ({which})")
        self.now()

    def now(self) -> None:
        for words, which in self._eye.rows(looks.TORN):
            self.broken("torn", f"{words} ({which})")
        for words, which in self._eye.rows(looks.SET):
            self.broken("unset", f"{words} ({which})")

    def offered(self, offer: int) -> None:
        for (older,) in self._eye.rows(looks.OVERTAKEN, offer=offer):
            self.broken("overtaken", f"offer {offer} passed over call {older}, who is older")

    def state(self) -> str:
        return self._eye.state()

    def unchanged(self, before: str, request: Request) -> None:
        if self._eye.state() != before:
            self.broken("redelivered", f"{request.url} {sorted(request.params.items())}")

    def at_the_carrier(self, exchange: Exchange, citizens: Mapping[str, Citizen]) -> None:
        """What the carrier has and what the rows say agree, at the latest after a while."""
        calls = {row[1]: row for row in self._eye.rows(LIVE)}
        seen: set[tuple[str, object]] = set()
        agents = Counter(
            leg.caller for leg in exchange.legs.values() if leg.live and leg.sid not in citizens
        )
        for name, legs in agents.items():
            if legs > 1:
                seen.add((f"doubled|{name} has two voices at once", name))
        for room in exchange.rooms:
            if room.live and len(room.participants) > MOST_IN_A_ROOM:
                self.broken("doubled", f"three are in the conference {room.name}")
            if room.live and [one.leg.sid not in citizens for one in room.participants] == [True]:
                seen.add(("stuck|an agent is alone in a conference", room.name))
        for leg in exchange.legs.values():
            if leg.live and leg.sid in citizens and leg.sid not in calls:
                seen.add(("lost|a caller is on the line and no call of ours", leg.sid))
        for call, sid, _, agent_leg in calls.values():
            if not citizens[sid].is_on(sid):
                seen.add(("stuck|a call goes on whose caller is gone", call))
            his = exchange.legs.get(agent_leg) if agent_leg else None
            if agent_leg and (his is None or not his.live):
                seen.add(("stuck|an agent is with a call though his leg is over", sid))
        self._for_too_long(seen)

    def _for_too_long(self, seen: set[tuple[str, object]]) -> None:
        at = self._timeline.now
        self._since = {one: self._since.get(one, at) for one in seen}
        for (what, which), since in self._since.items():
            if (at - since).total_seconds() > MADE_GOOD_WITHIN:
                kind, _, words = what.partition("|")
                self.broken(kind, f"{words} ({which})")
                self._since[what, which] = at

    # At the end

    def at_the_end(
        self, exchange: Exchange, citizens: Mapping[str, Citizen], answered: set[str]
    ) -> None:
        ends = {row[1]: row for row in self._eye.rows(looks.ENDS)}
        for sid, citizen in citizens.items():
            self._of_leg(sid, citizen, ends.get(sid), answered)
        for call, _, status, disposition, _, ended, talking, claimed, _ in ends.values():
            if status != "ended" or disposition is None:
                self.broken("stuck", f"call {call} is still {status}")
            elif ended != 1:
                self.broken("doubled", f"call {call} has ended {ended} times")
            if talking > claimed:
                self.broken("doubled", f"call {call}: {talking} talks of {claimed} claims")
        for words, which in self._eye.rows(looks.LEFT_OVER):
            self.broken("stuck", f"{words} ({which})")
        for words, which in self._eye.rows(looks.BROKEN_PROMISES):
            self.broken("promise", f"{words} ({which})")
        for leg in exchange.legs.values():
            if leg.live:
                self.broken("stuck", f"a leg of {leg.caller} is still on the line")
        self.now()

    def _of_leg(
        self, sid: str, citizen: Citizen, row: tuple[Any, ...] | None, answered: set[str]
    ) -> None:
        """Whoever has heard us is known; he left, was served, or has our promise to ring him."""
        if row is None:
            # Who picks up when nobody is there any more hears so, and is in no call.
            if sid in answered and not citizen.was_rung(sid):
                self.broken("lost", f"of the caller on {sid} nothing is known")
            return
        told = row[3] in (*PROMISED, *TURNED_AWAY)
        if sid not in citizen.left and not row[4] and not told:
            self.broken("lost", f"call {row[0]} was ended by us, unfinished")
        if sid in citizen.promised and row[8] is None:
            self.broken("promise", f"the place that was kept in call {row[0]} is nowhere")

    def promises(self) -> int:
        """How many are yet to be rung back."""
        return len(self._eye.rows(looks.PROMISES))

    def waits(self) -> list[tuple[float, bool]]:
        """How long each waited, from his place in line to the claim, or until he gave up."""
        found = []
        for entered, _, claimed, left in self._eye.rows(looks.WAITS):
            until = claimed or left
            if until is not None:
                found.append(((until - entered).total_seconds(), claimed is not None))
        return found

    def dispositions(self) -> dict[str, int]:
        return Counter(str(row[3]) for row in self._eye.rows(looks.ENDS))

    def story(self) -> str:
        told = self._eye.rows(STORY)
        return hashlib.sha256(repr(told).encode()).hexdigest()


# Who is yet to be rung back has no leg.
LIVE = """
SELECT id, sid, status, agent_leg FROM call
WHERE status <> 'ended' AND sid NOT LIKE 'callback:%%' ORDER BY id
"""
STORY = "SELECT call_id, at, name FROM call_event ORDER BY id"
