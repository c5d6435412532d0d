"""Abusive calls (恶意骚扰来电): what agents report, and for how long a number is limited for it.

No limitation is for ever, and none is one person's doing: the schema, too, wants two."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.privacy import Sealed
from infra.wording import N_
from models.base import Base, one_of, words
from models.call import Call
from models.person import Person
from models.staff import StaffMember


class StrikeReason(StrEnum):
    INSULT = "insult"
    THREAT = "threat"
    SEXUAL = "sexual"
    SILENT = "silent"
    BLOCKING = "blocking"
    # He pressed the key for danger to life, and there was none.
    FALSE_DANGER = "false_danger"

    @property
    def label(self) -> str:
        return REASON_LABELS[self]


REASON_LABELS: dict[StrikeReason, str] = {
    StrikeReason.INSULT: N_("辱骂"),
    StrikeReason.THREAT: N_("威胁"),
    StrikeReason.SEXUAL: N_("性骚扰"),
    StrikeReason.SILENT: N_("反复来电不说话"),
    StrikeReason.BLOCKING: N_("无诉求，恶意占线"),
    StrikeReason.FALSE_DANGER: N_("谎报险情"),
}


class LimitKind(StrEnum):
    """What a limited number may still do, beside telling of danger."""

    VOICEMAIL = "voicemail"
    LAST = "last"

    @property
    def label(self) -> str:
        return KIND_LABELS[self]


KIND_LABELS: dict[LimitKind, str] = {
    LimitKind.VOICEMAIL: N_("只能留言"),
    LimitKind.LAST: N_("排在最后"),
}


class LimitState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"

    @property
    def label(self) -> str:
        return LIMIT_LABELS[self]


LIMIT_LABELS: dict[LimitState, str] = {
    LimitState.ASKED: N_("待批准"),
    LimitState.APPROVED: N_("已批准"),
    LimitState.REFUSED: N_("未批准"),
}


class Limitation(Base):
    """限制来电: asked for by one, approved by another, over at a set time."""

    __tablename__ = "limitation"
    __table_args__ = (
        one_of("kind", LimitKind),
        one_of("state", LimitState),
        CheckConstraint("decided_by_id <> asked_by_id", name="two_persons"),
        CheckConstraint("(state = 'asked') = (decided_by_id IS NULL)", name="decided_by"),
        CheckConstraint("(decided_by_id IS NULL) = (decided_at IS NULL)", name="decided_at"),
        CheckConstraint("(state = 'approved') = (begins_at IS NOT NULL)", name="begins_at"),
        CheckConstraint("(begins_at IS NULL) = (expires_at IS NULL)", name="expires_at"),
        CheckConstraint(
            "expires_at > begins_at AND expires_at <= begins_at + interval '30 days'", name="span"
        ),
        CheckConstraint("lifted_at IS NULL OR state = 'approved'", name="lifted_at"),
        Index(
            "uq_limitation_asked",
            "person_id",
            unique=True,
            postgresql_where=text("state = 'asked'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[LimitKind] = mapped_column(words(LimitKind))
    state: Mapped[LimitState] = mapped_column(words(LimitState), default=LimitState.ASKED)
    because: Mapped[str] = mapped_column(Sealed)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    asked_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    begins_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    # By an appeal.
    lifted_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()
    asked_by: Mapped[StaffMember] = relationship(foreign_keys=[asked_by_id])
    decided_by: Mapped[StaffMember | None] = relationship(foreign_keys=[decided_by_id])

    def holds(self, at: datetime) -> bool:
        begun = self.begins_at is not None and self.expires_at is not None and self.begins_at <= at
        return begun and self.lifted_at is None and at < (self.expires_at or at)


class Strike(Base):
    """An agent reports his call as abusive, after he has asked the caller to stop."""

    __tablename__ = "strike"
    __table_args__ = (
        one_of("reason", StrikeReason),
        Index("ix_strike_person_id_at", "person_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), unique=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime] = mapped_column(index=True)
    reason: Mapped[StrikeReason] = mapped_column(words(StrikeReason))
    words: Mapped[str] = mapped_column(Sealed)
    # It led to this one, and to no other.
    limitation_id: Mapped[int | None] = mapped_column(ForeignKey("limitation.id"), index=True)

    person: Mapped[Person] = relationship()
    call: Mapped[Call] = relationship()
    by: Mapped[StaffMember] = relationship()


class Appeal(Base):
    """申诉 against a limitation: decided by who neither asked for it nor approved it."""

    __tablename__ = "appeal"
    __table_args__ = (
        CheckConstraint("(decided_by_id IS NULL) = (decided_at IS NULL)", name="decided_at"),
        CheckConstraint("(decided_by_id IS NULL) = (granted IS NULL)", name="granted"),
        CheckConstraint("(decided_by_id IS NULL) = (answer IS NULL)", name="answer"),
        CheckConstraint("decided_by_id <> by_id", name="two_persons"),
        Index(
            "uq_appeal_open",
            "limitation_id",
            unique=True,
            postgresql_where=text("decided_by_id IS NULL"),
        ),
        Index("ix_appeal_limitation_id", "limitation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    limitation_id: Mapped[int] = mapped_column(ForeignKey("limitation.id"))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    words: Mapped[str] = mapped_column(Sealed)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    granted: Mapped[bool | None]
    answer: Mapped[str | None] = mapped_column(Sealed)

    limitation: Mapped[Limitation] = relationship()
    by: Mapped[StaffMember] = relationship(foreign_keys=[by_id])
    decided_by: Mapped[StaffMember | None] = relationship(foreign_keys=[decided_by_id])
