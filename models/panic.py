"""紧急求助: an agent in a talk presses one key, and every lead hears it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.call import Call
from models.seat import Seat
from models.staff import StaffMember


class Panic(Base):
    """It ends when a lead takes it or its talk is over.  The schema allows one open one of a call;
    pressed again afterwards it is another."""

    __tablename__ = "panic"
    __table_args__ = (
        CheckConstraint("(taken_at IS NULL) = (taken_by_id IS NULL)", name="taken"),
        CheckConstraint("taken_at IS NULL OR ended_at = taken_at", name="over_when_taken"),
        CheckConstraint("ended_at >= began_at", name="ended_at"),
        CheckConstraint("escalated_at >= began_at", name="escalated_at"),
        Index(
            "uq_panic_call_open", "call_id", unique=True, postgresql_where=text("ended_at IS NULL")
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), index=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("seat.staff_id"))
    began_at: Mapped[datetime]
    # Nobody had taken it by then: it stands on every page of leads and administrators.
    escalated_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]

    call: Mapped[Call] = relationship()
    agent: Mapped[Seat] = relationship()
    taken_by: Mapped[StaffMember | None] = relationship()

    @classmethod
    def open(cls) -> ColumnElement[bool]:
        return cls.ended_at.is_(None)
