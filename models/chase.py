"""A call about a ticket that is open already."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.privacy import Sealed
from models.base import Base
from models.call import Call
from models.staff import StaffMember
from models.ticket import Ticket


class Chase(Base):
    """催办来电: written down with the ticket, whether he urged, added something or only asked."""

    __tablename__ = "chase"
    __table_args__ = (UniqueConstraint("call_id", "ticket_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    # The agent who spoke with him; nobody where he asked by keys.
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    words: Mapped[str | None] = mapped_column(Sealed)

    call: Mapped[Call] = relationship()
    ticket: Mapped[Ticket] = relationship()
    by: Mapped[StaffMember | None] = relationship()
