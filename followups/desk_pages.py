"""At the desk of whoever takes a citizen that wanted a person in a follow-up: what it is about,
and the questions.  What he writes down is the person's follow-up, as from the queue."""

from flask import Blueprint, abort, render_template
from sqlalchemy import exists, select

from followups import people
from followups.routes import WORDS, answers, reply_of
from infra.db import session
from models import Call, CallEvent, FollowUp, Offer, OfferState, Role
from staff import audit
from staff.access import current_staff, requires
from tickets import search
from web.languages import _
from web.refusals import Refused

bp = Blueprint(
    "follow_up_at_desk", __name__, url_prefix="/follow-ups/of-call", template_folder="templates"
)


@bp.get("/<int:call_id>")
@requires(Role.AGENT)
def show(call_id: int) -> str:
    follow_up = _of_own_call(call_id)
    audit.look("follow_up.viewed", "follow_up", follow_up.id)
    return _drawn(call_id, follow_up)


@bp.post("/<int:call_id>/answers")
@requires(Role.AGENT)
def record(call_id: int) -> str | tuple[str, int]:
    given = answers()
    follow_up = people.locked(_of_own_call(call_id).id)
    try:
        people.record(follow_up, given, by=current_staff())
    except Refused as refused:
        return _drawn(call_id, follow_up, str(refused)), 409
    return _drawn(call_id, follow_up)


def _of_own_call(call_id: int) -> FollowUp:
    """Only of a call that he has taken himself; also when his voice broke off since."""
    staff = current_staff()
    talked = exists().where(
        Offer.call_id == Call.id,
        Offer.agent_id == staff.id,
        Offer.state == OfferState.CONNECTED,
    )
    asked = (
        select(CallEvent.detail["follow_up"].as_integer())
        .join(Call, Call.id == CallEvent.call_id)
        .where(
            Call.id == call_id,
            (Call.agent_id == staff.id) | talked,
            CallEvent.name == "from_follow_up",
        )
    )
    found = session.get(FollowUp, session.scalar(asked.limit(1)) or 0)
    if found is None:
        abort(404, _("这不是您的通话"))
    if not search.may_read(found.ticket, staff):
        abort(403, _("这是保密工单，只有承办人员可以查看"))
    return found


def _drawn(call_id: int, follow_up: FollowUp, problem: str = "") -> str:
    return render_template(
        "followups/at_desk.html",
        call_id=call_id,
        follow_up=follow_up,
        ticket=follow_up.ticket,
        reply=reply_of(follow_up),
        askings=people.askings_of(follow_up),
        problem=problem,
        **WORDS,
    )
