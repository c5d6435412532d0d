"""A ticket: what a citizen wants, who is to do it, and everything that happened to it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    event,
    false,
    func,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.privacy import Sealed
from infra.wording import N_
from models.base import Base, IllegalMove, one_of, words
from models.call import Call
from models.city import District, Topic, Unit
from models.lifecycle import TICKET_MOVES, TicketState
from models.line import Line
from models.pairs import WORD_PAIRS, WORD_PAIRS_OF_TWO, holds, stands_in
from models.person import Person
from models.staff import StaffMember


class Kind(StrEnum):
    """诉求类型: the nature of what is asked for."""

    CONSULT = "consult"
    HELP = "help"
    COMPLAINT = "complaint"
    REPORT = "report"
    SUGGEST = "suggest"
    PRAISE = "praise"

    @property
    def label(self) -> str:
        return KIND_LABELS[self]


KIND_LABELS: dict[Kind, str] = {
    Kind.CONSULT: N_("咨询"),
    Kind.HELP: N_("求助"),
    Kind.COMPLAINT: N_("投诉"),
    Kind.REPORT: N_("举报"),
    Kind.SUGGEST: N_("建议"),
    Kind.PRAISE: N_("表扬"),
}


class Urgency(StrEnum):
    NORMAL = "normal"
    EXPEDITE = "expedite"
    URGENT = "urgent"
    # 接诉即办, the 5533: minutes to sign, to set out, to handle; hours to report.
    INSTANT = "instant"


class Ticket(Base):
    __tablename__ = "ticket"
    __table_args__ = (
        one_of("kind", Kind),
        one_of("urgency", Urgency),
        one_of("own_urgency", Urgency),
        CheckConstraint("own_wanted_by IS NULL OR own_urgency IS NOT NULL", name="own_clock"),
        one_of("state", TicketState),
        CheckConstraint(
            "state IN ('draft', 'void', 'merged') OR (number IS NOT NULL AND query_code IS NOT NULL"
            " AND query_code_hash IS NOT NULL AND kind IS NOT NULL AND summary IS NOT NULL"
            " AND submitted_at IS NOT NULL)",
            name="submitted",
        ),
        CheckConstraint("(state = 'merged') = (merged_into_id IS NOT NULL)", name="merged"),
        CheckConstraint(
            "state NOT IN ('closed', 'archived') OR closed_at IS NOT NULL", name="closed"
        ),
        # Lists begin with the newest; a page begins below the last of the page before.
        Index("ix_ticket_state_id", "state", "id"),
        Index("ix_ticket_unit_id_id", "unit_id", "id"),
        Index("ix_ticket_topic_id_id", "topic_id", "id"),
        Index("ix_ticket_district_id_id", "district_id", "id"),
        Index("ix_ticket_line_id_id", "line_id", "id"),
        # By days, and by the last digits of the number, as ``serial`` asks for them.
        Index("ix_ticket_submitted_at_id", "submitted_at", "id"),
        Index("ix_ticket_serial_id", text('"right"(number, 6)'), "id"),
        # What is looked for in the text, as ``tells`` asks for it.
        Index("ix_ticket_pairs", text("word_pairs(summary, demand)"), postgresql_using="gin"),
        # The same matter in the same place, whoever told of it.
        Index(
            "ix_ticket_place_mark",
            "place_mark",
            "topic_id",
            "submitted_at",
            postgresql_where=text("place_mark IS NOT NULL"),
        ),
        Index(
            "ix_ticket_kept",
            "closed_at",
            postgresql_where=text("erased_at IS NULL AND closed_at IS NOT NULL"),
        ),
        # For figures, as in the table of assignments.
        Index("ix_ticket_figures", "dispatched_at", "closed_at", postgresql_using="brin"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Given when it is submitted; a draft is known by its call.
    number: Mapped[str | None] = mapped_column(String(24), unique=True)
    query_code: Mapped[str | None] = mapped_column(Sealed)
    query_code_hash: Mapped[str | None] = mapped_column(String(64))
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"), unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    # On which the call came in, wherever it was transferred to since.
    line_id: Mapped[int | None] = mapped_column(ForeignKey("line.id"))
    channel: Mapped[str] = mapped_column(String(16), default="phone")
    kind: Mapped[Kind | None] = mapped_column(words(Kind))
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
    district_id: Mapped[int | None] = mapped_column(ForeignKey("district.id"))
    address: Mapped[str | None] = mapped_column(Sealed)
    # Of the address as it was submitted: the same mark is the same place, and tells none.
    place_mark: Mapped[str | None] = mapped_column(String(64))
    summary: Mapped[str | None]
    demand: Mapped[str | None]
    # Who called, as he said it in this call; his row keeps it for the next one.
    citizen_name: Mapped[str | None] = mapped_column(Sealed)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    urgency: Mapped[Urgency] = mapped_column(words(Urgency), default=Urgency.NORMAL)
    confidential: Mapped[bool] = mapped_column(default=False)
    needs_reply: Mapped[bool] = mapped_column(default=True)
    # He is under age; also of one whose number is hidden, and who therefore has no row.
    minor: Mapped[bool] = mapped_column(default=False)
    state: Mapped[TicketState] = mapped_column(words(TicketState, 20), default=TicketState.DRAFT)
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    due_at: Mapped[datetime | None]
    # The date that another platform gave with it, or one that was merged into it: no unit is given
    # a later one.
    wanted_by: Mapped[datetime | None]
    # While others are merged into it: what its urgency and that date are without them.
    own_urgency: Mapped[Urgency | None] = mapped_column(words(Urgency))
    own_wanted_by: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    # The ticket that this one repeats; it is answered with it, each child its own citizen.
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    # Its citizen complained and reported in one call: the other half is a ticket of its own.
    split_from_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), unique=True)
    sensitive: Mapped[int] = mapped_column(default=0)
    difficult_until: Mapped[date | None]
    returns: Mapped[int] = mapped_column(default=0)
    # The newest event of the history: the chain grows from here, under the row's lock.
    head_seq: Mapped[int] = mapped_column(default=0)
    head_hash: Mapped[str] = mapped_column(String(64), default="")
    # The software has proposed for the draft what it could.
    # When its history last grew: every change of it is a link.
    changed_at: Mapped[datetime | None] = mapped_column(index=True)
    completed_at: Mapped[datetime | None]
    # Since when nothing of it tells of a person.
    erased_at: Mapped[datetime | None]
    # Field -> {sentence, confidence, by: software | agent}.
    origins: Mapped[dict[str, Any]] = mapped_column(default=dict)

    call: Mapped[Call | None] = relationship()
    person: Mapped[Person | None] = relationship()
    topic: Mapped[Topic | None] = relationship()
    district: Mapped[District | None] = relationship()
    unit: Mapped[Unit | None] = relationship()
    submitted_by: Mapped[StaffMember | None] = relationship()

    @classmethod
    def tells(cls, word: str) -> ColumnElement[bool]:
        """The word, of two characters at least, stands in its summary or demand."""
        return holds(word, cls.summary, cls.demand)

    @classmethod
    def serial(cls) -> ColumnElement[str]:
        """The last digits of its number, counted on its day."""
        return func.right(cls.number, literal_column("6"), type_=String)

    @classmethod
    def reads(cls, word: str) -> ColumnElement[bool]:
        """The same, told by the text alone and by no index."""
        return stands_in(word, cls.summary, cls.demand)

    def make(self, move: str) -> None:
        """Take the named move; raises IllegalMove where the table does not allow it."""
        self.insist(move)
        self.state = TICKET_MOVES[move].target

    def insist(self, move: str) -> None:
        """It could be taken now.  Raises IllegalMove."""
        row = TICKET_MOVES[move]
        if self.state not in row.sources:
            raise IllegalMove(f"ticket {self.id} ({move})", self.state, row.target)

    @property
    def is_draft(self) -> bool:
        return self.state is TicketState.DRAFT


for statement in (WORD_PAIRS, WORD_PAIRS_OF_TWO):
    event.listen(Ticket.__table__, "before_create", statement)


class CodeAttempt(Base):
    """Somebody keyed in a ticket's number and a query code; the ticket need not exist."""

    __tablename__ = "code_attempt"
    __table_args__ = (
        Index("ix_code_attempt_number_at", "number", "at"),
        Index("ix_code_attempt_person_id_at", "person_id", "at"),
        Index("ix_code_attempt_address_at", "address", "at"),
        CheckConstraint("(call_id IS NULL) <> (address IS NULL)", name="by"),
        # The carrier repeats an answer whose document it did not get: it is one attempt.
        Index("uq_code_attempt_question", "call_id", "question", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24))
    at: Mapped[datetime] = mapped_column(index=True)
    # Which of the call's questions was answered; None on the web page.
    question: Mapped[str | None] = mapped_column(String(32))
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"), index=True)
    # None shows no telephone number.
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    # Of the web page: a hash, good for counting and nothing else.
    address: Mapped[str | None] = mapped_column(String(64))
    right: Mapped[bool]


