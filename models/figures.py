"""What is kept of the indicators: each month's figures, and how units are scored by them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, one_of, words
from models.city import Unit, UnitGroup
from models.staff import StaffMember


class MonthFigure(Base):
    """A figure of a month as counted last; once frozen it can no longer be appealed, and stays."""

    __tablename__ = "month_figure"
    __table_args__ = (
        Index(
            "uq_month_figure",
            "month",
            "indicator",
            "unit_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("extract(day FROM month) = 1", name="month"),
        CheckConstraint("denominator >= 0", name="denominator"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Its first day.
    month: Mapped[date]
    indicator: Mapped[str] = mapped_column(String(32))
    version: Mapped[int]
    # None is the hotline's own part.
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    numerator: Mapped[float]
    denominator: Mapped[int]
    excluded: Mapped[dict[str, Any]] = mapped_column(default=dict)
    counted_at: Mapped[datetime]
    frozen: Mapped[bool] = mapped_column(default=False)


class ScoreItem(Base):
    """One line of a group's score sheet: points for an indicator.

    Nothing at ``zero_at``, all of them at ``full_at``, evenly between; ``floor`` is the share
    of the points that every unit gets.  Where less is better ``zero_at`` is the larger."""

    __tablename__ = "score_item"
    __table_args__ = (
        one_of("unit_group", UnitGroup),
        UniqueConstraint("unit_group", "indicator"),
        CheckConstraint("points > 0", name="points"),
        CheckConstraint("zero_at <> full_at", name="slope"),
        CheckConstraint("floor >= 0 AND floor < 1", name="floor"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_group: Mapped[UnitGroup] = mapped_column(words(UnitGroup))
    indicator: Mapped[str] = mapped_column(String(32))
    points: Mapped[float]
    zero_at: Mapped[float] = mapped_column(default=0)
    full_at: Mapped[float] = mapped_column(default=1)
    floor: Mapped[float] = mapped_column(default=0)
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class ScoreChange(Base):
    """Points for what no indicator sees, each with its reason."""

    __tablename__ = "score_change"
    __table_args__ = (
        CheckConstraint("points <> 0", name="points"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("extract(day FROM month) = 1", name="month"),
        Index("ix_score_change_month_unit_id", "month", "unit_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date]
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    points: Mapped[float]
    reason: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))

    unit: Mapped[Unit] = relationship()
    by: Mapped[StaffMember] = relationship()
