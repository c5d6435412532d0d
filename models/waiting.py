"""A place in the queue, the offers made for it, and the orders given to the carrier."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, insist, one_of, words
from models.call import Call
from models.line import Line
from models.seat import Seat


class Place(Base):
    """A caller's place in line.  ``age_from`` survives everything that is not his own doing."""

    __tablename__ = "place"
    __table_args__ = (
        Index(
            "uq_place_call_live", "call_id", unique=True, postgresql_where=text("left_at IS NULL")
        ),
        Index("ix_place_line_id_left_at", "line_id", "left_at"),
        Index(
            "ix_place_meant",
            "meant_for_id",
            postgresql_where=text("meant_for_id IS NOT NULL AND left_at IS NULL"),
        ),
        CheckConstraint(
            "diverting_since IS NULL OR (partner_tried_at IS NOT NULL AND heard_at IS NULL)",
            name="diverting",
        ),
        CheckConstraint(
            "partner_rung_at IS NULL OR diverting_since IS NOT NULL", name="partner_rung"
        ),
        CheckConstraint("left_at IS NULL OR diverting_since IS NULL", name="diverting_left"),
        Index("ix_place_live", "age_from", postgresql_where=text("left_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), index=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"))
    language: Mapped[str] = mapped_column(String(8), default="zh")
    priority: Mapped[int] = mapped_column(default=0)
    entered_at: Mapped[datetime]
    age_from: Mapped[datetime]
    # Transferred to this agent: he is rung first, and alone.
    meant_for_id: Mapped[int | None] = mapped_column(ForeignKey("seat.staff_id"))
    # A lead has let him go before the others of his line.
    preferred_at: Mapped[datetime | None]
    # The first wait document was fetched: proof that the carrier has enqueued the caller.
    heard_at: Mapped[datetime | None]
    last_heard_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    # He is out of the carrier's queue by his own wish, and leaves a message.
    speaks_since: Mapped[datetime | None]
    # He is ordered out of the queue, to the partner city of his line.
    diverting_since: Mapped[datetime | None]
    # He is out of the queue, and it is being rung.
    partner_rung_at: Mapped[datetime | None]
    # When it was rung for him the last time.
    partner_tried_at: Mapped[datetime | None]

    call: Mapped[Call] = relationship()
    line: Mapped[Line] = relationship()


class PromiseKind(StrEnum):
    """What a waiting caller was told besides his position."""

    WAIT = "wait"
    BUSY = "busy"
    NOBODY = "nobody"
    POSITION = "position"


class Promise(Base):
    """Something that a waiting caller was told; how his wait ended is written beside it."""

    __tablename__ = "promise"
    __table_args__ = (
        one_of("kind", PromiseKind),
        CheckConstraint("ahead >= 0", name="ahead"),
        CheckConstraint("(kind = 'wait') = (low_minutes IS NOT NULL)", name="wait"),
        CheckConstraint("low_minutes >= 0", name="low"),
        CheckConstraint(
            "high_minutes IS NULL OR (low_minutes IS NOT NULL AND high_minutes > low_minutes)",
            name="band",
        ),
        CheckConstraint("answered_at IS NULL OR gone_at IS NULL", name="one_end"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    ahead: Mapped[int]
    kind: Mapped[PromiseKind] = mapped_column(words(PromiseKind))
    low_minutes: Mapped[int | None]
    # None beside a low one: longer than that.
    high_minutes: Mapped[int | None]
    # What it was computed from.
    basis: Mapped[dict[str, Any]] = mapped_column(default=dict)
    answered_at: Mapped[datetime | None]
    gone_at: Mapped[datetime | None]

    place: Mapped[Place] = relationship()

    def earlier_than(self, other: "Promise") -> bool:
        """Whether this wait ends before the one that was told earlier."""
        if self.high_minutes is None or other.high_minutes is None:
            return self.high_minutes is not None
        own = self.at + timedelta(minutes=self.high_minutes)
        return own < other.at + timedelta(minutes=other.high_minutes)

    def only_position(self) -> None:
        self.kind, self.low_minutes, self.high_minutes = PromiseKind.POSITION, None, None


class OfferKind(StrEnum):
    """``call``: whoever claims it has the caller; ``consult``: he is asked into a talk."""

    CALL = "call"
    CONSULT = "consult"


class OfferState(StrEnum):
    RINGING = "ringing"
    CLAIMED = "claimed"
    CONNECTED = "connected"
    MISSED = "missed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    FAILED = "failed"


OFFER_MOVES: dict[OfferState, set[OfferState]] = {
    OfferState.RINGING: {
        OfferState.CLAIMED,
        OfferState.MISSED,
        OfferState.DECLINED,
        OfferState.WITHDRAWN,
    },
    OfferState.CLAIMED: {
        OfferState.CONNECTED,
        OfferState.DECLINED,
        OfferState.FAILED,
        OfferState.WITHDRAWN,
    },
    OfferState.CONNECTED: set(),
    OfferState.MISSED: set(),
    OfferState.DECLINED: set(),
    OfferState.WITHDRAWN: set(),
    OfferState.FAILED: set(),
}
LIVE = (OfferState.RINGING, OfferState.CLAIMED)


class Offer(Base):
    """One call rung at one agent.  The schema allows one live offer per call and per agent."""

    __tablename__ = "offer"
    __table_args__ = (
        one_of("state", OfferState),
        one_of("kind", OfferKind),
        CheckConstraint("(state IN ('ringing', 'claimed')) = (ended_at IS NULL)", name="ended_at"),
        Index(
            "uq_offer_call_live",
            "call_id",
            unique=True,
            postgresql_where=text("state IN ('ringing', 'claimed')"),
        ),
        Index(
            "uq_offer_agent_live",
            "agent_id",
            unique=True,
            postgresql_where=text("state IN ('ringing', 'claimed')"),
        ),
        Index("uq_offer_call_epoch", "call_id", "epoch", unique=True),
        Index("ix_offer_agent_id_id", "agent_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), index=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("seat.staff_id"))
    kind: Mapped[OfferKind] = mapped_column(
        words(OfferKind), default=OfferKind.CALL, server_default=OfferKind.CALL.value
    )
    epoch: Mapped[int]
    state: Mapped[OfferState] = mapped_column(words(OfferState), default=OfferState.RINGING)
    offered_at: Mapped[datetime] = mapped_column(index=True)
    deadline: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    agent_leg: Mapped[str | None] = mapped_column(String(64), index=True)
    ended_at: Mapped[datetime | None]
    why: Mapped[dict[str, Any]] = mapped_column(default=dict)

    call: Mapped[Call] = relationship()
    agent: Mapped[Seat] = relationship()

    def move_to(self, state: OfferState, at: datetime) -> None:
        insist(OFFER_MOVES, f"offer {self.id}", self.state, state)
        self.state = state
        self.ended_at = None if state in LIVE else at


class OrderState(StrEnum):
    PENDING = "pending"
    DONE = "done"
    MOOT = "moot"


class Order(Base):
    """Something the carrier is to do; repeated until it is confirmed or no longer matters."""

    __tablename__ = "carrier_order"
    __table_args__ = (
        one_of("state", OrderState),
        Index("ix_carrier_order_due", "next_at", postgresql_where=text("state = 'pending'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), index=True)
    # An order with a key that exists already is not given again.
    key: Mapped[str] = mapped_column(String(96), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    leg: Mapped[str] = mapped_column(String(64))
    url: Mapped[str | None]
    state: Mapped[OrderState] = mapped_column(words(OrderState), default=OrderState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    created_at: Mapped[datetime]
    error: Mapped[str | None]
