"""The desk's doors to assisted replies."""

from typing import Any

from flask import Blueprint, Response, abort, jsonify
from sqlalchemy import select

from agent_desk import asking
from assist import suggestions
from infra.db import session
from models import ArticleShown, Call, Role, Utterance
from staff.access import current_staff, requires
from web.languages import _

bp = Blueprint("suggestions", __name__, url_prefix="/desk/suggest")


@bp.post("")
@requires(Role.AGENT)
def suggest() -> Response:
    """Articles for a sentence of the agent's own call."""
    utterance = session.get(Utterance, asking.number("utterance"))
    call = session.get(Call, utterance.call_id) if utterance is not None else None
    if utterance is None or call is None or call.agent_id != current_staff().id:
        abort(404, _("这不是您的通话"))
    return jsonify([_shown(one) for one in suggestions.show(utterance, call, current_staff())])


@bp.post("/used")
@requires(Role.AGENT)
def used() -> tuple[str, int]:
    suggestions.use(_own())
    return "", 204


@bp.post("/wrong")
@requires(Role.AGENT)
def wrong() -> tuple[str, int]:
    suggestions.mark_wrong(_own(), str(asking.body().get("note", "")))
    return "", 204


def shown_last(call: Call) -> list[dict[str, Any]]:
    """What stands on the desk of a call: the replies to the last sentence that had any."""
    last = (
        select(ArticleShown.utterance_id)
        .where(ArticleShown.call_id == call.id, ArticleShown.agent_id == call.agent_id)
        .order_by(ArticleShown.utterance_id.desc())
        .limit(1)
    )
    found = session.scalars(
        select(ArticleShown)
        .where(ArticleShown.utterance_id == last.scalar_subquery(), ArticleShown.wrong_at.is_(None))
        .order_by(ArticleShown.score.desc())
    )
    return [_shown(one) for one in found]


def _own() -> ArticleShown:
    shown = session.get(ArticleShown, asking.number("shown"))
    if shown is None or shown.agent_id != current_staff().id:
        abort(404, _("没有这条建议"))
    return shown


def _shown(one: ArticleShown) -> dict[str, Any]:
    article = one.article
    return {
        "id": one.id,
        "title": article.title,
        "sentence": one.sentence,
        "verified": article.verified,
        "basis": article.basis,
        "valid_until": article.valid_until.isoformat() if article.valid_until else None,
        "used": one.used_at is not None,
    }
