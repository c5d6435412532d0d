"""What a citizen said by key 9 when he added something to his ticket, for whoever may read that."""

from functools import partial

from flask import Blueprint, Response, abort
from sqlalchemy import select

from infra.db import session
from models import Addition, Recording
from recordings import listening
from staff.access import current_staff, requires
from tickets import search
from web.languages import _

bp = Blueprint("added_sounds", __name__)


@bp.get("/recordings/additions/<int:addition_id>/audio")
@requires(*search.HOTLINE)
def audio(addition_id: int) -> Response:
    return listening.answer(partial(_recording, addition_id))


def _recording(addition_id: int) -> Recording:
    """Units read what he added without names and numbers; a voice cannot be blanked."""
    added = session.get(Addition, addition_id)
    if added is None or added.take is None:
        abort(404, _("没有这条录音"))
    if not search.may_read(added.ticket, current_staff()):
        abort(403, _("这是保密工单，只有承办人员可以查看"))
    found = session.scalar(
        select(Recording)
        .where(Recording.call_id == added.call_id, Recording.take == added.take)
        .order_by(Recording.id)
        .limit(1)
    )
    return found or abort(404, _("录音还没有归档，请稍后再试"))
