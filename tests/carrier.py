"""A city for tests: the emulator's carrier coupled with the application, and a clock that ticks."""

from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass, field

from sqlalchemy import text

import followups.planning
import queues.relaying
import queues.sweeps
import telephony.attempts
import telephony.orders
import telephony.outbound
from emulator.caller import Caller
from emulator.legs import Leg
from infra import db
from models import Seat
from queues import presence
from simulation.coupling import Coupling

# How often a test looks whether what it waits for is so.
STEP = 0.25
# A second of a test is dear: a chore is left out where there is no row that it could be about.
UNDER_WAY = text("""
SELECT EXISTS (SELECT FROM carrier_order WHERE state = 'pending'),
       EXISTS (SELECT FROM call WHERE status = 'connecting')
       OR EXISTS (SELECT FROM consult WHERE state <> 'ended')
       OR EXISTS (SELECT FROM monitor WHERE state <> 'ended'),
       EXISTS (SELECT FROM dial WHERE state IN ('waiting', 'dialling')),
       EXISTS (SELECT FROM dial_attempt WHERE state <> 'ended')
""")


@dataclass
class City(Coupling):
    """A hotline with its carrier: telephones, browser phones, and a clock that ticks."""

    ticking: bool = True
    desks: dict[int, "Desk"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.timeline.after(1, self._tick)

    def citizen(self, number: str | None = None) -> Caller:
        return Caller(self.exchange, number) if number else Caller(self.exchange)

    def desk(self, seat: Seat) -> "Desk":
        """An agent's open desk: it keeps his lease and answers with its own browser phone."""
        db.commit()  # others must see the seat
        found = Desk(self, seat.staff_id, seat.identity)
        self.desks[seat.staff_id] = found
        found.renew()
        return found

    def pass_time(self, seconds: float) -> None:
        self.timeline.forward(seconds)

    def until(self, condition: Callable[[], bool], within: float = 30) -> None:
        """Let time pass until something is so; fail when it is not so in time."""
        for _ in range(int(within / STEP)):
            if condition():
                return
            self.timeline.forward(STEP)
        raise AssertionError(f"not so within {within} s")

    def _tick(self) -> None:
        self.timeline.after(1, self._tick)
        if self.down or not self.ticking:
            return
        for desk in self.desks.values():
            if desk.open:
                desk.renew()
        seconds = round(self.timeline.now.timestamp())
        Context().run(self._sweep, seconds)

    def _sweep(self, seconds: int) -> None:
        with self.app.app_context():
            queues.sweeps.tick()
            with db.transaction():
                orders, joining, dials, attempts = db.session.execute(UNDER_WAY).one()
            if orders:
                telephony.orders.carry_out_due()
            if joining:
                queues.sweeps.look_into_stuck(self.addresses)
            if dials:
                telephony.outbound.dial_due()
            if dials or attempts:
                telephony.attempts.settle_due()
            if seconds % 15 == 0:
                queues.sweeps.reconcile(self.addresses)
            if seconds % 60 == 0:
                followups.planning.run()
                telephony.outbound.lapse_due()
                queues.relaying.settle_lost()


@dataclass
class Desk:
    city: City
    staff_id: int
    identity: str
    open: bool = True
    phone: Caller = field(init=False)

    def __post_init__(self) -> None:
        self.phone = Caller(self.city.exchange, f"client:{self.identity}")

    def renew(self) -> None:
        self._as_agent(lambda seat: presence.renew(seat, f"desk-{self.staff_id}"))

    def accepts(self, offer_id: int) -> Leg:
        """Press "answer": the browser places its own leg and names the offer."""
        app_sid = self.city.app.config["SETTINGS"].twilio_app_sid
        return self.phone.connects(app_sid, offer=str(offer_id))

    def dials(self, outgoing_id: int) -> Leg:
        app_sid = self.city.app.config["SETTINGS"].twilio_app_sid
        return self.phone.connects(app_sid, dial=str(outgoing_id))

    def _as_agent(self, act: Callable[[Seat], object]) -> None:
        Context().run(self._in_transaction, act)

    def _in_transaction(self, act: Callable[[Seat], object]) -> None:
        with self.city.app.app_context(), db.transaction():
            db.serialise_routing()
            act(db.session.get_one(Seat, self.staff_id))
