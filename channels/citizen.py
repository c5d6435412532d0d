"""The citizen's page: his ticket by number and query code, as on the telephone by key 9.

Nothing is told to anybody else: the browser that gave the right code may come back for half an
hour, wrong codes are limited by ticket, by address and in all."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from infra.privacy import fingerprint
from models import Ticket
from models.lifecycle import OPEN
from telephony.sentences import tongue
from tickets import (
    codes,
    merging,
    numbers,
    outcomes,
    own,
    questions,
    ratings,
    telling,
    visits,
)
from web.access import public
from web.languages import _, language

bp = Blueprint("citizen", __name__, url_prefix="/my", template_folder="templates")


@bp.get("")
@public
def ask() -> str:
    return render_template("citizen/ask.html", number="", error=None)


@bp.post("")
@public
def open_one() -> Response | str | tuple[str, int]:
    number = request.form.get("number", "").strip()
    visitor = codes.Visitor(fingerprint(request.remote_addr or "unknown"))
    if codes.exhausted(visitor):
        return _again(number, _("查询码错误次数过多，请稍后再试或拨打 12345"), 429)
    written = numbers.keyed("".join(filter(str.isdecimal, number)))
    code = request.form.get("code", "").strip()
    found = written and code.isascii() and codes.opened(written, code[:16], by=visitor)
    if not found:
        # 200: an error status would roll the counted attempt back.
        return _again(
            number, _("工单号或查询码不正确；它们在受理短信里。也可拨打 12345 按 9 查询"), 200
        )
    visits.begin(found)
    return redirect(url_for(".show", number=found.number))


@bp.get("/<number>")
@public
def show(number: str) -> Response | str:
    ticket = visits.own(number)
    if ticket is None:
        return redirect(url_for(".ask"))
    handled = merging.handled_as(ticket)
    return render_template(
        "citizen/show.html",
        ticket=ticket,
        handled=handled,
        state=" · ".join(dict.fromkeys(_state(one) for one in (ticket, handled))),
        open=handled.state in OPEN,
        in_full=telling.by_number_alone(ticket),
        unit=telling.unit(handled),
        steps=own.steps(ticket),
        answers=own.answers(ticket),
        question=questions.of(ticket),
        direct_answer=outcomes.answer_to(ticket),
        additions=own.additions(ticket),
        why_not_urge=own.why_not_urge(ticket),
        rating=ratings.standing(ticket),
        may_say_pressed=own.may_say_pressed(ticket),
        longest=own.LONGEST,
    )


@bp.post("/<number>/facts")
@public
def add_facts(number: str) -> Response:
    return _done(number, lambda one: own.add_facts(one, request.form.get("words", "")), _("已补充"))


@bp.post("/<number>/urge")
@public
def urge(number: str) -> Response:
    return _done(number, own.urge, _("已催办，承办单位会收到提醒"))


@bp.post("/<number>/pressed")
@public
def pressed(number: str) -> Response:
    words = request.form.get("words", "")
    return _done(
        number, lambda one: own.say_pressed(one, words), _("已收到，热线会核查，不会告知承办单位")
    )


@bp.post("/leave")
@public
def leave() -> Response:
    visits.end()
    return redirect(url_for(".ask"))


def _state(ticket: Ticket) -> str:
    return tongue(language()).sentence(f"state_{ticket.state}")


def _done(number: str, do: Callable[[Ticket], None], told: str) -> Response:
    """Do it, behind the ticket's lock, for whoever has opened it; a refusal says why."""
    ticket = visits.own(number)
    if ticket is None or not telling.by_number_alone(ticket):
        return redirect(url_for(".ask"))
    try:
        do(ticket)
        flash(told, "done")
    except own.NotNow as refused:
        flash(str(refused), "error")
    return redirect(url_for(".show", number=number))


def _again(number: str, error: str, status: int) -> tuple[str, int]:
    return render_template("citizen/ask.html", number=number[:20], error=error), status
