"""Citizens and agents made of chance, who do what people do: hesitate, miss, refuse, vanish."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from emulator.caller import Caller
from emulator.exchange import Exchange
from emulator.legs import Leg
from emulator.timeline import Timer
from models import Activity, Desired
from simulation.browser import Browser
from simulation.habits import Habits, drawn
from simulation.looks import SeatSeen

# In seconds.
RATES_AFTER = 2.0
TRIES_AGAIN = 2.0
TRIES = 4
LOOKS_ROUND_AGAIN = 30.0
# Which keys of the menu are pressed; none is silence, which leads to a person, too.
KEYS = ("", "0", "1", "3", "8")
RATING = ("请对本次服务评价", "rate this service")
KEEP_MENU, TONE = "用来电号码接听回电请按1", "请在提示音后留言"
PROMISED = ("您的位置已经保留", "留言已经录下")
SPEAKS_FOR = 12.0


@dataclass(eq=False, kw_only=True)
class Citizen(Caller):
    """He presses a key or says nothing, waits as long as he is patient, and may hang up first."""

    dice: Random
    habits: Habits
    gone: "Callable[[Citizen], None]"
    # He is on this leg from now on, whoever rang whom.
    comes: "Callable[[Citizen, Leg], None]"
    # Legs on which he has hung up himself; whoever has not and is not served was dropped by us.
    left: set[str] = field(default_factory=set)
    # Legs on which he was told that he is rung back.
    promised: set[str] = field(default_factory=set)
    _asked: set[str] = field(default_factory=set)
    _number: str = ""

    def calls(self, number: str) -> Leg:
        self._number = number
        self.exchange.parties[self.number] = self
        leg = self.dials(number)
        self.comes(self, leg)
        after = self.exchange.timeline.after
        if self.habits.keeps and self.dice.random() < self.habits.keeps:
            after(self.dice.uniform(20, 60), lambda: self._press("*"))
        if self.dice.random() < self.habits.leaves_in_menu:
            after(self.dice.uniform(0, 10), self.leaves)
        elif key := self.dice.choice(KEYS):
            after(self.dice.uniform(1, 15), lambda: self._press(key))
        if self.habits.patience_s is not None:
            after(drawn(self.dice, self.habits.patience_s), self._tires)
        return leg

    @property
    def on_the_line(self) -> bool:
        return self.leg is not None and self.leg.live

    @property
    def talks(self) -> bool:
        room = self.leg.room if self.leg else None
        return room is not None and room.status == "in-progress"

    def leaves(self) -> None:
        if self.leg is not None and self.on_the_line:
            self.left.add(self.leg.sid)
            self.hangs_up()

    def hear(self, leg: Leg, words: str, kind: str) -> None:
        after = self.exchange.timeline.after
        if any(one in words for one in PROMISED):
            self.promised.add(leg.sid)
        elif KEEP_MENU in words:
            key = "3" if self.dice.random() < self.habits.speaks else "1"
            after(self.dice.uniform(1, 9), lambda: self._press(key))
        elif TONE in words:
            after(SPEAKS_FOR / 2, self._speaks)
            after(SPEAKS_FOR, lambda: self._press("#"))
        if leg.sid in self._asked or not any(one in words for one in RATING):
            return
        self._asked.add(leg.sid)
        act = (lambda: self._press("5")) if self.dice.random() < 0.5 else self.leaves
        after(RATES_AFTER, act)

    def ring(self, leg: Leg) -> None:
        """The hotline rings him back."""
        self.rung.append(leg)
        self.comes(self, leg)
        if self.on_the_line:
            leg.end("busy")
        elif self.dice.random() < self.habits.picks_up:
            self.exchange.timeline.after(self.dice.uniform(1, 12), lambda: self._picks_up(leg))

    def is_on(self, sid: str) -> bool:
        return self.leg is not None and self.leg.sid == sid and self.leg.live

    def was_rung(self, sid: str) -> bool:
        return any(one.sid == sid for one in self.rung)

    def ended(self, leg: Leg) -> None:
        if self.leg is not leg:
            return
        if not self.promised:
            self.exchange.parties.pop(self.number, None)
        self.gone(self)

    def _picks_up(self, leg: Leg) -> None:
        if leg.live and not self.on_the_line:
            self.leg = leg
            leg.answer()

    def _speaks(self) -> None:
        if self.on_the_line and not self.talks:
            self.says("请派人来看")

    def _press(self, key: str) -> None:
        if self.leg is not None and self.leg.live and self.leg.room is None:
            self.presses(key)

    def _tires(self) -> None:
        if self.talks:
            self.exchange.timeline.after(LOOKS_ROUND_AGAIN, self._tires)
        elif self.on_the_line:
            self.leaves()
            if self.habits.redials and self.dice.random() < self.habits.redials:
                self.exchange.timeline.after(self.dice.uniform(5, 100), self._redials)

    def _redials(self) -> None:
        if not self.on_the_line and not self.promised:
            self.calls(self._number)


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
    _over: bool = False
    _end_of_talk: Timer | None = None
    _end_of_wrap_up: Timer | None = None
    _returning: bool = False

    def __post_init__(self) -> None:
        self.phone = Caller(self.office.exchange, f"client:agent_{self.staff_id}")

    def told(self, name: str, detail: dict[str, int]) -> None:
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

    def looks(self, seat: SeatSeen) -> None:
        """A page tells by itself; but where its stream broke off he sees it now."""
        if not self.open:
            return
        if seat.offer is not None:
            self._rings(seat.offer)
        if seat.activity == Activity.TALKING and seat.call is not None:
            self._talks(seat.call)
            if self._over:
                self._asks("finish", call=seat.call)
        if seat.activity == Activity.WRAP_UP:
            self._is_done()
        if seat.desired == Desired.BREAK and not self._returning:
            self._returning = True
            self._after(self.dice.uniform(2, 20), self._is_ready)

    def takes_a_break(self) -> None:
        self._asks("choose", desired=Desired.BREAK.value, reason="rest")

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
                    self._after(drawn(self.dice, habits.reacts_s), act)
                return
            luck -= chance

    def _accepts(self, offer: int) -> None:
        busy = self.phone.leg is not None and self.phone.leg.live
        if self.open and not busy:
            self.phone.connects(self.office.application, offer=str(offer))

    def _declines(self, offer: int) -> None:
        self._asks("decline", offer=offer)

    def _talks(self, call: int) -> None:
        if call == self._call:
            return
        self._call, self._over = call, False
        length, luck = drawn(self.dice, self.habits.talk_s), self.dice.random()
        if luck < self.habits.drops:
            self._after(length * self.dice.random(), self.drops)
        elif luck < self.habits.drops + self.habits.vanishes:
            self._after(length * self.dice.random(), self.vanishes)
        self._end_of_talk = self._after(length, lambda: self._ends(call))

    def _ends(self, call: int) -> None:
        if self._call != call:
            return
        self._over = True
        leg = self.phone.leg
        citizen = self.office.citizen_in(leg) if leg is not None and leg.live else None
        if citizen is not None and self.dice.random() < self.habits.citizen_ends:
            citizen.leaves()
        else:
            self._asks("finish", call=call)

    def _is_done(self) -> None:
        self._forget_talk()
        if self._end_of_wrap_up is None:
            length = drawn(self.dice, self.habits.wrap_up_s)
            self._end_of_wrap_up = self._after(length, self._has_wrapped)

    def _has_wrapped(self) -> None:
        self._end_of_wrap_up = None
        if self.dice.random() >= self.habits.lets_lapse:
            self._asks("wrapped")

    def _has_lost(self, call: int) -> None:
        self._is_done()
        if self.dice.random() < self.habits.takes_back:
            for seconds in (3.0, 6.0, 9.0):
                self._after(seconds, lambda: self._asks("take-back", call=call))

    def _forget_talk(self) -> None:
        self._call = None
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
        self._after(self.dice.uniform(5, 90), self._comes_back)

    def _comes_back(self) -> None:
        self.browser.new_desk()
        self.open = True
        self._asks("open", take_over=True)
        self._is_ready()

    def _is_ready(self) -> None:
        self._returning = False
        self._asks("choose", desired=Desired.READY.value)

    def _asks(self, what: str, tries: int = TRIES, **body: object) -> None:
        if not self.open:
            return
        heard = self.browser.posts(what, body)
        if not heard and tries > 1:
            self._after(TRIES_AGAIN, lambda: self._asks(what, tries - 1, **body))

    def _after(self, seconds: float, act: Callable[[], object]) -> Timer:
        return self.office.exchange.timeline.after(seconds, act)
