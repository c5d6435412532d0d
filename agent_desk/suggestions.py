"""The desk's doors to assisted replies."""

from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from assist import suggestions
from infra.db import session
from models import ArticleShown, Call, Role, Utterance
from staff.access import current_staff, requires

bp = Blueprint("suggestions", __name__, url_prefix="/desk/suggest")


@bp.post("")
@requires(Role.AGENT)
def suggest() -> Response:
    """Articles for a sentence of the agent's own call."""
    utterance = session.get(Utterance, _number("utterance"))
    call = session.get(Call, utterance.call_id) if utterance is not None else None
    if utterance is None or call is None or call.agent_id != current_staff().id:
        abort(404, "这不是您的通话")
    return jsonify([_shown(one) for one in suggestions.show(utterance, call, current_staff())])


@bp.post("/used")
@requires(Role.AGENT)
def used() -> tuple[str, int]:
    suggestions.use(_own())
    return "", 204


@bp.post("/wrong")
@requires(Role.AGENT)
def wrong() -> tuple[str, int]:
    suggestions.mark_wrong(_own(), str(_asked().get("note", "")))
    return "", 204


def _own() -> ArticleShown:
    shown = session.get(ArticleShown, _number("shown"))
    if shown is None or shown.agent_id != current_staff().id:
        abort(404, "没有这条建议")
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
    }


def _asked() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def _number(name: str) -> int:
    value = _asked().get(name)
    if not isinstance(value, int):
        abort(422, f"缺少 {name}")
    return value
