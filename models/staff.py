"""People who work with the hotline, and what they may do."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.city import Unit


class Role(StrEnum):
    AGENT = "agent"
    LEAD = "lead"
    QA = "qa"
    DISPATCHER = "dispatcher"
    UNIT = "unit"
    ADMIN = "admin"


class StaffMember(Base):
    __tablename__ = "staff"
    __table_args__ = (
        CheckConstraint(
            "roles <@ ARRAY[" + ", ".join(f"'{role}'" for role in Role) + "]::varchar[]",
            name="roles",
        ),
        CheckConstraint("language IN ('zh', 'en')", name="language"),
        # Whoever works for a unit works for one of them, else he sees nothing and nobody knows why.
        CheckConstraint("NOT 'unit' = ANY (roles) OR unit_id IS NOT NULL", name="unit"),
        CheckConstraint("NOT leads_unit OR unit_id IS NOT NULL", name="leads_unit"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    password_hash: Mapped[str]
    must_change_password: Mapped[bool] = mapped_column(default=False)
    # A unit's own system, which comes in with a key and never signs in.
    machine: Mapped[bool] = mapped_column(default=False, server_default=false())
    roles: Mapped[list[str]] = mapped_column(default=list)
    # Whose tickets he sees in the role of a unit.
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    # 分管领导: what is late is told to him, too.
    leads_unit: Mapped[bool] = mapped_column(default=False, server_default=false())
    # As a lead: may listen to a talk without being shown on the agent's desk.
    monitors_unseen: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Raised when every session of this member must end.
    session_epoch: Mapped[int] = mapped_column(default=0)
    # In which he reads the pages; Chinese until he has chosen.
    language: Mapped[str | None] = mapped_column(String(2))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]

    unit: Mapped[Unit | None] = relationship()

    # What the session's library asks of a user.
    is_anonymous = False
    is_authenticated = True

    @property
    def is_active(self) -> bool:
        return self.disabled_at is None

    def get_id(self) -> str:
        return f"{self.id}:{self.session_epoch}"

    def may(self, *roles: Role) -> bool:
        return any(role in self.roles for role in roles)
