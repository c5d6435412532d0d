"""What a lead changes for a while: an agent's skills, and what callers of a line are told."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, one_of, words
from models.line import Line
from models.staff import StaffMember

LONGEST_REASON = 100
# Each is spoken in one wait document, which is 20 s long at most.
LONGEST_ANNOUNCEMENT = 70
LONGEST_ENGLISH = 240
LIVE = text("ended_at IS NULL")


class ReskillEnd(StrEnum):
    EXPIRED = "expired"
    UNDONE = "undone"
    # By another one, or by the administrator's page; what was before is not brought back.
    REPLACED = "replaced"


class Reskill(Base):
    """临时技能: a level on a line that an agent has, or has not, until then; what he had before is
    kept, and is his again."""

    __tablename__ = "reskill"
    __table_args__ = (
        one_of("outcome", ReskillEnd),
        CheckConstraint("level BETWEEN 1 AND 5", name="level"),
        CheckConstraint("level_before BETWEEN 1 AND 5", name="level_before"),
        CheckConstraint("level IS DISTINCT FROM level_before", name="changes"),
        CheckConstraint("expires_at > at", name="expires_at"),
        CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="outcome_final"),
        CheckConstraint("length(reason) > 0", name="reason"),
        Index("uq_reskill_live", "staff_id", "line_id", unique=True, postgresql_where=LIVE),
        Index("ix_reskill_due", "expires_at", postgresql_where=LIVE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("seat.staff_id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"))
    # None: the line is none of his.
    level: Mapped[int | None]
    level_before: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(LONGEST_REASON))
    by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[ReskillEnd | None] = mapped_column(words(ReskillEnd))

    by: Mapped[StaffMember] = relationship(foreign_keys=[by_id])
    line: Mapped[Line] = relationship()


class Announcement(Base):
    """高峰公告: what who waits on a line is told once, from then until then."""

    __tablename__ = "announcement"
    __table_args__ = (
        CheckConstraint("until_at > from_at", name="until_at"),
        CheckConstraint("length(words) > 0", name="words"),
        CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name="ended_by"),
        # One at a time on a line.
        ExcludeConstraint(
            (text("int4range(line_id, line_id, '[]')"), "&&"),
            (text("tstzrange(from_at, until_at)"), "&&"),
            using="gist",
            where=LIVE,
            name="ex_announcement_once",
        ),
        Index("ix_announcement_line_id_until_at", "line_id", "until_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"))
    words: Mapped[str] = mapped_column(String(80))
    # Without one English callers hear the Chinese words.
    words_en: Mapped[str] = mapped_column(String(LONGEST_ENGLISH), default="")
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
    # Switched off before its end.
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    line: Mapped[Line] = relationship()
    by: Mapped[StaffMember] = relationship(foreign_keys=[by_id])


class Heard(Base):
    """Who has been told which announcement, at which of his places."""

    __tablename__ = "announcement_heard"

    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), primary_key=True)
    announcement_id: Mapped[int] = mapped_column(ForeignKey("announcement.id"), primary_key=True)
    at: Mapped[datetime]
