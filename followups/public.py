"""The page behind the text message: the three questions, for whoever has its link.

It tells nothing of the ticket but its number, which stands in the message already."""

from flask import Blueprint, abort, render_template, request
from sqlalchemy import select

from followups import outcome, people
from followups.routes import RATINGS, SOLVED, answers
from infra.clock import now
from infra.db import session
from infra.privacy import fingerprint
from models import AlarmKind, FollowUp, FollowUpResult, FollowUpState
from tickets import alarms, ratings
from web.access import public
from web.languages import _

bp = Blueprint("survey", __name__, url_prefix="/f", template_folder="templates")


@bp.get("/<token>")
@public
def show(token: str) -> str:
    follow_up = _of(token)
    return render_template(
        "followups/survey.html", ticket=follow_up.ticket, solved=SOLVED, ratings=RATINGS
    )


@bp.post("/<token>")
@public
def answer(token: str) -> str:
    follow_up = people.locked(_of(token).id)
    _insist_open(follow_up)
    people.answer_text(follow_up, answers())
    if request.form.get("pressed"):
        alarms.raise_(follow_up.round, AlarmKind.PRESSED)
    return render_template("followups/thanks.html", days=ratings.CHANGE_WITHIN.days)


def _of(token: str) -> FollowUp:
    found = session.scalar(select(FollowUp).where(FollowUp.token_hash == fingerprint(token)))
    if found is None:
        abort(404, _("链接无效，请核对短信中的链接"))
    _insist_open(found)
    return found


def _insist_open(follow_up: FollowUp) -> None:
    """While it is asked by text, and as long as a rating may be changed."""
    texted = follow_up.state is FollowUpState.TEXTED
    in_time = follow_up.text_until is not None and follow_up.text_until > now()
    rated = follow_up.result is FollowUpResult.REACHED and outcome.may_change(follow_up)
    if not (texted and in_time) and not rated:
        abort(410, _("评价已截止；如有新情况请拨打 12345"))
