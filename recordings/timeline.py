"""A call's events in plain words, and why a seat was chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from assist import advice
from infra.db import session
from models import (
    Call,
    CallEvent,
    Direction,
    Disposition,
    Line,
    MonitorMode,
    PauseReason,
    PromiseKind,
    StaffMember,
)
from web.languages import _, _l, named

TITLES = {
    "arrived": _l("来电进入"),
    "from_follow_up": _l("回访中要求人工"),
    "menu": _l("按键选择"),
    "spoken": _l("语音导航识别"),
    "emergency": _l("识别到紧急情况"),
    "entered": _l("进入排队"),
    "in_queue": _l("确认在队列中"),
    "promised": _l("告知位置和等待"),
    "told_ticket": _l("凭查询码告知工单进度"),
    "rated_ticket": _l("凭查询码评价工单"),
    "said_pressed": _l("反映被施压"),
    "left_queue": _l("离开队列"),
    "place_kept": _l("沿用原来的排队位置"),
    "kept": _l("保留位置，挂机等待回呼"),
    "not_kept": _l("暂不能预约回呼，继续等待"),
    "callback_withdrawn": _l("市民取消回呼"),
    "ringing_back": _l("座席就位，正在呼叫市民"),
    "picked_up": _l("市民接起回呼"),
    "callback_reached": _l("回呼的约定已兑现"),
    "missed_texted": _l("已告知可再次来电（短信）"),
    "offered": _l("派给座席"),
    "claimed": _l("座席接起"),
    "missed": _l("座席未接"),
    "declined": _l("座席拒接"),
    "talking": _l("开始通话"),
    "held": _l("保持"),
    "resumed": _l("恢复通话"),
    "recording_paused": _l("暂停录音"),
    "recording_resumed": _l("恢复录音"),
    "consult_asked": _l("咨询同事"),
    "consult_joined": _l("同事加入"),
    "three_way": _l("三方通话"),
    "consult_ended": _l("咨询结束"),
    "transferred": _l("转接完成"),
    "taken_over": _l("座席掉线，由咨询的同事接手"),
    "sent_on": _l("直接转接"),
    "keys_pressed": _l("向外部方按键"),
    "outside_rung": _l("呼叫外部方"),
    "outside_joined": _l("外部方加入，三方通话"),
    "outside_ended": _l("外部方离开"),
    "left_with_police": _l("座席掉线，市民与110继续通话"),
    "monitor_began": _l("班长监听"),
    "monitor_changed": _l("班长改变监听方式"),
    "monitor_ended": _l("班长退出监听"),
    "lead_took_over": _l("班长接管"),
    "hand_raised": _l("座席举手求助"),
    "hand_lowered": _l("举手已放下"),
    "duty_rung": _l("呼叫单位值班人员"),
    "duty_answered": _l("值班人员接听"),
    "duty_missed": _l("值班人员未接"),
    "duty_called_off": _l("值班呼叫取消"),
    "panic_pressed": _l("座席紧急求助"),
    "panic_escalated": _l("紧急求助 20 秒无人接手，已升级"),
    "panic_taken": _l("班长接手紧急求助"),
    "panic_over": _l("通话结束，紧急求助无人接手"),
    "recovery_given": _l("座席情绪休整"),
    "moved": _l("班长移到其他专席"),
    "preferred": _l("班长优先接听"),
    "announced": _l("听到高峰公告"),
    "talked_after_all": _l("报告迟到：双方已通话"),
    "led_to_general": _l("专席不能接入，转综合专席"),
    "limited": _l("号码受限，已告知"),
    "limited_danger": _l("受限号码按下生命危险键"),
    "struck": _l("座席报告为骚扰来电"),
    "risk_judged": _l("未成年人风险评估"),
    "left_at_once": _l("按键迅速离开，不留痕迹"),
    "turned_away": _l("专席不能接入，告知后挂机"),
    "diverting": _l("转协作城市：正在呼叫"),
    "diverted_in_vain": _l("协作城市未接听，回到排队"),
    "diverted": _l("协作城市已接听"),
    "dropped_by_partner": _l("协作城市挂断过早，回到排队"),
    "agent_lost": _l("座席掉线，市民回到队首"),
    "finished": _l("座席结束通话"),
    "rated": _l("市民评价"),
    "ended": _l("通话结束"),
    "dialled": _l("座席外呼"),
    "relayed": _l("承办单位经热线致电"),
    "rung_back": _l("已回电此前的未接来电"),
    "rung_back_in_vain": _l("对方未与座席通话，未接来电重新列入待回电"),
    "reached_again": _l("此前的未接来电已由本次通话接通"),
    "recording_asked_for": _l("向运营商查询录音"),
}
DISPOSITIONS = {
    "answered": _l("已接听"),
    "abandoned": _l("排队中放弃"),
    "left_early": _l("导航中挂断"),
    "self_served": _l("自助办结"),
    "not_reached": _l("未接通"),
    "callback": _l("保留位置，等待回呼"),
    "voicemail": _l("留言，等待回呼"),
    "closed": _l("专席未开放"),
    "full": _l("排队已满"),
    "nobody": _l("无人在线"),
    "diverted": _l("转协作城市"),
}
# What is called "answered" of a call in: whom the hotline rang has answered himself.
REACHED = _l("已接通")
DIRECTIONS = {
    Direction.IN: ("↙", _l("来电")),
    Direction.OUT: ("↗", _l("外呼")),
    Direction.BACK: ("↺", _l("回呼")),
}
STEPS = {
    "line": _l("本专席"),
    "sister": _l("相近专席"),
    "any": _l("全部座席"),
    "returned": _l("通话中断后接回"),
    "transferred": _l("转接给本座席"),
    "taken_over": _l("班长接管"),
}
MONITORED = {"monitor_began", "monitor_changed", "monitor_ended"}
CONSULT_ENDS = {
    "completed": _l("已转接"),
    "cancelled": _l("已取消"),
    "declined": _l("拒接"),
    "missed": _l("未接"),
    "left": _l("同事离开"),
    "call_over": _l("通话结束"),
}


@dataclass(frozen=True)
class Moment:
    at: datetime
    title: str
    detail: str


def of(call: Call, *, for_lead: bool) -> list[Moment]:
    """Everything that happened, in order; who listens unseen is seen by leads alone."""
    all_of_them = select(CallEvent).where(CallEvent.call_id == call.id).order_by(CallEvent.id)
    events = [
        one
        for one in session.scalars(all_of_them)
        if for_lead or not (one.name in MONITORED and one.detail.get("unseen"))
    ]
    names = _names(events)
    lines = {line.code: named(line) for line in session.scalars(select(Line))}
    return [
        Moment(one.at, TITLES.get(one.name, one.name), _detail(one, call, names, lines))
        for one in events
    ]


def outcome(call: Call) -> str:
    """How the call ended, or that it goes on."""
    return _ended(call, call.disposition) if call.disposition else _("进行中")


def _ended(call: Call, disposition: str) -> str:
    if call.direction is not Direction.IN and disposition == Disposition.ANSWERED:
        return str(REACHED)
    return str(DISPOSITIONS.get(disposition, disposition))


def why_this_seat(why: dict[str, Any]) -> str:
    """The routing pass's reasons: the step, the level, how long both waited, among how many."""
    parts = []
    if "step" in why:
        parts.append(str(STEPS.get(str(why["step"]), why["step"])))
    for name, words in (
        ("level", _("等级 {}")),
        ("idle_s", _("空闲 {} 秒")),
        ("waited_s", _("市民已等 {} 秒")),
        ("eligible", _("候选 {} 人")),
    ):
        if why.get(name) is not None:
            parts.append(words.format(why[name]))
    if why.get("priority"):
        parts.append(_("优先级 +%(steps)s", steps=why["priority"]))
    return " · ".join(parts)


