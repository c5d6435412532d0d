"""The indicators of a 12345 line, each with its formula and version, counted from the rows.

Source: domain reference 1.9.  An indicator gives numerator, denominator, value and how many were
left out for which reason; no value where nothing counted."""

from collections.abc import Callable
from dataclasses import dataclass

from analytics import call_facts, follow_up_facts, ticket_facts
from analytics.counting import Facts
from infra.wording import N_
from staff import norms
from web.languages import _


@dataclass(frozen=True)
class Indicator:
    code: str
    name: str
    # In words, as the page shows it beside the figure.
    formula: str
    facts: Callable[[], Facts]
    # Raised with every change of the formula: figures of two versions are not compared.
    version: int = 1
    lower_is_better: bool = False
    # Whether its rows are calls, not tickets.
    of_calls: bool = False
    # Whether units are measured by it; otherwise it is the hotline's own.
    of_units: bool = True
    # Whether its rows are what citizens said of a handling: a unit that reads one before it is
    # settled would ring him about it.
    of_citizens: bool = False


# What a figure counts hangs on them: those that were counted before a change are counted anew.
MEASURED_BY = (
    "rung_back_within",
    "dispatched_within",
    "repeats_within",
    "settled_for",
    "least_satisfied",
)


def formula_of(indicator: Indicator) -> str:
    """In words, with the numbers that hold now."""
    return _(indicator.formula, **{name: norms.amount(name) for name in MEASURED_BY})


def _indicators(*listed: Indicator) -> dict[str, Indicator]:
    return {one.code: one for one in listed}


