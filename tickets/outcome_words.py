"""What becomes of a ticket as it is submitted, why it is not accepted, why it begins again."""

from models import KIND_LABELS
from web.languages import _l

# What becomes of a ticket as it is submitted.
OUTCOMES = {
    "dispatch": _l("转派办理"),
    "review": _l("送预审"),
    "answer": _l("直接解答"),
    "reject": _l("不予受理"),
}
# Why a lead has a closed ticket begun again.
REOPEN_CAUSES = {
    "false_closure": _l("虚假办结"),
    "reviewed": _l("复核发现未解决"),
    "asked_again": _l("市民要求"),
}
# Source: domain reference 1.3.
REJECT_REASONS = {
    "JURIS": _l("不属于本市管辖"),
    "EMERG": _l("属于 110、119、120、122 受理"),
    "PARTY": _l("属于党委、人大、政协、法院、检察院、军队事务"),
    "PROC": _l("须经或已进入诉讼、仲裁、纪检、复议、信息公开、信访程序"),
    "SECRET": _l("涉及国家秘密、商业秘密、个人隐私"),
    "MORAL": _l("违反法律或公序良俗"),
    "VAGUE": _l("内容不清，无法办理"),
    "DUP_DONE": _l("同一事项已办结，没有新的事实"),
    "ABUSE": _l("骚扰，没有实际内容"),
}
# For a form from which a ticket is submitted.
AT_SUBMIT = {"kinds": KIND_LABELS, "ways": OUTCOMES, "reject_reasons": REJECT_REASONS}
