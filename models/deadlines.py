"""The city's working days, and how long each kind of ticket may take."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, one_of, words
from models.city import Topic, Unit
from models.staff import StaffMember
from models.ticket import Kind, Urgency

LIMIT = r"^[1-9][0-9]{0,4} (min|wh|wd)$"


class DaySource(StrEnum):
    LIBRARY = "library"
    NOTICE = "notice"
    MANUAL = "manual"


class WorkDay(Base):
    """One day of the calendar; provisional until the State Council's notice for it is loaded."""

    __tablename__ = "work_day"
    __table_args__ = (
        one_of("source", DaySource),
        CheckConstraint("works OR NOT half", name="half"),
        CheckConstraint("(source = 'notice') = (notice_year IS NOT NULL)", name="notice_year"),
    )

    day: Mapped[date] = mapped_column(primary_key=True)
    works: Mapped[bool]
    # Worked in the morning only.
    half: Mapped[bool] = mapped_column(default=False, server_default=false())
    name: Mapped[str] = mapped_column(String(64), default="")
    source: Mapped[DaySource] = mapped_column(words(DaySource))
    # Of which year the notice is; that of a day in December may be the next year's.
    notice_year: Mapped[int | None]
    provisional: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime]


class CalendarChange(Base):
    """Which days are worked otherwise from now on, who said so, and how many dates it has moved.

    The open tickets are looked at in the order of their assignments' ids, a part at a time."""

    __tablename__ = "calendar_change"
    __table_args__ = (
        one_of("source", DaySource),
        CheckConstraint("first <= last", name="span"),
        Index("ix_calendar_change_undone", "id", postgresql_where=text("done_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    source: Mapped[DaySource] = mapped_column(words(DaySource))
    # ISO day -> whether it is worked; "half" in the morning only.
    days: Mapped[dict[str, Any]]
    first: Mapped[date]
    last: Mapped[date]
    looked_at: Mapped[int] = mapped_column(default=0)
    moved: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]

    by: Mapped[StaffMember | None] = relationship()


class QuietHours(Base):
    """When no duty phone is told of what can wait.  Without its one row the usual hours hold."""

    __tablename__ = "quiet_hours"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    # In the city's time; the same twice means that there are none.
    begins: Mapped[time]
    ends: Mapped[time]


class DeadlinePolicy(Base):
    """Limits for tickets that match; of several the one that says most about the ticket holds."""

    __tablename__ = "deadline_policy"
    __table_args__ = (
        one_of("kind", Kind),
        one_of("urgency", Urgency),
        *(
            CheckConstraint(f"{name} ~ '{LIMIT}'", name=name)
            for name in ("sign", "respond", "handle", "mobilise", "on_site")
        ),
        Index(
            "uq_deadline_policy_match",
            "kind",
            "urgency",
            "topic_id",
            "unit_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[Kind | None] = mapped_column(words(Kind))
    urgency: Mapped[Urgency | None] = mapped_column(words(Urgency))
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    sign: Mapped[str] = mapped_column(String(12))
    respond: Mapped[str | None] = mapped_column(String(12))
    handle: Mapped[str] = mapped_column(String(12))
    # 5533 only.
    mobilise: Mapped[str | None] = mapped_column(String(12))
    on_site: Mapped[str | None] = mapped_column(String(12))

    topic: Mapped[Topic | None] = relationship()
    unit: Mapped[Unit | None] = relationship()
