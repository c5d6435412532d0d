"""What the numbers are that a city sets itself, and between which each must lie.

``source``: whose number the default is; empty where it is the hotline's own."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from models import DialPurpose
from telephony.windows import all_rules, minute_of
from web.languages import _l


class Measure(StrEnum):
    DAYS = "days"
    HOURS = "hours"
    MINUTES = "minutes"
    SECONDS = "seconds"
    WORKING_DAYS = "working_days"
    TIMES = "times"
    PERCENT = "percent"
    LEVEL = "level"
    # Minutes since midnight, written 09:30; 24:00 ends the day.
    CLOCK = "clock"


MEASURES = {
    Measure.DAYS: _l("天"),
    Measure.HOURS: _l("小时"),
    Measure.MINUTES: _l("分钟"),
    Measure.SECONDS: _l("秒"),
    Measure.WORKING_DAYS: _l("个工作日"),
    Measure.TIMES: _l("次（个）"),
    Measure.PERCENT: "%",
    Measure.LEVEL: _l("级"),
    Measure.CLOCK: _l("时刻"),
}


@dataclass(frozen=True)
class Known:
    label: Any
    group: str
    measure: Measure
    default: int
    least: int
    most: int
    source: Any = ""
    # The norm that it must not lie below, such as the hour at which a window opens.
    above: str = ""


GROUPS = {
    "handling": _l("办理"),
    "returns": _l("退单与延期"),
    "supervising": _l("督办与提醒"),
    "follow_ups": _l("回访与评价"),
    "agents": _l("座席"),
    "duty": _l("单位值班"),
    "dialling": _l("自动外呼"),
    "citizens": _l("市民查询与补充"),
    "figures": _l("指标与榜单"),
    "keeping": _l("保存期限"),
}
DAYS, HOURS, MINUTES, SECONDS = Measure.DAYS, Measure.HOURS, Measure.MINUTES, Measure.SECONDS
WORKING, TIMES, PERCENT = Measure.WORKING_DAYS, Measure.TIMES, Measure.PERCENT
LEVEL, CLOCK = Measure.LEVEL, Measure.CLOCK
MIDNIGHT = 24 * 60
SHANDONG = _l("山东省2020年规定")
LAW = _l("网络安全法，不少于 6 个月")
NORMS: dict[str, Known] = {
    "question_waits": Known(_l("等待市民补充"), "handling", WORKING, 3, 1, 30),
    "rehandled_within": Known(_l("重办时限最长"), "handling", WORKING, 3, 1, 30),
    "most_rehandlings": Known(_l("最多重办次数"), "handling", TIMES, 2, 1, 10),
    "reopened_within": Known(_l("办结后可以重新办理"), "handling", DAYS, 15, 1, 90),
    "archived_after": Known(_l("办结后归档"), "handling", DAYS, 30, 1, 365),
    "linkage_answered_within": Known(_l("联动请对方答复"), "handling", MINUTES, 5, 1, 120),
    "alike_within": Known(_l("查找重复诉求"), "handling", DAYS, 30, 1, 365),
    "cluster_within": Known(_l("集中诉求的统计时间"), "handling", DAYS, 7, 1, 90),
    "cluster_of": Known(_l("多少张算集中诉求"), "handling", TIMES, 3, 2, 100),
    "difficult_within": Known(_l("疑难工单总时限"), "handling", WORKING, 15, 5, 90),
    "plan_within": Known(_l("疑难工单提交方案"), "handling", WORKING, 5, 1, 30),
    "relay_from": Known(_l("经热线致电市民，最早"), "handling", CLOCK, 8 * 60, 0, MIDNIGHT),
    "relay_until": Known(
        _l("经热线致电市民，最晚"), "handling", CLOCK, 21 * 60, 0, MIDNIGHT, above="relay_from"
    ),
    "return_within": Known(_l("一般工单退单"), "returns", WORKING, 2, 1, 15, SHANDONG),
    "urgent_return_within": Known(_l("紧急工单退单"), "returns", MINUTES, 120, 5, 1440),
    "returns_before_arbitration": Known(_l("退单几次后由班长仲裁"), "returns", TIMES, 2, 1, 10),
    "named_for": Known(_l("仲裁后同类事项不能再退"), "returns", DAYS, 90, 1, 730),
    "longest_extension": Known(_l("延期最长"), "returns", WORKING, 10, 1, 60, SHANDONG),
    "longest_extension_hours": Known(_l("按小时的延期最长"), "returns", HOURS, 24, 1, 240),
    "extensions": Known(_l("不须班长批准的延期"), "returns", TIMES, 1, 0, 10),
    "extensions_by_lead": Known(_l("延期最多"), "returns", TIMES, 2, 1, 10),
    "supervised_after": Known(_l("超期后督办"), "supervising", WORKING, 1, 1, 30),
    "jointly_supervised_after": Known(_l("超期后联合督办"), "supervising", WORKING, 3, 1, 60),
    "urges_to_supervise": Known(_l("催办几次转督办"), "supervising", TIMES, 3, 2, 20),
    "urged_again_after": Known(_l("市民再次催办间隔"), "supervising", HOURS, 24, 1, 240),
    "rating_changed_within": Known(_l("市民评价和改评"), "follow_ups", DAYS, 15, 1, 90),
    "pressed_within": Known(_l("办结后可反映被施压"), "follow_ups", DAYS, 15, 1, 90),
    "appealed_within": Known(_l("考核申诉和剔除（次月起）"), "follow_ups", DAYS, 15, 1, 28),
    "score_appealed_within": Known(
        _l("单位提出考核申诉（次月起）"), "follow_ups", WORKING, 5, 1, 15
    ),
    "asked_times": Known(_l("未接通前至少拨打"), "follow_ups", TIMES, 3, 1, 10),
    "asked_days": Known(_l("未接通前至少几天"), "follow_ups", DAYS, 2, 1, 10),
    "rated_by_text_within": Known(_l("短信评价有效"), "follow_ups", DAYS, 3, 1, 30),
    "taken_for": Known(_l("人工回访领取后保留"), "follow_ups", MINUTES, 30, 5, 240),
    "double_checked": Known(_l("机器人回访的人工复核比例"), "follow_ups", PERCENT, 5, 0, 100),
    "robot_agrees": Known(_l("复核一致率低于此停用机器人"), "follow_ups", PERCENT, 95, 50, 100),
    "checks_counted": Known(_l("计算一致率取最近多少次复核"), "follow_ups", TIMES, 100, 20, 1000),
    "fewest_checks": Known(_l("少于多少次复核不判断"), "follow_ups", TIMES, 20, 1, 200),
    "least_satisfied": Known(_l("几级以上算满意（5 级为非常满意）"), "follow_ups", LEVEL, 3, 2, 4),
    "fewest_ranked": Known(_l("参加排名的最少评价数"), "follow_ups", TIMES, 10, 1, 1000),
    "codes_soon": Known(_l("一张工单短时间内最多错几次"), "citizens", TIMES, 5, 1, 50),
    "codes_soon_within": Known(_l("上项的短时间"), "citizens", MINUTES, 30, 5, 1440),
    "codes_of_ticket": Known(_l("一张工单最多错几次"), "citizens", TIMES, 10, 1, 100),
    "codes_of_ticket_within": Known(_l("一张工单的计算时间"), "citizens", HOURS, 24, 1, 720),
    "codes_of_caller": Known(_l("一个号码最多错几次"), "citizens", TIMES, 5, 1, 50),
    "codes_of_caller_within": Known(_l("一个号码的计算时间"), "citizens", HOURS, 24, 1, 720),
    "codes_of_address": Known(_l("一个网络地址最多错几次"), "citizens", TIMES, 10, 1, 500),
    "codes_of_address_within": Known(
        _l("一个网络地址的计算时间"), "citizens", MINUTES, 60, 5, 1440
    ),
    "codes_of_hidden": Known(_l("全部隐藏号码最多错几次"), "citizens", TIMES, 20, 1, 1000),
    "codes_of_hidden_within": Known(_l("隐藏号码的计算时间"), "citizens", MINUTES, 60, 5, 1440),
    "codes_of_all": Known(_l("全市最多错几次"), "citizens", TIMES, 200, 20, 10_000),
    "codes_of_all_within": Known(_l("全市的计算时间"), "citizens", MINUTES, 60, 5, 1440),
    "ticket_open_for": Known(_l("市民打开的工单多久后关闭"), "citizens", MINUTES, 30, 5, 240),
    "most_additions": Known(_l("一张工单最多补充几次"), "citizens", TIMES, 10, 1, 100),
    "rung_back_within": Known(_l("漏接后多久内回拨算及时"), "figures", MINUTES, 30, 5, 1440),
    "dispatched_within": Known(_l("登记后多久内派出算及时"), "figures", MINUTES, 10, 1, 1440),
    "repeats_within": Known(_l("多久内再次反映算重复"), "figures", DAYS, 30, 1, 365),
    "settled_for": Known(_l("多久未再反映算一次解决"), "figures", DAYS, 7, 1, 90),
    "weight_respond": Known(_l("三率综合：响应率的权重"), "figures", PERCENT, 10, 0, 100),
    "weight_solved": Known(_l("三率综合：解决率的权重"), "figures", PERCENT, 45, 0, 100),
    "weight_satisfied": Known(_l("三率综合：满意率的权重"), "figures", PERCENT, 45, 1, 100),
    "grown_from": Known(_l("基数少于多少不算增长率"), "figures", TIMES, 10, 1, 1000),
    "few_counted": Known(_l("少于多少注明样本少"), "figures", TIMES, 20, 1, 1000),
    "listed": Known(_l("红榜、黑榜各列几家"), "figures", TIMES, 5, 1, 30),
    "watched_for": Known(_l("告警比例取最近多久"), "figures", MINUTES, 30, 5, 240),
    "fewest_watched": Known(_l("少于多少通不告警"), "figures", TIMES, 5, 1, 100),
    "duty_rings_for": Known(_l("值班人员振铃后改拨下一位"), "duty", SECONDS, 20, 10, 60),
    "duty_answers_within": Known(_l("值班电话应答"), "duty", SECONDS, 60, 10, 300),
    "recovery_lasts": Known(_l("情绪休整"), "agents", MINUTES, 10, 3, 60),
    "recoveries_a_shift": Known(_l("每班次可自行情绪休整"), "agents", TIMES, 2, 1, 20),
    # Source: domain reference 7; a record of looks at least half a year by the law.
    "keep_recordings": Known(_l("录音"), "keeping", DAYS, 730, 30, 36_500),
    "keep_transcripts": Known(_l("通话转写和来电信息"), "keeping", DAYS, 730, 30, 36_500),
    "keep_texts": Known(_l("短信正文和号码"), "keeping", DAYS, 730, 30, 36_500),
    "keep_tickets": Known(_l("工单中的个人信息（办结后）"), "keeping", DAYS, 3650, 365, 36_500),
    "keep_audit": Known(_l("审计日志"), "keeping", DAYS, 1095, 180, 36_500, LAW),
}


def _dialled(purpose: DialPurpose, field: str, label: Any, *bounds: Any) -> tuple[str, Known]:
    """What ``telephony/dialling.toml`` is shipped with."""
    measure, least, most = bounds
    shipped = getattr(all_rules()[purpose], field)
    return f"{purpose}_{field}", Known(label, "dialling", measure, shipped, least, most)


def _window(purpose: DialPurpose, nth: int, opens: Any, closes: Any) -> dict[str, Known]:
    """A window opens not before the one before it has closed."""
    begins, ends = map(minute_of, all_rules()[purpose].windows[nth - 1])
    first, last = f"{purpose}_opens_{nth}", f"{purpose}_closes_{nth}"
    earlier = f"{purpose}_closes_{nth - 1}" if nth > 1 else ""
    return {
        first: Known(opens, "dialling", CLOCK, begins, 0, MIDNIGHT, above=earlier),
        last: Known(closes, "dialling", CLOCK, ends, 0, MIDNIGHT, above=first),
    }


ASKED, KEPT, RELAYED, JOINED = (
    DialPurpose.FOLLOW_UP,
    DialPurpose.CALLBACK,
    DialPurpose.RELAY,
    DialPurpose.THREE_WAY,
)
NORMS |= {
    **_window(ASKED, 1, _l("回访：上午开始"), _l("回访：上午结束")),
    **_window(ASKED, 2, _l("回访：下午开始"), _l("回访：下午结束")),
    **_window(KEPT, 1, _l("回呼：开始"), _l("回呼：结束")),
}
NORMS |= [
    _dialled(ASKED, "attempts", _l("回访：最多拨打"), TIMES, 1, 20),
    _dialled(ASKED, "per_day", _l("回访：一天最多拨打"), TIMES, 1, 10),
    _dialled(ASKED, "gap_minutes", _l("回访：再次拨打间隔"), MINUTES, 1, 1440),
    _dialled(ASKED, "ring_seconds", _l("回访：振铃多久算无人接听"), SECONDS, 10, 120),
    _dialled(ASKED, "at_once", _l("回访：同时拨打"), TIMES, 1, 500),
    _dialled(KEPT, "attempts", _l("回呼：最多拨打"), TIMES, 1, 20),
    _dialled(KEPT, "per_day", _l("回呼：一天最多拨打"), TIMES, 1, 10),
    _dialled(KEPT, "gap_minutes", _l("回呼：再次拨打间隔"), MINUTES, 1, 1440),
    _dialled(KEPT, "ring_seconds", _l("回呼：振铃多久算无人接听"), SECONDS, 10, 120),
    _dialled(KEPT, "at_once", _l("回呼：同时拨打"), TIMES, 1, 500),
    _dialled(RELAYED, "ring_seconds", _l("经热线致电：振铃多久算无人接听"), SECONDS, 10, 120),
    _dialled(RELAYED, "at_once", _l("经热线致电：同时拨打"), TIMES, 1, 500),
    _dialled(JOINED, "ring_seconds", _l("三方通话：振铃多久算无人接听"), SECONDS, 10, 120),
    _dialled(JOINED, "at_once", _l("三方通话：同时拨打"), TIMES, 1, 500),
]
