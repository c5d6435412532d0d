"""Who did, saw or heard what: one line for each."""

from typing import Any

from flask import has_request_context, request
from flask_login import current_user

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
