"""A line's settings and their changes, in words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Flask

from infra.localtime import local
from models import LineChange, Otherwise
from queues import line_settings, steps
from web.languages import _, _l, told

SETTINGS = {
    "name": _l("名称"),
    "name_en": _l("英文名称"),
    "priority": _l("优先"),
    "certified": _l("持证上岗"),
    "sisters": _l("相近专席"),
    "rank": _l("次序"),
    "group": _l("专席组"),
    "least_level": _l("最低等级"),
    "steps": _l("放宽步骤"),
    "hours": _l("服务时间"),
    "rests_on_holidays": _l("节假日休息"),
    "closed_since": _l("暂停服务"),
    "closed_reason": _l("原因"),
    "closed_reason_en": _l("英文原因"),
    "when_closed": _l("不在服务时间"),
    "most_waiting": _l("最多排队"),
    "when_full": _l("排队已满"),
    "when_nobody": _l("无人在线"),
    "partner_name": _l("协作城市"),
    "partner_number": _l("协作城市电话"),
    "partner_after_s": _l("转协作城市前等待"),
}
WEEKDAYS = {
    1: _l("周一"),
    2: _l("周二"),
    3: _l("周三"),
    4: _l("周四"),
    5: _l("周五"),
    6: _l("周六"),
    7: _l("周日"),
}
LANGUAGES = {"zh": _l("普通话"), "en": _l("英语")}
NOTHING = "—"

Names = Mapping[Any, str]


def said(change: LineChange, lines: Names, people: Names) -> list[tuple[str, str, str]]:
    """What was changed, from what, to what."""
    keys = sorted(change.after, key=_rank)
    return [
        (
            _name(key, people),
            _value(key, change.before.get(key), lines),
            _value(key, change.after[key], lines),
        )
        for key in keys
    ]


def hours_told(hours: dict[str, list[str]] | None) -> str:
    if hours is None:
        return _("全天")
    days = (
        f"{WEEKDAYS[int(day)]} {begins}–{ends}" for day, (begins, ends) in sorted(hours.items())
    )
    return _("、").join(days)


def step_told(step: Mapping[str, Any], lines: Names) -> str:
    after, where = step["after"], steps.Where(step["where"])
    match where:
        case steps.Where.LINES:
            whom = _("、").join(lines.get(code, code) for code in step["lines"])
        case steps.Where.LINE:
            whom = _("本专席")
        case steps.Where.GROUP:
            whom = _("同组专席")
        case steps.Where.ANY:
            whom = _("任何座席")
    level = step.get("level", 1)
    if level > 1:
        return _("%(after)s 秒后%(whom)s %(level)s 级以上", after=after, whom=whom, level=level)
    return _("%(after)s 秒后%(whom)s", after=after, whom=whom)


def init_app(app: Flask) -> None:
    app.add_template_filter(hours_told, "hours_told")


def _rank(key: str) -> tuple[int, str]:
    known = line_settings.SETTINGS
    return (known.index(key), key) if key in known else (len(known), key)


def _name(key: str, people: Names) -> str:
    if key.startswith((line_settings.SKILL, line_settings.SPEAKS)):
        kind, _colon, staff_id = key.partition(":")
        who = people.get(int(staff_id), staff_id)
        if kind == line_settings.SKILL.rstrip(":"):
            return _("%(name)s的等级", name=who)
        return _("%(name)s的语言", name=who)
    return str(SETTINGS[key])


def _value(key: str, value: Any, lines: Names) -> str:
    if value is None and key in ("hours", "steps"):
        return _("全天") if key == "hours" else _("通常步骤")
    if value is None or value in ("", []):
        return NOTHING
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if key.startswith(line_settings.SKILL):
        until = _("，证书至 %(day)s", day=value["until"]) if value["until"] else ""
        return f"{value['level']}{until}"
    if key.startswith(line_settings.SPEAKS):
        return _("、").join(str(LANGUAGES.get(one, one)) for one in value)
    return _setting(key, value, lines)


def _setting(key: str, value: Any, lines: Names) -> str:
    if key == "hours":
        return hours_told(value)
    if key == "sisters":
        return _("、").join(lines.get(one, one) for one in value)
    if key == "steps":
        return _("；").join(step_told(one, lines) for one in value)
    if key in line_settings.MOMENTS:
        return local(datetime.fromisoformat(value)).strftime("%m-%d %H:%M")
    if key in line_settings.RULES:
        return told(Otherwise(value).label)
    return str(value)
