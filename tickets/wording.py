"""How pages name what happens to tickets: steps, lights, parts, reasons, and how long is left."""

from datetime import datetime, timedelta

from flask import Flask

from infra.clock import now
from models import (
    ASSIGNMENT_LABELS,
    KIND_LABELS,
    REQUEST_LABELS,
    STATE_LABELS,
    ContactWay,
    Part,
    RequestKind,
    Solved,
)
from tickets import deadlines, targets
from tickets.doers import doer
from tickets.outcome_words import REJECT_REASONS, REOPEN_CAUSES
from tickets.reason_words import CAUSES, RECALL_REASONS, RETURN_REASONS, SUPERVISE_KINDS
from tickets.working_time import Limit, Measure
from web.languages import _, _l

STATES = {state: _l(label) for state, label in STATE_LABELS.items()}
ASSIGNMENT_STATES = {state: _l(label) for state, label in ASSIGNMENT_LABELS.items()}
REQUEST_STATES = {state: _l(label) for state, label in REQUEST_LABELS.items()}
KINDS = {kind: _l(label) for kind, label in KIND_LABELS.items()}
URGENCIES = {
    "normal": _l("一般"),
    "expedite": _l("加急"),
    "urgent": _l("紧急"),
    "instant": _l("接诉即办"),
}
PARTS = {Part.LEAD: _l("主办"), Part.ASSIST: _l("协办"), Part.INFO: _l("知会")}
LIGHTS = {"red": _l("超期"), "yellow": _l("临期"), "blue": _l("已延期"), "green": _l("正常")}
# What is owed next, and so what the light is about.
TARGETS = {
    "sign": _l("签收"),
    "mobilise": _l("出动"),
    "respond": _l("联系市民"),
    "on_site": _l("现场处置"),
    targets.REPLY: _l("反馈"),
}
SOLVED = {Solved.YES: _l("已解决"), Solved.PARTLY: _l("部分解决"), Solved.NO: _l("未解决")}
WAYS = {
    ContactWay.PHONE: _l("电话"),
    ContactWay.VISIT: _l("上门"),
    ContactWay.MESSAGE: _l("短信或微信"),
}
REQUEST_KINDS = {
    RequestKind.RETURN: _l("退单"),
    RequestKind.EXTENSION: _l("延期"),
    RequestKind.CO_HANDLING: _l("协办"),
    RequestKind.EXCLUSION: _l("剔除"),
    RequestKind.SCORE_APPEAL: _l("考核申诉"),
    RequestKind.SUPERVISION: _l("督办"),
    RequestKind.MERGE: _l("并单"),
    RequestKind.MEETING: _l("会商"),
    RequestKind.SUSPENSION: _l("挂账"),
    RequestKind.DIFFICULT: _l("疑难"),
}
# Why a ticket was begun again; what else somebody wrote stands as it is.
ROUND_CAUSES = {
    "unsatisfied": _l("回访不满意"),
    "unsolved": _l("回访未解决"),
    "rating_changed": _l("市民改评为不满意"),
    **REOPEN_CAUSES,
}
NOTICES = {
    "dispatched": _l("新派单，请签收"),
    "rehandled": _l("退回重办，请签收"),
    "rehandled_copy": _l("下级单位的工单退回重办"),
    "recalled": _l("已撤回，不再由贵单位办理"),
    "below_refused": _l("上级单位退回反馈，请重新反馈"),
    "nearly": _l("即将到期"),
    "overdue": _l("已超期"),
    "late_sign": _l("超时未签收"),
    "late_respond": _l("超时未联系市民"),
    "late_mobilise": _l("超时未出动"),
    "late_on_site": _l("超时未到场处置"),
    "supervised": _l("被督办"),
    "urged": _l("市民催办"),
    "facts_added": _l("市民补充了情况"),
    "resumed": _l("挂账期满，恢复办理"),
    "took_in": _l("有相同诉求并入"),
    "gave_back": _l("并入的诉求已拆回，不再由贵单位一并办理"),
    "clock_taken_over": _l("并入的诉求更急，办理期限已提前"),
    "linkage_offered": _l("请尽快答复是否接收"),
    "linkage_refused": _l("未接收，由首接方先行办理"),
    "linkage_lapsed": _l("超时未答复，由首接方先行办理"),
    "legal_missed": _l("已超过法定时限"),
    "due_moved": _l("工作日历调整，办理期限已变更"),
    "reply_refused": _l("反馈未通过审核，请重新反馈"),
    "approved_return": _l("退单已同意"),
    "refused_return": _l("退单未同意，须承办"),
    "cancelled_return": _l("退单申请已撤销"),
    "approved_extension": _l("延期已同意"),
    "refused_extension": _l("延期未同意"),
    "cancelled_extension": _l("延期申请已撤销"),
    "approved_suspension": _l("挂账已同意"),
    "refused_suspension": _l("挂账未同意"),
    "approved_difficult": _l("已列为疑难，请五个工作日内报方案"),
    "refused_difficult": _l("未列为疑难"),
    "late_plan": _l("疑难方案超时未报"),
    "review_due": _l("疑难工单到复核日"),
    "approved_co_handling": _l("协办已同意"),
    "refused_co_handling": _l("协办未同意"),
    "approved_exclusion": _l("剔除已同意"),
    "refused_exclusion": _l("剔除未同意"),
    "approved_meeting": _l("会商已同意"),
    "refused_meeting": _l("会商未同意"),
    "meeting_planned": _l("列入会商会"),
    "meeting_cancelled": _l("会商会取消或移出"),
    "meeting_decided": _l("会商会已作决定"),
}
EVENTS = {
    "submitted": _l("提交工单"),
    "completed_by_software": _l("软件按通话内容补全草稿"),
    "completed_by_model": _l("大模型按通话内容补全草稿"),
    "code_locked": _l("查询码连续输错，暂停查询 30 分钟"),
    "review_passed": _l("预审通过"),
    "asked_for_more": _l("要求补充"),
    "completed": _l("已补充"),
    "question_lapsed": _l("到期未补充，继续办理"),
    "answered_directly": _l("直接解答"),
    "urgency_changed": _l("更改紧急程度"),
    "rejected": _l("不予受理"),
    "voided": _l("作废"),
    "dispatched": _l("派单"),
    "joined": _l("增加承办单位"),
    "signed": _l("签收"),
    "contacted": _l("已联系市民"),
    "not_reached": _l("未联系上市民"),
    "mobilised": _l("出动"),
    "done_on_site": _l("现场处置完毕"),
    "delegated": _l("下派"),
    "replied": _l("反馈"),
    "reply_accepted": _l("反馈通过审核"),
    "reply_refused": _l("反馈退回"),
    "below_refused": _l("退回下级单位的反馈"),
    "taken_back": _l("收回下派"),
    "planned": _l("填报疑难方案"),
    "appeal_passed_on": _l("上级单位同意申诉并上报"),
    "awaits_follow_up": _l("转回访"),
    "followed_up": _l("回访得到评价"),
    "follow_up_not_reached": _l("人工回访未接通"),
    "follow_up_texted": _l("发送评价短信"),
    "rating_changed": _l("市民修改评价"),
    "rating_alarm": _l("评价异常"),
    "closed": _l("办结"),
    "archived": _l("归档"),
    "rehandled": _l("退回重办"),
    "recalled": _l("撤回"),
    "merged": _l("并入主单"),
    "took_in": _l("并入一张工单"),
    "answered_with_master": _l("随主单办结"),
    "handed_over_with_master": _l("随主单转交其他平台"),
    "separated": _l("并错拆回"),
    "gave_back": _l("并入的工单已拆回"),
    "clock_taken_over": _l("按并入的工单提级或提前期限"),
    "child_urged": _l("并入工单的市民催办"),
    "child_added_facts": _l("并入工单的市民补充情况"),
    "supervised": _l("督办"),
    "escalated": _l("超时上报班长"),
    "supervision_ended": _l("督办解除"),
    "watched": _l("督办（不告知承办单位）"),
    "watch_ended": _l("督办解除（不告知承办单位）"),
    "attached": _l("上传附件"),
    "attachment_removed": _l("移除附件"),
    "linkage_offered": _l("请其他平台接收"),
    "linkage_taken_in": _l("接到其他平台转来的事项"),
    "linkage_accepted": _l("联动事项已接收"),
    "linkage_refused": _l("联动事项未接收"),
    "linkage_lapsed": _l("联动事项超时未答复"),
    "linkage_settled": _l("联动双方已商定"),
    "linkage_done": _l("联动事项已回结果"),
    "legal_begun": _l("法定时限开始"),
    "legal_met": _l("完成法定步骤"),
    "legal_extended": _l("法定时限延长"),
    "legal_missed": _l("超过法定时限"),
    "legal_moved": _l("按新日历重算法定时限"),
    "split": _l("投诉、举报分单"),
    "split_from": _l("由另一张工单分出"),
    "exchange_taken_in": _l("接到其他平台交换来的工单"),
    "exchange_amended": _l("来源平台更正"),
    "exchange_refused": _l("交换平台间拒收"),
    "urged": _l("催办"),
    "risk_judged": _l("未成年人风险评估"),
    "protected": _l("涉及未成年人，转为保密"),
    "mandatory_reported": _l("强制报告"),
    "chased": _l("来电是催办，记入在办工单"),
    "taken_up": _l("另有诉求，继续填写"),
    "due_recomputed": _l("按新日历重算期限"),
    "suspended": _l("挂账"),
    "resumed": _l("恢复办理"),
    "marked_sensitive": _l("标记敏感"),
    "facts_added": _l("补充情况"),
    "pressed": _l("市民反映被施压"),
    "arbitrated": _l("仲裁指定承办单位"),
    "meeting_planned": _l("列入会商"),
    "meeting_dropped": _l("移出会商"),
    "meeting_decided": _l("会商决定"),
    "erased": _l("删除个人信息"),
}
# What became of a request, by what its event begins with.
DECIDED = {
    "asked": _l("已提出"),
    "approved": _l("已同意"),
    "refused": _l("未同意"),
    "cancelled": _l("已撤销"),
}


