"""What goes wrong on the way between carrier and hotline, and inside of the hotline itself.

The carrier's part is lost, doubled, late and failing requests; ours is a process that is killed
between two statements or around a commit, a database that hangs up, and a Redis that is away."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from emulator.faults import Faults
from infra import db
from infra.bell import Bell
from simulation.coupling import Killed

REST_KINDS = ("429", "500", "timeout", "unanswered", "broken")
# In seconds.
LONGEST_DELAY = 60.0
SECOND_COPY = 5.0
REDIS_AWAY = 10.0


@dataclass(frozen=True)
class Climate:
    """Chances between 0 and 1: of each report, document, REST request, statement, commit."""

    lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    document_lost: float = 0.0
    document_late: float = 0.0
    rest: float = 0.0
    killed: float = 0.0
    killed_at_commit: float = 0.0
    cut: float = 0.0
    # Of a webhook that it comes once more at once, and what it changes is looked at.
    redelivered: float = 0.0
    # Of each minute, that Redis forgets everything and is away for some seconds.
    redis_away: float = 0.0


CALM = Climate()
STORM = Climate(
    lost=0.03,
    doubled=0.05,
    late=0.05,
    document_lost=0.005,
    document_late=0.005,
    rest=0.04,
    killed=0.0003,
    killed_at_commit=0.001,
    cut=0.0003,
    redelivered=0.01,
    redis_away=0.05,
)


@dataclass
class Weather(Faults):
    """The emulator's faults, each dealt anew: late is anything up to a minute, REST fails in any
    of its ways, also with the order carried out all the same."""

    climate: Climate = CALM
    dice: Random = field(default_factory=Random)
    # The address of the fallback, which has its own machine.
    spared: str = "fallback"

    def webhook(self, url: str) -> list[float]:
        if self.dice.random() < self.climate.lost:
            return []
        delay = self._delay(self.climate.late)
        if self.dice.random() < self.climate.doubled:
            return [delay, delay + self.dice.uniform(0, SECOND_COPY)]
        return [delay]

    def document(self, url: str) -> float | None:
        # Where both are away nobody could do anything for the caller.
        if url.startswith(self.spared):
            return 0.0
        if self.dice.random() < self.climate.document_lost:
            return None
        return self._delay(self.climate.document_late)

    def rest_fails(self) -> str | None:
        failing = self.dice.random() < self.climate.rest
        return self.dice.choice(REST_KINDS) if failing else None

    def _delay(self, chance: float) -> float:
        return self.dice.uniform(0, LONGEST_DELAY) if self.dice.random() < chance else 0.0


class Trouble:
    """Kills a process at a statement or around a commit, and cuts connections; only while code of
    the hotline is at work, never while it is looked at."""

    def __init__(self, engine: Engine, climate: Climate, dice: Random) -> None:
        self._engine, self.climate, self._dice = engine, climate, dice
        self._deep = 0
        # Committed, and dead before anything else: neither an effect nor the answer gets out.
        self._doomed = False
        self.kills = self.cuts = 0
        # So many statements from now, whatever the climate.
        self.kill_after: int | None = None
        self.cut_after: int | None = None
        event.listen(engine, "before_cursor_execute", self._at_statement)
        event.listen(engine, "commit", self._before_commit)
        event.listen(db.session.session_factory, "after_commit", self._after_commit)

    def end(self) -> None:
        event.remove(self._engine, "before_cursor_execute", self._at_statement)
        event.remove(self._engine, "commit", self._before_commit)
        event.remove(db.session.session_factory, "after_commit", self._after_commit)

    @contextmanager
    def near(self) -> Iterator[None]:
        self._deep += 1
        try:
            yield
            self.perhaps_die()
        finally:
            self._deep -= 1
            self._doomed = False

    def perhaps_die(self) -> None:
        if self._doomed:
            raise Killed

    def _at_statement(self, connection: Connection, *_of_it: Any) -> None:
        if not self._deep:
            return
        self.perhaps_die()
        self.cut_after, cut = _counted(self.cut_after)
        if cut or self._dice.random() < self.climate.cut:
            self.cuts += 1
            driver = connection.connection.driver_connection
            if driver is not None:
                driver.close()
        self.kill_after, kill = _counted(self.kill_after)
        self._perhaps_kill(1.0 if kill else self.climate.killed)

    def _before_commit(self, connection: Connection) -> None:
        try:
            self._perhaps_kill(self.climate.killed_at_commit)
        except Killed:
            # Its connection dies with a process.  This one goes on, and whoever has it next would
            # see what nobody has committed.
            driver = connection.connection.driver_connection
            if driver is not None:
                driver.rollback()
            raise

    def _after_commit(self, _session: Session) -> None:
        # A session that is told so in here could not even be left.
        if self._deep and self._dice.random() < self.climate.killed_at_commit:
            self.kills += 1
            self._doomed = True

    def _perhaps_kill(self, chance: float) -> None:
        if self._deep and self._dice.random() < chance:
            self.kills += 1
            raise Killed


def _counted(left: int | None) -> tuple[int | None, bool]:
    """One less; true at the end of a count."""
    if left is None:
        return None, False
    return (None, True) if left <= 0 else (left - 1, False)


class HeardBell(Bell):
    """The real bell, which the simulated desks hear, too; while Redis is away nobody does."""

    def __init__(self, redis: Redis, trouble: Trouble) -> None:
        super().__init__(redis)
        self._trouble = trouble
        self.away = False
        self.on_ring: Any = lambda _topic, _message: None

    def publish(self, topic: str, message: str) -> None:
        super().publish(topic, message)
        self.on_ring(topic, message)

    def ring(self, rope: Any) -> None:
        self._trouble.perhaps_die()
        if self.away:
            raise RedisConnectionError("Redis is away")
        # Without the breaker, which counts real seconds, of which none passes here.
        rope(self.redis)
