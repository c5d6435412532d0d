"""A line (专席): a topic that callers ask for and seats are skilled in."""

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base

GENERAL = "general"


class Line(Base):
    __tablename__ = "line"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(32))
    name_en: Mapped[str] = mapped_column(String(64))
    # One point of priority is worth one minute of age.
    priority: Mapped[int] = mapped_column(default=0)
    certified: Mapped[bool] = mapped_column(default=False)
    sisters: Mapped[list[str]] = mapped_column(default=list)
    rank: Mapped[int] = mapped_column(default=0)

    def name_in(self, language: str) -> str:
        return self.name_en if language == "en" else self.name


class Skill(Base):
    """An agent's level on a line: 1 can help out, 5 is the expert."""

    __tablename__ = "skill"
    __table_args__ = (CheckConstraint("level BETWEEN 1 AND 5", name="level"),)

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"), primary_key=True)
    level: Mapped[int] = mapped_column(default=3)
