"""The row that every indicator counts.

Every select of facts gives the same columns, so that a figure, its parts by unit and the list of
what is behind it are the same rows: ``subject_id`` (of a ticket or a call), ``unit_id`` (None: the
hotline itself), ``at`` (the moment that decides the period), ``hit`` (1 for the numerator, or 0)
and ``excluded`` (why it is in neither part of the ratio; None: it counts)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    Select,
    String,
    case,
    cast,
    literal,
    null,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute

Facts = Select[*tuple[Any, ...]]
Moment = ColumnElement[Any] | InstrumentedAttribute[Any]
Reasons = Sequence[tuple[ColumnElement[bool], str]]


def facts(
    subject: Moment,
    at: Moment,
    hit: ColumnElement[bool],
    *,
    unit: Moment | None = None,
    excluded: Reasons = (),
) -> Facts:
    """Rows whose moment is known; narrow them with ``where``."""
    return select(
        subject.label("subject_id"),
        (cast(null(), Integer) if unit is None else unit).label("unit_id"),
        at.label("at"),
        cast(case((hit, 1), else_=0), Float).label("hit"),
        _reason(excluded),
    ).where(at.is_not(None))


def _reason(reasons: Reasons) -> ColumnElement[Any]:
    if not reasons:
        return cast(null(), String).label("excluded")
    return case(*[(when, literal(name)) for when, name in reasons], else_=null()).label("excluded")
