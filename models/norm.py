"""A number of the house that a city sets itself, and every change of one."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.staff import StaffMember


class Norm(Base):
    """What was set; a number that nobody has set is what ``staff.norms`` says."""

    __tablename__ = "norm"

    name: Mapped[str] = mapped_column(String(48), primary_key=True)
    amount: Mapped[int]


class NormChange(Base):
    """Who changed it when, from what to what."""

    __tablename__ = "norm_change"
    __table_args__ = (Index("ix_norm_change_name_id", "name", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(48))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    was: Mapped[int]
    now: Mapped[int]

    by: Mapped[StaffMember] = relationship()
