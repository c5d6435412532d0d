"""会商会: units and hotline settle whose matters are; that becomes the directory."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.city import Unit
from models.staff import StaffMember
from models.ticket import Ticket


class Meeting(Base):
    """Planned, then held once, with minutes that are not changed afterwards; or called off."""

    __tablename__ = "meeting"
    __table_args__ = (
        CheckConstraint("(held_at IS NULL) = (minutes = '')", name="held"),
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint("held_at IS NULL OR cancelled_at IS NULL", name="cancelled"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    planned_at: Mapped[datetime] = mapped_column(index=True)
    place: Mapped[str] = mapped_column(String(120), default="")
    # Codes of the units that are asked to come.
    units: Mapped[list[str]] = mapped_column(default=list)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    held_at: Mapped[datetime | None]
    minutes: Mapped[str] = mapped_column(default="")
    cancelled_at: Mapped[datetime | None]
    # Grows with all that units are told of: the same place once more is news once more.
    edition: Mapped[int] = mapped_column(default=0, server_default="0")

    made_by: Mapped[StaffMember | None] = relationship()

    @property
    def open(self) -> bool:
        return self.held_at is None and self.cancelled_at is None


class MeetingTicket(Base):
    """A ticket on the agenda, and what was decided about it."""

    __tablename__ = "meeting_ticket"

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True, index=True)
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    decision: Mapped[str] = mapped_column(default="")

    meeting: Mapped[Meeting] = relationship()
    ticket: Mapped[Ticket] = relationship()
    lead: Mapped[Unit | None] = relationship()
