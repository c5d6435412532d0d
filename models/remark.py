"""What the hotline's people wrote about a ticket, apart from its history."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.privacy import Sealed
from models.base import Base, one_of, words
from models.staff import StaffMember
from models.ticket import Ticket


class RemarkKind(StrEnum):
    # 要求补充: what must be said before the ticket can be dispatched; open until it was.
    QUESTION = "question"
    # 直接解答: what the citizen was answered while he was on the telephone.
    ANSWER = "answer"
    # Why somebody voided, merged or separated it, or lengthened a limit of the law.
    REASON = "reason"


class Remark(Base):
    """The words of a question or of an answer; the history names it by its id."""

    __tablename__ = "remark"
    __table_args__ = (
        one_of("kind", RemarkKind),
        CheckConstraint("(kind = 'question') = (due_at IS NOT NULL)", name="due"),
        CheckConstraint("kind = 'question' OR ended_at IS NULL", name="ended"),
        # One thing is asked at a time, and answered once.
        Index(
            "uq_remark_question_open",
            "ticket_id",
            unique=True,
            postgresql_where=text("kind = 'question' AND ended_at IS NULL"),
        ),
        Index(
            "uq_remark_answer",
            "ticket_id",
            unique=True,
            postgresql_where=text("kind = 'answer'"),
        ),
        Index(
            "ix_remark_due",
            "due_at",
            postgresql_where=text("kind = 'question' AND ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    kind: Mapped[RemarkKind] = mapped_column(words(RemarkKind))
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    words: Mapped[str] = mapped_column(Sealed)
    # Of a question: nobody waits for its answer any longer; and since when nobody does.
    due_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    ticket: Mapped[Ticket] = relationship()
    by: Mapped[StaffMember | None] = relationship()
