"""Personal data that is taken away: who asked, who approved, what was erased; and what may not be.

The rows stay and tell no person: figures and histories hold, names and words are gone."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.privacy import Sealed
from infra.wording import N_
from models.base import Base, insist, one_of, words
from models.staff import StaffMember


class ErasureScope(StrEnum):
    PERSON = "person"
    TICKET = "ticket"
    CALL = "call"
    # Whatever has been kept for as long as it may be, once a day.
    TERM = "term"

    @property
    def label(self) -> str:
        return SCOPE_LABELS[self]


SCOPE_LABELS: dict[ErasureScope, str] = {
    ErasureScope.PERSON: N_("来电人的全部个人信息"),
    ErasureScope.TICKET: N_("一张工单和它的通话"),
    ErasureScope.CALL: N_("一通通话"),
    ErasureScope.TERM: N_("保存期限届满"),
}


class ErasureBasis(StrEnum):
    """Source: 个人信息保护法 art. 47."""

    PURPOSE = "purpose"
    WITHDRAWN = "withdrawn"
    UNLAWFUL = "unlawful"
    ORDERED = "ordered"
    TERM = "term"

    @property
    def label(self) -> str:
        return BASIS_LABELS[self]


BASIS_LABELS: dict[ErasureBasis, str] = {
    ErasureBasis.PURPOSE: N_("处理目的已实现或不再必要"),
    ErasureBasis.WITHDRAWN: N_("个人撤回同意"),
    ErasureBasis.UNLAWFUL: N_("违反法律法规或约定处理"),
    ErasureBasis.ORDERED: N_("司法或监管机关要求"),
    ErasureBasis.TERM: N_("保存期限已届满"),
}


class ErasureState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    DONE = "done"

    @property
    def label(self) -> str:
        return ERASURE_LABELS[self]


ERASURE_LABELS: dict[ErasureState, str] = {
    ErasureState.ASKED: N_("待批准"),
    ErasureState.APPROVED: N_("已批准，正在删除"),
    ErasureState.REFUSED: N_("未批准"),
    ErasureState.CANCELLED: N_("已撤回"),
    ErasureState.DONE: N_("已删除"),
}
ERASURE_MOVES: dict[ErasureState, set[ErasureState]] = {
    ErasureState.ASKED: {ErasureState.APPROVED, ErasureState.REFUSED, ErasureState.CANCELLED},
    ErasureState.APPROVED: {ErasureState.DONE},
    ErasureState.REFUSED: set(),
    ErasureState.CANCELLED: set(),
    ErasureState.DONE: set(),
}
ONE_SUBJECT = "num_nonnulls(person_id, ticket_id, call_id)"


class Erasure(Base):
    """One wish to erase; the schema, too, wants two persons for it."""

    __tablename__ = "erasure"
    __table_args__ = (
        one_of("scope", ErasureScope),
        one_of("basis", ErasureBasis),
        one_of("state", ErasureState),
        CheckConstraint(
            f"(scope = 'term' AND {ONE_SUBJECT} = 0 AND day IS NOT NULL AND asked_by_id IS NULL)"
            f" OR (scope = 'person' AND person_id IS NOT NULL AND {ONE_SUBJECT} = 1)"
            f" OR (scope = 'ticket' AND ticket_id IS NOT NULL AND {ONE_SUBJECT} = 1)"
            f" OR (scope = 'call' AND call_id IS NOT NULL AND {ONE_SUBJECT} = 1)",
            name="subject",
        ),
        CheckConstraint("scope = 'term' OR asked_by_id IS NOT NULL", name="asked_by"),
        CheckConstraint("decided_by_id <> asked_by_id OR state = 'cancelled'", name="two_persons"),
        CheckConstraint(
            "scope = 'term' OR (state = 'asked') = (decided_by_id IS NULL)", name="decided_by"
        ),
        CheckConstraint("(state = 'done') = (seal IS NOT NULL)", name="seal"),
        CheckConstraint("state <> 'done' OR erased_at IS NOT NULL", name="erased"),
        UniqueConstraint("day"),
        Index(
            "uq_erasure_open",
            "person_id",
            "ticket_id",
            "call_id",
            unique=True,
            postgresql_where=text("state IN ('asked', 'approved') AND scope <> 'term'"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_erasure_approved", "id", postgresql_where=text("state = 'approved'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[ErasureScope] = mapped_column(words(ErasureScope))
    basis: Mapped[ErasureBasis] = mapped_column(words(ErasureBasis))
    state: Mapped[ErasureState] = mapped_column(words(ErasureState), default=ErasureState.ASKED)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"))
    day: Mapped[date | None]
    # Why, in words: gone when it is done, for they may name somebody.
    reason: Mapped[str | None] = mapped_column(Sealed)
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    # The rows tell nothing any more; files of the store may still be there.
    erased_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    # How many rows of what: never what stood in them.
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # Ticket's number -> hash in which its history ended then.
    chains: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # Over the whole certificate.
    seal: Mapped[str | None] = mapped_column(String(64))

    asked_by: Mapped[StaffMember | None] = relationship(foreign_keys=[asked_by_id])
    decided_by: Mapped[StaffMember | None] = relationship(foreign_keys=[decided_by_id])

    def move_to(self, state: ErasureState) -> None:
        insist(ERASURE_MOVES, f"erasure {self.id}", self.state, state)
        self.state = state

    @property
    def open(self) -> bool:
        return self.state in (ErasureState.ASKED, ErasureState.APPROVED)


class ErasedFile(Base):
    """A file that an erasure takes out of the store: noted with the rows, deleted afterwards."""

    __tablename__ = "erased_file"
    __table_args__ = (
        UniqueConstraint("erasure_id", "key"),
        Index("ix_erased_file_due", "due_at", postgresql_where=text("gone_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    erasure_id: Mapped[int] = mapped_column(ForeignKey("erasure.id"))
    key: Mapped[str] = mapped_column(String(128))
    # Of its content, where it was known.
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None]
    due_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
    # Another attachment has the same content: the file stays for that one.
    shared: Mapped[bool] = mapped_column(default=False)

    erasure: Mapped[Erasure] = relationship()


class LegalHold(Base):
    """留置: nothing of this person, ticket or call may be erased, whatever its term."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        CheckConstraint(f"{ONE_SUBJECT} = 1", name="subject"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by_id IS NULL)", name="lifted"),
        Index(
            "uq_legal_hold_open",
            "person_id",
            "ticket_id",
            "call_id",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"))
    reason: Mapped[str] = mapped_column(Sealed)
    placed_at: Mapped[datetime]
    placed_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    lifted_at: Mapped[datetime | None]
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    placed_by: Mapped[StaffMember] = relationship(foreign_keys=[placed_by_id])
    lifted_by: Mapped[StaffMember | None] = relationship(foreign_keys=[lifted_by_id])
