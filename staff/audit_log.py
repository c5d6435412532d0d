"""The page that reads the audit log; that somebody read it stands in it, too."""

from datetime import timedelta

from flask import Blueprint, render_template, request
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from infra.db import session
from infra.localtime import midnight
from models import AuditEntry, Role, StaffMember
from staff import audit
from staff.access import requires
from web import asked

bp = Blueprint("audit_log", __name__, url_prefix="/admin/audit", template_folder="templates")

PAGE = 100


@bp.get("")
@requires(Role.ADMIN)
def page() -> str:
    """Newest first; the next page begins below the last id, however much is added meanwhile."""
    given = {name: value for name, value in request.args.items() if value}
    narrowed = {name: value for name, value in given.items() if name != "before"}
    entries = session.scalars(
        select(AuditEntry)
        .outerjoin(StaffMember, StaffMember.id == AuditEntry.by_id)
        .where(*_conditions())
        .options(joinedload(AuditEntry.by))
        .order_by(AuditEntry.id.desc())
        .limit(PAGE + 1)
    ).all()
    audit.look("audit.viewed", "audit", _described(narrowed))
    return render_template(
        "audit.html",
        entries=entries[:PAGE],
        older=entries[PAGE - 1].id if len(entries) > PAGE else None,
        asked=given,
        newest=narrowed,
        actions=audit.ACTIONS,
        subjects=audit.SUBJECTS,
    )


def _conditions() -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if who := asked.text("who"):
        login = StaffMember.login.icontains(who, autoescape=True)
        found.append(login | StaffMember.name.icontains(who, autoescape=True))
    for name, column in (
        ("action", AuditEntry.action),
        ("subject", AuditEntry.subject_kind),
        ("id", AuditEntry.subject_id),
    ):
        if value := asked.text(name):
            found.append(column == value)
    if first := asked.day("from"):
        found.append(AuditEntry.at >= midnight(first))
    if last := asked.day("to"):
        found.append(AuditEntry.at < midnight(last) + timedelta(days=1))
    if before := asked.number("before"):
        found.append(AuditEntry.id < before)
    return found


def _described(narrowed: dict[str, str]) -> str:
    """What was looked for: another search is another look."""
    return " ".join(f"{name}={value}" for name, value in sorted(narrowed.items()))[:64] or "all"
