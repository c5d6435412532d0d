"""话机座席: a seat answers by an ordinary telephone instead of its browser."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.privacy import Sealed
from models.base import Base
from models.dialling import Dial
from models.seat import Seat
from models.staff import StaffMember
from models.waiting import Offer


class SeatTelephone(Base):
    """Its number, which another person has approved before it is rung."""

    __tablename__ = "seat_telephone"
    __table_args__ = (
        CheckConstraint("(approved_at IS NULL) = (approved_by_id IS NULL)", name="approved"),
        CheckConstraint("approved_by_id <> staff_id", name="by_another"),
        CheckConstraint("NOT in_use OR approved_at IS NOT NULL", name="in_use"),
        Index("ix_seat_telephone_in_use", "staff_id", postgresql_where=text("in_use")),
    )

    staff_id: Mapped[int] = mapped_column(ForeignKey("seat.staff_id"), primary_key=True)
    number: Mapped[str] = mapped_column(Sealed)
    number_masked: Mapped[str] = mapped_column(String(32))
    asked_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    # Offers ring it, and not the browser.
    in_use: Mapped[bool] = mapped_column(default=False)

    seat: Mapped[Seat] = relationship()
    approved_by: Mapped[StaffMember | None] = relationship()


class TelephoneRing(Base):
    """An offer that rings a telephone; over when it is claimed, or rings there no more."""

    __tablename__ = "telephone_ring"
    __table_args__ = (
        Index("ix_telephone_ring_open", "offer_id", postgresql_where=text("over_at IS NULL")),
    )

    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"), primary_key=True)
    dial_id: Mapped[int] = mapped_column(ForeignKey("dial.id"), unique=True)
    rung_at: Mapped[datetime]
    over_at: Mapped[datetime | None]

    offer: Mapped[Offer] = relationship()
    dial: Mapped[Dial] = relationship()
