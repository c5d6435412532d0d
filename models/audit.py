"""Who did, saw, heard or exported what; and who knocked at the door."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, one_of, words
from models.staff import StaffMember


class AuditEntry(Base):
    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject_kind", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    action: Mapped[str] = mapped_column(String(64), index=True)
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(64))
    address: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)

    by: Mapped[StaffMember | None] = relationship()


class Knock(StrEnum):
    """What came of trying to sign in."""

    SUCCEEDED = "succeeded"
    WRONG_PASSWORD = "wrong_password"
    UNKNOWN_LOGIN = "unknown_login"
    DISABLED = "disabled"


class SignInAttempt(Base):
    """Who tried to sign in from where, with what outcome: one row a minute, however many tries."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        one_of("outcome", Knock),
        CheckConstraint("times > 0 AND held_against BETWEEN 0 AND times", name="times"),
        UniqueConstraint("login", "address", "outcome", "minute"),
        Index("ix_sign_in_attempt_address_last_at", "address", "last_at"),
        Index("ix_sign_in_attempt_last_at", "last_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # A login that nobody has is kept as a hash: people type passwords into the wrong field.
    login: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[Knock] = mapped_column(words(Knock))
    minute: Mapped[datetime]
    last_at: Mapped[datetime]
    times: Mapped[int] = mapped_column(default=1)
    # How many of these still slow down the next try; the right password makes them good.
    held_against: Mapped[int] = mapped_column(default=0)
