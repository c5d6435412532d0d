"""What was recorded of a unit's own calls to citizens through the line, and nothing else.

What the citizen said to the hotline is the hotline's; a unit hears what was said to itself."""

from functools import partial

from flask import Blueprint, Response, abort
from sqlalchemy import select

from infra.db import session
from models import Call, Contact, Recording, Role
from models.lifecycle import WITHDRAWN
from recordings import listening
from staff.access import current_staff, requires
from web.languages import _

bp = Blueprint("unit_sounds", __name__, url_prefix="/inbox")


@bp.get("/contacts/<int:contact_id>/audio")
@requires(Role.UNIT)
def audio(contact_id: int) -> Response:
    return listening.answer(partial(_recording, contact_id))


def _recording(contact_id: int) -> Recording:
    contact = session.get(Contact, contact_id)
    if contact is None or not _is_own(contact):
        abort(404, _("没有这条录音，或已不在贵单位办理"))
    found = session.scalar(
        select(Recording)
        .join(Call, Call.id == Recording.call_id)
        .where(Call.id == contact.call_id, Call.relayed)
        .order_by(Recording.id.desc())
        .limit(1)
    )
    if found is None:
        abort(404, _("录音还没有归档，请稍后再试"))
    return found


def _is_own(contact: Contact) -> bool:
    """Of his own unit, while the assignment is in its hands: those above and beside it read of the
    contact, and do not hear it."""
    one = contact.assignment
    return one.unit_id == current_staff().unit_id and one.state not in WITHDRAWN
