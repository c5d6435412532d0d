"""How units are told beyond their pages: duty phones, webhook endpoints, deliveries."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.privacy import Sealed
from infra.wording import N_
from models.base import Base, one_of, words
from models.city import Unit
from models.notice import Notice

LONGEST_URL = 500


class About(StrEnum):
    """What a notice is about; a unit chooses for each phone and endpoint what it wants to know."""

    TICKETS = "tickets"
    CLOCKS = "clocks"
    DECISIONS = "decisions"
    # What is told to the unit's leader.
    LATENESS = "lateness"

    @property
    def label(self) -> str:
        return ABOUT_LABELS[self]


ABOUT_LABELS: dict[About, str] = {
    About.TICKETS: N_("派来、撤走的工单"),
    About.CLOCKS: N_("时限、督办、催办"),
    About.DECISIONS: N_("申请和反馈的审核结果"),
    About.LATENESS: N_("超时、督办升级（分管领导）"),
}


def _wants() -> CheckConstraint:
    listed = ", ".join(f"'{about}'" for about in About)
    return CheckConstraint(f"wants <@ ARRAY[{listed}]::varchar[] AND wants <> '{{}}'", name="wants")


class DutyPhone(Base):
    """值班手机: who is on duty at a unit gets a text message."""

    __tablename__ = "duty_phone"
    __table_args__ = (UniqueConstraint("unit_id", "number_fingerprint"), _wants())

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    number: Mapped[str] = mapped_column(Sealed)
    number_fingerprint: Mapped[str] = mapped_column(String(64))
    number_masked: Mapped[str] = mapped_column(String(32))
    wants: Mapped[list[str]] = mapped_column(default=list)
    added_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship()


class Endpoint(Base):
    """接收地址: where a unit's own system takes webhooks, and the secret that signs them."""

    __tablename__ = "endpoint"
    __table_args__ = (
        UniqueConstraint("unit_id", "url"),
        _wants(),
        CheckConstraint("(old_secret IS NULL) = (old_secret_until IS NULL)", name="old_secret"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    url: Mapped[str] = mapped_column(String(LONGEST_URL))
    secret: Mapped[str] = mapped_column(Sealed)
    # Signs beside the new one for a while, so that the receiver can change over in its own time.
    old_secret: Mapped[str | None] = mapped_column(Sealed)
    old_secret_until: Mapped[datetime | None]
    wants: Mapped[list[str]] = mapped_column(default=list)
    active: Mapped[bool] = mapped_column(default=True)
    added_at: Mapped[datetime]
    # Failures in a row; while it rests nothing is tried there.
    failures: Mapped[int] = mapped_column(default=0)
    rests_until: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]

    unit: Mapped[Unit] = relationship()


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"

    @property
    def label(self) -> str:
        return DELIVERY_LABELS[self]


DELIVERY_LABELS: dict[DeliveryState, str] = {
    DeliveryState.PENDING: N_("待推送"),
    DeliveryState.SENT: N_("已送达"),
    DeliveryState.FAILED: N_("已放弃"),
}


class Delivery(Base):
    """推送: one notice on its way to one endpoint; the body is written once and never changes."""

    __tablename__ = "delivery"
    __table_args__ = (
        one_of("state", DeliveryState),
        UniqueConstraint("notice_id", "endpoint_id"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        Index("ix_delivery_due", "next_at", postgresql_where=text("state = 'pending'")),
        Index("ix_delivery_endpoint_id_id", "endpoint_id", "id"),
        Index("ix_delivery_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # None is a trial that an administrator sent, or news of an exchange.
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notice.id"))
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("endpoint.id"))
    # The receiver knows by it what it has already had.
    message_id: Mapped[str] = mapped_column(String(40), unique=True)
    type: Mapped[str] = mapped_column(String(64))
    body: Mapped[str]
    state: Mapped[DeliveryState] = mapped_column(
        words(DeliveryState), default=DeliveryState.PENDING
    )
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    status: Mapped[int | None]
    error: Mapped[str | None]

    notice: Mapped[Notice | None] = relationship()
    endpoint: Mapped[Endpoint] = relationship()
