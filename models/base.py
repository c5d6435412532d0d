"""The base of every table: constraint names, column types, and how a status may move."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import CheckConstraint, DateTime, Enum, MetaData, String
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase

S = TypeVar("S", bound=StrEnum)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: ARRAY(String),
    }


class IllegalMove(Exception):
    """A state was asked to become what its table of moves does not allow."""

    permanent = True

    def __init__(self, subject: str, current: str, wanted: str) -> None:
        super().__init__(f"{subject}: {current} → {wanted} is not a legal move")


def insist(moves: Mapping[S, set[S]], subject: str, current: S, wanted: S) -> None:
    """Raise IllegalMove unless ``moves`` lets ``current`` become ``wanted``."""
    if wanted not in moves[current]:
        raise IllegalMove(subject, current, wanted)


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """The schema's copy of a vocabulary: the column holds one of its words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def words(kind: type[StrEnum], length: int = 16) -> Enum:
    """A text column that reads back as ``kind``."""
    return Enum(
        kind,
        native_enum=False,
        length=length,
        create_constraint=False,
        values_callable=lambda members: [member.value for member in members],
    )
