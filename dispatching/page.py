"""One ticket on the dispatcher's page, with everything that may be done with it."""

from functools import partial

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from infra.db import roll_back, session
from models import (
    ASSIGNMENT_MOVES,
    TICKET_MOVES,
    Actor,
    Assignment,
    IllegalMove,
    Ticket,
    TicketState,
)
from models.lifecycle import BEFORE_UNITS, OPEN
from staff.access import current_staff
from tickets import (
    actors,
    likeness,
    locking,
    merging,
    proposals,
    returns,
    search,
    story,
    wording,
)
from web.languages import _
from web.refusals import Refused

LOOKS_ON = actors.allowed(
    TICKET_MOVES["dispatch"], TICKET_MOVES["pass_review"], besides=(Actor.LEAD,)
)
DISPATCHES = actors.allowed(TICKET_MOVES["dispatch"])
REVIEWS = actors.allowed(TICKET_MOVES["pass_review"])
LEADS = actors.allowed(TICKET_MOVES["void"])


def again(error: Refused) -> tuple[str, int] | Response:
    """The same page with what was typed, and above it why it was not done."""
    roll_back()
    given = request.view_args or {}
    number, assignment_id = given.get("number"), given.get("assignment_id")
    if assignment_id is not None:
        assignment = session.get(Assignment, assignment_id)
        number = assignment.ticket.number if assignment else None
    found = session.scalar(select(Ticket).where(Ticket.number == number))
    if found is None or not current_staff().may(*LOOKS_ON):
        flash(str(error), "error")
        return redirect(url_for("tickets.everything"))
    insisting = isinstance(error, returns.ReturnedBefore)
    unlike = isinstance(error, likeness.Unlike)
    return of(found, problem=str(error), insisting=insisting, unlike=unlike), 409


def moved_on(_error: IllegalMove) -> tuple[str, int] | Response:
    return again(Refused(_("工单已被他人处理，状态已变，请核对后再操作")))


def of(found: Ticket, problem: str = "", *, insisting: bool = False, unlike: bool = False) -> str:
    """``insisting``: what was sent gives it back to a unit that has returned it; he may insist.
    ``unlike``: it would be merged into another district's or caller's; he may, too."""
    staff = current_staff()
    waits = found.state in (TicketState.PENDING_DISPATCH, TicketState.PENDING_REVIEW)
    mergeable = staff.may(*DISPATCHES) and found.state in TICKET_MOVES["merge"].sources
    return render_template(
        "dispatching/ticket.html",
        ticket=found,
        story=story.of(found),
        history=search.history(found, staff),
        proposals=proposals.propose(found) if waits else [],
        units=search.choices()["unit"],
        waits=waits,
        mergeable=mergeable,
        why_not_merge=merging.why_not(found) if mergeable else None,
        alike=likeness.masters_for(found) if mergeable else [],
        separable=staff.may(*DISPATCHES) and merging.may_be_separated(found),
        before=found.state in BEFORE_UNITS,
        open=found.state in OPEN,
        recallable=ASSIGNMENT_MOVES["recall"].sources,
        may_dispatch=staff.may(*DISPATCHES),
        may_review=staff.may(*REVIEWS),
        leads=staff.may(*LEADS),
        shown=partial(search.shown_to, staff),
        problem=problem,
        again=insisting,
        unlike=unlike,
        given=request.form,
        internal=True,
        **wording.TERMS,
    )


def locked(number: str) -> Ticket:
    try:
        return locking.with_master(number)
    except locking.NotThere:
        abort(404, _("没有这张工单，请核对工单号"))


def done(found: Ticket, words: str) -> Response:
    flash(words, "done")
    page = "dispatching.ticket" if current_staff().may(*LOOKS_ON) else "tickets.show"
    return redirect(url_for(page, number=found.number))