MEASURES = {
    Measure.MINUTES: _l("分钟"),
    Measure.WORKING_HOURS: _l("工作小时"),
    Measure.WORKING_DAYS: _l("个工作日"),
}


def init_app(app: Flask) -> None:
    app.add_template_filter(limit_told)
    app.add_template_filter(left, "left")
    app.add_template_filter(span, "span")
    app.add_template_filter(deadlines.light, "light")
    app.add_template_filter(targets.nearest, "owed")
    app.add_template_filter(TARGETS.get, "target_name")
    app.add_template_filter(happened, "happened")
    app.add_template_filter(noticed, "noticed")
    app.add_template_filter(doer, "doer")


def happened(name: str) -> str:
    """What a link of the history is about; of a request which, and how it stood then."""
    step, _cut, kind = name.partition("_")
    if step in DECIDED and kind in set(RequestKind):
        return _(
            "%(kind)s申请：%(state)s", kind=REQUEST_KINDS[RequestKind(kind)], state=DECIDED[step]
        )
    return str(EVENTS.get(name, name))


def noticed(name: str) -> str:
    """What a notice tells a unit."""
    return str(NOTICES.get(name) or happened(name))


def left(due: datetime | None) -> str:
    """How long is left, or by how much it is late, as somebody would say it."""
    if due is None:
        return ""
    at = now()
    if due >= at:
        return _("剩 %(time)s", time=span(due - at))
    return _("超 %(time)s", time=span(at - due))


