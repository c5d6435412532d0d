"""A lead made of chance: he listens, whispers, barges in, takes over, and steers who waits."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from emulator.caller import Caller
from emulator.exchange import Exchange
from models import MonitorMode
from simulation.browser import Browser
from simulation.habits import Habits, drawn

REASON = "现场调度"
MODES = [mode.value for mode in MonitorMode]
# What is lent comes back within the day.
LENT_MINUTES = 1


@dataclass(frozen=True)
class Scene:
    """What stands on the floor: talks and callers in line by their calls, seats, lines."""

    talks: list[int]
    waiting: list[int]
    seats: list[int]
    lines: list[int]


class Floor(Protocol):
    """What a lead needs around him."""

    exchange: Exchange
    application: str

    def scene(self) -> Scene: ...


@dataclass(eq=False)
class Lead:
    floor: Floor
    staff_id: int
    browser: Browser
    dice: Random
    habits: Habits
    at_work: bool = True
    phone: Caller = field(init=False)

    def __post_init__(self) -> None:
        self.phone = Caller(self.floor.exchange, f"client:lead_{self.staff_id}")

    def begins(self) -> None:
        self._later()

    def drops(self) -> None:
        """His browser loses its voice."""
        if self.phone.connected:
            self.phone.hangs_up()

    def goes_home(self) -> None:
        self.at_work = False
        self.drops()

    def acts(self) -> None:
        """He looks where he is, and does one thing."""
        shown = self.browser.gets("monitor")
        own, monitor = shown.get("own"), shown.get("monitor")
        if own is not None:
            self._with_a_citizen(int(own["call"]))
        elif monitor is not None:
            self._in_a_talk(monitor)
        else:
            self._at_his_desk()

    def _later(self) -> None:
        wait = drawn(self.dice, self.habits.leads_every_s)
        self.floor.exchange.timeline.after(wait, self._now)

    def _now(self) -> None:
        if self.at_work:
            self._later()
            self.acts()

    def _with_a_citizen(self, call: int) -> None:
        luck = self.dice.random()
        if luck < self.habits.drops:
            self.drops()
        elif luck < 0.4:
            self._asks("finish", call=call)

    def _in_a_talk(self, monitor: dict[str, Any]) -> None:
        if monitor["state"] == "asked":
            self._comes(monitor["id"])
            return
        self._one_of(
            lambda: self._asks("monitor", call=monitor["call"], mode=self.dice.choice(MODES)),
            lambda: self._asks("monitor/end", monitor=monitor["id"]),
            lambda: self._asks("take-over", call=monitor["call"]),
            lambda: self._listens(self.floor.scene()),
            self.drops,
        )

    def _at_his_desk(self) -> None:
        scene = self.floor.scene()
        self._one_of(
            lambda: self._listens(scene),
            lambda: self._listens(scene),
            lambda: self._moves(scene),
            lambda: self._prefers(scene),
            lambda: self._lends(scene),
            lambda: self._puts_away(scene),
            lambda: self._releases(scene),
        )

    def _listens(self, scene: Scene) -> None:
        if not scene.talks:
            return
        call, mode = self.dice.choice(scene.talks), self.dice.choice(MODES)
        shown = self._asks("monitor", call=call, mode=mode).get("monitor")
        if shown is not None:
            self._comes(shown["id"])

    def _comes(self, monitor: int) -> None:
        if self.phone.leg is None or not self.phone.leg.live:
            self.phone.connects(self.floor.application, monitor=str(monitor))

    def _moves(self, scene: Scene) -> None:
        if scene.waiting:
            call, line = self.dice.choice(scene.waiting), self.dice.choice(scene.lines)
            self._asks("move", call=call, line=line, reason=REASON)

    def _prefers(self, scene: Scene) -> None:
        if scene.waiting:
            self._asks("prefer", call=self.dice.choice(scene.waiting), reason=REASON)

    def _lends(self, scene: Scene) -> None:
        self._asks(
            "reskill",
            agent=self.dice.choice(scene.seats),
            line=self.dice.choice(scene.lines),
            level=self.dice.randint(0, 5),
            minutes=LENT_MINUTES,
            reason=REASON,
        )

    def _puts_away(self, scene: Scene) -> None:
        agent = self.dice.choice(scene.seats)
        self._asks("put", agent=agent, desired="break", reason=REASON)

    def _releases(self, scene: Scene) -> None:
        self._asks("release", agent=self.dice.choice(scene.seats), reason=REASON)

    def _asks(self, what: str, **body: object) -> dict[str, Any]:
        """Once: whoever hears no answer looks again, and sees what has become of it."""
        return self.browser.posts(what, body).said

    def _one_of(self, *acts: Callable[[], object]) -> None:
        self.dice.choice(acts)()
