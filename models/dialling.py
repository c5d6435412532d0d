"""Numbers that the hotline rings by itself, and each time that it rang them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.privacy import Sealed
from models.base import Base, insist, one_of, words
from models.person import Person


class DialPurpose(StrEnum):
    FOLLOW_UP = "follow_up"
    CALLBACK = "callback"
    RELAY = "relay"
    THREE_WAY = "three_way"
    # The telephone of an agent who answers by it.
    SEAT = "seat"


class DialState(StrEnum):
    WAITING = "waiting"
    DIALLING = "dialling"
    # What it was rung for is done; whoever planned it says so.
    DONE = "done"
    # Everything allowed was tried, or its time is over.
    EXHAUSTED = "exhausted"
    # The carrier knows that this number cannot be rung.
    REFUSED = "refused"
    CANCELLED = "cancelled"


DIAL_MOVES: dict[DialState, set[DialState]] = {
    DialState.WAITING: {
        DialState.DIALLING,
        DialState.DONE,
        DialState.EXHAUSTED,
        DialState.CANCELLED,
    },
    DialState.DIALLING: {
        DialState.WAITING,
        DialState.DONE,
        DialState.EXHAUSTED,
        DialState.REFUSED,
        DialState.CANCELLED,
    },
    DialState.DONE: set(),
    DialState.EXHAUSTED: set(),
    DialState.REFUSED: set(),
    DialState.CANCELLED: set(),
}


class AttemptState(StrEnum):
    # Written down before the carrier is asked: from here on it may be ringing.
    CLAIMED = "claimed"
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"


ATTEMPT_MOVES: dict[AttemptState, set[AttemptState]] = {
    AttemptState.CLAIMED: {AttemptState.RINGING, AttemptState.ANSWERED, AttemptState.ENDED},
    AttemptState.RINGING: {AttemptState.ANSWERED, AttemptState.ENDED},
    AttemptState.ANSWERED: {AttemptState.ENDED},
    AttemptState.ENDED: set(),
}


class AttemptResult(StrEnum):
    """How one ringing ended.  ``not_placed`` rang nobody, and is no attempt of those allowed."""

    TALKED = "talked"
    MACHINE = "machine"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NOT_PLACED = "not_placed"


LIVE_ATTEMPT = "state <> 'ended'"


class Dial(Base):
    """One number to be rung for one purpose, perhaps several times."""

    __tablename__ = "dial"
    __table_args__ = (
        one_of("purpose", DialPurpose),
        one_of("state", DialState),
        CheckConstraint("tried >= 0 AND misfired >= 0", name="counts"),
        CheckConstraint("(state IN ('waiting', 'dialling')) = (ended_at IS NULL)", name="ended"),
        Index("ix_dial_due", "next_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_dial_kept", "created_at", postgresql_where=text("number_fingerprint <> ''")),
        Index("ix_dial_lapse", "not_after", postgresql_where=text("state = 'waiting'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # What is planned under a key that exists already is not planned again.
    key: Mapped[str] = mapped_column(String(96), unique=True)
    purpose: Mapped[DialPurpose] = mapped_column(words(DialPurpose))
    state: Mapped[DialState] = mapped_column(words(DialState), default=DialState.WAITING)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    number: Mapped[str] = mapped_column(Sealed)
    number_fingerprint: Mapped[str] = mapped_column(String(64))
    number_masked: Mapped[str] = mapped_column(String(32))
    # Whom the carrier asks what to say, with the attempt's id behind it.
    url: Mapped[str]
    priority: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    not_after: Mapped[datetime | None]
    tried: Mapped[int] = mapped_column(default=0)
    misfired: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    person: Mapped[Person | None] = relationship()

    def move_to(self, state: DialState, at: datetime) -> None:
        insist(DIAL_MOVES, f"dial {self.id}", self.state, state)
        self.state = state
        self.ended_at = None if state in (DialState.WAITING, DialState.DIALLING) else at

    @property
    def open(self) -> bool:
        return self.state in (DialState.WAITING, DialState.DIALLING)


class DialAttempt(Base):
    """One ringing.  Its id is in every address that the carrier is given for it."""

    __tablename__ = "dial_attempt"
    __table_args__ = (
        one_of("state", AttemptState),
        one_of("result", AttemptResult),
        CheckConstraint("(state = 'ended') = (result IS NOT NULL)", name="settled"),
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended"),
        # Nobody is rung twice at a time, whatever for.
        Index(
            "uq_dial_attempt_number_live",
            "number_fingerprint",
            unique=True,
            postgresql_where=text(LIVE_ATTEMPT),
        ),
        Index("ix_dial_attempt_look", "look_at", postgresql_where=text(LIVE_ATTEMPT)),
        Index("ix_dial_attempt_dial_id", "dial_id"),
        Index("ix_dial_attempt_number_at", "number_fingerprint", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    dial_id: Mapped[int] = mapped_column(ForeignKey("dial.id"))
    number_fingerprint: Mapped[str] = mapped_column(String(64))
    state: Mapped[AttemptState] = mapped_column(words(AttemptState), default=AttemptState.CLAIMED)
    # Its turn: no two have the same second.
    at: Mapped[datetime] = mapped_column(index=True)
    leg: Mapped[str | None] = mapped_column(String(64), unique=True)
    answered_at: Mapped[datetime | None]
    # human, machine, fax, unknown; None where nobody listened.
    answered_by: Mapped[str | None] = mapped_column(String(16))
    ended_at: Mapped[datetime | None]
    result: Mapped[AttemptResult | None] = mapped_column(words(AttemptResult))
    error: Mapped[str | None]
    # A machine was led to what is said to machines.
    told_at: Mapped[datetime | None]
    # When the carrier is asked about it, if nothing is heard before.
    look_at: Mapped[datetime]

    dial: Mapped[Dial] = relationship()

    def move_to(self, state: AttemptState) -> None:
        insist(ATTEMPT_MOVES, f"dial attempt {self.id}", self.state, state)
        self.state = state

    @property
    def live(self) -> bool:
        return self.state is not AttemptState.ENDED
