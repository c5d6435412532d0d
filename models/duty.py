"""值班表: who of a unit is on duty when, and whom the line rang for an agent's three-way."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.privacy import Sealed
from models.base import Base, one_of, words
from models.city import Unit
from models.dialling import Dial
from models.outside import Outside

LONGEST_TURN = timedelta(days=31)
LAST_RANK = 9


class DutyTurn(Base):
    """One officer for one period; rank 1 is rung first.  His number is his alone: agents never
    see it."""

    __tablename__ = "duty_turn"
    __table_args__ = (
        CheckConstraint("ends_at > begins_at", name="span"),
        CheckConstraint("ends_at <= begins_at + interval '31 days'", name="longest"),
        CheckConstraint("rank BETWEEN 1 AND 9", name="rank"),
        UniqueConstraint("unit_id", "number_fingerprint", "begins_at"),
        Index("ix_duty_turn_unit_id_ends_at", "unit_id", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    officer: Mapped[str] = mapped_column(String(40))
    rank: Mapped[int] = mapped_column(default=1)
    number: Mapped[str] = mapped_column(Sealed)
    number_fingerprint: Mapped[str] = mapped_column(String(64))
    number_masked: Mapped[str] = mapped_column(String(32))
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    made_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship()


class DutyEnd(StrEnum):
    ANSWERED = "answered"
    MISSED = "missed"
    # The agent, or the talk's end, has called it off.
    CALLED_OFF = "called_off"


class DutyRing(Base):
    """One officer who was rung for one three-way; together they are the ladder of it."""

    __tablename__ = "duty_ring"
    __table_args__ = (
        one_of("outcome", DutyEnd),
        CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name="ended_at"),
        CheckConstraint("ended_at >= rung_at", name="order"),
        UniqueConstraint("outside_id", "step"),
        Index(
            "uq_duty_ring_open",
            "outside_id",
            unique=True,
            postgresql_where=text("outcome IS NULL"),
        ),
        Index("ix_duty_ring_unit_id_rung_at", "unit_id", "rung_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    outside_id: Mapped[int] = mapped_column(ForeignKey("outside.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    dial_id: Mapped[int] = mapped_column(ForeignKey("dial.id"), unique=True)
    step: Mapped[int]
    # As he was then: his turn may be removed.
    officer: Mapped[str] = mapped_column(String(40))
    number_fingerprint: Mapped[str] = mapped_column(String(64))
    rung_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[DutyEnd | None] = mapped_column(words(DutyEnd))

    outside: Mapped[Outside] = relationship()
    unit: Mapped[Unit] = relationship()
    dial: Mapped[Dial] = relationship()
