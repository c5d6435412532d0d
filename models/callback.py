"""回呼: a citizen keeps his place in line without staying on the line, and is rung back."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.privacy import Sealed
from infra.wording import N_
from models.base import Base, insist, one_of, words
from models.dialling import Dial
from models.line import Line
from models.person import Person
from models.staff import StaffMember


class CallbackWay(StrEnum):
    """How it came about."""

    # He has pressed a key while he waited.
    KEY = "key"
    # He has left a message.
    VOICEMAIL = "voicemail"
    # He gave up waiting, and asked for nothing.
    MISSED = "missed"

    @property
    def label(self) -> str:
        return WAY_LABELS[self]


WAY_LABELS: dict[CallbackWay, str] = {
    CallbackWay.KEY: N_("保留位置"),
    CallbackWay.VOICEMAIL: N_("留言"),
    CallbackWay.MISSED: N_("漏接"),
}


class CallbackState(StrEnum):
    # Its time is yet to come: at night, between two attempts, or while he is on the line himself.
    SCHEDULED = "scheduled"
    # Among those who wait, by when he began to wait.
    IN_LINE = "in_line"
    # An agent is there, and the citizen is rung.
    DIALLING = "dialling"
    REACHED = "reached"
    # Everything allowed was tried.
    EXHAUSTED = "exhausted"
    # The carrier knows that this number cannot be rung.
    REFUSED = "refused"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        return STATE_LABELS[self]


STATE_LABELS: dict[CallbackState, str] = {
    CallbackState.SCHEDULED: N_("待回呼"),
    CallbackState.IN_LINE: N_("排队中"),
    CallbackState.DIALLING: N_("正在回呼"),
    CallbackState.REACHED: N_("已接通"),
    CallbackState.EXHAUSTED: N_("多次未接通"),
    CallbackState.REFUSED: N_("号码不能接通"),
    CallbackState.CANCELLED: N_("已取消"),
}

CALLBACK_MOVES: dict[CallbackState, set[CallbackState]] = {
    CallbackState.SCHEDULED: {
        CallbackState.IN_LINE,
        CallbackState.REACHED,
        CallbackState.CANCELLED,
    },
    CallbackState.IN_LINE: {
        CallbackState.SCHEDULED,
        CallbackState.DIALLING,
        CallbackState.REACHED,
        CallbackState.CANCELLED,
    },
    CallbackState.DIALLING: {
        CallbackState.SCHEDULED,
        CallbackState.REACHED,
        CallbackState.EXHAUSTED,
        CallbackState.REFUSED,
        CallbackState.CANCELLED,
    },
    CallbackState.REACHED: set(),
    CallbackState.EXHAUSTED: set(),
    CallbackState.REFUSED: set(),
    CallbackState.CANCELLED: set(),
}
OPEN_CALLBACK = (CallbackState.SCHEDULED, CallbackState.IN_LINE, CallbackState.DIALLING)
OPEN = "state IN ('scheduled', 'in_line', 'dialling')"


class Callback(Base):
    """The schema allows one open callback of a number and line, so that nobody keeps two places."""

    __tablename__ = "callback"
    __table_args__ = (
        one_of("way", CallbackWay),
        one_of("state", CallbackState),
        CheckConstraint(f"({OPEN}) = (ended_at IS NULL)", name="ended_at"),
        CheckConstraint("state <> 'dialling' OR dial_id IS NOT NULL", name="dial"),
        CheckConstraint("tried >= 0", name="tried"),
        CheckConstraint("safe_hour BETWEEN 0 AND 23", name="safe_hour"),
        CheckConstraint("cancelled_by_id IS NULL OR state = 'cancelled'", name="cancelled_by"),
        CheckConstraint("(cancelled_by_id IS NULL) = (because IS NULL)", name="because"),
        Index(
            "uq_callback_open",
            "number_fingerprint",
            "line_id",
            unique=True,
            postgresql_where=text(OPEN),
        ),
        Index("ix_callback_due", "due_at", postgresql_where=text(OPEN)),
        Index("ix_callback_asked_at", "asked_at"),
        # Where a minor is safely rung.
        Index(
            "ix_callback_safe",
            "number_fingerprint",
            postgresql_where=text("safe_hour IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    way: Mapped[CallbackWay] = mapped_column(words(CallbackWay))
    state: Mapped[CallbackState] = mapped_column(
        words(CallbackState), default=CallbackState.SCHEDULED
    )
    number: Mapped[str] = mapped_column(Sealed)
    number_fingerprint: Mapped[str] = mapped_column(String(64))
    number_masked: Mapped[str] = mapped_column(String(32))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"))
    language: Mapped[str] = mapped_column(String(8), default="zh")
    # Of the call that it came of, beside that of the line.
    priority: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]
    # His place: when he began to wait.
    age_from: Mapped[datetime]
    # Not before then; while it is in line, since when.
    due_at: Mapped[datetime]
    # A minor is rung only in this hour of the day, which he has named himself.
    safe_hour: Mapped[int | None]
    tried: Mapped[int] = mapped_column(default=0)
    # The newest ringing.
    dial_id: Mapped[int | None] = mapped_column(ForeignKey("dial.id"), unique=True)
    ended_at: Mapped[datetime | None]
    cancelled_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    because: Mapped[str | None] = mapped_column(String(200))

    person: Mapped[Person | None] = relationship()
    line: Mapped[Line] = relationship()
    dial: Mapped[Dial | None] = relationship()
    cancelled_by: Mapped[StaffMember | None] = relationship()

    def move_to(self, state: CallbackState, at: datetime) -> None:
        insist(CALLBACK_MOVES, f"callback {self.id}", self.state, state)
        self.state = state
        self.ended_at = None if state in OPEN_CALLBACK else at

    @classmethod
    def open_ones(cls) -> ColumnElement[bool]:
        return cls.state.in_(OPEN_CALLBACK)

    @property
    def open(self) -> bool:
        return self.state in OPEN_CALLBACK
