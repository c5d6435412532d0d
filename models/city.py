"""The city: its districts, the member units that handle tickets, the topics people call about."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, one_of, words
from models.line import Line


class UnitKind(StrEnum):
    BUREAU = "bureau"
    DISTRICT = "district"
    ENTERPRISE = "enterprise"
    SERVICE = "service"
    # Another line, such as the province's: it handles tickets, and is compared with nobody.
    PLATFORM = "platform"


class UnitGroup(StrEnum):
    """Units are compared with their like only (分组考核)."""

    COUNTY = "county"
    DEPARTMENT = "department"
    UTILITY = "utility"


class DemoCity(Base):
    """One row where the demo city was planted: its people have a password that everybody knows."""

    __tablename__ = "demo_city"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    planted_at: Mapped[datetime]


class District(Base):
    __tablename__ = "district"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)


class Unit(Base):
    """A member unit (成员单位): it signs, handles and answers tickets."""

    __tablename__ = "unit"
    __table_args__ = (
        one_of("kind", UnitKind),
        CheckConstraint("parent_id <> id", name="parent"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[UnitKind] = mapped_column(words(UnitKind))
    district_id: Mapped[int | None] = mapped_column(ForeignKey("district.id"), index=True)
    duties: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    # The unit above a street, a station or a section: it delegates to it and answers for it.
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)

    parent: Mapped["Unit | None"] = relationship(remote_side=[id])
    district: Mapped[District | None] = relationship()

    @property
    def group(self) -> UnitGroup | None:
        return GROUPS.get(self.kind)


GROUPS = {
    UnitKind.DISTRICT: UnitGroup.COUNTY,
    UnitKind.BUREAU: UnitGroup.DEPARTMENT,
    UnitKind.SERVICE: UnitGroup.DEPARTMENT,
    UnitKind.ENTERPRISE: UnitGroup.UTILITY,
}


class Topic(Base):
    """What a demand is about; the words people use for it; who is responsible by default."""

    __tablename__ = "topic"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(48), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    # A city may leave it out: English pages then say the Chinese one.
    name_en: Mapped[str | None] = mapped_column(String(64))
    line_id: Mapped[int | None] = mapped_column(ForeignKey("line.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    # In the district that the address lies in, its own unit is responsible instead.
    local: Mapped[bool] = mapped_column(default=False)
    words: Mapped[list[str]] = mapped_column(default=list)
    # 12315: complaints and reports about it have clocks of the law's own.
    market: Mapped[bool] = mapped_column(default=False, server_default=false())

    line: Mapped[Line | None] = relationship()
    unit: Mapped[Unit | None] = relationship()

    def name_in(self, language: str) -> str:
        return (self.name_en if language == "en" else None) or self.name
