"""What a unit must know: shown in its pages, and carried to where else it wants to be told."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.assignment import Assignment
from models.base import Base
from models.city import Unit
from models.staff import StaffMember
from models.ticket import Ticket


class Notice(Base):
    """One thing told to one unit; a key that exists is not written again."""

    __tablename__ = "notice"
    __table_args__ = (
        # What presses comes before everything else, however much is unread.
        Index(
            "ix_notice_unread",
            "unit_id",
            "presses",
            "id",
            postgresql_where=text("read_at IS NULL"),
        ),
        Index("ix_notice_unspread", "id", postgresql_where=text("spread_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(96), unique=True)
    name: Mapped[str] = mapped_column(String(48))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    # For its leader alone; the unit's people have one of their own.
    for_leader: Mapped[bool] = mapped_column(default=False, server_default=false())
    # A target was missed, or the unit is supervised.
    presses: Mapped[bool] = mapped_column(default=False, server_default=false())
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    # When it was handed to the outbox: to the unit's phones and endpoints, as many as it has.
    spread_at: Mapped[datetime | None]

    ticket: Mapped[Ticket] = relationship()
    unit: Mapped[Unit] = relationship()


class Escalation(Base):
    """A missed target, told to the hotline's leads: once for each date that passed."""

    __tablename__ = "escalation"
    __table_args__ = (
        UniqueConstraint("assignment_id", "name", "due_at"),
        # Its number stands on every page of a lead.
        Index("ix_escalation_unseen", "id", postgresql_where=text("seen_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    # What was missed, as the unit is told: late_sign, overdue and so on.
    name: Mapped[str] = mapped_column(String(48))
    due_at: Mapped[datetime]
    at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    seen_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    assignment: Mapped[Assignment] = relationship()
    seen_by: Mapped[StaffMember | None] = relationship()
