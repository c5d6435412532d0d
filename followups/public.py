"""The page behind the text message: the three questions, for whoever has its link.

It tells nothing of the ticket but its number, which stands in the message already."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from followups import outcome, people
from followups.routes import RATINGS, REFUSALS, SOLVED, answers, why_refused
from infra.clock import now
from infra.db import roll_back, session
from infra.privacy import fingerprint
from models import AlarmKind, FollowUp, FollowUpResult, FollowUpState
from staff import norms
from tickets import alarms
from web.access import public
from web.languages import _

bp = Blueprint("survey", __name__, url_prefix="/f", template_folder="templates")


@bp.get("/<token>")
@public
def show(token: str) -> str:
    follow_up = _of(token)
    if follow_up is None:
        abort(404, _("链接无效，请核对短信中的链接"))
    if not _is_open(follow_up):
        abort(410, _closed())
    return _page(follow_up)


@bp.post("/<token>")
@public
def answer(token: str) -> str | tuple[str, int]:
    found = _of(token)
    if found is None:
        abort(404, _("链接无效，请核对短信中的链接"))
    follow_up = people.locked(found.id)
    if not _is_open(follow_up):
        return _page(follow_up, _closed(), closed=True), 410
    people.answer_text(follow_up, answers())
    if request.form.get("pressed"):
        alarms.raise_(follow_up.round, follow_up.ticket, AlarmKind.PRESSED)
    return render_template("followups/thanks.html", days=norms.amount("rating_changed_within"))


def _again(error: Exception) -> tuple[str, int] | Response:
    """The same questions with what he has answered, and above them why that was not kept."""
    roll_back()
    words, status = why_refused(error)
    token = (request.view_args or {}).get("token", "")
    follow_up = _of(token)
    if follow_up is None:
        return redirect(url_for(".show", token=token))
    return _page(follow_up, words), status


for refusal in REFUSALS:
    bp.register_error_handler(refusal, _again)


def _page(follow_up: FollowUp, problem: str = "", *, closed: bool = False) -> str:
    return render_template(
        "followups/survey.html",
        ticket=follow_up.ticket,
        solved=SOLVED,
        ratings=RATINGS,
        problem=problem,
        closed=closed,
        given=request.form,
    )


def _of(token: str) -> FollowUp | None:
    return session.scalar(select(FollowUp).where(FollowUp.token_hash == fingerprint(token)))


def _is_open(follow_up: FollowUp) -> bool:
    """While it is asked by text, and as long as a rating may be changed."""
    texted = follow_up.state is FollowUpState.TEXTED
    in_time = follow_up.text_until is not None and follow_up.text_until > now()
    rated = follow_up.result is FollowUpResult.REACHED and outcome.may_change(follow_up)
    return (texted and in_time) or rated


def _closed() -> str:
    return str(_("评价已截止；如有新情况请拨打 12345"))
