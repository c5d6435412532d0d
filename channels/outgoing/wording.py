"""What notices are about, and what they say in a text message: to a clerk's phone, without a word
of the citizen's."""

from infra.localtime import local
from infra.wording import N_
from models import Assignment, Notice
from models.outgoing import About
from web.languages import _

CLOCKS = {
    "nearly": N_("即将到期"),
    "overdue": N_("已超期"),
    "late_sign": N_("签收超时"),
    "late_respond": N_("先行联系超时"),
    "late_mobilise": N_("调度超时"),
    "late_on_site": N_("到场处置超时"),
    "supervised": N_("已被督办"),
    "urged": N_("市民催办"),
}
TICKETS = {
    "dispatched": N_("新派工单，请签收"),
    "rehandled": N_("需要重办，请签收"),
    "rehandled_copy": N_("下级单位承办的工单需要重办"),
}
LINKAGE = {
    "linkage_offered": N_("请在五分钟内答复是否接收"),
    "linkage_accepted": N_("已接收"),
    "linkage_refused": N_("未接收，由首接方先行办理"),
    "linkage_lapsed": N_("超时未答复，由首接方先行办理"),
    "linkage_settled": N_("双方已商定"),
    "linkage_done": N_("已回结果"),
}
DECISIONS = {
    "reply_refused": N_("反馈被审核退回，请重新办理"),
    "approved_return": N_("退单申请已同意"),
    "refused_return": N_("退单申请被驳回，请继续办理"),
    "approved_extension": N_("延期申请已同意"),
    "refused_extension": N_("延期申请未同意"),
}
OUTCOMES = ("approved_", "refused_", "cancelled_")


def about(name: str) -> About:
    """What kind of news it is; what nobody has sorted yet concerns the tickets."""
    if name in CLOCKS:
        return About.CLOCKS
    if name in DECISIONS or name.startswith(OUTCOMES):
        return About.DECISIONS
    return About.TICKETS


def text_of(notice: Notice, assignment: Assignment | None) -> str:
    """One short message: which ticket, what, and until when."""
    due = assignment.due_at if assignment is not None else None
    said = _(
        "【12345热线】工单%(number)s：%(news)s。", number=notice.ticket.number, news=_news(notice)
    )
    if due is not None:
        said += _("办理期限%(due)s。", due=local(due).strftime("%m-%d %H:%M"))
    return said


def _news(notice: Notice) -> str:
    known = {**CLOCKS, **TICKETS, **LINKAGE, **DECISIONS}
    if notice.name in known:
        return _(known[notice.name])
    if notice.name.startswith(OUTCOMES):
        return _("申请有了处理结果，请登录查看")
    return _("有新的进展，请登录查看")
