"""情绪休整: an agent rests after a distressing call, by his own word or his lead's."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, one_of, words
from models.call import Call
from models.seat import Desired, Seat
from models.staff import StaffMember


class Recovery(Base):
    """Given after a call, begins with the end of its wrap-up, ends by itself.  The schema allows
    one open one of each agent."""

    __tablename__ = "recovery"
    __table_args__ = (
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("(began_at IS NULL) = (ends_at IS NULL)", name="begun"),
        CheckConstraint("ends_at > began_at", name="ends_at"),
        CheckConstraint("ended_at >= given_at", name="ended_at"),
        CheckConstraint("ended_at >= began_at", name="ended_begun"),
        one_of("before", Desired),
        Index(
            "uq_recovery_open", "agent_id", unique=True, postgresql_where=text("ended_at IS NULL")
        ),
        Index("ix_recovery_agent_id_given_at", "agent_id", "given_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("seat.staff_id"))
    # After which call; a lead may give one at any time.
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"), index=True)
    # The agent himself, or his lead.
    given_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    given_at: Mapped[datetime]
    minutes: Mapped[int]
    # What he was, or had chosen for after his talk; he is that again at its end.
    before: Mapped[Desired] = mapped_column(words(Desired), default=Desired.READY)
    before_reason: Mapped[str | None] = mapped_column(String(32))
    began_at: Mapped[datetime | None]
    # As planned, and as it was: he may be ready sooner.
    ends_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    agent: Mapped[Seat] = relationship()
    call: Mapped[Call | None] = relationship()
    given_by: Mapped[StaffMember] = relationship()

    @classmethod
    def open(cls) -> ColumnElement[bool]:
        return cls.ended_at.is_(None)

    @property
    def by_himself(self) -> bool:
        return self.given_by_id == self.agent_id
