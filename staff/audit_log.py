"""The page that reads the audit log; that somebody read it stands in it, too."""

from datetime import datetime, timedelta

from flask import Blueprint, render_template, request
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from infra.db import session
from infra.localtime import midnight
from models import AuditEntry, Knock, Role, SignInAttempt, StaffMember
from staff import audit, audit_words
from staff.access import current_staff, requires
from web import asked
from web.languages import _l

bp = Blueprint("audit_log", __name__, url_prefix="/admin/audit", template_folder="templates")

PAGE = 100
OUTCOMES = {
    Knock.WRONG_PASSWORD: _l("密码错误"),
    Knock.UNKNOWN_LOGIN: _l("没有这个账号"),
    Knock.DISABLED: _l("账号已停用"),
}


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
        said=audit_words.of(list(entries[:PAGE]), current_staff()),
        older=entries[PAGE - 1].id if len(entries) > PAGE else None,
        asked=given,
        newest=narrowed,
        actions=audit.ACTIONS,
        subjects=audit.SUBJECTS,
    )


@bp.get("/sign-ins")
@requires(Role.ADMIN)
def sign_ins() -> str:
    """Who was refused at the door: one line for a minute's tries at one account from one place."""
    given = {name: value for name, value in request.args.items() if value}
    narrowed = {name: value for name, value in given.items() if name != "before"}
    found = session.scalars(
        select(SignInAttempt)
        .where(SignInAttempt.outcome != Knock.SUCCEEDED, *_tries())
        .order_by(SignInAttempt.id.desc())
        .limit(PAGE + 1)
    ).all()
    audit.look("audit.viewed", "audit", f"sign-ins {_described(narrowed)}"[:64])
    return render_template(
        "sign_ins.html",
        tries=found[:PAGE],
        older=found[PAGE - 1].id if len(found) > PAGE else None,
        asked=given,
        newest=narrowed,
        outcomes=OUTCOMES,
    )


def _tries() -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if who := asked.text("who"):
        login = SignInAttempt.login.icontains(who, autoescape=True)
        found.append(login | (SignInAttempt.address == who))
    if outcome := asked.text("outcome"):
        found.append(SignInAttempt.outcome == outcome)
    return found + _within(SignInAttempt.last_at, SignInAttempt.id)


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
    return found + _within(AuditEntry.at, AuditEntry.id)


def _within(
    at: InstrumentedAttribute[datetime], number: InstrumentedAttribute[int]
) -> list[ColumnElement[bool]]:
    """The days that were asked for, and the page: what lies below the last id."""
    found: list[ColumnElement[bool]] = []
    if first := asked.day("from"):
        found.append(at >= midnight(first))
    if last := asked.day("to"):
        found.append(at < midnight(last) + timedelta(days=1))
    if before := asked.number("before"):
        found.append(number < before)
    return found


def _described(narrowed: dict[str, str]) -> str:
    """What was looked for: another search is another look."""
    return " ".join(f"{name}={value}" for name, value in sorted(narrowed.items()))[:64] or "all"
