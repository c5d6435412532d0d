"""The citizen's own page of the three questions, for the browser that has opened his ticket."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest, UnprocessableEntity
from werkzeug.wrappers import Response

from followups import rating
from followups.routes import RATINGS, SOLVED, answers, why_refused
from infra.db import roll_back
from models import AskedBy, Ticket
from tickets import ratings, telling, visits
from web.access import public
from web.languages import _

bp = Blueprint("own_rating", __name__, url_prefix="/my", template_folder="templates")


@bp.get("/<number>/rating")
@public
def show(number: str) -> Response | str:
    ticket = _own(number)
    if ticket is None:
        return redirect(url_for("citizen.ask"))
    if ratings.standing(ticket) is None:
        return redirect(url_for("citizen.show", number=number))
    return _page(ticket)


def _page(ticket: Ticket, problem: str = "") -> str:
    """With what was typed, where it was refused."""
    return render_template(
        "followups/own.html",
        ticket=ticket,
        solved=SOLVED,
        ratings=RATINGS,
        problem=problem,
        given=request.form,
    )


@bp.post("/<number>/rating")
@public
def answer(number: str) -> Response:
    ticket = _own(number)
    if ticket is None:
        return redirect(url_for("citizen.ask"))
    try:
        rating.rate(ticket, answers(), AskedBy.WEB)
        flash(_("感谢您的评价"), "done")
    except rating.NotNow as refused:
        flash(str(refused), "error")
    return redirect(url_for("citizen.show", number=number))


@bp.errorhandler(BadRequest)
@bp.errorhandler(UnprocessableEntity)
def again(error: Exception) -> tuple[str, int] | Response:
    """The same questions with what he has answered, and above them why that was not kept."""
    roll_back()
    words, status = why_refused(error)
    ticket = _own((request.view_args or {}).get("number", ""))
    if ticket is None or ratings.standing(ticket) is None:
        flash(words, "error")
        return redirect(url_for("citizen.ask"))
    return _page(ticket, words), status


def _own(number: str) -> Ticket | None:
    ticket = visits.own(number)
    return ticket if ticket is not None and telling.by_number_alone(ticket) else None
