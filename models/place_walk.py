"""How far older tickets have got the mark of their place."""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class PlaceWalk(Base):
    """From the newest to the oldest; gone when all were looked at."""

    __tablename__ = "place_walk"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # Tickets from this id on have been looked at.
    before_id: Mapped[int]
