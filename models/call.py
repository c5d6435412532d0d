"""A call: its state moves forward, but for a caller who waits again when an agent vanishes."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false, text
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.clock import now
from infra.privacy import Sealed
from infra.wording import N_
from models.base import Base, insist, one_of, words
from models.line import Line
from models.person import Person
from models.seat import Seat

# Stands for the leg of a citizen who is yet to be rung back.
NO_LEG_YET = "callback:"
# A call in danger goes before everyone: a point is a minute of age.
EMERGENCY_PRIORITY = 1000


class CallStatus(StrEnum):
    GREETED = "greeted"
    WAITING = "waiting"
    CONNECTING = "connecting"
    TALKING = "talking"
    RATING = "rating"
    ENDED = "ended"


MOVES: dict[CallStatus, set[CallStatus]] = {
    CallStatus.GREETED: {CallStatus.WAITING, CallStatus.ENDED},
    CallStatus.WAITING: {CallStatus.CONNECTING, CallStatus.ENDED},
    CallStatus.CONNECTING: {CallStatus.TALKING, CallStatus.WAITING, CallStatus.ENDED},
    CallStatus.TALKING: {CallStatus.RATING, CallStatus.WAITING, CallStatus.ENDED},
    CallStatus.RATING: {CallStatus.ENDED},
    CallStatus.ENDED: set(),
}


class Direction(StrEnum):
    IN = "in"
    OUT = "out"
    # A callback: an agent is there first, and then the citizen is rung.
    BACK = "back"


class Disposition(StrEnum):
    """How a call ended; each call has exactly one."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    LEFT_EARLY = "left_early"
    SELF_SERVED = "self_served"
    NOT_REACHED = "not_reached"
    # He keeps his place and is rung back: he has not given up.
    CALLBACK = "callback"
    # He has left a message, and is rung back.
    VOICEMAIL = "voicemail"
    # Not taken in, and told so; rung back.
    CLOSED = "closed"
    FULL = "full"
    NOBODY = "nobody"
    # A partner city's pool took him over.
    DIVERTED = "diverted"


TURNED_AWAY = (Disposition.CLOSED, Disposition.FULL, Disposition.NOBODY)


class PauseReason(StrEnum):
    """Why a stretch of a talk must not be kept."""

    CARD = "card"
    CODE = "code"
    HEALTH = "health"
    OTHER = "other"

    @property
    def label(self) -> str:
        return PAUSE_LABELS[self]


PAUSE_LABELS: dict[PauseReason, str] = {
    PauseReason.CARD: N_("银行卡、账户"),
    PauseReason.CODE: N_("验证码、密码"),
    PauseReason.HEALTH: N_("病情、伤情"),
    PauseReason.OTHER: N_("其他隐私"),
}


def new_key() -> uuid.UUID:
    return uuid.uuid4()


