"""The routing pass: 1,500 callers wait, 800 seats are signed on, 1, 20 or 800 of them are ready."""

import gc
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Connection, Engine, event, select, text, update

from app import create_app
from benchmarks.figures import Report, percentile
from infra.clock import now
from infra.db import roll_back, serialise_routing, session, transaction
from infra.embedded import postgres, redis
from models import (
    Activity,
    Base,
    Call,
    CallStatus,
    Desired,
    Line,
    Place,
    Role,
    Seat,
    Skill,
    StaffMember,
)
from queues import routing
from seeds import plant
from tests import services

CALLERS, SEATS = 1500, 800
READY = (1, 20, 800)
PASSES = 300
# A process that has just begun compiles its statements once.
WARM_UP = 5
Statement = tuple[str, Any]


def run(report: Report) -> None:
    with _hotline() as app, app.app_context():
        _people()
        for ready in READY:
            passes, bare = _measure(app.extensions["engine"], ready)
            for share, name in ((0.5, "p50"), (0.99, "p99")):
                report.say(
                    f"pass_{name}_s@{ready}",
                    percentile(passes, share),
                    "s",
                    reference=percentile(bare, share),
                    at_most=0.010 if (ready, name) == (1, "p99") else None,
                    ratio_at_most=3.0 if name == "p50" else None,
                )


def _measure(engine: Engine, ready: int) -> tuple[list[float], list[float]]:
    """Passes as the application makes them, and their very statements sent bare."""
    with transaction():
        session.execute(update(Seat).values(desired=Desired.BREAK))
        ours = select(Seat.staff_id).where(Seat.number.startswith("b"))
        chosen = ours.order_by(Seat.staff_id).limit(ready)
        session.execute(update(Seat).where(Seat.staff_id.in_(chosen)).values(desired=Desired.READY))
    # As in the processes that route.
    gc.collect()
    gc.freeze()
    passes, bare = [], []
    for number in range(-WARM_UP, PASSES):
        began = time.perf_counter()
        with _captured(engine) as statements:
            serialise_routing()
            routing.run()
            session.flush()
        taken = time.perf_counter() - began
        roll_back()
        session.remove()
        with engine.connect() as connection:
            replayed = _replay(connection, statements)
            connection.rollback()
        if number >= 0:
            passes.append(taken)
            bare.append(replayed)
    return passes, bare


@contextmanager
def _captured(engine: Engine) -> Iterator[list[Statement]]:
    """What is sent to the driver meanwhile, with its parameters."""
    seen: list[Statement] = []

    def note(_c: object, _cursor: object, sql: str, given: Any, _x: object, _many: bool) -> None:
        seen.append((sql, given))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _replay(connection: Connection, statements: list[Statement]) -> float:
    raw = connection.connection.cursor()
    began = time.perf_counter()
    for sql, given in statements:
        if isinstance(given, list):
            raw.executemany(sql, given)
            continue
        raw.execute(sql, given)
        if raw.description is not None:
            raw.fetchall()
    return time.perf_counter() - began


@contextmanager
def _hotline() -> Iterator[Flask]:
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with postgres.running(folder / "postgres") as database, redis.running(folder) as bell:
            app = create_app(services.settings(database, bell, folder))
            Base.metadata.create_all(app.extensions["engine"])
            yield app
            app.extensions["engine"].dispose()


def _people() -> None:
    """Seats skilled for two or three of nine lines; callers spread over all of them."""
    at = now()
    with transaction():
        plant.plant()
        lines = list(session.scalars(select(Line).order_by(Line.rank)))
        staff = [
            StaffMember(
                login=f"bench{n}", name="-", password_hash="-", roles=[Role.AGENT], created_at=at
            )
            for n in range(SEATS)
        ]
        session.add_all(staff)
        session.flush()
        for n, member in enumerate(staff):
            session.add(
                Seat(
                    staff_id=member.id,
                    number=f"b{n}",
                    activity=Activity.IDLE,
                    desired_since=at,
                    activity_since=at,
                    idle_since=at - timedelta(seconds=n),
                    lease_until=at + timedelta(hours=1),
                )
            )
            for step in range(2 + n % 2):
                line = lines[(n + step) % len(lines)]
                session.add(Skill(staff_id=member.id, line_id=line.id, level=1 + n % 5))
        calls = [
            Call(
                sid=f"CA{n}",
                number_masked="-",
                started_at=at,
                status=CallStatus.WAITING,
                line_id=lines[n % len(lines)].id,
            )
            for n in range(CALLERS)
        ]
        session.add_all(calls)
        session.flush()
        for n, call in enumerate(calls):
            since = at - timedelta(seconds=n % 60)
            session.add(
                Place(
                    call_id=call.id,
                    line_id=call.line_id,
                    entered_at=since,
                    age_from=since,
                    heard_at=since,
                    last_heard_at=at,
                )
            )
    with transaction():
        # The demo city's own seats stay out of it.
        session.execute(update(Seat).where(~Seat.number.startswith("b")).values(lease_until=None))
    with transaction():
        session.execute(text("ANALYZE"))
