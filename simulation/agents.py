"""Agents made of chance, who do what people do: hesitate, miss, refuse, vanish."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from emulator.caller import Caller
from emulator.exchange import Exchange
from emulator.legs import Leg
from emulator.timeline import Timer
from models import Activity, Desired
from simulation.browser import Browser
from simulation.citizens import Citizen
from simulation.conduct import Conduct
from simulation.habits import Habits, drawn
from simulation.looks import SeatSeen

# In seconds.
TRIES_AGAIN = 2.0
TRIES = 4


class Office(Protocol):
    """What an agent needs around him."""

    exchange: Exchange
    application: str

    def citizen_in(self, leg: Leg) -> Citizen | None: ...


@dataclass(eq=False)
class Agent:
    """Somebody at a desk.  He knows what his stream tells him, and what he sees when he looks."""

    office: Office
    staff_id: int
    browser: Browser
    dice: Random
    habits: Habits
    open: bool = True
    phone: Caller = field(init=False)
    _offer: int = 0
    _call: int | None = None
    _conduct: Conduct | None = None
    _over: bool = False
    _end_of_talk: Timer | None = None
    _end_of_wrap_up: Timer | None = None
    _returning: bool = False

    def __post_init__(self) -> None:
        self.phone = Caller(self.office.exchange, f"client:agent_{self.staff_id}")

    def told(self, name: str, detail: dict[str, Any]) -> None:
        if not self.open:
            return
        match name:
            case "offered":
                self._rings(detail["offer"])
            case "call-talking":
                self._talks(detail["call"])
            case "call-ended":
                self._is_done()
            case "call-lost":
                self._has_lost(detail["call"])
            case "offer-ended" if detail["because"] == "consult_over":
                self._forget_talk()

    def looks(self, seat: SeatSeen) -> None:
        """A page tells by itself; but where its stream broke off he sees it now."""
        if not self.open:
            return
        if seat.offer is not None:
            self._rings(seat.offer)
        if seat.activity == Activity.TALKING and seat.call is not None:
            self._talks(seat.call)
            if self._over and self._conduct is not None:
                self._conduct.finishes()
        if seat.activity == Activity.IDLE:
            self._forget_talk()
        if seat.activity == Activity.WRAP_UP:
            self._is_done()
        if seat.desired == Desired.BREAK and not self._returning:
            self._returning = True
            self.after(self.dice.uniform(2, 20), self._is_ready)

    def takes_a_break(self) -> None:
        self.asks("choose", desired=Desired.BREAK.value, reason="rest")

    def does(self, way: str) -> None:
        """In his talk, if he has one (``simulation.conduct``)."""
        if self._conduct is not None:
            self._conduct.does(way)

    def sees(self, what: str) -> dict[str, Any]:
        return self.browser.gets(what) if self.open else {}

    def talks_in(self, call: int) -> bool:
        return self._call == call

    def _rings(self, offer: int) -> None:
        if offer == self._offer:
            return
        self._offer = offer
        luck, habits = self.dice.random(), self.habits
        for chance, act in (
            (habits.misses, None),
            (habits.rejects, lambda: self._declines(offer)),
            (habits.vanishes, self.vanishes),
            (1.0, lambda: self._accepts(offer)),
        ):
            if luck < chance:
                if act is not None:
                    self.after(drawn(self.dice, habits.reacts_s), act)
                return
            luck -= chance

    def _accepts(self, offer: int) -> None:
        busy = self.phone.leg is not None and self.phone.leg.live
        if self.open and not busy:
            self.phone.connects(self.office.application, offer=str(offer))

    def _declines(self, offer: int) -> None:
        self.asks("decline", offer=offer)

    def _talks(self, call: int) -> None:
        if call == self._call:
            return
        self._call, self._over, self._conduct = call, False, Conduct(self, call)
        length, luck = drawn(self.dice, self.habits.talk_s), self.dice.random()
        if luck < self.habits.drops:
            self.after(length * self.dice.random(), self.drops)
        elif luck < self.habits.drops + self.habits.vanishes:
            self.after(length * self.dice.random(), self.vanishes)
        if self.habits.cuts_off and self.dice.random() < self.habits.cuts_off:
            self.after(length * self.dice.random(), self._is_hung_up_on)
        self._conduct.begins(length)
        self._end_of_talk = self.after(length, lambda: self._ends(call))

    def _ends(self, call: int) -> None:
        if self._call != call or self._conduct is None:
            return
        self._over = True
        by_him = self.dice.random() < self.habits.citizen_ends
        if not by_him or not self._is_hung_up_on():
            self._conduct.finishes()

    def _is_hung_up_on(self) -> bool:
        """By whichever citizen he talks with at this moment; False where he talks with none."""
        leg = self.phone.leg
        citizen = self.office.citizen_in(leg) if leg is not None and leg.live else None
        if citizen is None:
            return False
        citizen.leaves()
        return True

    def _is_done(self) -> None:
        self._forget_talk()
        if self._end_of_wrap_up is None:
            length = drawn(self.dice, self.habits.wrap_up_s)
            self._end_of_wrap_up = self.after(length, self._has_wrapped)

    def _has_wrapped(self) -> None:
        self._end_of_wrap_up = None
        if self.dice.random() >= self.habits.lets_lapse:
            self.asks("wrapped")

    def _has_lost(self, call: int) -> None:
        self._is_done()
        if self.dice.random() < self.habits.takes_back:
            for seconds in (3.0, 6.0, 9.0):
                self.after(seconds, lambda: self.asks("take-back", call=call))

    def _forget_talk(self) -> None:
        self._call = self._conduct = None
        if self._end_of_talk is not None:
            self._end_of_talk.cancel()

    def drops(self) -> None:
        """His browser loses its voice; the desk stays."""
        if self.phone.connected:
            self.phone.hangs_up()

    def vanishes(self) -> None:
        """Desk and voice are gone at once, and come back later as another desk."""
        if not self.open:
            return
        self.open = False
        self._forget_talk()
        self.drops()
        self.after(self.dice.uniform(5, 90), self._comes_back)

    def _comes_back(self) -> None:
        self.browser.new_desk()
        self.open = True
        self.asks("open", take_over=True)
        self._is_ready()

    def _is_ready(self) -> None:
        self._returning = False
        self.asks("choose", desired=Desired.READY.value)

    def asks(self, what: str, **body: object) -> None:
        self._tries(TRIES, what, body)

    def _tries(self, times: int, what: str, body: dict[str, object]) -> None:
        if not self.open:
            return
        heard = self.browser.posts(what, body).heard
        if not heard and times > 1:
            self.after(TRIES_AGAIN, lambda: self._tries(times - 1, what, body))

    def after(self, seconds: float, act: Callable[[], object]) -> Timer:
        return self.office.exchange.timeline.after(seconds, act)
