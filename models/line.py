"""A line (专席): a topic that callers ask for and seats are skilled in."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from infra.wording import N_
from models.base import Base, one_of, words

GENERAL = "general"


class MissedRule(StrEnum):
    """What becomes of a citizen who gave up waiting."""

    # Somebody rings him back from the list of missed calls.
    LIST = "list"
    # He is in line for a callback at his own place; where there is no room for it, a text message.
    CALL = "call"
    TEXT = "text"

    @property
    def label(self) -> str:
        return MISSED_RULES[self]


MISSED_RULES: dict[MissedRule, str] = {
    MissedRule.LIST: N_("列入未接来电，人工回电"),
    MissedRule.CALL: N_("自动排队回呼"),
    MissedRule.TEXT: N_("发短信告知"),
}


class Line(Base):
    __tablename__ = "line"
    __table_args__ = (
        one_of("missed", MissedRule),
        CheckConstraint("callback_over_minutes >= 0", name="callback_over"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(32))
    name_en: Mapped[str] = mapped_column(String(64))
    # One point of priority is worth one minute of age.
    priority: Mapped[int] = mapped_column(default=0)
    certified: Mapped[bool] = mapped_column(default=False)
    sisters: Mapped[list[str]] = mapped_column(default=list)
    rank: Mapped[int] = mapped_column(default=0)
    # A callback is offered to whom a longer wait than this is told; None: to nobody, the key works.
    callback_over_minutes: Mapped[int | None] = mapped_column(default=5)
    missed: Mapped[MissedRule] = mapped_column(
        words(MissedRule), default=MissedRule.LIST, server_default=MissedRule.LIST.value
    )
    # When the last of what is told there (高峰公告), or will be, is over.
    announced_until: Mapped[datetime | None]

    def name_in(self, language: str) -> str:
        return self.name_en if language == "en" else self.name


class Skill(Base):
    """An agent's level on a line: 1 can help out, 5 is the expert."""

    __tablename__ = "skill"
    __table_args__ = (CheckConstraint("level BETWEEN 1 AND 5", name="level"),)

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"), primary_key=True)
    level: Mapped[int] = mapped_column(default=3)
