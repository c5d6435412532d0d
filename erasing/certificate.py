"""What was erased, by whose word, and that it is gone: numbers and hashes, and nobody's words."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from infra.clock import now
from infra.db import session
from models import ErasedFile, Erasure, ErasureState
from staff import audit


def of(erasure: Erasure) -> dict[str, Any]:
    """The certificate, always written in the same way: whoever keeps a copy can compare."""
    return {
        "erasure": erasure.id,
        "scope": erasure.scope,
        "subject": erasure.person_id or erasure.ticket_id or erasure.call_id,
        "day": erasure.day.isoformat() if erasure.day else None,
        "basis": erasure.basis,
        "asked_by": erasure.asked_by_id,
        "asked_at": _at(erasure.asked_at),
        "approved_by": erasure.decided_by_id,
        "approved_at": _at(erasure.decided_at),
        "erased_at": _at(erasure.erased_at),
        "done_at": _at(erasure.done_at),
        "rows": dict(sorted(erasure.counts.items())),
        "files": [
            {"sha256": one.sha256, "size": one.size, "kept_for_another": one.shared}
            for one in files_of(erasure)
            if one.sha256
        ],
        "histories": dict(sorted(erasure.chains.items())),
    }


def files_of(erasure: Erasure) -> list[ErasedFile]:
    found = select(ErasedFile).where(ErasedFile.erasure_id == erasure.id).order_by(ErasedFile.id)
    return list(session.scalars(found))


def seal(erasure: Erasure) -> None:
    """Everything is gone; from now on a change of the certificate would show."""
    with session.no_autoflush:  # the schema wants the seal together with the state
        erasure.move_to(ErasureState.DONE)
        erasure.done_at = now()
        erasure.seal = _hash(erasure)
    audit.record("erasure.done", "erasure", erasure.id, seal=erasure.seal)


def holds(erasure: Erasure) -> bool:
    return erasure.seal == _hash(erasure)


def _at(moment: datetime | None) -> str | None:
    """The same before and after the database has kept it."""
    return moment.astimezone(UTC).isoformat() if moment else None


def _hash(erasure: Erasure) -> str:
    written = json.dumps(of(erasure), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()
