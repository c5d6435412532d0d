"""Notices to units and staff on their way out: in the page, by text message, by webhook."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, one_of, words
from models.city import Unit
from models.staff import StaffMember
from models.ticket import Ticket


class Way(StrEnum):
    PAGE = "page"
    TEXT = "text"
    WEBHOOK = "webhook"


class NoticeState(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


class Notice(Base):
    """One thing told to one receiver by one way; a key that exists is not written again."""

    __tablename__ = "notice"
    __table_args__ = (
        one_of("way", Way),
        one_of("state", NoticeState),
        CheckConstraint("unit_id IS NOT NULL OR staff_id IS NOT NULL", name="receiver"),
        Index("ix_notice_due", "next_at", postgresql_where=text("state = 'pending'")),
        Index(
            "ix_notice_unread",
            "unit_id",
            "id",
            postgresql_where=text("way = 'page' AND read_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(96), unique=True)
    way: Mapped[Way] = mapped_column(words(Way))
    name: Mapped[str] = mapped_column(String(48))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    state: Mapped[NoticeState] = mapped_column(words(NoticeState), default=NoticeState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    error: Mapped[str | None]

    ticket: Mapped[Ticket | None] = relationship()
    unit: Mapped[Unit | None] = relationship()
    staff: Mapped[StaffMember | None] = relationship()
