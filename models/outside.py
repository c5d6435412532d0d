"""外部方: somebody outside the hotline is rung into a talk, and hears both."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, literal, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.privacy import Sealed
from models.base import Base, insist, one_of, words
from models.call import Call
from models.dialling import Dial
from models.seat import Seat


class OutsideKind(StrEnum):
    POLICE = "police"
    FIRE = "fire"
    AMBULANCE = "ambulance"
    UNIT = "unit"


# The number of each that is the same in the whole country.
EMERGENCY_NUMBERS = {
    OutsideKind.POLICE: "110",
    OutsideKind.FIRE: "119",
    OutsideKind.AMBULANCE: "120",
}


class OutsideState(StrEnum):
    RINGING = "ringing"
    JOINED = "joined"
    ENDED = "ended"


OUTSIDE_MOVES: dict[OutsideState, set[OutsideState]] = {
    OutsideState.RINGING: {OutsideState.JOINED, OutsideState.ENDED},
    OutsideState.JOINED: {OutsideState.ENDED},
    OutsideState.ENDED: set(),
}


class OutsideEnd(StrEnum):
    MISSED = "missed"
    # The agent has let him go, or needs him no more.
    CANCELLED = "cancelled"
    LEFT = "left"
    CALL_OVER = "call_over"


LIVE = text("state <> 'ended'")


class Outside(Base):
    """The schema allows one live outside party per call."""

    __tablename__ = "outside"
    __table_args__ = (
        one_of("kind", OutsideKind),
        one_of("state", OutsideState),
        one_of("outcome", OutsideEnd),
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended_at"),
        CheckConstraint("(state = 'ended') = (outcome IS NOT NULL)", name="outcome_final"),
        CheckConstraint("state <> 'joined' OR leg IS NOT NULL", name="leg"),
        CheckConstraint("state <> 'joined' OR joined_at IS NOT NULL", name="joined_at"),
        Index("uq_outside_call_live", "call_id", unique=True, postgresql_where=LIVE),
        Index("uq_outside_by_live", "by_id", unique=True, postgresql_where=LIVE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("seat.staff_id"))
    dial_id: Mapped[int] = mapped_column(ForeignKey("dial.id"), unique=True)
    kind: Mapped[OutsideKind] = mapped_column(words(OutsideKind))
    # As the desk shows it: 110, or the unit's name.
    name: Mapped[str] = mapped_column(String(64))
    state: Mapped[OutsideState] = mapped_column(words(OutsideState), default=OutsideState.RINGING)
    outcome: Mapped[OutsideEnd | None] = mapped_column(words(OutsideEnd))
    leg: Mapped[str | None] = mapped_column(String(64), index=True)
    asked_at: Mapped[datetime]
    joined_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    call: Mapped[Call] = relationship()
    by: Mapped[Seat] = relationship()
    dial: Mapped[Dial] = relationship()

    def move_to(self, state: OutsideState) -> None:
        insist(OUTSIDE_MOVES, f"outside party {self.id}", self.state, state)
        self.state = state

    @classmethod
    def live(cls) -> ColumnElement[bool]:
        """As the indexes have it: a parameter in its place would not be known to be the same."""
        return cls.state != literal(OutsideState.ENDED, cls.state.type, literal_execute=True)

    @property
    def joined(self) -> bool:
        return self.state is OutsideState.JOINED

    @property
    def outlives(self) -> bool:
        """With 110 the talk goes on when the citizen has hung up, until the agent leaves it."""
        return self.joined and self.kind is OutsideKind.POLICE


class KeyPress(Base):
    """按键: what an agent pressed for the menu of an outside party, in one go.

    It may be a citizen's card: sealed, and gone with the party."""

    __tablename__ = "key_press"
    __table_args__ = (CheckConstraint("ends_at > pressed_at", name="takes_time"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    outside_id: Mapped[int] = mapped_column(ForeignKey("outside.id"), index=True)
    keys: Mapped[str | None] = mapped_column(Sealed)
    pressed_at: Mapped[datetime]
    # When the carrier has let him hear them all: what is pressed next comes after.
    ends_at: Mapped[datetime]

    outside: Mapped[Outside] = relationship()
