"""One engine, one session per request or job, and one rule: nobody else commits.

A request and a job each own one transaction.  Effects that must not outrun the data
(jobs, live events, orders to the carrier) are registered with ``on_commit``.
"""

import os
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, TypeVar

import structlog
from flask import Flask, Response
from flask.globals import app_ctx
from prometheus_client import Counter
from psycopg import Connection
from psycopg.errors import IdleInTransactionSessionTimeout
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from infra import keepalive

R = TypeVar("R")

log = structlog.get_logger(__name__)


def _scope() -> int:
    return id(app_ctx._get_current_object())  # type: ignore[attr-defined]


# One session per application context: a request, a job, a sweep; never shared by two of them.
session: scoped_session[Session] = scoped_session(sessionmaker(), scopefunc=_scope)

effects_failed = Counter("effects_failed_total", "Effects after commit that raised", ["effect"])

# Seconds that a connection may rest in the pool and be taken for alive.
TRUSTED_FOR = 1.0

# Routing is serialised by one lock, so that no two passes offer the same caller or agent.
ROUTING_LOCK = 12345

# PostgreSQL: deadlock detected, lock not available in time.
WORTH_A_RETRY = {"40P01", "55P03"}

# Statements that a connection remembers as planned.
KEPT_PREPARED = 400

# Seconds.  Whoever fails by them answers before the carrier's patience with a webhook is over.
CONNECT_WITHIN = 3
LOCK_WITHIN = 2

CONNECTION_OPTIONS = (
    f"-c timezone=UTC -c lock_timeout={LOCK_WITHIN}s -c idle_in_transaction_session_timeout=5000"
    f" -c statement_timeout=15000 {keepalive.POSTGRES_SERVER}"
)


def make_engine(url: str, pool_size: int = 10) -> Engine:
    """An engine whose transactions are READ COMMITTED and never wait for ever."""
    engine = create_engine(
        url,
        # An error's text is logged: what citizens said and their numbers must not be in it.
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=10,
        connect_args={
            "options": CONNECTION_OPTIONS,
            "connect_timeout": CONNECT_WITHIN,
            **keepalive.POSTGRES_CLIENT,
        },
    )
    _ask_after_rest(engine)
    _keep_prepared(engine)
    _tell_cut_off(engine)
    return engine


def _tell_cut_off(engine: Engine) -> None:
    """Who thought too long within a transaction has lost his connection, though the driver calls
    it an internal error: doors that repeat or answer "busy" must see the loss."""

    @event.listens_for(engine, "handle_error")
    def tell(context: ExceptionContext) -> OperationalError | None:
        error = context.original_exception
        if not isinstance(error, IdleInTransactionSessionTimeout):
            return None
        context.is_disconnect = True
        # Only this one is lost: the others, and what they have prepared, are sound.
        context.invalidate_pool_on_disconnect = False
        return OperationalError(context.statement, None, error, connection_invalidated=True)


def _keep_prepared(engine: Engine) -> None:
    """The driver keeps a hundred, fewer than we have: it would prepare them again and again."""

    @event.listens_for(engine, "connect")
    def keep(connection: Connection[Any], _record: ConnectionPoolEntry) -> None:
        connection.prepared_max = KEPT_PREPARED


def _ask_after_rest(engine: Engine) -> None:
    """A connection that has rested may have died meanwhile: it is asked first, and replaced.

    In a busy hour none rests, and none of the many short transactions pays for the question."""

    @event.listens_for(engine, "checkin")
    def note_rest(_connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: DBAPIConnection, record: ConnectionPoolEntry, _lent: object) -> None:
        since = record.info.get("rests_since")
        if since is None or monotonic() - since < TRUSTED_FOR:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error


def init_app(app: Flask, engine: Engine) -> None:
    app.extensions["engine"] = engine
    session.session_factory.configure(bind=engine)
    # A pooled connection must never be shared by two processes: RQ and gunicorn both fork.
    os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))
    app.after_request(_finish_request)
    app.teardown_appcontext(_leave)


def on_commit(effect: Callable[[], object], *, once: Hashable = None) -> None:
    """Run ``effect`` once the current transaction is safely in the database.

    Of several effects with the same ``once`` the first is run."""
    effects: dict[Hashable, Callable[[], object]] = session.info.setdefault("on_commit", {})
    effects.setdefault(object() if once is None else once, effect)


def commit() -> None:
    """Commit, then run every effect; one that fails is counted and never stops the next."""
    session.commit()
    for effect in session.info.pop("on_commit", {}).values():
        try:
            effect()
        except Exception as error:
            name = getattr(effect, "__qualname__", type(effect).__name__)
            effects_failed.labels(name).inc()
            log.error("effect after commit failed", effect=name, error=repr(error))


def roll_back() -> None:
    session.info.pop("on_commit", None)
    session.rollback()


@contextmanager
def transaction() -> Iterator[None]:
    """The boundary of a job: commits at the end, rolls back and forgets the effects on error."""
    try:
        yield
        commit()
    except BaseException:
        roll_back()
        raise


@contextmanager
def savepoint() -> Iterator[None]:
    """A part of the transaction that may fail alone: its rows and its effects are undone."""
    effects = dict(session.info.get("on_commit", {}))
    try:
        with session.begin_nested():
            yield
    except BaseException:
        session.info["on_commit"] = effects
        raise


def once_more(act: Callable[[], R]) -> R:
    """One repeat, after a deadlock or on a connection that had died: it can be through by now."""
    try:
        return act()
    except OperationalError as error:
        code = getattr(error.orig, "sqlstate", None)
        if code not in WORTH_A_RETRY and not error.connection_invalidated:
            raise
        roll_back()
        return act()


def serialise_routing() -> None:
    """Take the routing lock.  It must be the first statement of its transaction: taken after a
    write it deadlocks, taken in one statement with a read it sees rows as they were before."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ROUTING_LOCK})


def _finish_request(response: Response) -> Response:
    if response.status_code < 400:
        commit()
    else:
        roll_back()
    return response


def _leave(_error: BaseException | None) -> None:
    session.info.pop("on_commit", None)
    session.remove()
