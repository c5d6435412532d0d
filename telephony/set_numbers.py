"""What the city has set of its own numbers; the rest is as it was shipped."""

from collections.abc import Mapping

from sqlalchemy import select

from infra import within
from infra.db import session
from models import Norm

KEPT = "norms"


def amounts() -> Mapping[str, int]:
    """By the norm's name.  Read once in a transaction: verbs ask for several."""
    found = within.kept(KEPT)
    if found is None:
        rows = session.execute(select(Norm.name, Norm.amount)).all()
        found = within.keep(KEPT, {row.name: row.amount for row in rows})
    return found  # type: ignore[return-value]


def forget() -> None:
    """One was changed."""
    within.forget(KEPT)
