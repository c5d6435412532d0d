"""Exchange of tickets with the province's platform and with neighbouring cities."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.wording import N_
from models.assignment import Assignment
from models.base import Base, one_of, words
from models.city import Unit
from models.linkage import Side
from models.ticket import Ticket

SHA256 = 64
LONGEST_NUMBER = 48


class PeerKind(StrEnum):
    PROVINCE = "province"
    CITY = "city"


class Peer(Base):
    """交换平台: another line that packages go to and come from.

    To everything else it is a unit: it is dispatched to, signs and replies; its endpoint and key
    are those of that unit."""

    __tablename__ = "peer"
    __table_args__ = (one_of("kind", PeerKind),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), unique=True)
    kind: Mapped[PeerKind] = mapped_column(words(PeerKind))
    added_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship()


class ExchangeState(StrEnum):
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


EXCHANGE_LABELS: dict[ExchangeState, str] = {
    ExchangeState.SENT: N_("待回执"),
    ExchangeState.ACKNOWLEDGED: N_("已回执"),
    ExchangeState.ANSWERED: N_("已答复，待审核"),
    ExchangeState.DONE: N_("已办结"),
    ExchangeState.REFUSED: N_("已拒收"),
    ExchangeState.WITHDRAWN: N_("已撤回"),
}
ENDED = {ExchangeState.DONE, ExchangeState.REFUSED, ExchangeState.WITHDRAWN}


class Exchange(Base):
    """交换件: one ticket on its way between the hotline and a peer.

    ``state`` says of the ticket, or of the peer's assignment, what the peer must know of it; it
    follows them and is set nowhere else."""

    __tablename__ = "exchange"
    __table_args__ = (
        one_of("origin", Side),
        one_of("state", ExchangeState),
        CheckConstraint("(origin = 'ours') = (assignment_id IS NOT NULL)", name="assignment"),
        CheckConstraint("origin = 'ours' OR peer_number IS NOT NULL", name="peer_number"),
        CheckConstraint("version > 0", name="version"),
        # The same number of the same peer is the same package.
        Index(
            "uq_exchange_peer_number",
            "peer_id",
            "peer_number",
            unique=True,
            postgresql_where=text("origin = 'peer'"),
        ),
        Index("ix_exchange_peer_id_id", "peer_id", "id"),
        Index("ix_exchange_peer_id_sent_at", "peer_id", "sent_at"),
        # What is open has no end, and what has ended lately may be opened again.
        Index("ix_exchange_ended_at", "ended_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    peer_id: Mapped[int] = mapped_column(ForeignKey("peer.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    # The peer's part in our ticket; what came from the peer has none.
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"), unique=True)
    origin: Mapped[Side] = mapped_column(words(Side))
    peer_number: Mapped[str | None] = mapped_column(String(LONGEST_NUMBER))
    # Over its content: what was received is what was sent.
    checksum: Mapped[str] = mapped_column(String(SHA256))
    version: Mapped[int] = mapped_column(default=1)
    # How many platforms it has passed on its way here.
    hop: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime]
    state: Mapped[ExchangeState] = mapped_column(words(ExchangeState), default=ExchangeState.SENT)
    acknowledged_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    # The link of the ticket's history up to which it was followed.
    followed_seq: Mapped[int] = mapped_column(default=0)

    peer: Mapped[Peer] = relationship()
    ticket: Mapped[Ticket] = relationship()
    assignment: Mapped[Assignment | None] = relationship()

    @property
    def number(self) -> str:
        """As its origin numbers it: both sides know it by this."""
        ours = self.origin is Side.OURS
        return (self.ticket.number if ours else self.peer_number) or ""


class Reconciliation(Base):
    """对账: what a peer says of one day's packages, held against ours."""

    __tablename__ = "reconciliation"
    __table_args__ = (UniqueConstraint("peer_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    peer_id: Mapped[int] = mapped_column(ForeignKey("peer.id"))
    day: Mapped[date] = mapped_column(index=True)
    at: Mapped[datetime]
    ours: Mapped[int]
    theirs: Mapped[int]

    peer: Mapped[Peer] = relationship()


class DifferenceKind(StrEnum):
    MISSING_THERE = "missing_there"
    MISSING_HERE = "missing_here"
    STATES = "states"


DIFFERENCE_LABELS: dict[DifferenceKind, str] = {
    DifferenceKind.MISSING_THERE: N_("我方有，对方没有"),
    DifferenceKind.MISSING_HERE: N_("对方有，我方没有"),
    DifferenceKind.STATES: N_("状态不一致"),
}


class Difference(Base):
    """One package about which both lists of a day do not say the same."""

    __tablename__ = "difference"
    __table_args__ = (
        one_of("kind", DifferenceKind),
        one_of("origin", Side),
        one_of("ours", ExchangeState),
        one_of("theirs", ExchangeState),
        UniqueConstraint("reconciliation_id", "origin", "number"),
        CheckConstraint("(kind = 'missing_here') = (exchange_id IS NULL)", name="exchange"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reconciliation_id: Mapped[int] = mapped_column(
        ForeignKey("reconciliation.id", ondelete="CASCADE")
    )
    kind: Mapped[DifferenceKind] = mapped_column(words(DifferenceKind))
    origin: Mapped[Side] = mapped_column(words(Side))
    number: Mapped[str] = mapped_column(String(LONGEST_NUMBER))
    exchange_id: Mapped[int | None] = mapped_column(ForeignKey("exchange.id"), index=True)
    ours: Mapped[ExchangeState | None] = mapped_column(words(ExchangeState))
    theirs: Mapped[ExchangeState | None] = mapped_column(words(ExchangeState))
    sent_again_at: Mapped[datetime | None]

    reconciliation: Mapped[Reconciliation] = relationship()
    exchange: Mapped[Exchange | None] = relationship()
