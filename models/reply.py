"""What a unit answered, and what the hotline's check said of it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import DDL, CheckConstraint, ForeignKey, Index, String, event, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.assignment import Assignment
from models.base import Base, one_of, words
from models.staff import StaffMember


class ReplyVerdict(StrEnum):
    PASSED = "passed"
    REFUSED = "refused"


class Solved(StrEnum):
    YES = "yes"
    PARTLY = "partly"
    NO = "no"


class Reply(Base):
    """What a unit answered: facts, what was done, and the words that the citizen may read."""

    __tablename__ = "reply"
    __table_args__ = (
        one_of("solved", Solved),
        one_of("verdict", ReplyVerdict),
        CheckConstraint("solved = 'yes' OR why_not <> ''", name="why_not"),
        CheckConstraint("contacted_at IS NOT NULL OR no_contact <> ''", name="contact"),
        CheckConstraint("contacted_at <= at", name="contacted_before"),
        CheckConstraint("(verdict IS NULL) = (checked_at IS NULL)", name="checked"),
        CheckConstraint("verdict <> 'refused' OR remarks <> ''", name="remarks"),
        Index(
            "uq_reply_unchecked",
            "assignment_id",
            unique=True,
            postgresql_where=text("verdict IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    facts_true: Mapped[bool]
    beyond_duty: Mapped[bool] = mapped_column(default=False)
    contacted_at: Mapped[datetime | None]
    contact_way: Mapped[str] = mapped_column(String(16), default="")
    # Why the citizen was not spoken to; empty where he was.
    no_contact: Mapped[str] = mapped_column(default="")
    solved: Mapped[Solved] = mapped_column(words(Solved))
    why_not: Mapped[str] = mapped_column(default="")
    internal: Mapped[str] = mapped_column(default="")
    public: Mapped[str]
    verdict: Mapped[ReplyVerdict | None] = mapped_column(words(ReplyVerdict))
    checked_at: Mapped[datetime | None]
    checked_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    remarks: Mapped[str] = mapped_column(default="")

    assignment: Mapped[Assignment] = relationship()
    by: Mapped[StaffMember | None] = relationship(foreign_keys=[by_id])
    checked_by: Mapped[StaffMember | None] = relationship(foreign_keys=[checked_by_id])


# What was refused may not be passed afterwards: a citizen would read it.
CHECKED_ONCE = """
CREATE OR REPLACE FUNCTION reply_is_checked_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a reply is checked once';
END $$
"""
GUARD = """
CREATE TRIGGER reply_checked_once BEFORE UPDATE ON reply FOR EACH ROW
WHEN (OLD.verdict IS NOT NULL AND (NEW.verdict, NEW.checked_at, NEW.checked_by_id)
  IS DISTINCT FROM (OLD.verdict, OLD.checked_at, OLD.checked_by_id))
EXECUTE FUNCTION reply_is_checked_once()
"""
for statement in (CHECKED_ONCE, GUARD):
    event.listen(Reply.__table__, "after_create", DDL(statement))  # type: ignore[no-untyped-call]
