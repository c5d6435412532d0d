"""The pages of knowledge: find, read, write, approve, expire, answer what agents found wrong."""

from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from pydantic import ValidationError
from sqlalchemy import select
from werkzeug.wrappers import Response

from assist import articles as verbs
from assist import experience, lessons
from assist.jobs import learn
from infra.db import session
from infra.localtime import CITY
from models import Article, ArticleState, Line, Purpose, Reason, Role, Unit, Verdict
from staff.access import current_staff, requires
from web import asked
from web.languages import _, _l

bp = Blueprint("assist", __name__, url_prefix="/knowledge", template_folder="templates")

READERS = (Role.AGENT, Role.LEAD, Role.QA)
WRITERS = (Role.LEAD, Role.QA)
STATES = {
    ArticleState.DRAFT: _l("待审核"),
    ArticleState.APPROVED: _l("已发布"),
    ArticleState.CHALLENGED: _l("被指有误"),
    ArticleState.EXPIRED: _l("已失效"),
}
VERDICTS = {
    Verdict.RIGHT: _l("核实无误"),
    Verdict.CHANGED: _l("已修改"),
    Verdict.EXPIRED: _l("已失效"),
}
TEACHERS = (Role.LEAD, Role.ADMIN)
PURPOSES = {Purpose.TOPIC: _l("事项类别"), Purpose.UNIT: _l("承办单位"), Purpose.LINE: _l("专席")}
REASONS = {Reason.NIGHT: _l("每夜"), Reason.GROWN: _l("新增较多"), Reason.ASKED: _l("手动")}
NAMES = {"title": _l("标题"), "line": _l("专席"), "answer": _l("答复"), "valid_until": _l("有效期")}


@bp.get("")
@requires(*READERS)
def articles() -> str:
    page = asked.page()
    found = verbs.listed(asked.text("q"), asked.text("line"), asked.text("state"), page)
    return render_template(
        "assist/list.html",
        found=found[: verbs.PAGE],
        more=len(found) > verbs.PAGE,
        page=page,
        asked=request.args.to_dict(),
        lines=_lines(),
        states=STATES,
        may_write=current_staff().may(*WRITERS),
    )


@bp.get("/<int:article_id>")
@requires(*READERS)
def article(article_id: int) -> str:
    found = _find(article_id)
    return render_template(
        "assist/article.html",
        article=found,
        states=STATES,
        complaints=verbs.complaints(found),
        verdicts=VERDICTS,
        may_write=current_staff().may(*WRITERS),
        own=found.author_id == current_staff().id,
    )


@bp.route("/new", methods=["GET", "POST"])
@requires(*WRITERS)
def new() -> str | tuple[str, int] | Response:
    if request.method == "GET":
        return _form(None, {}, None)
    try:
        made = verbs.write(_written(), current_staff())
    except verbs.Unacceptable as error:
        return _form(None, request.form.to_dict(), str(error)), 422
    flash(_("已保存为草稿，请由另一位同事审核"), "done")
    return redirect(url_for(".article", article_id=made.id))


@bp.route("/<int:article_id>/edit", methods=["GET", "POST"])
@requires(*WRITERS)
def edit(article_id: int) -> str | tuple[str, int] | Response:
    found = _find(article_id)
    if request.method == "GET":
        return _form(found, _values(found), None)
    try:
        verbs.edit(found, _written(), current_staff())
    except verbs.Unacceptable as error:
        return _form(found, request.form.to_dict(), str(error)), 422
    flash(_("已保存新版本，审核前不会推荐给座席"), "done")
    return redirect(url_for(".article", article_id=found.id))


@bp.post("/<int:article_id>/approve")
@requires(*WRITERS)
def approve(article_id: int) -> Response:
    try:
        verbs.approve(
            _find(article_id), current_staff(), version=request.form.get("version", 0, type=int)
        )
        flash(_("已发布"), "done")
    except verbs.Unacceptable as error:
        flash(str(error), "error")
    return redirect(url_for(".article", article_id=article_id))


@bp.post("/<int:article_id>/expire")
@requires(*WRITERS)
def expire(article_id: int) -> Response:
    verbs.expire(_find(article_id), current_staff())
    flash(_("已失效，不再推荐"), "done")
    return redirect(url_for(".article", article_id=article_id))


@bp.get("/learning")
@requires(*TEACHERS)
def learning() -> str:
    held = lessons.listed()
    return render_template(
        "assist/learning.html",
        lessons=held,
        brought=lessons.brought(),
        open=any(one.ended_at is None for one in held),
        confirmed=experience.confirmed(),
        least=experience.LEAST_TICKETS,
        purposes=PURPOSES,
        reasons=REASONS,
    )


@bp.post("/learning")
@requires(*TEACHERS)
def ask_for_lesson() -> Response:
    lesson = lessons.ask(Reason.ASKED, by=current_staff())
    if lesson is None:
        flash(_("已有一次学习在进行，请稍后查看结果"), "error")
    else:
        learn.later(lesson.id)
        flash(_("已排入后台，完成后在此显示结果"), "done")
    return redirect(url_for(".learning"))


def _find(article_id: int) -> Article:
    found = session.get(Article, article_id, with_for_update=request.method == "POST")
    if found is None:
        abort(404, _("没有这条知识"))
    return found


def _form(found: Article | None, values: dict[str, str], error: str | None) -> str:
    return render_template(
        "assist/form.html",
        article=found,
        values=values,
        error=error,
        lines=_lines(),
        units=session.scalars(select(Unit).where(Unit.active).order_by(Unit.name)).all(),
    )


def _written() -> verbs.Written:
    form = request.form.to_dict()
    try:
        form["valid_until"] = _end_of(form.get("valid_until", "")) or ""
        return verbs.Written.model_validate(
            {name: value for name, value in form.items() if name != "valid_until" or value}
        )
    except ValidationError as error:
        wrong = {str(one["loc"][0]) for one in error.errors() if one["loc"]}
        names = _("、").join(str(NAMES.get(name, name)) for name in sorted(wrong))
        raise verbs.Unacceptable(_("请检查：%(names)s", names=names)) from error


def _end_of(day: str) -> str | None:
    """A date that an article holds until is meant to the end of that day, in the city."""
    if not day:
        return None
    try:
        date = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=CITY)
    except ValueError as error:
        raise verbs.Unacceptable(_("有效期应为 2026-12-31 的形式")) from error
    return date.replace(hour=23, minute=59, second=59).isoformat()


def _values(found: Article) -> dict[str, str]:
    until = found.valid_until
    return {
        "title": found.title,
        "line": found.line.code,
        "question": found.question,
        "answer": found.answer,
        "steps": found.steps,
        "materials": found.materials,
        "fee": found.fee,
        "time_limit": found.time_limit,
        "unit": found.unit.code if found.unit else "",
        "basis": found.basis or "",
        "valid_until": until.astimezone(CITY).strftime("%Y-%m-%d") if until else "",
    }


def _lines() -> list[Line]:
    return list(session.scalars(select(Line).order_by(Line.rank)))