INDICATORS = _indicators(
    Indicator(
        "answered",
        N_("接通率"),
        N_("人工接听的 ÷ 请求人工的来电"),
        call_facts.answering,
        of_calls=True,
        of_units=False,
    ),
    Indicator(
        "service_level",
        N_("15 秒接通率（占请求人工）"),
        N_("15 秒内接听的 ÷ 请求人工的来电"),
        call_facts.answering_in_time,
        of_calls=True,
        of_units=False,
    ),
    Indicator(
        "service_level_of_answered",
        N_("15 秒接通率（占已接听）"),
        N_("15 秒内接听的 ÷ 人工接听的来电"),
        call_facts.answering_in_time_of_answered,
        of_calls=True,
        of_units=False,
    ),
    Indicator(
        "abandoned",
        N_("放弃率"),
        N_("等待超过 5 秒后放弃的 ÷ 请求人工的来电"),
        call_facts.giving_up,
        lower_is_better=True,
        of_calls=True,
        of_units=False,
    ),
    Indicator(
        "rung_back",
        N_("漏接回拨率"),
        N_("%(rung_back_within)s 分钟内回拨处理或自行再次接通的 ÷ 漏接的号码；其间重复的计一次"),
        call_facts.ringing_back,
        of_calls=True,
        of_units=False,
    ),
    Indicator(
        "sign",
        N_("按时签收率"),
        N_("按时签收的承办 ÷ 签收期限在本期内的承办；逾期未签收计为未按时"),
        ticket_facts.signing,
    ),
    Indicator(
        "respond",
        N_("及时响应率"),
        N_("期限内首次联系市民的主办 ÷ 联系期限在本期内的主办"),
        ticket_facts.responding,
    ),
    Indicator(
        "on_time",
        N_("按时办结率"),
        N_("审核通过且在当前期限内反馈的承办 ÷ 期限在本期内的承办；已反馈待审核的不计"),
        ticket_facts.finishing,
    ),
    Indicator(
        "solved",
        N_("解决率"),
        N_("回访答“已解决”的 ÷ 联系上且回答了的回访；部分解决不算解决，批准剔除的不计"),
        follow_up_facts.solving,
        of_citizens=True,
        version=2,
    ),
    Indicator(
        "satisfied",
        N_("满意率"),
        N_(
            "评价 %(least_satisfied)s 级以上的 ÷ 联系上且评价了的回访（5 级为非常满意）；"
            "未联系上、拒评、豁免、批准剔除、申诉成立、市场监管调解的不计"
        ),
        follow_up_facts.satisfying,
        of_citizens=True,
        version=4,
    ),
    Indicator(
        "spoken_to",
        N_("联系属实率"),
        N_("市民确认单位联系过的 ÷ 联系上且回答了的回访；批准剔除的不计"),
        follow_up_facts.having_spoken,
        of_citizens=True,
        version=2,
    ),
    Indicator(
        "handled_again",
        N_("重办率"),
        N_("办理过两轮以上的工单 ÷ 回访联系上的工单（一张计一次，按最后一次回访）；批准剔除的不计"),
        follow_up_facts.handling_again,
        of_citizens=True,
        version=3,
        lower_is_better=True,
    ),
    Indicator(
        "followed_up",
        N_("回访率"),
        N_("问过或尝试过的 ÷ 本期结束的回访；豁免的不计"),
        follow_up_facts.following_up,
        version=2,
        of_units=False,
    ),
    Indicator(
        "reached",
        N_("回访成功率"),
        N_("联系上的 ÷ 问过或尝试过的回访；拨打未接通的算尝试过"),
        follow_up_facts.reaching,
        version=2,
        of_units=False,
    ),
    Indicator(
        "confirmed",
        N_("回访核实率"),
        N_("人工复核与机器人结果一致的 ÷ 本期复核的回访"),
        follow_up_facts.being_confirmed,
        of_units=False,
    ),
    Indicator(
        "early",
        N_("提前办结率"),
        N_("比最初期限提前 1 个工作日（小时类时限提前一半）以上反馈的 ÷ 本期审核通过的承办"),
        ticket_facts.finishing_early,
    ),
    Indicator(
        "late",
        N_("逾期率"),
        N_("未在当前期限内办结的承办 ÷ 期限在本期内的承办；已反馈待审核的不计"),
        ticket_facts.being_late,
        lower_is_better=True,
    ),
    Indicator(
        "extended",
        N_("延期率"),
        N_("经批准延期的承办 ÷ 期限在本期内的承办"),
        ticket_facts.extending,
        version=2,
        lower_is_better=True,
    ),
    Indicator(
        "returned",
        N_("退单率"),
        N_("申请过退单的承办 ÷ 本期派出的承办"),
        ticket_facts.returning,
        lower_is_better=True,
    ),
    Indicator(
        "returned_rightly",
        N_("退单成立率"),
        N_("退单获批准的承办 ÷ 本期派出的承办"),
        ticket_facts.returning_rightly,
        lower_is_better=True,
    ),
    Indicator(
        "returned_wrongly",
        N_("不当退单率"),
        N_("被驳回的退单申请 ÷ 本期处理的退单申请；撤销的不计"),
        ticket_facts.returning_wrongly,
        lower_is_better=True,
    ),
    Indicator(
        "supervised",
        N_("督办率"),
        N_("单位被督办的工单 ÷ 本期派出的工单；热线自行关注的不计"),
        ticket_facts.supervising,
        version=2,
        lower_is_better=True,
    ),
    Indicator(
        "urged",
        N_("催办率"),
        N_("被市民催办的工单 ÷ 本期派出的工单"),
        ticket_facts.urging,
        lower_is_better=True,
    ),
    Indicator(
        "repeated",
        N_("重复诉求率"),
        N_(
            "同一市民或同一地点 %(repeats_within)s 天内就同一事项再次反映或被并单的工单"
            " ÷ 本期登记的工单"
        ),
        ticket_facts.repeating,
        lower_is_better=True,
        version=2,
    ),
    Indicator(
        "at_once",
        N_("一次解决率"),
        N_(
            "未重办且 %(settled_for)s 天内同一市民未就同一事项再次反映的 ÷ 本期办结或直接解答的工单"
        ),
        ticket_facts.settling_at_once,
    ),
    Indicator(
        "direct",
        N_("直接解答率"),
        N_("直接解答的 ÷（直接解答的 + 派单的），按登记时间"),
        ticket_facts.answering_directly,
        of_units=False,
    ),
    Indicator(
        "dispatched_in_time",
        N_("派单及时率"),
        N_("登记后 %(dispatched_within)s 分钟内派出的工单 ÷ 本期派出的工单"),
        ticket_facts.dispatching_in_time,
        of_units=False,
    ),
    Indicator(
        "dispatched_rightly",
        N_("派单准确率"),
        N_("1 −（退单成立或因派错单位撤回的承办 ÷ 本期派出的承办）"),
        ticket_facts.dispatching_rightly,
        version=2,
        of_units=False,
    ),
)
REASONS = {
    "recalled": N_("已撤回"),
    "returned": N_("已退单"),
    "withdrawn_before_due": N_("期限前已退单或撤回"),
    "awaits_check": N_("已反馈待审核"),
    "cancelled": N_("已撤销"),
    "unreachable": N_("未联系上"),
    "refused": N_("拒绝评价"),
    "exempt": N_("豁免回访"),
    "excluded": N_("批准剔除"),
    "appealed": N_("申诉成立"),
    "mediation": N_("市场监管投诉调解"),
    "withdrawn": N_("已撤回"),
    "not_answered": N_("未回答"),
    "no_number": N_("号码未显示"),
    "missed_again": N_("时限内重复漏接"),
    "not_yet_seven_days": N_("观察期未满"),
}
