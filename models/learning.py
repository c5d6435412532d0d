"""What the hotline learned from its own tickets: when, how good it is, and whether it is used."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, one_of, words
from models.staff import StaffMember


class Purpose(StrEnum):
    """What is guessed of what a citizen says."""

    TOPIC = "topic"
    UNIT = "unit"
    LINE = "line"


class Reason(StrEnum):
    """Why it was time to learn."""

    NIGHT = "night"
    GROWN = "grown"
    ASKED = "asked"


class Lesson(Base):
    """One learning from everything that is known at the time."""

    __tablename__ = "lesson"
    __table_args__ = (
        one_of("reason", Reason),
        Index(
            "uq_lesson_open", text("(true)"), unique=True, postgresql_where=text("ended_at IS NULL")
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[Reason] = mapped_column(words(Reason))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    asked_at: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    # Why nothing was learned.
    error: Mapped[str | None]

    asked_by: Mapped[StaffMember | None] = relationship()


class Learned(Base):
    """A classifier of one lesson: numbers, never code; kept with how often it was right."""

    __tablename__ = "learned"
    __table_args__ = (
        one_of("purpose", Purpose),
        UniqueConstraint("lesson_id", "purpose"),
        Index("uq_learned_in_use", "purpose", unique=True, postgresql_where=text("in_use")),
        CheckConstraint("NOT in_use OR (border IS NOT NULL AND kept IS NOT NULL)", name="usable"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lesson_id: Mapped[int] = mapped_column(ForeignKey("lesson.id"))
    purpose: Mapped[Purpose] = mapped_column(words(Purpose))
    made_at: Mapped[datetime]
    in_use: Mapped[bool] = mapped_column(default=False)
    # A guess below it is not sure; None when no border makes guesses sure enough.
    border: Mapped[float | None]
    figures: Mapped[dict[str, Any]]
    # None once newer ones have taken its place.
    kept: Mapped[bytes | None] = mapped_column(deferred=True)
    checksum: Mapped[str] = mapped_column(String(64))

    lesson: Mapped[Lesson] = relationship()
