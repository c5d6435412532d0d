"""咨询: an agent asks a colleague into his talk; the citizen is on hold meanwhile."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, literal, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, insist, one_of, words
from models.call import Call
from models.seat import Seat
from models.waiting import Offer

LONGEST_QUESTION = 200


class ConsultState(StrEnum):
    RINGING = "ringing"
    # He has answered, and is not in the conference yet.
    CONNECTING = "connecting"
    JOINED = "joined"
    ENDED = "ended"


CONSULT_MOVES: dict[ConsultState, set[ConsultState]] = {
    ConsultState.RINGING: {ConsultState.CONNECTING, ConsultState.ENDED},
    ConsultState.CONNECTING: {ConsultState.JOINED, ConsultState.ENDED},
    ConsultState.JOINED: {ConsultState.ENDED},
    ConsultState.ENDED: set(),
}


class ConsultEnd(StrEnum):
    """How it ended; ``completed``: the call is the consulted agent's now."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    MISSED = "missed"
    # The consulted agent hung up, or his line broke off.
    LEFT = "left"
    # The talk in which he was consulted is over.
    CALL_OVER = "call_over"


LIVE = text("state <> 'ended'")


class Consult(Base):
    """The schema allows one live consult per call and per consulted agent."""

    __tablename__ = "consult"
    __table_args__ = (
        one_of("state", ConsultState),
        one_of("outcome", ConsultEnd),
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended_at"),
        CheckConstraint("(state = 'ended') = (outcome IS NOT NULL)", name="outcome_final"),
        CheckConstraint("state NOT IN ('connecting', 'joined') OR leg IS NOT NULL", name="leg"),
        CheckConstraint("state <> 'connecting' OR claimed_at IS NOT NULL", name="claimed"),
        CheckConstraint("state <> 'joined' OR joined_at IS NOT NULL", name="joined_at"),
        CheckConstraint("held_since IS NULL OR state = 'joined'", name="held"),
        CheckConstraint("agent_id <> by_id", name="another"),
        Index("uq_consult_call_live", "call_id", unique=True, postgresql_where=LIVE),
        Index("ix_consult_by_live", "by_id", postgresql_where=LIVE),
        Index("uq_consult_agent_live", "agent_id", unique=True, postgresql_where=LIVE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("seat.staff_id"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("seat.staff_id"))
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"), unique=True)
    question: Mapped[str] = mapped_column(String(LONGEST_QUESTION), default="")
    state: Mapped[ConsultState] = mapped_column(words(ConsultState), default=ConsultState.RINGING)
    outcome: Mapped[ConsultEnd | None] = mapped_column(words(ConsultEnd))
    leg: Mapped[str | None] = mapped_column(String(64), index=True)
    asked_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    joined_at: Mapped[datetime | None]
    # The agent talks with the citizen meanwhile.
    held_since: Mapped[datetime | None]
    # How often he was put on hold; it names the orders to the carrier.
    holds: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]

    call: Mapped[Call] = relationship()
    by: Mapped[Seat] = relationship(foreign_keys=[by_id])
    agent: Mapped[Seat] = relationship(foreign_keys=[agent_id])
    offer: Mapped[Offer] = relationship()

    def move_to(self, state: ConsultState) -> None:
        insist(CONSULT_MOVES, f"consult {self.id}", self.state, state)
        self.state = state

    @classmethod
    def live(cls) -> ColumnElement[bool]:
        """As the indexes have it: a parameter in its place would not be known to be the same."""
        return cls.state != literal(ConsultState.ENDED, cls.state.type, literal_execute=True)

    @property
    def joined(self) -> bool:
        return self.state is ConsultState.JOINED
