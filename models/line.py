"""A line (专席): a topic that callers ask for, how it is served, and the seats skilled in it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, false, text
from sqlalchemy.dialects.postgresql import JSONB
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


class Otherwise(StrEnum):
    """What becomes of a caller whom the line does not take."""

    WAIT = "wait"
    GENERAL = "general"
    RING_BACK = "ring_back"

    @property
    def label(self) -> str:
        return OTHERWISE_LABELS[self]


OTHERWISE_LABELS: dict[Otherwise, str] = {
    Otherwise.WAIT: N_("照常排队"),
    Otherwise.GENERAL: N_("转综合专席"),
    Otherwise.RING_BACK: N_("说明后挂机，列入回电"),
}


class Line(Base):
    __tablename__ = "line"
    __table_args__ = (
        one_of("missed", MissedRule),
        CheckConstraint("callback_over_minutes >= 0", name="callback_over"),
        CheckConstraint("priority BETWEEN -30 AND 60", name="priority"),
        CheckConstraint("least_level BETWEEN 1 AND 5", name="least_level"),
        CheckConstraint("most_waiting BETWEEN 1 AND 5000", name="most_waiting"),
        CheckConstraint("(closed_since IS NULL) = (closed_reason IS NULL)", name="closed"),
        CheckConstraint(
            "(partner_number IS NULL) = (partner_after_s IS NULL)"
            " AND (partner_number IS NULL) = (partner_name IS NULL)",
            name="partner",
        ),
        CheckConstraint("partner_after_s BETWEEN 10 AND 3600", name="partner_after"),
        CheckConstraint("closed_reason_en IS NULL OR closed_since IS NOT NULL", name="closed_en"),
        CheckConstraint(
            "when_nobody <> 'general' OR NOT (certified OR code = 'general')", name="nobody_general"
        ),
        CheckConstraint("partner_number IS NULL OR NOT certified", name="partner_certified"),
        one_of("when_closed", Otherwise),
        one_of("when_full", Otherwise),
        one_of("when_nobody", Otherwise),
        CheckConstraint("when_closed <> 'wait'", name="closed_waits"),
        CheckConstraint("when_full <> 'wait'", name="full_waits"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(32))
    name_en: Mapped[str] = mapped_column(String(64))
    # One point of priority is worth one minute of age.
    priority: Mapped[int] = mapped_column(default=0)
    # Served by seats with a certificate alone, whatever their age relaxes for others.
    certified: Mapped[bool] = mapped_column(default=False)
    sisters: Mapped[list[str]] = mapped_column(default=list)
    rank: Mapped[int] = mapped_column(default=0)
    # A callback is offered to whom a longer wait than this is told; None: to nobody, the key works.
    callback_over_minutes: Mapped[int | None] = mapped_column(default=5)
    missed: Mapped[MissedRule] = mapped_column(
        words(MissedRule), default=MissedRule.LIST, server_default=MissedRule.LIST.value
    )
    # Lines of one group help each other where a step says so.
    group: Mapped[str] = mapped_column(String(16), default="", server_default="")
    # The level from which on a seat serves the line at once.
    least_level: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    # Whom else a caller may meet with age (``queues.steps``); None: the usual steps.
    steps: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    # Weekday 1 to 7 -> from, until; None: around the clock.  A day that is not named is closed.
    hours: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    rests_on_holidays: Mapped[bool] = mapped_column(default=False, server_default=false())
    closed_since: Mapped[datetime | None]
    # Spoken to who calls meanwhile.
    closed_reason: Mapped[str | None] = mapped_column(String(60))
    closed_reason_en: Mapped[str | None] = mapped_column(String(120))
    when_closed: Mapped[Otherwise] = mapped_column(
        words(Otherwise), default=Otherwise.GENERAL, server_default=Otherwise.GENERAL.value
    )
    most_waiting: Mapped[int | None]
    when_full: Mapped[Otherwise] = mapped_column(
        words(Otherwise), default=Otherwise.GENERAL, server_default=Otherwise.GENERAL.value
    )
    when_nobody: Mapped[Otherwise] = mapped_column(
        words(Otherwise), default=Otherwise.WAIT, server_default=Otherwise.WAIT.value
    )
    # A pool of another city, that takes over who has waited for so long.
    partner_name: Mapped[str | None] = mapped_column(String(32))
    partner_number: Mapped[str | None] = mapped_column(String(20))
    partner_after_s: Mapped[int | None]
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
    # The last day of his certificate for the line; a day later the skill is gone.
    certified_until: Mapped[date | None]
