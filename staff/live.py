"""Live events for the signed-in member of staff, as a stream that pings every few seconds."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

import structlog
from flask import Blueprint, Response, abort, current_app, request, stream_with_context
from flask_login import current_user
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from infra.db import session
from infra.events import listen
from models import Role, StaffMember
from staff.access import current_staff, requires
from staff.parting import ACCESS_CHANGED
from web.languages import _

bp = Blueprint("live", __name__)
log = structlog.get_logger(__name__)

# Proves that a desk is open; answers whether something rings there.
Renewal = Callable[[int, str], bool]
ANYBODY = tuple(Role)


@dataclass(frozen=True)
class Badge:
    """With whom a stream began, and what he might do then."""

    staff_id: int
    epoch: int
    roles: frozenset[str]

    @classmethod
    def of(cls, staff: StaffMember) -> "Badge":
        return cls(staff.id, staff.session_epoch, frozenset(staff.roles))

    def still_holds(self) -> bool:
        """A stream outlives the request that let it in: disabling, a reset or other roles end it,
        and the browser asks again.  A database that is away ends no stream."""
        try:
            staff = session.get(StaffMember, self.staff_id)
            return staff is not None and staff.is_active and Badge.of(staff) == self
        except SQLAlchemyError:
            return True
        finally:
            session.remove()


@bp.get("/live")
@requires(*ANYBODY)
def live() -> Response:
    """What concerns this member of staff: his desk, the floor if he leads it, his unit."""
    staff_id: int = current_user.id
    topics = [f"agent:{staff_id}"]
    if current_user.may(Role.AGENT):
        topics.append("danger")
    if current_user.may(Role.AGENT, Role.LEAD):
        topics += ["missed", "callbacks"]
    if current_user.may(Role.LEAD, Role.ADMIN):
        topics.append("floor")
    if current_user.may(Role.UNIT) and current_user.unit_id is not None:
        topics.append(f"unit:{current_user.unit_id}")
    desk = _desk()
    badge = Badge.of(current_staff())
    # A stream lives for hours and must hold neither a transaction nor a connection.
    session.remove()
    response = Response(
        stream_with_context(_events(topics, badge, desk)), mimetype="text/event-stream"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    response.headers["Access-Control-Allow-Origin"] = current_app.config["SETTINGS"].public_url
    response.headers["Access-Control-Allow-Credentials"] = "true"
    return response


def _events(topics: list[str], badge: Badge, desk: str | None) -> Iterator[str]:
    staff_id = badge.staff_id
    try:
        for event in listen(*topics):
            if event is None:
                if not badge.still_holds():
                    return
                yield from _ping(staff_id, desk)
            elif event["name"] == ACCESS_CHANGED:
                if not badge.still_holds():
                    return
            else:
                yield f"event: {event['name']}\ndata: {json.dumps(event['detail'])}\n\n"
    except RedisError as error:
        # Redis only rings: the desk stays present.  The browser connects again by itself, and each
        # time asks for what it missed.
        yield from _ping(staff_id, desk)
        log.info("a live stream ends: Redis is away", error=str(error))


def _ping(staff_id: int, desk: str | None) -> Iterator[str]:
    """Says that the stream lives, and, where the bell was not heard, that something rings."""
    rings = _renew(staff_id, desk)
    yield "event: ping\ndata: {}\n\n"
    if rings:
        yield "event: offered\ndata: {}\n\n"


def _renew(staff_id: int, desk: str | None) -> bool:
    """The stream's ping proves that the desk is open, also in a tab whose timers are asleep."""
    renewals: list[Renewal] = current_app.extensions.get("live_renewals", [])
    rings = False
    for renew in renewals if desk else []:
        try:
            rings = renew(staff_id, desk or "") or rings
        except Exception:
            log.exception("a desk was not renewed", staff=staff_id)
    return rings


def _desk() -> str | None:
    given = request.args.get("desk")
    if not given:
        return None
    try:
        return str(UUID(given))
    except ValueError:
        abort(400, _("desk 应为页面编号"))
