"""What a lead's page sends: about whom, what, and why."""

from datetime import timedelta
from typing import Any

from flask import abort, request

from infra.db import session
from models import LONGEST_REASON, Line
from web.asked import LARGEST_ID
from web.languages import _

LONGEST = timedelta(hours=24)


def body() -> dict[str, Any]:
    """Words, numbers and yes or no, never lists."""
    given = request.get_json(silent=True)
    plain = (str, int, float, type(None))
    sent = given if isinstance(given, dict) else {}
    return {name: value for name, value in sent.items() if isinstance(value, plain)}


def number(name: str) -> int:
    value = body().get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_ID:
        abort(422, _("缺少 %(name)s", name=name))
    return value


def text(name: str) -> str:
    """What the database can hold of it."""
    return str(body().get(name) or "").replace("\0", "").strip()


def reason() -> str:
    """Whoever steers others says why: it stands in the audit log, and where they see it."""
    given = text("reason")
    if not given:
        abort(422, _("请写明原因"))
    if len(given) > LONGEST_REASON:
        abort(422, _("原因最多 %(most)s 个字", most=LONGEST_REASON))
    return given


def line() -> Line:
    found = session.get(Line, number("line"))
    if found is None:
        abort(404, _("没有这条专席"))
    return found


def minutes() -> timedelta:
    """How long it shall last: from a minute to a day."""
    lasts = timedelta(minutes=number("minutes"))
    if not timedelta(minutes=1) <= lasts <= LONGEST:
        abort(422, _("时长应为 1 分钟至 24 小时"))
    return lasts
