"""An agent's seat: what he chose (desired) and what he is doing (activity) are two fields."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, insist, one_of, words
from models.staff import StaffMember


class Desired(StrEnum):
    READY = "ready"
    BREAK = "break"
    OFFLINE = "offline"


class Activity(StrEnum):
    IDLE = "idle"
    RINGING = "ringing"
    CONNECTING = "connecting"
    TALKING = "talking"
    WRAP_UP = "wrap_up"


ACTIVITY_MOVES: dict[Activity, set[Activity]] = {
    # A seat that dials out goes from idle to connecting by itself.
    Activity.IDLE: {Activity.RINGING, Activity.CONNECTING},
    Activity.RINGING: {Activity.IDLE, Activity.CONNECTING},
    Activity.CONNECTING: {Activity.IDLE, Activity.TALKING},
    Activity.TALKING: {Activity.WRAP_UP},
    Activity.WRAP_UP: {Activity.IDLE},
}


class Seat(Base):
    __tablename__ = "seat"
    __table_args__ = (
        one_of("desired", Desired),
        one_of("activity", Activity),
        CheckConstraint("(put_by_id IS NULL) = (put_reason IS NULL)", name="put"),
        CheckConstraint("put_by_id IS NULL OR desired <> 'ready'", name="put_away"),
        CheckConstraint("(activity = 'wrap_up') = (wrap_up_until IS NOT NULL)", name="wrap_up"),
        Index(
            "ix_seat_free",
            "idle_since",
            postgresql_where=text("desired = 'ready' AND activity = 'idle'"),
        ),
    )

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    number: Mapped[str] = mapped_column(String(8), unique=True)
    languages: Mapped[list[str]] = mapped_column(default=lambda: ["zh"])
    desired: Mapped[Desired] = mapped_column(words(Desired), default=Desired.OFFLINE)
    desired_since: Mapped[datetime]
    break_reason: Mapped[str | None] = mapped_column(String(32))
    activity: Mapped[Activity] = mapped_column(words(Activity), default=Activity.IDLE)
    activity_since: Mapped[datetime]
    # Longest idle is counted from here; a missed offer or a break does not reset it.
    idle_since: Mapped[datetime]
    wrap_up_until: Mapped[datetime | None]
    resting_until: Mapped[datetime | None]
    missed: Mapped[int] = mapped_column(default=0)
    desk: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None]
    # Until when his own page is held to be open; a telephone's lease goes on without one.
    page_until: Mapped[datetime | None]
    # A lead has put him where he is, or will be after the talk; his own next choice ends it.
    put_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    put_reason: Mapped[str | None] = mapped_column(String(100))

    staff: Mapped[StaffMember] = relationship(lazy="joined", foreign_keys=[staff_id])
    put_by: Mapped[StaffMember | None] = relationship(foreign_keys=[put_by_id])

    def move_to(self, activity: Activity, at: datetime) -> None:
        insist(ACTIVITY_MOVES, f"seat {self.number}", self.activity, activity)
        self.activity, self.activity_since = activity, at
        if activity is not Activity.WRAP_UP:
            self.wrap_up_until = None

    @property
    def bound(self) -> bool:
        """What his lead has decided takes effect first; then he may choose again."""
        return self.put_by_id is not None and self.activity is not Activity.IDLE

    @property
    def identity(self) -> str:
        """The agent's name at the carrier."""
        return f"agent_{self.staff_id}"
