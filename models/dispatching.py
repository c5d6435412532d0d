"""The directory of responsibilities: who leads and who assists, on what legal basis, since when."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.city import District, Topic, Unit


class DispatchRule(Base):
    """For this topic, in this district, under this condition: this unit leads.

    A rule is a candidate until somebody has taken it into the directory."""

    __tablename__ = "dispatch_rule"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="validity"),
        Index("ix_dispatch_rule_topic_id_district_id", "topic_id", "district_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"))
    district_id: Mapped[int | None] = mapped_column(ForeignKey("district.id"))
    # Words that the ticket must contain, any of them; none means always.
    condition: Mapped[list[str]] = mapped_column(default=list)
    lead_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    assists: Mapped[list[str]] = mapped_column(default=list)
    legal_basis: Mapped[str] = mapped_column(default="")
    # Where it comes from: directory, arbitration of a ticket, minutes of a meeting.
    source: Mapped[str] = mapped_column(String(120), default="")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    candidate: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    topic: Mapped[Topic] = relationship()
    district: Mapped[District | None] = relationship()
    lead: Mapped[Unit] = relationship()
