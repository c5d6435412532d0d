"""监听: a lead is in a talk by a leg of his own; who hears him is his mode."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, literal, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.wording import N_
from models.base import Base, insist, one_of, words
from models.call import Call
from models.staff import StaffMember

# So many leads at once in one talk; the schema counts them by their slots.
MOST_MONITORS = 5


class MonitorMode(StrEnum):
    # He hears all and nobody hears him.
    LISTEN = "listen"
    # Only the agent hears him.
    WHISPER = "whisper"
    # Everybody hears him.
    BARGE = "barge"

    @property
    def label(self) -> str:
        return MODE_LABELS[self]


MODE_LABELS: dict[MonitorMode, str] = {
    MonitorMode.LISTEN: N_("旁听"),
    MonitorMode.WHISPER: N_("密语"),
    MonitorMode.BARGE: N_("插话"),
}


class MonitorState(StrEnum):
    # His browser is about to place its leg.
    ASKED = "asked"
    CONNECTING = "connecting"
    JOINED = "joined"
    ENDED = "ended"


MONITOR_MOVES: dict[MonitorState, set[MonitorState]] = {
    MonitorState.ASKED: {MonitorState.CONNECTING, MonitorState.ENDED},
    MonitorState.CONNECTING: {MonitorState.JOINED, MonitorState.ENDED},
    MonitorState.JOINED: {MonitorState.ENDED},
    MonitorState.ENDED: set(),
}


class MonitorEnd(StrEnum):
    LEFT = "left"
    # His leg did not come.
    MISSED = "missed"
    CALL_OVER = "call_over"
    # The call is his own now.
    TOOK_OVER = "took_over"


LIVE = text("state <> 'ended'")


class Monitor(Base):
    """The schema allows one live one for a lead, and so many in a call as there are slots."""

    __tablename__ = "monitor"
    __table_args__ = (
        one_of("mode", MonitorMode),
        one_of("state", MonitorState),
        one_of("outcome", MonitorEnd),
        CheckConstraint(f"slot BETWEEN 1 AND {MOST_MONITORS}", name="slot"),
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended_at"),
        CheckConstraint("(state = 'ended') = (outcome IS NOT NULL)", name="outcome_final"),
        CheckConstraint("state NOT IN ('connecting', 'joined') OR leg IS NOT NULL", name="leg"),
        CheckConstraint("leg IS NULL OR claimed_at IS NOT NULL", name="claimed_at"),
        CheckConstraint("state <> 'joined' OR joined_at IS NOT NULL", name="joined_at"),
        CheckConstraint("ended_at >= asked_at", name="ends_after"),
        # Whom everybody hears is seen by everybody.
        CheckConstraint("NOT unseen OR mode <> 'barge'", name="seen"),
        Index("uq_monitor_by_live", "by_id", unique=True, postgresql_where=LIVE),
        Index("uq_monitor_slot_live", "call_id", "slot", unique=True, postgresql_where=LIVE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    slot: Mapped[int]
    mode: Mapped[MonitorMode] = mapped_column(words(MonitorMode), default=MonitorMode.LISTEN)
    # The agent's desk does not show him: only who has the permission may ask for it.
    unseen: Mapped[bool] = mapped_column(default=False)
    state: Mapped[MonitorState] = mapped_column(words(MonitorState), default=MonitorState.ASKED)
    outcome: Mapped[MonitorEnd | None] = mapped_column(words(MonitorEnd))
    leg: Mapped[str | None] = mapped_column(String(64), index=True)
    # How often his mode was changed; it names the orders to the carrier.
    changes: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    joined_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    call: Mapped[Call] = relationship()
    by: Mapped[StaffMember] = relationship()

    def move_to(self, state: MonitorState) -> None:
        insist(MONITOR_MOVES, f"monitor {self.id}", self.state, state)
        self.state = state

    @property
    def joined(self) -> bool:
        return self.state is MonitorState.JOINED

    @classmethod
    def live(cls) -> ColumnElement[bool]:
        """As the indexes have it: a parameter in its place would not be known to be the same."""
        return cls.state != literal(MonitorState.ENDED, cls.state.type, literal_execute=True)
