"""12315: the clocks that the law sets for complaints and reports about market supervision."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.wording import N_
from models.base import Base, one_of, words
from models.deadlines import LIMIT
from models.staff import StaffMember
from models.ticket import Ticket


class LegalStep(StrEnum):
    # Of a complaint 投诉: whether it is accepted, and the end of the mediation.
    ACCEPT = "accept"
    MEDIATE = "mediate"
    # Of a report 举报: whether a case is filed, and telling so to whoever gave his name.
    VERIFY = "verify"
    INFORM = "inform"

    @property
    def label(self) -> str:
        return LEGAL_LABELS[self]

    @property
    def outcomes(self) -> tuple[str, str]:
        return LEGAL_OUTCOMES[self]


LEGAL_LABELS: dict[LegalStep, str] = {
    LegalStep.ACCEPT: N_("决定是否受理投诉"),
    LegalStep.MEDIATE: N_("终结调解"),
    LegalStep.VERIFY: N_("核查举报，决定是否立案"),
    LegalStep.INFORM: N_("告知实名举报人"),
}


# What is said of a step that was met: how it went, for yes and for no.
LEGAL_OUTCOMES: dict[LegalStep, tuple[str, str]] = {
    LegalStep.ACCEPT: (N_("受理"), N_("不予受理")),
    LegalStep.MEDIATE: (N_("调解成功"), N_("终止调解")),
    LegalStep.VERIFY: (N_("立案"), N_("不予立案")),
    LegalStep.INFORM: (N_("已告知"), N_("未能告知")),
}


class LegalLimit(Base):
    """How long a step may take; once it may be lengthened by ``more``."""

    __tablename__ = "legal_limit"
    __table_args__ = (
        one_of("step", LegalStep),
        *(CheckConstraint(f"{name} ~ '{LIMIT}'", name=name) for name in ("within", "more")),
    )

    step: Mapped[LegalStep] = mapped_column(words(LegalStep), primary_key=True)
    within: Mapped[str] = mapped_column(String(12))
    more: Mapped[str | None] = mapped_column(String(12))


class LegalClock(Base):
    """法定时限: one step of one ticket, by the limits that held when it began.

    It runs beside the unit's assignment: whoever has the ticket in hand, and whatever the hotline
    grants, the law's date stays."""

    __tablename__ = "legal_clock"
    __table_args__ = (
        one_of("step", LegalStep),
        UniqueConstraint("ticket_id", "step"),
        CheckConstraint("(done_at IS NULL) = (outcome IS NULL)", name="outcome"),
        CheckConstraint("outcome OR words <> ''", name="words"),
        CheckConstraint("extended_at IS NULL OR more IS NOT NULL", name="extended"),
        Index(
            "ix_legal_clock_due",
            "due_at",
            postgresql_where=text("done_at IS NULL AND red_at IS NULL"),
        ),
        Index("ix_legal_clock_open", "id", postgresql_where=text("done_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    step: Mapped[LegalStep] = mapped_column(words(LegalStep))
    begins_at: Mapped[datetime]
    within: Mapped[str] = mapped_column(String(12))
    more: Mapped[str | None] = mapped_column(String(12))
    due_at: Mapped[datetime]
    extended_at: Mapped[datetime | None]
    red_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    # Accepted, mediated, filed, told; or not, and then why.
    outcome: Mapped[bool | None]
    words: Mapped[str] = mapped_column(default="")

    ticket: Mapped[Ticket] = relationship()
    done_by: Mapped[StaffMember | None] = relationship()
