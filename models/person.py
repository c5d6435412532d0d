"""Somebody who phones the hotline, kept apart from what he said."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from infra.privacy import Sealed
from models.base import Base


class Person(Base):
    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(Sealed)
    number_fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    number_masked: Mapped[str] = mapped_column(String(32))
    name: Mapped[str | None] = mapped_column(Sealed)
    language: Mapped[str] = mapped_column(String(8), default="zh")
    last_line: Mapped[str | None] = mapped_column(String(32))
    # Whoever holds his telephone learns nothing of his tickets.
    minor: Mapped[bool] = mapped_column(default=False)
    # He wants no robot to ring him; and nobody of 75 or more is rung by one.
    no_robot: Mapped[bool] = mapped_column(default=False)
    elderly: Mapped[bool] = mapped_column(default=False)
    # What the next agent should know before he answers.
    caution: Mapped[str | None] = mapped_column(Sealed)
    first_seen: Mapped[datetime]
