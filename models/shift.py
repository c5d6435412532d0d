"""Who is to sit when, and how many callers are expected and came."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import DDL, CheckConstraint, ForeignKey, Index, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.wording import N_
from models.base import Base, one_of, words
from models.line import Line
from models.seat import Seat

LONGEST_SHIFT = timedelta(hours=16)
HALF_HOUR = timedelta(minutes=30)


class ShiftKind(StrEnum):
    EARLY = "early"
    DAY = "day"
    LATE = "late"
    NIGHT = "night"
    # Away from the telephone: it counts for no line, and nobody is measured by it.
    TRAINING = "training"

    @property
    def label(self) -> str:
        return SHIFT_LABELS[self]


SHIFT_LABELS: dict[ShiftKind, str] = {
    ShiftKind.EARLY: N_("早班"),
    ShiftKind.DAY: N_("白班"),
    ShiftKind.LATE: N_("晚班"),
    ShiftKind.NIGHT: N_("夜班"),
    ShiftKind.TRAINING: N_("培训"),
}


class Shift(Base):
    """An agent is to be there.  No two of his overlap: a trigger sees to it.  It is made and
    removed, and never moved."""

    __tablename__ = "shift"
    __table_args__ = (
        one_of("kind", ShiftKind),
        CheckConstraint("ends_at > begins_at", name="span"),
        CheckConstraint("ends_at <= begins_at + interval '16 hours'", name="longest"),
        Index("uq_shift_staff_id_begins_at", "staff_id", "begins_at", unique=True),
        Index("ix_shift_begins_at", "begins_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("seat.staff_id"))
    # None: all the lines that he is skilled for.
    line_id: Mapped[int | None] = mapped_column(ForeignKey("line.id"), index=True)
    kind: Mapped[ShiftKind] = mapped_column(words(ShiftKind))
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    seat: Mapped[Seat] = relationship()
    line: Mapped[Line | None] = relationship()
    breaks: Mapped[list["ShiftBreak"]] = relationship(
        back_populates="shift",
        order_by="ShiftBreak.begins_at",
        lazy="selectin",
        cascade="all, delete-orphan",
    )

    @property
    def on_the_telephone(self) -> bool:
        return self.kind is not ShiftKind.TRAINING


class ShiftBreak(Base):
    """A planned break, inside of its shift and beside its other breaks."""

    __tablename__ = "shift_break"
    __table_args__ = (
        CheckConstraint("ends_at > begins_at", name="span"),
        Index("uq_shift_break_shift_id_begins_at", "shift_id", "begins_at", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    shift_id: Mapped[int] = mapped_column(ForeignKey("shift.id", ondelete="CASCADE"))
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]

    shift: Mapped[Shift] = relationship(back_populates="breaks")


class HalfHour(Base):
    """One half-hour of one line: how many are expected to ask for a person, and how many did."""

    __tablename__ = "half_hour"
    __table_args__ = (
        CheckConstraint("mod(extract(epoch FROM begins_at)::bigint, 1800) = 0", name="begins_at"),
        CheckConstraint("arrived >= 0", name="arrived"),
        CheckConstraint("expected >= 0", name="expected"),
        CheckConstraint("corrected >= 0", name="corrected"),
        CheckConstraint("(expected IS NULL) = (spread IS NULL)", name="forecast"),
        CheckConstraint("(expected IS NULL) = (expected_at IS NULL)", name="expected_at"),
        Index("ix_half_hour_begins_at", "begins_at"),
    )

    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"), primary_key=True)
    begins_at: Mapped[datetime] = mapped_column(primary_key=True)
    # Known once it is over.
    arrived: Mapped[int | None]
    # As forecast the night before, and how far whole days are off, as a share.
    expected: Mapped[float | None]
    spread: Mapped[float | None]
    expected_at: Mapped[datetime | None]
    # The same with what has come on the day itself.
    corrected: Mapped[float | None]

    @property
    def likely(self) -> float | None:
        return self.expected if self.corrected is None else self.corrected


class StaffingGoal(Base):
    """What a line promises and is taken for; None of the line is the whole hotline."""

    __tablename__ = "staffing_goal"
    __table_args__ = (
        Index(
            "uq_staffing_goal_line_id", "line_id", unique=True, postgresql_nulls_not_distinct=True
        ),
        CheckConstraint("share BETWEEN 1 AND 99", name="share"),
        CheckConstraint("within_s BETWEEN 1 AND 600", name="within_s"),
        CheckConstraint("shrinkage BETWEEN 0 AND 80", name="shrinkage"),
        CheckConstraint("patience_s BETWEEN 5 AND 3600", name="patience_s"),
        CheckConstraint("handling_s BETWEEN 5 AND 7200", name="handling_s"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("line.id"))
    # In per cent of all who ask for a person.
    share: Mapped[int] = mapped_column(default=80)
    within_s: Mapped[int] = mapped_column(default=15)
    # In per cent of those on the roster: ill, in training, away for a moment.
    shrinkage: Mapped[int] = mapped_column(default=30)
    # None: as measured.
    patience_s: Mapped[int | None]
    handling_s: Mapped[int | None]
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


# Two transactions that do not see each other's rows: the lock of the agent lets them come one by
# one, and the second one's look, a statement of its own, sees what the first has committed.
ONE_AT_A_TIME = """
CREATE OR REPLACE FUNCTION shift_overlaps_none() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(11, NEW.staff_id);
  IF EXISTS (SELECT FROM shift WHERE staff_id = NEW.staff_id AND id <> NEW.id
             AND begins_at < NEW.ends_at AND ends_at > NEW.begins_at) THEN
    RAISE EXCEPTION 'shifts of one agent overlap' USING ERRCODE = 'exclusion_violation';
  END IF;
  RETURN NEW;
END $$
"""
SHIFT_GUARD = """
CREATE TRIGGER shift_overlaps_none BEFORE INSERT OR UPDATE ON shift
FOR EACH ROW EXECUTE FUNCTION shift_overlaps_none()
"""
INSIDE = """
CREATE OR REPLACE FUNCTION shift_break_lies_inside() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM shift WHERE id = NEW.shift_id FOR UPDATE;
  IF NOT EXISTS (SELECT FROM shift WHERE id = NEW.shift_id
                 AND begins_at <= NEW.begins_at AND ends_at >= NEW.ends_at)
     OR EXISTS (SELECT FROM shift_break WHERE shift_id = NEW.shift_id AND id <> NEW.id
                AND begins_at < NEW.ends_at AND ends_at > NEW.begins_at) THEN
    RAISE EXCEPTION 'a break lies inside of its shift, beside its other breaks'
      USING ERRCODE = 'exclusion_violation';
  END IF;
  RETURN NEW;
END $$
"""
BREAK_GUARD = """
CREATE TRIGGER shift_break_lies_inside BEFORE INSERT OR UPDATE ON shift_break
FOR EACH ROW EXECUTE FUNCTION shift_break_lies_inside()
"""
for table, statements in (
    (Shift.__table__, (ONE_AT_A_TIME, SHIFT_GUARD)),
    (ShiftBreak.__table__, (INSIDE, BREAK_GUARD)),
):
    for statement in statements:
        event.listen(table, "after_create", DDL(statement))  # type: ignore[no-untyped-call]
