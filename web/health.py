"""Is it alive, is it ready, how much is it doing."""

from collections.abc import Callable, Iterator, Mapping, Set

import structlog
from flask import Blueprint, Flask, Response, current_app, jsonify
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Metric,
    generate_latest,
    multiprocess,
)
from prometheus_client import REGISTRY as OWN
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.exceptions import RedisError
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from infra.bell import connection
from infra.clock import now
from infra.db import roll_back, session
from models import GENERAL, Line, Order, OrderState, Place
from web.access import public

bp = Blueprint("health", __name__)

log = structlog.get_logger(__name__)

# Of the lines that exist, which of those that callers are led to are not among them.
Unknown = Callable[[Set[str]], list[str]]
# What else calls do without for a while: each tells ``ok`` or what is wrong.
Others = Mapping[str, Callable[[], str]]


def init_app(app: Flask, unknown: Unknown, others: Others) -> None:
    app.extensions["unknown_lines"] = unknown
    app.extensions["dependencies"] = others
    app.register_blueprint(bp)


@bp.get("/healthz")
@public
def alive() -> str:
    return "ok"


@bp.get("/readyz")
@public
def ready() -> tuple[Response, int]:
    """Ready means the database answers and a caller can be led somewhere; without Redis calls go
    on and pages learn later, without one of the menu's lines the other keys still work."""
    known = {"database": _told(_database()), "redis": _told(_redis())}
    missing = _missing() if known["database"] == "ok" else [GENERAL]
    if missing and known["database"] == "ok":
        known["lines"] = "missing: " + ", ".join(missing)
    # No transaction waits for those who may be far away.
    roll_back()
    others: Others = current_app.extensions["dependencies"]
    known |= {name: ask() for name, ask in others.items()}
    up = GENERAL not in missing
    whole = all(told == "ok" for told in known.values())
    state = "ready" if whole else "degraded" if up else "unavailable"
    return jsonify(state=state, **known), 200 if up else 503


def missing_lines() -> list[str]:
    """The general line, when it does not exist, and those that only the menu knows."""
    known = set(session.scalars(select(Line.code)))
    unknown: Unknown = current_app.extensions["unknown_lines"]
    return [GENERAL] * (GENERAL not in known) + unknown(known)


def report_lines(app: Flask) -> None:
    """Say at the start what callers would hear an apology for; never stop the start for it."""
    with app.app_context():
        try:
            missing = missing_lines()
        except SQLAlchemyError as error:
            log.warning("the lines could not be checked", error=type(error).__name__)
        else:
            if missing:
                log.error("lines are missing: see import-city and ivr/menu.toml", lines=missing)


@bp.get("/metrics")
@public
def metrics() -> Response:
    rows = CollectorRegistry()
    rows.register(_Rows())
    lines = generate_latest(_registry()) + generate_latest(rows)
    return Response(lines, content_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    """With several web processes each writes its counts to a folder; they are added up here."""
    if not current_app.config["SETTINGS"].metrics_dir:
        return OWN
    together = CollectorRegistry()
    multiprocess.MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together


class _Rows(Collector):
    """Read from the rows when asked: numbers that no process has to keep up, or leaves behind."""

    def collect(self) -> Iterator[Metric]:
        waiting, oldest = session.execute(
            select(func.count(), func.min(Place.age_from)).where(Place.left_at.is_(None))
        ).one()
        orders = session.scalar(
            select(func.count()).select_from(Order).where(Order.state == OrderState.PENDING)
        )
        longest = (now() - oldest).total_seconds() if oldest else 0
        yield GaugeMetricFamily("callers_waiting", "Callers in the queue", waiting)
        yield GaugeMetricFamily("longest_wait_seconds", "Of those who wait now", longest)
        yield GaugeMetricFamily("carrier_orders_pending", "Not yet confirmed", orders or 0)


def _missing() -> list[str]:
    """A database without its tables has no lines either."""
    try:
        return missing_lines()
    except SQLAlchemyError:
        roll_back()
        return [GENERAL]


def _told(well: bool) -> str:
    return "ok" if well else "unreachable"


def _database() -> bool:
    try:
        session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        roll_back()
        return False
    return True


def _redis() -> bool:
    try:
        return bool(connection().ping())
    except RedisError:
        return False
