"""What a desk's requests say: whose seat it is, in which tab, about what."""

from typing import Any
from uuid import UUID

from flask import abort, request

from models import Seat
from queues import presence
from staff.access import current_staff
from web.languages import _


def own_seat() -> Seat:
    return presence.seat_of(current_staff())


def body() -> dict[str, Any]:
    """What the desk sent; it sends words, numbers and yes or no, never lists."""
    given = request.get_json(silent=True)
    plain = (str, int, type(None))
    sent = given if isinstance(given, dict) else {}
    return {name: value for name, value in sent.items() if isinstance(value, plain)}


def number(name: str) -> int:
    value = body().get(name)
    if not isinstance(value, int):
        abort(422, _("缺少 %(name)s", name=name))
    return value


def desk() -> str:
    """The tab that asks."""
    try:
        return str(UUID(str(body().get("desk", ""))))
    except ValueError:
        abort(422, _("缺少页面编号"))
