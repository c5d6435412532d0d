"""The doors for the steps that the law of 12315 asks for: decided, or lengthened.

That one call both complains and reports is settled by the hotline before any unit has a part in it:
no key ever holds a ticket that can still be split."""

from typing import Annotated, Self

from flask import abort
from pydantic import Field, model_validator

from channels.api import answers, reading
from channels.api.door import operation
from channels.api.sent import Given
from models import LegalClock, LegalStep, Scope, Ticket
from staff import audit
from staff.access import current_staff
from tickets import legal
from web.languages import _

ONE = "/assignments/<int:assignment_id>/legal"
LONGEST = 2000


class Decided(Given):
    """A step is done: a complaint accepted or not, its mediation ended, a case filed or not, the
    reporter told."""

    step: LegalStep
    outcome: bool = Field(description="Accepted, mediated, filed, told; or not.")
    words: Annotated[str, Field(max_length=LONGEST)] = Field(
        "", description="Why; needed where `outcome` is false."
    )

    @model_validator(mode="after")
    def says_why(self) -> Self:
        if not self.outcome and not self.words:
            raise ValueError(_("outcome 为 false 时，请在 words 中说明理由"))
        return self


class Lengthened(Given):
    """A step takes longer, once, where the law allows it."""

    step: LegalStep
    reason: Annotated[str, Field(min_length=1, max_length=LONGEST)]


@operation(f"POST {ONE}/decisions", Scope.LEGAL, answers.Steps, body=Decided)
def decide(assignment_id: int, body: Decided) -> answers.Steps:
    """Take a step of 12315; whoever leads may, and what follows from it begins"""
    clock = _clock(assignment_id, body.step)
    legal.meet(clock, by=current_staff(), outcome=body.outcome, words=body.words)
    return _told(clock.ticket)


@operation(f"POST {ONE}/extensions", Scope.LEGAL, answers.Steps, body=Lengthened)
def lengthen(assignment_id: int, body: Lengthened) -> answers.Steps:
    """Lengthen a step of 12315, once and before its date"""
    clock = _clock(assignment_id, body.step)
    legal.extend(clock, by=current_staff(), reason=body.reason)
    return _told(clock.ticket)


def _clock(assignment_id: int, step: LegalStep) -> LegalClock:
    """Behind its ticket's lock.  Raises NotThere, NotHeld, NotNow."""
    ticket = reading.held(assignment_id).ticket
    if not legal.may_act(ticket, current_staff()):
        abort(403, _("只有主办单位可以办理法定步骤"))
    clock = legal.step_of(ticket, step)
    if clock is None:
        raise legal.NotNow(_("这张工单没有这一步，或还没有开始"))
    return clock


def _told(ticket: Ticket) -> answers.Steps:
    audit.look("ticket.viewed", "ticket", ticket.number)
    return answers.Steps(steps=[reading.step(one) for one in legal.of(ticket)])
