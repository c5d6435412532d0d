"""告警: something on the floor needs a lead: a figure beyond its threshold, or a raised hand."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.wording import N_
from models.base import Base, one_of, words
from models.call import Call
from models.line import Line
from models.staff import StaffMember


class AlertKind(StrEnum):
    SERVICE_LEVEL = "service_level"
    LONGEST_WAIT = "longest_wait"
    ABANDONED = "abandoned"
    MISSED_OFFERS = "missed_offers"
    # 举手: an agent asks for his lead, or said or heard a word that calls for him.
    RAISED_HAND = "raised_hand"

    @property
    def label(self) -> str:
        return ALERT_LABELS[self]


ALERT_LABELS: dict[AlertKind, str] = {
    AlertKind.SERVICE_LEVEL: N_("15 秒接通率"),
    AlertKind.LONGEST_WAIT: N_("最久等待"),
    AlertKind.ABANDONED: N_("放弃率"),
    AlertKind.MISSED_OFFERS: N_("座席未接"),
    AlertKind.RAISED_HAND: N_("举手"),
}
LIVE = text("ended_at IS NULL")


class AlertRule(Base):
    """From which value on it is an alert, and from which on it is none any more: between the two
    nothing begins and nothing ends."""

    __tablename__ = "alert_rule"
    __table_args__ = (
        one_of("kind", AlertKind),
        CheckConstraint(
            "CASE WHEN kind = 'service_level' THEN ends_at > begins_at"
            " WHEN kind = 'raised_hand' THEN true ELSE ends_at < begins_at END",
            name="hysteresis",
        ),
    )

    kind: Mapped[AlertKind] = mapped_column(words(AlertKind), primary_key=True)
    watched: Mapped[bool] = mapped_column(default=True)
    begins_at: Mapped[float] = mapped_column(default=0.0)
    ends_at: Mapped[float] = mapped_column(default=0.0)
    # Of raised hands: what is listened for in a talk.
    keywords: Mapped[list[str]] = mapped_column(default=list)


class Alert(Base):
    """Begins once and ends once: the schema allows one live alert of a kind for a line, and one
    raised hand for a call."""

    __tablename__ = "alert"
    __table_args__ = (
        one_of("kind", AlertKind),
        CheckConstraint("(kind = 'raised_hand') = (call_id IS NOT NULL)", name="call"),
        CheckConstraint("(kind = 'raised_hand') = (line_id IS NULL)", name="line"),
        CheckConstraint("ended_at >= began_at", name="ended_at"),
        CheckConstraint("(seen_at IS NULL) = (seen_by_id IS NULL)", name="seen"),
        Index("uq_alert_line_live", "kind", "line_id", unique=True, postgresql_where=LIVE),
        Index("uq_alert_call_live", "call_id", unique=True, postgresql_where=LIVE),
        Index("ix_alert_began_at", "began_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[AlertKind] = mapped_column(words(AlertKind))
    line_id: Mapped[int | None] = mapped_column(ForeignKey("line.id"))
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"))
    # The word that was heard; empty: the agent has raised his hand himself.
    keyword: Mapped[str] = mapped_column(String(32), default="")
    # As it was when it began, and as it is.
    value: Mapped[float | None]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    seen_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    # Until then it makes no sound and stands back.
    muted_until: Mapped[datetime | None]

    line: Mapped[Line | None] = relationship()
    call: Mapped[Call | None] = relationship()
    seen_by: Mapped[StaffMember | None] = relationship()

    @classmethod
    def live(cls) -> ColumnElement[bool]:
        return cls.ended_at.is_(None)