def _detail(event: CallEvent, call: Call, names: dict[int, str], lines: dict[str, str]) -> str:
    known = event.detail
    parts = []
    if "agent" in known:
        parts.append(names.get(known["agent"]) or _("座席 %(number)s", number=known["agent"]))
    if known.get("line"):
        parts.append(lines.get(known["line"], known["line"]))
    if known.get("key"):
        parts.append(_("按键 %(key)s", key=known["key"]))
    if known.get("confidence") is not None:
        parts.append(_("可信度 %(share)s", share=f"{known['confidence']:.0%}"))
    if known.get("points"):
        parts.append(_("%(points)s 分", points=known["points"]))
    parts += [str(advice.shown(known[name])) for name in ("words", "party") if known.get(name)]
    if "lead" in known:
        parts += _of_lead(event, names)
    if known.get("reason"):
        parts.append(_(PauseReason(known["reason"]).label))
    if known.get("outcome") and event.name not in MONITORED:
        parts.append(str(CONSULT_ENDS.get(known["outcome"], known["outcome"])))
    if known.get("disposition"):
        parts.append(_ended(call, known["disposition"]))
    if known.get("promise"):
        parts.append(_promise(known))
    if known.get("why"):
        parts.append(why_this_seat(known["why"]))
    return " · ".join(parts)


def _of_lead(event: CallEvent, names: dict[int, str]) -> list[str]:
    """Who, how he was heard from then on, and why he did it."""
    known = event.detail
    parts = [names.get(known["lead"]) or _("班长 %(number)s", number=known["lead"])]
    if known.get("mode"):
        parts.append(_(MonitorMode(known["mode"]).label))
    if known.get("unseen"):
        parts.append(_("座席看不到"))
    if known.get("because"):
        parts.append(str(known["because"]))
    return parts


def _promise(known: dict[str, Any]) -> str:
    ahead = _("前面 %(count)s 人", count=known["ahead"])
    if known.get("seats"):
        ahead += " · " + _("能接的座席约 %(count)s 个，都在忙", count=round(known["seats"]))
    elif known["promise"] == PromiseKind.NOBODY:
        ahead += " · " + _("没有能接的座席在线")
    if known["promise"] != PromiseKind.WAIT:
        return ahead
    low, high = known["low_minutes"], known["high_minutes"]
    if high:
        return ahead + " · " + _("%(low)s–%(high)s 分钟", low=low, high=high)
    return ahead + " · " + _("超过 %(low)s 分钟", low=low)


def _names(events: Sequence[CallEvent]) -> dict[int, str]:
    named_as = ("agent", "lead")
    wanted = {one.detail[name] for one in events for name in named_as if name in one.detail}
    rows = session.execute(
        select(StaffMember.id, StaffMember.name).where(StaffMember.id.in_(wanted))
    )
    return dict(rows.all())
