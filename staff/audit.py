"""Who did, saw or heard what: one line for each."""

from typing import Any

from flask import has_request_context, request
from flask_login import current_user
from sqlalchemy import select

from infra.clock import now
from infra.db import session
from models import AuditEntry


def record(action: str, subject_kind: str, subject_id: object, **detail: Any) -> None:
    """Write an entry in the transaction of what it tells of."""
    known = has_request_context() and current_user.is_authenticated
    session.add(
        AuditEntry(
            at=now(),
            by_id=current_user.id if known else None,
            action=action,
            subject_kind=subject_kind,
            subject_id=str(subject_id),
            address=request.remote_addr if has_request_context() else None,
            detail=detail,
        )
    )


def record_once(action: str, subject_kind: str, subject_id: object) -> None:
    """What a page shows again and again is one look of the same person at the same thing."""
    known = select(AuditEntry.id).where(
        AuditEntry.subject_kind == subject_kind,
        AuditEntry.subject_id == str(subject_id),
        AuditEntry.action == action,
        AuditEntry.by_id == current_user.id,
    )
    if session.scalar(known.limit(1)) is None:
        record(action, subject_kind, subject_id)
