"""A call's events in plain words, and why a seat was chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from infra.db import session
from models import Call, CallEvent, Line, PromiseKind, StaffMember

TITLES = {
    "arrived": "来电进入",
    "menu": "按键选择",
    "spoken": "语音导航识别",
    "emergency": "识别到紧急情况",
    "entered": "进入排队",
    "in_queue": "确认在队列中",
    "promised": "告知位置和等待",
    "told_ticket": "凭查询码告知工单进度",
    "left_queue": "离开队列",
    "offered": "派给座席",
    "claimed": "座席接起",
    "missed": "座席未接",
    "declined": "座席拒接",
    "talking": "开始通话",
    "agent_lost": "座席掉线，市民回到队首",
    "finished": "座席结束通话",
    "rated": "市民评价",
    "ended": "通话结束",
    "dialled": "座席外呼",
    "rung_back": "已回电此前的未接来电",
    "recording_asked_for": "向运营商查询录音",
}
DISPOSITIONS = {
    "answered": "已接听",
    "abandoned": "排队中放弃",
    "left_early": "导航中挂断",
    "self_served": "自助办结",
    "not_reached": "未接通",
}
STEPS = {"line": "本专席", "sister": "相近专席", "any": "全部座席", "returned": "通话中断后接回"}


@dataclass(frozen=True)
class Moment:
    at: datetime
    title: str
    detail: str


def of(call: Call) -> list[Moment]:
    """Everything that happened, in order."""
    events = session.scalars(
        select(CallEvent).where(CallEvent.call_id == call.id).order_by(CallEvent.id)
    ).all()
    names = _names(events)
    lines = dict(session.execute(select(Line.code, Line.name)).tuples().all())
    return [
        Moment(one.at, TITLES.get(one.name, one.name), _detail(one, names, lines)) for one in events
    ]


def why_this_seat(why: dict[str, Any]) -> str:
    """The routing pass's reasons: ``本专席 · 等级 4 · 空闲 35 秒 · 市民已等 6 秒 · 候选 3 人``."""
    parts = []
    if "step" in why:
        parts.append(STEPS.get(str(why["step"]), f"第 {why['step']} 步"))
    for name, words in (
        ("level", "等级 {}"),
        ("idle_s", "空闲 {} 秒"),
        ("waited_s", "市民已等 {} 秒"),
        ("eligible", "候选 {} 人"),
    ):
        if why.get(name) is not None:
            parts.append(words.format(why[name]))
    if why.get("priority"):
        parts.append(f"优先级 +{why['priority']}")
    return " · ".join(parts)


def _detail(event: CallEvent, names: dict[int, str], lines: dict[str, str]) -> str:
    known = event.detail
    parts = []
    if "agent" in known:
        parts.append(names.get(known["agent"], f"座席 {known['agent']}"))
    if known.get("line"):
        parts.append(lines.get(known["line"], known["line"]))
    if known.get("key"):
        parts.append(f"按键 {known['key']}")
    if known.get("confidence") is not None:
        parts.append(f"可信度 {known['confidence']:.0%}")
    if known.get("points"):
        parts.append(f"{known['points']} 分")
    if known.get("words"):
        parts.append(str(known["words"]))
    if known.get("disposition"):
        parts.append(DISPOSITIONS.get(known["disposition"], known["disposition"]))
    if known.get("promise"):
        parts.append(_promise(known))
    if known.get("why"):
        parts.append(why_this_seat(known["why"]))
    return " · ".join(parts)


def _promise(known: dict[str, Any]) -> str:
    ahead = f"前面 {known['ahead']} 人"
    if known["promise"] != PromiseKind.WAIT:
        return ahead
    high = known["high_minutes"]
    told = f"{known['low_minutes']}–{high} 分钟" if high else f"超过 {known['low_minutes']} 分钟"
    return f"{ahead} · {told}"


def _names(events: Sequence[CallEvent]) -> dict[int, str]:
    wanted = {event.detail["agent"] for event in events if "agent" in event.detail}
    rows = session.execute(
        select(StaffMember.id, StaffMember.name).where(StaffMember.id.in_(wanted))
    )
    return dict(rows.tuples().all())
