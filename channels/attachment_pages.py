"""A clerk adds a file to his assignment; a script of the page keeps what he has typed meanwhile."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from channels import attachments
from infra.db import roll_back, session
from models import Assignment, Attachment, Role
from recordings.store import StoreError, store
from staff.access import current_staff, requires
from tickets import locking
from tickets.handling import NotYet
from web.languages import _
from web.refusals import Refused

bp = Blueprint("attaching", __name__, url_prefix="/inbox")

# What a form puts around a file.
WRAPPING = 64 * 1024


@bp.post("/<int:assignment_id>/attachments")
@requires(Role.UNIT)
def attach(assignment_id: int) -> Response:
    _insist_on_room(session.get(Assignment, assignment_id))
    given = request.files.get("file")
    if given is None or not given.filename:
        raise attachments.NotTaken(_("请选择%(label)s", label=_("文件")))
    # The store may be slow: nothing is held meanwhile.
    roll_back()
    with attachments.received(given.stream) as file:
        try:
            store().put(file.storage_key, file.path)
        except StoreError as error:
            raise attachments.NotTaken(_("附件暂时无法保存，请稍后再试")) from error
        one = locking.assignment(assignment_id)
        _insist_on_room(one)
        attachments.attach(one, file, given.filename, by=current_staff())
    flash(_("附件已上传。"), "done")
    return _back(assignment_id)


@bp.post("/<int:assignment_id>/attachments/<int:attachment_id>/removal")
@requires(Role.UNIT)
def remove(assignment_id: int, attachment_id: int) -> Response:
    _own(session.get(Assignment, assignment_id))
    one = _own(locking.assignment(assignment_id))
    found = session.get(Attachment, attachment_id)
    if found is None or found.assignment_id != one.id:
        abort(404, _("没有这个附件"))
    attachments.remove(found, by=current_staff())
    flash(_("附件已移除。"), "done")
    return _back(assignment_id)


attach.largest_body = attachments.LARGEST + WRAPPING  # type: ignore[attr-defined]


@bp.errorhandler(Refused)
def refused(error: Refused) -> Response:
    roll_back()
    flash(str(error), "error")
    return _back((request.view_args or {})["assignment_id"])


def _insist_on_room(one: Assignment | None) -> None:
    if _own(one).signed_at is None:
        raise NotYet(_("请先签收"))
    attachments.insist_on_room(_own(one))


def _own(one: Assignment | None) -> Assignment:
    if one is None or one.unit_id != current_staff().unit_id:
        abort(404, _("没有这张工单，或已不在贵单位办理"))
    return one


def _back(assignment_id: int) -> Response:
    return redirect(url_for("units.assignment", assignment_id=assignment_id))
