"""致电市民: a unit's clerk speaks to a citizen through the line, and neither learns a number."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.assignment import Assignment
from models.base import Base
from models.call import Call
from models.dialling import Dial
from models.staff import StaffMember


class Relay(Base):
    """The clerk's own telephone is rung (``dial``); once he says so, the citizen's (``call``)."""

    __tablename__ = "relay"

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    asked_at: Mapped[datetime]
    dial_id: Mapped[int] = mapped_column(ForeignKey("dial.id"), unique=True)
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"), unique=True)

    assignment: Mapped[Assignment] = relationship()
    by: Mapped[StaffMember] = relationship()
    dial: Mapped[Dial] = relationship()
    call: Mapped[Call | None] = relationship()
