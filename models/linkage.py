"""Linkage with another platform, such as 110 or the province: who handles what reached both."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.privacy import Sealed
from infra.wording import N_
from models.base import Base, insist, one_of, words
from models.city import Unit
from models.staff import StaffMember
from models.ticket import Ticket


class Side(StrEnum):
    OURS = "ours"
    PEER = "peer"

    @property
    def other(self) -> "Side":
        return Side.PEER if self is Side.OURS else Side.OURS


class LinkageState(StrEnum):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    # Nobody answered in time.
    LAPSED = "lapsed"
    # Both sides spoke about it.
    SETTLED = "settled"
    DONE = "done"

    @property
    def label(self) -> str:
        return LINKAGE_LABELS[self]


LINKAGE_LABELS: dict[LinkageState, str] = {
    LinkageState.OFFERED: N_("待对方答复"),
    LinkageState.ACCEPTED: N_("已接收"),
    LinkageState.REFUSED: N_("已拒绝"),
    LinkageState.LAPSED: N_("超时未答复"),
    LinkageState.SETTLED: N_("已商定"),
    LinkageState.DONE: N_("已回结果"),
}

S = LinkageState
MOVES: dict[LinkageState, set[LinkageState]] = {
    S.OFFERED: {S.ACCEPTED, S.REFUSED, S.LAPSED},
    # Late is better than never.
    S.LAPSED: {S.ACCEPTED, S.REFUSED, S.SETTLED},
    S.REFUSED: {S.SETTLED, S.DONE},
    S.ACCEPTED: {S.DONE},
    S.SETTLED: {S.DONE},
    S.DONE: set(),
}


class Linkage(Base):
    """联动: one matter offered by whoever received it first to the other side.

    Source: 国办发〔2022〕12号, domain reference 2.7: while it is not agreed whose it is, the
    platform that received it first handles it first."""

    __tablename__ = "linkage"
    __table_args__ = (
        one_of("state", LinkageState),
        one_of("first_receiver", Side),
        one_of("agreed", Side),
        CheckConstraint("state <> 'refused' OR reason <> ''", name="reason"),
        CheckConstraint(
            "(state IN ('accepted', 'settled') AND agreed IS NOT NULL)"
            " OR (state IN ('offered', 'lapsed', 'refused') AND agreed IS NULL)"
            " OR state = 'done'",
            name="agreement",
        ),
        CheckConstraint("(state = 'done') = (result_at IS NOT NULL)", name="result"),
        # One question about a ticket is open with a peer at a time.
        Index(
            "uq_linkage_open",
            "ticket_id",
            "peer_id",
            unique=True,
            postgresql_where=text("state <> 'done'"),
        ),
        Index("uq_linkage_peer_number", "peer_id", "peer_number", unique=True),
        Index("ix_linkage_peer_id_id", "peer_id", "id"),
        Index("ix_linkage_due", "answer_due_at", postgresql_where=text("state = 'offered'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    peer_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    # The other side's own number for it, once it has one.
    peer_number: Mapped[str | None] = mapped_column(String(48))
    # Fingerprint of what it sent under that number: other words would be another matter.
    peer_sent: Mapped[str | None] = mapped_column(String(64))
    first_receiver: Mapped[Side] = mapped_column(words(Side))
    agreed: Mapped[Side | None] = mapped_column(words(Side))
    state: Mapped[LinkageState] = mapped_column(words(LinkageState), default=LinkageState.OFFERED)
    # Whether who called agreed that the other side learns of it.
    consent: Mapped[bool] = mapped_column(default=False)
    offered_at: Mapped[datetime]
    offered_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    answer_due_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    result: Mapped[str | None] = mapped_column(Sealed)
    result_at: Mapped[datetime | None]

    ticket: Mapped[Ticket] = relationship()
    peer: Mapped[Unit] = relationship()
    offered_by: Mapped[StaffMember | None] = relationship()

    def move_to(self, wanted: LinkageState) -> None:
        """Raises IllegalMove."""
        insist(MOVES, f"linkage {self.id}", self.state, wanted)
        self.state = wanted

    @property
    def handled_by(self) -> Side:
        """Whoever was agreed upon; until then, and without agreement, whoever received it first."""
        return self.agreed or self.first_receiver
