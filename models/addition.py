"""What a citizen adds to his ticket after it was made."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.privacy import Sealed
from models.base import Base, one_of, words
from models.ticket import Ticket


class AdditionKind(StrEnum):
    FACTS = "facts"
    # 被施压: somebody wants him to rate differently from what he thinks.
    PRESSED = "pressed"


class Addition(Base):
    __tablename__ = "addition"
    __table_args__ = (
        one_of("kind", AdditionKind),
        CheckConstraint("take IS NULL OR call_id IS NOT NULL", name="take"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    kind: Mapped[AdditionKind] = mapped_column(words(AdditionKind))
    at: Mapped[datetime]
    words: Mapped[str] = mapped_column(Sealed)
    # Said by key 9: the call, and its recording of the same take.
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"), index=True)
    take: Mapped[str | None] = mapped_column(String(16))

    ticket: Mapped[Ticket] = relationship()
