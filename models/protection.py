"""未成年人个案: what a child's call was judged to need, who was told of it, and what came after.

Source: 未成年人保护法 art. 11 and 97; domain reference 7.1."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.privacy import Sealed
from infra.wording import N_
from models.base import Base, one_of, words
from models.call import Call
from models.staff import StaffMember
from models.ticket import Ticket


class Risk(StrEnum):
    """What the form asks."""

    DANGER_NOW = "danger_now"
    INJURY = "injury"
    SEXUAL = "sexual"
    RUNAWAY = "runaway"
    SELF_HARM = "self_harm"
    GUARDIAN = "guardian"

    @property
    def label(self) -> str:
        return RISK_LABELS[self]


RISK_LABELS: dict[Risk, str] = {
    Risk.DANGER_NOW: N_("正在发生危险"),
    Risk.INJURY: N_("受伤"),
    Risk.SEXUAL: N_("性侵害"),
    Risk.RUNAWAY: N_("离家出走"),
    Risk.SELF_HARM: N_("自伤自杀"),
    Risk.GUARDIAN: N_("监护人可疑"),
}


class RiskLevel(StrEnum):
    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"

    @property
    def label(self) -> str:
        return LEVEL_LABELS[self]


LEVEL_LABELS: dict[RiskLevel, str] = {
    RiskLevel.RED: N_("红色"),
    RiskLevel.ORANGE: N_("橙色"),
    RiskLevel.YELLOW: N_("黄色"),
}


class Protection(Base):
    __tablename__ = "protection"
    __table_args__ = (
        one_of("level", RiskLevel),
        CheckConstraint("(reviewed_at IS NULL) = (reviewed_by_id IS NULL)", name="reviewed"),
        CheckConstraint("(reviewed_at IS NULL) = (review IS NULL)", name="review"),
        CheckConstraint("reviewed_by_id <> by_id", name="two_persons"),
        Index(
            "ix_protection_unnoticed", "notice_due_at", postgresql_where=text("noticed_at IS NULL")
        ),
        Index("ix_protection_unreviewed", "id", postgresql_where=text("reviewed_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), unique=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), unique=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime] = mapped_column(index=True)
    risks: Mapped[list[str]]
    level: Mapped[RiskLevel] = mapped_column(words(RiskLevel))
    # By when civil affairs is to know; and when it did.
    notice_due_at: Mapped[datetime]
    noticed_at: Mapped[datetime | None]
    # When leads were told that it had come to no notice in time.
    told_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    review: Mapped[str | None] = mapped_column(Sealed)

    call: Mapped[Call] = relationship()
    ticket: Mapped[Ticket] = relationship()
    by: Mapped[StaffMember] = relationship(foreign_keys=[by_id])
    reviewed_by: Mapped[StaffMember | None] = relationship(foreign_keys=[reviewed_by_id])


class Receiver(StrEnum):
    """Whom a mandatory report goes to."""

    CIVIL_AFFAIRS = "civil_affairs"
    POLICE = "police"
    EDUCATION = "education"

    @property
    def label(self) -> str:
        return RECEIVER_LABELS[self]


RECEIVER_LABELS: dict[Receiver, str] = {
    Receiver.CIVIL_AFFAIRS: N_("民政（未保办）"),
    Receiver.POLICE: N_("公安"),
    Receiver.EDUCATION: N_("教育"),
}


class MandatoryReport(Base):
    """强制报告: what was told to whom, when, and under which number it was taken."""

    __tablename__ = "mandatory_report"
    __table_args__ = (one_of("receiver", Receiver),)

    id: Mapped[int] = mapped_column(primary_key=True)
    protection_id: Mapped[int] = mapped_column(ForeignKey("protection.id"), index=True)
    receiver: Mapped[Receiver] = mapped_column(words(Receiver))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    what: Mapped[str] = mapped_column(Sealed)
    # Of whoever took it there: his name, and the number that he gave.
    person: Mapped[str] = mapped_column(Sealed)
    receipt: Mapped[str] = mapped_column(Sealed)

    protection: Mapped[Protection] = relationship()
    by: Mapped[StaffMember] = relationship()


class ProtectionVisit(Base):
    """A date at which a lead finds out how the child is."""

    __tablename__ = "protection_visit"
    __table_args__ = (
        UniqueConstraint("protection_id", "due_at"),
        CheckConstraint("(done_at IS NULL) = (done_by_id IS NULL)", name="done"),
        CheckConstraint("(done_at IS NULL) = (found IS NULL)", name="found"),
        Index("ix_protection_visit_due", "due_at", postgresql_where=text("done_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    protection_id: Mapped[int] = mapped_column(ForeignKey("protection.id"))
    due_at: Mapped[datetime]
    # When leads were told that it was due.
    told_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    found: Mapped[str | None] = mapped_column(Sealed)

    protection: Mapped[Protection] = relationship()
    done_by: Mapped[StaffMember | None] = relationship()
