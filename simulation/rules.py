"""The rules that a day must keep, each held against it where it is cheapest to see."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emulator.courier import Request
from emulator.exchange import Exchange
from emulator.legs import Leg
from emulator.room import Participant, Room
from emulator.timeline import Timeline
from models import MonitorMode, MonitorState
from simulation import questions
from simulation.citizens import Citizen
from simulation.looks import Eye, Talk
from simulation.outsiders import Switchboard

# In seconds: reports that were lost are made good by a comparison with the carrier every 15 s,
# which may itself fail a few times.
MADE_GOOD_WITHIN = 120.0
# He is rung back, and has not been dropped.
PROMISED = ("callback", "voicemail")
# He was not taken in, and told so.
TURNED_AWAY = ("closed", "full", "nobody")
# By a partner city, where that hung up first.
HELPED = ("diverted",)
# What is so, by the kind of the rule that it breaks when it lasts, and of what.
Seen = tuple[str, object]


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
        self._since: dict[Seen, datetime] = {}
        self._skills: list[tuple[Any, ...]] = []
        self._helped: set[str] = set()

    def begins(self) -> None:
        """As the town is in the morning, so it is to be in the evening."""
        self._skills = self._eye.rows(questions.SKILLS)

    def broken(self, kind: str, words: str) -> None:
        self.violations.append(Violation(kind, self._timeline.now, words))

    # While it goes on

    def after_a_second(self) -> None:
        """Whatever lapsed has been put away, and whoever could meet has met."""
        for words, which in self._eye.rows(questions.LATE, at=self._timeline.now):
            self.broken("stuck", f"{words} ({which})")

    def now(self) -> None:
        for words, which in self._eye.rows(questions.TORN):
            self.broken("torn", f"{words} ({which})")
        for words, which in self._eye.rows(questions.SET):
            self.broken("unset", f"{words} ({which})")

    def offered(self, offer: int) -> None:
        for (older,) in self._eye.rows(questions.OVERTAKEN, offer=offer):
            self.broken("overtaken", f"offer {offer} passed over call {older}, who is older")
        for _ in self._eye.rows(questions.BELOW, offer=offer, at=self._timeline.now):
            self.broken("unset", f"offer {offer} is to a seat below the level of its line")

    def state(self) -> str:
        return self._eye.state()

    def unchanged(self, before: str, request: Request) -> None:
        if self._eye.state() != before:
            self.broken("redelivered", f"{request.url} {sorted(request.params.items())}")

    def at_the_carrier(self, exchange: Exchange, citizens: Mapping[str, Citizen]) -> None:
        """What the carrier has and what the rows say agree, at the latest after a while."""
        seen = set(self._of_legs(exchange, citizens))
        talks = self._eye.talks()
        for room in exchange.rooms:
            if room.live and room.participants:
                seen.update(self._in_room(room, talks.get(room.name), citizens))
        self._for_too_long(seen)

    def _of_legs(self, exchange: Exchange, citizens: Mapping[str, Citizen]) -> Iterator[Seen]:
        calls = {row[1]: row for row in self._eye.rows(LIVE)}
        live = [leg for leg in exchange.legs.values() if leg.live]
        voices = Counter(_name(leg) for leg in live if leg.sid not in citizens)
        for name, legs in voices.items():
            if name is not None and legs > 1:
                yield f"doubled|{name} has two voices at once", name
        for leg in live:
            if leg.sid in citizens and leg.sid not in calls:
                yield "lost|a caller is on the line and no call of ours", leg.sid
        for call, sid, _, agent_leg in calls.values():
            if not citizens[sid].is_on(sid):
                yield "stuck|a call goes on whose caller is gone", call
            his = exchange.legs.get(agent_leg) if agent_leg else None
            if agent_leg and (his is None or not his.live):
                yield "stuck|an agent is with a call though his leg is over", sid

    def _in_room(
        self, room: Room, talk: Talk | None, citizens: Mapping[str, Citizen]
    ) -> Iterator[Seen]:
        """A citizen and his agent, and whoever was asked into it; nobody else."""
        legs = {one.leg.sid for one in room.participants}
        present = legs & citizens.keys()
        if len(present) > 1:
            self.broken("doubled", f"two citizens are in the conference {room.name}")
        if not present and not (talk and talk.with_police):
            yield "stuck|a conference goes on without a citizen", room.name
        for stranger in sorted(legs - (talk.legs if talk else set())):
            yield "doubled|somebody is in a conference and not of its talk", (room.name, stranger)
        if talk is not None and talk.status == "talking":
            for one in room.participants:
                if one.leg.sid == talk.citizen:
                    yield from self._of_citizen(room, one, talk)
                elif one.leg.sid in talk.leads:
                    yield from self._of_lead(one, talk)

    def _of_citizen(self, room: Room, citizen: Participant, talk: Talk) -> Iterator[Seen]:
        if citizen.hold is not talk.held:
            yield "stuck|a citizen is on hold, and not for his agent; or for him alone", room.name
        if not talk.held and not room.audible_to(citizen.leg):
            yield "stuck|a citizen hears nobody", room.name
        if not citizen.ends and not talk.with_police:
            yield "stuck|a citizen's exit would not end his conference", room.name

    def _of_lead(self, lead: Participant, talk: Talk) -> Iterator[Seen]:
        state, mode, ordered = talk.leads[lead.leg.sid]
        silent = state != MonitorState.JOINED or (mode == MonitorMode.LISTEN and not ordered)
        if silent and not lead.muted:
            self.broken("doubled", f"a lead who is to be heard by nobody is heard in {talk.room}")
        coached = talk.agent if mode == MonitorMode.WHISPER else ""
        if mode != MonitorMode.LISTEN and (lead.muted, lead.coaches) != (False, coached):
            yield "stuck|a lead is not heard by those whom he speaks to", lead.leg.sid

    def _for_too_long(self, seen: set[Seen]) -> None:
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
        ends = {row[1]: row for row in self._eye.rows(questions.ENDS)}
        self._helped = set(_helped(exchange))
        for sid, citizen in citizens.items():
            self._of_leg(sid, citizen, ends.get(sid), answered)
        for call, _, status, disposition, _, ended, talking, claimed, _ in ends.values():
            if status != "ended" or disposition is None:
                self.broken("stuck", f"call {call} is still {status}")
            elif ended != 1:
                self.broken("doubled", f"call {call} has ended {ended} times")
            if talking > claimed:
                self.broken("doubled", f"call {call}: {talking} talks of {claimed} claims")
        for words, which in self._eye.rows(questions.LEFT_OVER):
            self.broken("stuck", f"{words} ({which})")
        for words, which in self._eye.rows(questions.BROKEN_PROMISES):
            self.broken("promise", f"{words} ({which})")
        for words, which in self._eye.rows(questions.YOUNGER):
            self.broken("overtaken", f"{words} ({which})")
        if self._skills != self._eye.rows(questions.SKILLS):
            self.broken("unset", "who is skilled for what is not as it was")
        for leg in exchange.legs.values():
            if leg.live:
                self.broken("stuck", f"a leg of {leg.caller} to {leg.called} is still on the line")
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
        told = row[3] in (*PROMISED, *TURNED_AWAY) or (row[3] in HELPED and sid in self._helped)
        if sid not in citizen.left and not row[4] and not told:
            self.broken("lost", f"call {row[0]} was ended by us, unfinished ({row[3]})")
        if sid in citizen.promised and row[8] is None:
            self.broken("promise", f"the place that was kept in call {row[0]} is nowhere")

    def promises(self) -> int:
        """How many are yet to be rung back."""
        return len(self._eye.rows(questions.PROMISES))

    def waits(self) -> list[tuple[float, bool]]:
        """How long each waited, from his place in line to the claim, or until he gave up."""
        found = []
        for entered, _, claimed, left in self._eye.rows(questions.WAITS):
            until = claimed or left
            if until is not None:
                found.append(((until - entered).total_seconds(), claimed is not None))
        return found

    def dispositions(self) -> dict[str, int]:
        return Counter(str(row[3]) for row in self._eye.rows(questions.ENDS))

    def events(self) -> dict[str, int]:
        return Counter(str(row[2]) for row in self._eye.rows(STORY))

    def story(self) -> str:
        told = self._eye.rows(STORY)
        return hashlib.sha256(repr(told).encode()).hexdigest()


def _helped(exchange: Exchange) -> Iterator[str]:
    """Legs of citizens whose other side, a partner city, has hung up first."""
    for leg in exchange.legs.values():
        party = leg.party
        if leg.parent is not None and isinstance(party, Switchboard) and leg.sid in party.left:
            yield leg.parent.sid


def _name(leg: Leg) -> str | None:
    """Who is on it; a switchboard has many."""
    if isinstance(leg.party, Switchboard):
        return None
    return leg.caller if leg.direction == "inbound" else leg.called


# Who is yet to be rung back has no leg.
LIVE = """
SELECT id, sid, status, agent_leg FROM call
WHERE status <> 'ended' AND sid NOT LIKE 'callback:%%' ORDER BY id
"""
STORY = "SELECT call_id, at, name FROM call_event ORDER BY id"
