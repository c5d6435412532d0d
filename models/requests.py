"""What is asked for and decided about a ticket, and how units are pressed for it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    DDL,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.assignment import Assignment
from models.base import Base, IllegalMove, one_of, words
from models.city import Unit
from models.lifecycle import REQUEST_MOVES, RequestState
from models.staff import StaffMember
from models.ticket import Ticket


class RequestKind(StrEnum):
    RETURN = "return"
    EXTENSION = "extension"
    CO_HANDLING = "co_handling"
    EXCLUSION = "exclusion"
    SCORE_APPEAL = "score_appeal"
    SUPERVISION = "supervision"
    MERGE = "merge"
    MEETING = "meeting"
    SUSPENSION = "suspension"
    DIFFICULT = "difficult"


class Request(Base):
    """Something asked for that another must decide: applied, approved, rejected or cancelled."""

    __tablename__ = "request"
    __table_args__ = (
        one_of("kind", RequestKind),
        one_of("state", RequestState),
        CheckConstraint("(state = 'applied') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("kind <> 'return' OR basis <> ''", name="return_basis"),
        CheckConstraint("reason <> ''", name="reason"),
        Index(
            "uq_request_open",
            "ticket_id",
            "assignment_id",
            "kind",
            unique=True,
            postgresql_where=text("state = 'applied'"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_request_open", "kind", "applied_at", postgresql_where=text("state = 'applied'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[RequestKind] = mapped_column(words(RequestKind))
    state: Mapped[RequestState] = mapped_column(words(RequestState), default=RequestState.APPLIED)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"), index=True)
    applied_at: Mapped[datetime]
    applied_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    code: Mapped[str] = mapped_column(String(16), default="")
    reason: Mapped[str]
    basis: Mapped[str] = mapped_column(default="")
    suggested_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    # What is asked for beyond words: days of an extension, the ticket to merge into.
    wanted: Mapped[dict[str, Any]] = mapped_column(default=dict)
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    decision: Mapped[str] = mapped_column(default="")
    # Two units disagree or it is the third return: a lead decides, and names who handles it.
    arbitration: Mapped[bool] = mapped_column(default=False)
    named_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)

    ticket: Mapped[Ticket] = relationship()
    assignment: Mapped[Assignment | None] = relationship()
    applied_by: Mapped[StaffMember | None] = relationship(foreign_keys=[applied_by_id])
    decided_by: Mapped[StaffMember | None] = relationship(foreign_keys=[decided_by_id])
    suggested_unit: Mapped[Unit | None] = relationship(foreign_keys=[suggested_unit_id])
    named_unit: Mapped[Unit | None] = relationship(foreign_keys=[named_unit_id])

    def make(self, move: str) -> None:
        row = REQUEST_MOVES[move]
        if self.state not in row.sources:
            raise IllegalMove(f"request {self.id} ({move})", self.state, row.target)
        self.state = row.target


# Looked at when a transaction ends: what a unit asked for must not outlive its part, and act on the
# next unit's.  An exclusion or an appeal is of the round, and may be asked for afterwards.
ASKS_NO_MORE = """
CREATE OR REPLACE FUNCTION withdrawn_asks_no_more() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM request JOIN assignment ON assignment.id = assignment_id
             WHERE assignment_id = NEW.id AND request.state = 'applied'
               AND request.kind NOT IN ('exclusion', 'score_appeal')
               AND assignment.state IN ('returned', 'recalled')) THEN
    RAISE EXCEPTION 'a withdrawn assignment still asks for something';
  END IF;
  RETURN NULL;
END $$
"""
GUARD = """
CREATE CONSTRAINT TRIGGER assignment_asks_no_more AFTER UPDATE OF state ON assignment
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state IN ('returned', 'recalled'))
EXECUTE FUNCTION withdrawn_asks_no_more()
"""
for statement in (ASKS_NO_MORE, GUARD):
    event.listen(Request.__table__, "after_create", DDL(statement))  # type: ignore[no-untyped-call]


class Urge(Base):
    """催办: the citizen asked again about an open ticket; no new ticket is made."""

    __tablename__ = "urge"
    __table_args__ = (
        UniqueConstraint("call_id"),
        Index("ix_urge_ticket_id", "ticket_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"))
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    words: Mapped[str] = mapped_column(default="")


class SuperviseKind(StrEnum):
    SYSTEM = "system"
    WRITTEN = "written"
    SPECIAL = "special"
    INSTRUCTION = "instruction"
    ON_SITE = "on_site"
    JOINT = "joint"


class Supervision(Base):
    """督办: the hotline presses a unit, with a date; it ends with the unit's answer accepted."""

    __tablename__ = "supervision"
    __table_args__ = (
        one_of("kind", SuperviseKind),
        Index(
            "uq_supervision_open",
            "ticket_id",
            "unit_id",
            "because",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    kind: Mapped[SuperviseKind] = mapped_column(words(SuperviseKind))
    # One of the words of ``tickets.reason_words.CAUSES``.
    because: Mapped[str] = mapped_column(String(24))
    words: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]

    ticket: Mapped[Ticket] = relationship()
    unit: Mapped[Unit | None] = relationship()