def span(lasting: timedelta | None) -> str:
    """Days and hours, hours and minutes, or minutes."""
    minutes = int(max(lasting or timedelta(), timedelta()).total_seconds()) // 60
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return _("%(days)s 天 %(hours)s 小时", days=days, hours=hours)
    if hours:
        return _("%(hours)s 小时 %(minutes)s 分", hours=hours, minutes=minutes)
    return _("%(minutes)s 分", minutes=minutes)


# What the templates of handling are given by every page that shows it.
TERMS = {
    "states": STATES,
    "assignment_states": ASSIGNMENT_STATES,
    "request_states": REQUEST_STATES,
    "request_kinds": REQUEST_KINDS,
    "return_reasons": RETURN_REASONS,
    "recall_reasons": RECALL_REASONS,
    "reject_reasons": REJECT_REASONS,
    "reopen_causes": REOPEN_CAUSES,
    "supervise_kinds": SUPERVISE_KINDS,
    "causes": CAUSES,
    "round_causes": ROUND_CAUSES,
    "parts": PARTS,
    "lights": LIGHTS,
    "solved": SOLVED,
    "ways": WAYS,
    "urgencies": URGENCIES,
    "kinds": KINDS,
}


def limit_told(written: str | None) -> str:
    """``4 wh`` in words; a dash where nothing is asked for."""
    if not written:
        return "—"
    limit = Limit.parse(written)
    return f"{limit.amount} {MEASURES[limit.measure]}"
