"""A difficult ticket: more time, by a plan that is owed soon, and looked at again on a day."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.assignment import Assignment
from models.base import Base
from models.staff import StaffMember


class Difficulty(Base):
    """疑难: of a leading unit's part, approved by a lead; its plan says when it is looked at."""

    __tablename__ = "difficulty"
    __table_args__ = (
        CheckConstraint("(planned_at IS NULL) = (plan = '')", name="planned"),
        CheckConstraint("(planned_at IS NULL) = (review_on IS NULL)", name="review"),
        Index(
            "ix_difficulty_plan_due",
            "plan_due_at",
            postgresql_where=text("planned_at IS NULL AND missed_at IS NULL"),
        ),
        Index(
            "ix_difficulty_review",
            "review_on",
            postgresql_where=text("review_on IS NOT NULL AND reviewed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), unique=True)
    approved_at: Mapped[datetime]
    plan_due_at: Mapped[datetime]
    plan: Mapped[str] = mapped_column(default="")
    planned_at: Mapped[datetime | None]
    planned_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    review_on: Mapped[date | None]
    # When each was told, once.
    missed_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]

    assignment: Mapped[Assignment] = relationship()
    planned_by: Mapped[StaffMember | None] = relationship()
