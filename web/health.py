"""Is it alive, is it ready, how much is it doing."""

from flask import Blueprint, Response, current_app, jsonify
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Gauge,
    generate_latest,
    multiprocess,
)
from prometheus_client import REGISTRY as OWN
from redis.exceptions import RedisError
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from infra.bell import connection
from infra.clock import now
from infra.db import roll_back, session
from models import Order, OrderState, Place
from web.access import public

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def alive() -> str:
    return "ok"


@bp.get("/readyz")
@public
def ready() -> tuple[Response, int]:
    """Ready means the database answers; without Redis calls go on and pages learn later."""
    known = {"database": _database(), "redis": _redis()}
    state = "ready" if all(known.values()) else "degraded" if known["database"] else "unavailable"
    body = {name: "ok" if well else "unreachable" for name, well in known.items()}
    return jsonify(state=state, **body), 200 if known["database"] else 503


@bp.get("/metrics")
@public
def metrics() -> Response:
    lines = generate_latest(_registry()) + generate_latest(_waiting())
    return Response(lines, content_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    """With several web processes each writes its counts to a folder; they are added up here."""
    if not current_app.config["SETTINGS"].metrics_dir:
        return OWN
    together = CollectorRegistry()
    multiprocess.MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together


def _waiting() -> CollectorRegistry:
    """Read from the rows when asked: a number that no process has to keep up."""
    fresh = CollectorRegistry()
    waiting, oldest = session.execute(
        select(func.count(), func.min(Place.age_from)).where(Place.left_at.is_(None))
    ).one()
    orders = session.scalar(
        select(func.count()).select_from(Order).where(Order.state == OrderState.PENDING)
    )
    longest = (now() - oldest).total_seconds() if oldest else 0
    Gauge("callers_waiting", "Callers in the queue", registry=fresh).set(waiting)
    Gauge("longest_wait_seconds", "Of those who wait now", registry=fresh).set(longest)
    Gauge("carrier_orders_pending", "Not yet confirmed", registry=fresh).set(orders or 0)
    return fresh


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
