"""What can be seen of the hotline's rows from outside, on a connection that no trouble reaches."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from sqlalchemy import create_engine

from queues import each_second
from simulation.questions import DUE, FLOOR, LATELY, SEATS, STATE, TALKS


@dataclass(frozen=True)
class Due:
    """Which chores have something to do."""

    tick: bool
    orders: bool
    connecting: bool
    dialling: bool


@dataclass(frozen=True)
class Talk:
    """Who is to be in a conference, and heard by whom."""

    room: str
    status: str
    citizen: str
    held: bool
    agent: str | None
    others: list[str]
    # By their legs: how far they are, their modes, and whether the carrier is yet to obey.
    leads: dict[str, tuple[str, str, bool]]
    with_police: bool

    @property
    def legs(self) -> set[str]:
        return {self.citizen, self.agent or "", *self.others, *self.leads}


@dataclass(frozen=True)
class SeatSeen:
    staff_id: int
    desired: str
    activity: str
    offer: int | None
    call: int | None


class Eye:
    """Reads, and never writes."""

    def __init__(self, database_url: str) -> None:
        plain = database_url.replace("+psycopg", "")
        self._connection = psycopg.connect(plain, autocommit=True, row_factory=tuple_row)
        self._connection.execute("SET timezone TO 'UTC'")
        self._engine = create_engine(database_url, isolation_level="AUTOCOMMIT", pool_size=1)

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()

    def due(self, at: datetime) -> Due:
        """Of the pass by the very question that the clock asks."""
        with self._engine.connect() as connection:
            a_pass = any(connection.execute(each_second.ANYTHING, {"at": at}).one())
        return Due(a_pass, *self.rows(DUE, at=at)[0])

    def floor(self) -> tuple[list[int], list[int]]:
        """Calls that talk, and calls in line."""
        talks, waiting = self.rows(FLOOR)[0]
        return talks, waiting

    def talks(self) -> dict[str, Talk]:
        return {row[0]: Talk(*row) for row in self.rows(TALKS)}

    def seats(self) -> list[SeatSeen]:
        return [SeatSeen(*row) for row in self.rows(SEATS)]

    def state(self) -> str:
        newest = self.rows("SELECT coalesce(max(id), 0) FROM call")[0][0]
        return str(self.rows(STATE, call=newest - LATELY)[0][0])

    def rows(self, question: str, **given: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(question, given, prepare=True).fetchall()
