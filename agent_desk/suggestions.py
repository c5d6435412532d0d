"""The desk's doors to assisted replies."""

from typing import Any

from flask import Blueprint, Response, abort, jsonify
from sqlalchemy import func, select

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
    """Articles for a sentence of the agent's own call; for what was said to the menu, where none is
    named."""
    utterance = None
    if "utterance" in asking.body():
        utterance = session.get(Utterance, asking.number("utterance"))
        call_id = utterance.call_id if utterance is not None else None
    else:
        call_id = asking.number("call")
    call = session.get(Call, call_id) if call_id is not None else None
    if call is None or call.agent_id != current_staff().id:
        abort(404, _("这不是您的通话"))
    return jsonify([_shown(one) for one in suggestions.show(call, current_staff(), utterance)])


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
    own = (ArticleShown.call_id == call.id) & (ArticleShown.agent_id == call.agent_id)
    last = session.scalar(select(func.max(ArticleShown.utterance_id)).where(own))
    found = session.scalars(
        select(ArticleShown)
        .where(
            own,
            ArticleShown.utterance_id.is_not_distinct_from(last),
            ArticleShown.wrong_at.is_(None),
        )
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
