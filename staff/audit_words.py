"""Entries of the audit log in words: what was changed, and where the thing it is about lies."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import current_app, url_for
from sqlalchemy import select

from infra.db import session
from models import AuditEntry, Line, Role, StaffMember
from staff import audit
from web.languages import _, _l, named

ROLES = {
    Role.AGENT: _l("座席"),
    Role.LEAD: _l("班长"),
    Role.QA: _l("质检"),
    Role.DISPATCHER: _l("派单员"),
    Role.UNIT: _l("成员单位"),
    Role.ADMIN: _l("管理员"),
}
TONGUES = {"zh": _l("普通话"), "en": _l("英语")}
# The page of each kind of thing, and by what it is named there.
PAGES = {
    "call": ("replay.replay", "call_id"),
    "ticket": ("tickets.show", "number"),
    "draft": ("drafts.edit", "ticket_id"),
    "article": ("assist.article", "article_id"),
    "staff": ("admin.person", "staff_id"),
    "line": ("lines.show", "code"),
}


@dataclass(frozen=True)
class Said:
    """A piece of what an entry tells, perhaps with where to look."""

    words: str
    link: str | None = None


def of(entries: list[AuditEntry], reader: StaffMember) -> dict[int, list[Said]]:
    """What each entry tells beside its subject, by its id; links lead only where one may go."""
    lines = {str(line.id): named(line) for line in session.scalars(select(Line))}
    return {
        one.id: [_said(one.action, *pair, lines, reader) for pair in one.detail.items()]
        for one in entries
    }


def address_of(kind: str, name: object, reader: StaffMember) -> str:
    """The thing's own page, or all that the log knows of it for whoever may not open that."""
    endpoint, argument = PAGES.get(kind, ("", ""))
    view = current_app.view_functions.get(endpoint)
    if view is not None and reader.may(*getattr(view, "access", "").split()):
        return url_for(endpoint, **{argument: str(name)})  # type: ignore[arg-type]
    return url_for("audit_log.page") + "?" + urlencode({"subject": kind, "id": name})


def _said(action: str, key: str, value: Any, lines: dict[str, str], reader: StaffMember) -> Said:
    if key in audit.SUBJECTS and key != "number":
        return Said(f"{audit.SUBJECTS[key]} {value}", address_of(key, value, reader))
    tell = VALUES.get(action, _plain)
    return Said(KEYS.get(key, "{}").format(tell(value, lines)))


# Lazy sentences with a place for the value.
KEYS: dict[str, Any] = {
    "was": _l("原为 {}"),
    "now": _l("改为 {}"),
    "login": _l("账号 {}"),
    "roles": _l("角色 {}"),
    "version": _l("第 {} 版"),
    "number": _l("号码 {}"),
    "lane": _l("队列 {}"),
    "note": _l("说明：{}"),
    "days": _l("写明 {} 天"),
    "changed": _l("{} 天有变化"),
}


def _plain(value: Any, _lines: dict[str, str]) -> str:
    if isinstance(value, list):
        return _("、").join(str(ROLES.get(one, one)) for one in value) or "—"
    return "—" if value in (None, "") else str(value)


def _levels(value: Any, lines: dict[str, str]) -> str:
    told = [f"{lines.get(line, line)} {level}" for line, level in dict(value or {}).items()]
    return _("、").join(told) or "—"


def _tongues(value: Any, _lines: dict[str, str]) -> str:
    return _("、").join(str(TONGUES.get(one, one)) for one in value or []) or "—"


DAY_WORDS = {True: _l("上班"), False: _l("休息"), "half": _l("上半天班")}


def _day(value: Any, _lines: dict[str, str]) -> str:
    return str(DAY_WORDS.get(value, value))


VALUES: dict[str, Callable[[Any, dict[str, str]], str]] = {
    "changed_skills": _levels,
    "changed_languages": _tongues,
    "calendar.changed": _day,
}
