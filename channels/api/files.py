"""Attachments through the interface, and their download for whoever reads the ticket on a page."""

from flask import Blueprint, Response, abort, request, send_file
from sqlalchemy import select

from channels import attachments
from channels.api import answers, reading, sent
from channels.api.door import operation
from infra.db import roll_back, session
from models import Assignment, Attachment, AttachmentState, Role, Scope
from recordings.store import NotKept, StoreError, store
from staff import audit
from staff.access import current_key, current_staff, requires
from tickets import reach, search
from tickets.locking import NotThere
from web.languages import _

pages = Blueprint("attachments", __name__)

CONTENT = (*attachments.SUFFIXES,)


@operation(
    "POST /assignments/<int:assignment_id>/attachments",
    Scope.ATTACHMENTS,
    answers.Attachment,
    status=201,
    query=sent.AttachmentWanted,
    takes=CONTENT,
    largest_body=attachments.LARGEST,
)
def attach(assignment_id: int, query: sent.AttachmentWanted) -> answers.Attachment:
    """Add a file, sent as the body itself; the same content again is the same attachment"""
    attachments.insist_on_room(reading.own(assignment_id))
    if request.mimetype not in CONTENT:
        abort(415, _("请以文件本身为请求内容，并以 Content-Type 说明类型"))
    # The file may come slowly, and so may the store: nothing is held meanwhile.
    roll_back()
    with attachments.received(request.stream) as file:
        try:
            store().put(file.storage_key, file.path)
        except StoreError:
            abort(503, _("附件暂时无法保存，请稍后再试"))
        one = reading.held(assignment_id)
        made = attachments.attach(one, file, query.name, by=current_staff())
        return reading.attached(made)


@operation("GET /attachments/<int:attachment_id>", Scope.ATTACHMENTS, None, gives=CONTENT)
def download(attachment_id: int) -> Response:
    """The content of an attachment"""
    own = Assignment.unit_id == current_key().unit_id
    mine = select(Attachment).join(Attachment.assignment).where(Attachment.id == attachment_id, own)
    found = session.scalar(mine)
    if found is None:
        raise NotThere
    return _content(found)


@pages.get("/attachments/<int:attachment_id>")
@requires(*search.HOTLINE, Role.UNIT)
def open_in_page(attachment_id: int) -> Response:
    """The hotline's people open what they may read; a unit its own files and those below it."""
    found, staff = session.get(Attachment, attachment_id), current_staff()
    if found is None or not search.may_read(found.assignment.ticket, staff):
        abort(404)
    if not search.knows_citizens(staff) and found.assignment.unit_id not in reach.units_of(staff):
        abort(404)
    return _content(found)


def _content(found: Attachment) -> Response:
    """Always as a file to be saved: nothing of a unit's runs in our pages."""
    if found.state is not AttachmentState.READY:
        abort(409, _("附件尚未通过病毒检查，不能下载"))
    number, key = found.id, found.storage_key
    media_type, name = found.media_type, found.name
    roll_back()  # the store may be slow, and nothing is held meanwhile
    try:
        path = store().local(key)
    except NotKept:
        abort(404, _("附件的内容已不在存储中"))
    except StoreError:
        abort(503, _("附件暂时无法读取，请稍后再试"))
    audit.look("attachment.opened", "attachment", number)
    return send_file(path, mimetype=media_type, as_attachment=True, download_name=name)
