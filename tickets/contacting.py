"""Whether a unit may speak to a ticket's citizen at all; who may not owes him no first word."""

from collections.abc import Callable

from models import Kind, Ticket
from telephony.callers import ordinary
from tickets import telling
from web.languages import _l

REFUSALS: tuple[tuple[Callable[[Ticket], bool], str], ...] = (
    (lambda one: not one.needs_reply, _l("市民表示不需要联系，请勿致电")),
    (lambda one: one.confidential or one.kind is Kind.REPORT, _l("保密工单请通过热线联系市民")),
    (lambda one: one.person is None, _l("市民没有显示号码，不能致电")),
    (telling.concerns_a_minor, _l("涉及未成年人，请通过热线专席联系")),
    (
        lambda one: one.person is not None and not ordinary(one.person.number),
        _l("市民的号码不是境内手机或带区号的固定电话，不能致电"),
    ),
)


def why_not(ticket: Ticket) -> str:
    """What keeps a unit from it, whenever it is; empty where nothing does."""
    return str(next((why for holds, why in REFUSALS if holds(ticket)), ""))