class TicketCounter(Base):
    """The last number given on a day; raising it locks the day until the commit."""

    __tablename__ = "ticket_counter"

    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]


class TextState(StrEnum):
    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


class TextMessage(Base):
    """A text message on its way out."""

    __tablename__ = "text_message"
    __table_args__ = (
        one_of("state", TextState),
        Index("ix_text_message_kept", "created_at", postgresql_where=text("erased_at IS NULL")),
        Index("ix_text_message_due", "next_at", postgresql_where=text("state = 'pending'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # A message with a key that exists already is not written again.
    key: Mapped[str] = mapped_column(String(96), unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"), index=True)
    number: Mapped[str] = mapped_column(Sealed)
    number_masked: Mapped[str] = mapped_column(String(32))
    body: Mapped[str] = mapped_column(Sealed)
    state: Mapped[TextState] = mapped_column(words(TextState), default=TextState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    # To a duty phone, of what is not urgent: never in the quiet hours.
    can_wait: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    sid: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[str | None]
    erased_at: Mapped[datetime | None]


class MissedKind(StrEnum):
    ABANDONED = "abandoned"
    LEFT_EARLY = "left_early"
    TURNED_AWAY = "turned_away"


class MissedContact(Base):
    """A citizen who rang and spoke to nobody: somebody may want to ring him back."""

    __tablename__ = "missed_contact"
    __table_args__ = (
        one_of("kind", MissedKind),
        # Their number stands on every page of those who ring back.
        Index("ix_missed_contact_unhandled", "at", postgresql_where=text("handled_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[MissedKind] = mapped_column(words(MissedKind))
    number_masked: Mapped[str] = mapped_column(String(32))
    line_id: Mapped[int | None] = mapped_column(ForeignKey("line.id"))
    words: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(index=True)
    handled_at: Mapped[datetime | None]
    handled_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    # He was told by a text message that he may call again.
    texted_at: Mapped[datetime | None]

    call: Mapped[Call] = relationship()
    person: Mapped[Person | None] = relationship()
    line: Mapped[Line | None] = relationship()
    handled_by: Mapped[StaffMember | None] = relationship()
