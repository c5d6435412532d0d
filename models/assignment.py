"""A ticket in a unit's hands: rounds, assignments and replies."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    DDL,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    UniqueConstraint,
    event,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.privacy import Sealed
from models.base import Base, IllegalMove, one_of, words
from models.city import Unit
from models.lifecycle import ASSIGNMENT_MOVES, IN_HAND, AssignmentState
from models.staff import StaffMember
from models.targets import FIFTH_BEFORE, soonest
from models.ticket import Ticket

STATE_LENGTH = 20
DEEPEST = 3


class Part(StrEnum):
    """What a unit is asked for: to lead 主办, to assist 协办, or to know 知会."""

    LEAD = "lead"
    ASSIST = "assist"
    INFO = "info"


class RecallReason(StrEnum):
    """Why the hotline took it out of a unit's hands; only the first was a wrong dispatch."""

    WRONG_UNIT = "wrong_unit"
    CHANGED = "changed"
    CITIZEN = "citizen"
    MERGED = "merged"


class Round(Base):
    """One handling of a ticket from dispatch to follow-up; the first is 1, rehandling adds one."""

    __tablename__ = "round"
    __table_args__ = (
        UniqueConstraint("ticket_id", "number"),
        Index(
            "uq_round_ticket_open",
            "ticket_id",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    number: Mapped[int]
    opened_at: Mapped[datetime]
    # Why it was opened again, and what the citizen said is wrong without what tells who he is;
    # empty for the first.
    because: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="", server_default="")
    closed_at: Mapped[datetime | None]

    ticket: Mapped[Ticket] = relationship()


class Assignment(Base):
    """承办: one unit's part of one round.  Exactly one unit leads a round at any time."""

    __tablename__ = "assignment"
    __table_args__ = (
        one_of("part", Part),
        one_of("state", AssignmentState),
        one_of("recalled_because", RecallReason),
        CheckConstraint("recalled_because IS NULL OR state = 'recalled'", name="recalled"),
        CheckConstraint(f"level BETWEEN 1 AND {DEEPEST}", name="level"),
        CheckConstraint("(level = 1) = (parent_id IS NULL)", name="parent"),
        CheckConstraint("state <> 'accepted' OR accepted_at IS NOT NULL", name="accepted"),
        # Nobody spoke to him about what was not given to him yet, whatever his system says.
        CheckConstraint("contacted_at >= dispatched_at", name="contacted_after"),
        CheckConstraint(
            "on_site_done_at IS NULL"
            " OR (mobilised_at IS NOT NULL AND mobilised_at <= on_site_done_at)",
            name="mobilised_first",
        ),
        CheckConstraint(
            "(state IN ('returned', 'recalled', 'accepted')) = (ended_at IS NOT NULL)", name="ended"
        ),
        Index(
            "uq_assignment_lead",
            "round_id",
            unique=True,
            postgresql_where=text(
                "part = 'lead' AND level = 1 AND state NOT IN ('returned', 'recalled')"
            ),
        ),
        Index(
            "uq_assignment_unit",
            "round_id",
            "unit_id",
            unique=True,
            postgresql_where=text(
                "state NOT IN ('returned', 'recalled') AND (part <> 'info' OR ended_at IS NULL)"
            ),
        ),
        # The units' inbox: what is in hand, by what is owed next.
        Index(
            "ix_assignment_inbox",
            "unit_id",
            "next_due_at",
            "id",
            postgresql_where=text("ended_at IS NULL"),
        ),
        # The hotline's lists by light: what is late by how long, what is near or not.
        Index(
            "ix_assignment_next_due",
            "next_due_at",
            "id",
            postgresql_where=text("next_due_at IS NOT NULL"),
        ),
        Index(
            "ix_assignment_next_near",
            "next_near_at",
            "id",
            postgresql_where=text("next_near_at IS NOT NULL"),
        ),
        # And what is done, the newest first.
        Index(
            "ix_assignment_done",
            "unit_id",
            "ended_at",
            "id",
            postgresql_where=text("ended_at IS NOT NULL"),
        ),
        # All that a unit was ever given, page by page.
        Index("ix_assignment_unit_id_id", "unit_id", "id"),
        Index("ix_assignment_due", "due_at", postgresql_where=text("ended_at IS NULL")),
        Index(
            "ix_assignment_nearly",
            "nearly_at",
            postgresql_where=text("ended_at IS NULL AND yellow_at IS NULL"),
        ),
        Index(
            "ix_assignment_unsigned",
            "sign_due_at",
            postgresql_where=text("state = 'pending_sign'"),
        ),
        Index("ix_assignment_ticket_id", "ticket_id"),
        # A month of these dates lies together in the table: what figures read is found by ranges.
        Index(
            "ix_assignment_figures",
            "dispatched_at",
            "sign_due_at",
            "respond_due_at",
            "due_at",
            "accepted_at",
            postgresql_using="brin",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    part: Mapped[Part] = mapped_column(words(Part), default=Part.LEAD)
    level: Mapped[int] = mapped_column(default=1)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"), index=True)
    state: Mapped[AssignmentState] = mapped_column(
        words(AssignmentState, STATE_LENGTH), default=AssignmentState.PENDING_SIGN
    )
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("dispatch_rule.id"), index=True)
    advice: Mapped[str] = mapped_column(default="")
    # Handled on order after a refused return: counted, and not to be returned again.
    forced: Mapped[bool] = mapped_column(default=False)
    # Of who was at the first level.
    recalled_because: Mapped[RecallReason | None] = mapped_column(words(RecallReason))

    dispatched_at: Mapped[datetime]
    sign_due_at: Mapped[datetime | None]
    respond_due_at: Mapped[datetime | None]
    due_at_original: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    # An extension was approved; a suspension gives time back, and is none.
    extended: Mapped[bool] = mapped_column(default=False, server_default=false())
    # The limits that held at dispatch, and what moved the due date since, in its order (``later``:
    # working days; {"seconds"}; {"until"}, no later than which it is due from then on) and the
    # other targets (``given``: seconds): from these the dates are computed anew when the calendar
    # changes.
    limits: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # From here on the light is yellow; and when each light went on, so that it is told once.
    nearly_at: Mapped[datetime | None]
    yellow_at: Mapped[datetime | None]
    red_at: Mapped[datetime | None]
    supervised_at: Mapped[datetime | None]
    joint_at: Mapped[datetime | None]
    # Targets beside the due date that were missed and told: sign, respond, mobilise, on_site.
    late: Mapped[list[str]] = mapped_column(default=list)
    signed_at: Mapped[datetime | None]
    # 先行联系: the citizen was spoken to, before anything is handled.
    contacted_at: Mapped[datetime | None]
    # 5533: mobilised, done on the spot, reported back; each its own target from dispatch.
    mobilise_due_at: Mapped[datetime | None]
    on_site_due_at: Mapped[datetime | None]
    mobilised_at: Mapped[datetime | None]
    on_site_done_at: Mapped[datetime | None]
    replied_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    # When the soonest of what is still owed is due and from when on it is near, for lists:
    # ``tickets.targets`` says the same of one row, and which it is.
    next_due_at: Mapped[datetime | None] = mapped_column(
        Computed(soonest("due_at", "DUE"), persisted=True)
    )
    next_near_at: Mapped[datetime | None] = mapped_column(
        Computed(soonest("nearly_at", FIFTH_BEFORE), persisted=True)
    )

    ticket: Mapped[Ticket] = relationship()
    round: Mapped[Round] = relationship()
    unit: Mapped[Unit] = relationship()
    parent: Mapped["Assignment | None"] = relationship(remote_side=[id])

    def make(self, move: str) -> None:
        """Take the named move; raises IllegalMove where the table does not allow it."""
        row = ASSIGNMENT_MOVES[move]
        if self.state not in row.sources:
            raise IllegalMove(f"assignment {self.id} ({move})", self.state, row.target)
        self.state = row.target

    @property
    def in_hand(self) -> bool:
        return self.state in IN_HAND


# Looked at when a transaction ends, however many steps moved the dates: a unit answers for those
# below it, and none of them is due after it.
DUE_IN_TIME = """
CREATE OR REPLACE FUNCTION due_no_later_than_above() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM assignment below JOIN assignment above ON above.id = below.parent_id
             WHERE (below.id = NEW.id OR above.id = NEW.id)
               AND below.ended_at IS NULL AND below.due_at > above.due_at) THEN
    RAISE EXCEPTION 'a part is due later than the one that it was handed down from'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$
"""
DUE_GUARD = """
CREATE CONSTRAINT TRIGGER assignment_due_in_time
AFTER INSERT OR UPDATE OF due_at, parent_id ON assignment
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION due_no_later_than_above()
"""
for statement in (DUE_IN_TIME, DUE_GUARD):
    event.listen(Assignment.__table__, "after_create", DDL(statement))  # type: ignore[no-untyped-call]


class ContactWay(StrEnum):
    """How a unit spoke to the citizen."""

    PHONE = "phone"
    VISIT = "visit"
    MESSAGE = "message"


class Contact(Base):
    """A unit tried to speak to the citizen, and whether it did; words of his are sealed."""

    __tablename__ = "contact"
    __table_args__ = (one_of("way", ContactWay),)

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    way: Mapped[ContactWay] = mapped_column(words(ContactWay))
    reached: Mapped[bool]
    words: Mapped[str] = mapped_column(Sealed, default="")
    # Through the line: what was said is its recording.
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"), unique=True)

    assignment: Mapped[Assignment] = relationship()
    by: Mapped[StaffMember | None] = relationship()