class Call(Base):
    __tablename__ = "call"
    __table_args__ = (
        one_of("status", CallStatus),
        one_of("disposition", Disposition),
        one_of("direction", Direction),
        CheckConstraint("(status = 'ended') = (ended_at IS NOT NULL)", name="ended_at"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        CheckConstraint("(status = 'ended') = (disposition IS NOT NULL)", name="disposition_final"),
        CheckConstraint(
            "status NOT IN ('connecting', 'talking') OR agent_id IS NOT NULL OR relayed",
            name="agent",
        ),
        CheckConstraint("held_since IS NULL OR status = 'talking'", name="held"),
        CheckConstraint(
            "turned_away IN ('closed', 'full', 'nobody', 'diverted')", name="turned_away"
        ),
        CheckConstraint(
            "NOT relayed OR (agent_id IS NULL AND direction = 'out')",
            name="relayed",
        ),
        Index(
            "uq_call_agent_live",
            "agent_id",
            unique=True,
            postgresql_where=text("status IN ('connecting', 'talking')"),
        ),
        Index(
            "ix_call_line_id_answered_at",
            "line_id",
            "answered_at",
            postgresql_where=text("answered_at IS NOT NULL"),
        ),
        Index(
            "ix_call_answered_at",
            "answered_at",
            postgresql_where=text("answered_at IS NOT NULL"),
        ),
        # Figures count callers by when they asked for a person.
        Index(
            "ix_call_person_due_at",
            "person_due_at",
            postgresql_where=text("person_due_at IS NOT NULL"),
        ),
        # One ringing of a callback at a time.
        Index(
            "uq_call_callback_live",
            "callback_id",
            unique=True,
            postgresql_where=text("direction = 'back' AND status <> 'ended'"),
        ),
        CheckConstraint("direction <> 'back' OR callback_id IS NOT NULL", name="back"),
        CheckConstraint("unrecorded_until IS NULL OR status = 'talking'", name="unrecorded"),
        Index(
            "ix_call_unrecorded",
            "unrecorded_until",
            postgresql_where=text("unrecorded_until IS NOT NULL"),
        ),
        Index("ix_call_kept", "started_at", postgresql_where=text("erased_at IS NULL")),
        # An agent's own calls, the newest first.
        Index("ix_call_agent_id_id", "agent_id", "id"),
        Index(
            "ix_call_limitation_id",
            "limitation_id",
            postgresql_where=text("limitation_id IS NOT NULL"),
        ),
        Index("ix_call_live", "status", postgresql_where=text("status <> 'ended'")),
        Index(
            "ix_call_ticket_due",
            "ticket_due_at",
            postgresql_where=text("status = 'ended' AND ticket_due_at IS NOT NULL"),
        ),
        Index(
            "ix_call_recording_due",
            "recording_due_at",
            postgresql_where=text(
                "status = 'ended' AND tapped_at IS NOT NULL AND recording_due_at IS NOT NULL"
            ),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Names the conference at the carrier and the call in URLs that the carrier keeps.
    key: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), unique=True, default=new_key)
    # The citizen's leg; of a call that we place it is the agent's, which dials on.
    sid: Mapped[str] = mapped_column(String(64), unique=True)
    direction: Mapped[Direction] = mapped_column(words(Direction), default=Direction.IN)
    # Through the line: a unit's clerk is in the agent's place.
    relayed: Mapped[bool] = mapped_column(default=False, server_default=false())
    # The callback that it led to, that it is one ringing of, or whose place it took over.
    callback_id: Mapped[int | None] = mapped_column(ForeignKey("callback.id"), index=True)
    # The carrier says that the number shown is not the caller's own.
    forged: Mapped[bool] = mapped_column(default=False, server_default=false())
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    number_masked: Mapped[str] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(8), default="zh")
    line_id: Mapped[int | None] = mapped_column(ForeignKey("line.id"), index=True)
    priority: Mapped[int] = mapped_column(default=0)
    status: Mapped[CallStatus] = mapped_column(words(CallStatus), default=CallStatus.GREETED)
    disposition: Mapped[Disposition | None] = mapped_column(words(Disposition))
    started_at: Mapped[datetime] = mapped_column(index=True)
    # The clock of the 15 s promise starts here.
    person_due_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    choice: Mapped[str | None] = mapped_column(String(32))
    speech: Mapped[str | None]
    emergency: Mapped[str | None] = mapped_column(String(64))
    # Why his line does not take him, and he is being told so; or that somebody else took him over.
    turned_away: Mapped[Disposition | None] = mapped_column(words(Disposition))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("seat.staff_id"))
    agent_leg: Mapped[str | None] = mapped_column(String(64), index=True)
    connecting_since: Mapped[datetime | None]
    citizen_joined_at: Mapped[datetime | None]
    agent_joined_at: Mapped[datetime | None]
    # From the first join on the citizen's leg is recorded and transcribed.
    tapped_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    # On hold: he hears music, and nobody hears him.
    held_since: Mapped[datetime | None]
    # How often he was put on hold; it names the orders to the carrier.
    holds: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    # Until then nothing is recorded and written down, unless the agent says so before.
    unrecorded_until: Mapped[datetime | None]
    pauses: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    # When a sweep looks whether its ticket, and its recording, is still owed; None: not any more.
    ticket_due_at: Mapped[datetime | None] = mapped_column(default=now)
    recording_due_at: Mapped[datetime | None] = mapped_column(default=now)
    rating: Mapped[int | None]
    # Since when nothing tells who called and what was said.
    erased_at: Mapped[datetime | None]
    # His number was limited as he called, and he heard so.
    limitation_id: Mapped[int | None] = mapped_column(ForeignKey("limitation.id"))
    # Raised by every offer; words about an older offer are stale.
    epoch: Mapped[int] = mapped_column(default=0)

    person: Mapped[Person | None] = relationship()
    line: Mapped[Line | None] = relationship()
    agent: Mapped[Seat | None] = relationship()

    def move_to(self, status: CallStatus) -> None:
        insist(MOVES, f"call {self.id}", self.status, status)
        self.status = status
        if status is not CallStatus.TALKING:
            self.held_since = self.unrecorded_until = None

    @property
    def over(self) -> bool:
        return self.status is CallStatus.ENDED

    @property
    def unrung(self) -> bool:
        """A callback whose citizen has not picked up yet: there is no leg of his."""
        return self.sid.startswith(NO_LEG_YET)

    @property
    def conference(self) -> str:
        return str(self.key)


class Outgoing(Base):
    """A number that an agent was allowed to dial; his browser phone only names its id."""

    __tablename__ = "outgoing"

    id: Mapped[int] = mapped_column(primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("seat.staff_id"), index=True)
    number: Mapped[str] = mapped_column(Sealed)
    number_masked: Mapped[str] = mapped_column(String(32))
    ticket_id: Mapped[int | None]
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"), unique=True)
    created_at: Mapped[datetime]


class CallEvent(Base):
    """What happened in a call, in words; the only source of figures and explanations."""

    __tablename__ = "call_event"
    __table_args__ = (Index("ix_call_event_call_id_id", "call_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"))
    at: Mapped[datetime] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(String(48))
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
