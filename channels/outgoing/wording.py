"""What notices are about, and what they say in a text message: to a clerk's phone, without a word
of the citizen's."""

from infra.localtime import local
from models import Assignment, Notice
from models.outgoing import About
from tickets.wording import noticed
from web.languages import _

CLOCKS = {
    *("nearly", "overdue", "late_sign", "late_respond", "late_mobilise", "late_on_site"),
    *("late_plan", "review_due"),
    *("supervised", "urged", "due_moved", "clock_taken_over", "resumed", "legal_missed"),
}
DECISIONS = ("reply_refused", "below_refused", "approved_", "refused_", "cancelled_")


def about(name: str) -> About:
    """What kind of news it is; what nobody has sorted yet concerns the tickets."""
    if name in CLOCKS:
        return About.CLOCKS
    return About.DECISIONS if name.startswith(DECISIONS) else About.TICKETS


def text_of(notice: Notice, assignment: Assignment | None) -> str:
    """One short message: which ticket, what, and until when."""
    due = assignment.due_at if assignment is not None else None
    number, news = notice.ticket.number, noticed(notice.name)
    said = _("【12345热线】工单%(number)s：%(news)s。", number=number, news=news)
    if notice.detail.get("when"):
        said += _("会议时间%(when)s。", when=notice.detail["when"])
    if due is not None:
        said += _("办理期限%(due)s。", due=local(due).strftime("%m-%d %H:%M"))
    return said
