"""回访: after a reply was accepted the citizen is asked whether it is so."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from infra.privacy import Sealed
from models.assignment import Round
from models.base import Base, insist, one_of, words
from models.dialling import Dial, DialAttempt
from models.reply import Solved
from models.staff import StaffMember
from models.ticket import Ticket


class FollowUpState(StrEnum):
    # The dialler rings, and the IVR asks.
    ROBOT = "robot"
    # Somebody of the hotline asks.
    PERSON = "person"
    # The last try: a text message that leads to the three questions.
    TEXTED = "texted"
    DONE = "done"


FOLLOW_UP_MOVES: dict[FollowUpState, set[FollowUpState]] = {
    FollowUpState.ROBOT: {FollowUpState.PERSON, FollowUpState.TEXTED, FollowUpState.DONE},
    FollowUpState.PERSON: {FollowUpState.TEXTED, FollowUpState.DONE},
    FollowUpState.TEXTED: {FollowUpState.PERSON, FollowUpState.DONE},
    FollowUpState.DONE: set(),
}


class FollowUpResult(StrEnum):
    """Only who was reached counts in the ratios of satisfaction, above and below the line."""

    REACHED = "reached"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    # Not asked for a reason: the law says so, or a lead.
    EXEMPT = "exempt"
    # The ticket went on without it, and nobody has rated.
    WITHDRAWN = "withdrawn"


class AskedBy(StrEnum):
    ROBOT = "robot"
    PERSON = "person"
    TEXT = "text"
    # By himself, with number and query code: on the page, or by key 9 of a call.
    WEB = "web"
    CALL = "call"


class AlarmKind(StrEnum):
    # From bad to good after the unit had spoken to him.
    FLIPPED = "flipped"
    # He says that he was pressed for a good rating.
    PRESSED = "pressed"
    # A person heard something else than the robot.
    DISAGREES = "disagrees"
    # One whose ticket was merged is not content, and the master is not handled again for it.
    MERGED = "merged"


class FollowUp(Base):
    """One round's question to a citizen, however often and by whomever he is asked.

    ``ticket``: his own, which may have been merged into the one that the round is of."""

    __tablename__ = "follow_up"
    __table_args__ = (
        one_of("state", FollowUpState),
        one_of("result", FollowUpResult),
        one_of("solved", Solved),
        # One about each round of each that was handled by it: of those merged into it as well.
        UniqueConstraint("round_id", "ticket_id"),
        UniqueConstraint("dial_id"),
        CheckConstraint("first_rating BETWEEN 1 AND 5", name="first_rating"),
        CheckConstraint("final_rating BETWEEN 1 AND 5", name="final_rating"),
        CheckConstraint("(first_rating IS NULL) = (final_rating IS NULL)", name="ratings"),
        CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="result_final"),
        CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name="done"),
        CheckConstraint("result <> 'reached' OR final_rating IS NOT NULL", name="reached"),
        CheckConstraint("result <> 'withdrawn' OR final_rating IS NULL", name="withdrawn"),
        CheckConstraint("state <> 'robot' OR dial_id IS NOT NULL", name="robot"),
        CheckConstraint("state <> 'person' OR why <> ''", name="why"),
        Index("ix_follow_up_open", "state", "id", postgresql_where=text("state <> 'done'")),
        Index("ix_follow_up_done_at", "done_at"),
        Index(
            "ix_follow_up_check",
            "id",
            postgresql_where=text("to_check AND checked_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    state: Mapped[FollowUpState] = mapped_column(words(FollowUpState))
    # Why a person asks and no robot.
    why: Mapped[str] = mapped_column(String(24), default="")
    opened_at: Mapped[datetime]
    dial_id: Mapped[int | None] = mapped_column(ForeignKey("dial.id"))
    # Whoever took it from the queue, for a while.
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    taken_until: Mapped[datetime | None]
    texted_at: Mapped[datetime | None]
    text_until: Mapped[datetime | None]
    # Opens the questions to whoever has the text message.
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    result: Mapped[FollowUpResult | None] = mapped_column(words(FollowUpResult))
    done_at: Mapped[datetime | None]
    contacted: Mapped[bool | None]
    solved: Mapped[Solved | None] = mapped_column(words(Solved))
    first_rating: Mapped[int | None]
    final_rating: Mapped[int | None]
    # One of the robot's that a person asks again, to see whether it hears right.
    to_check: Mapped[bool] = mapped_column(default=False)
    checked_at: Mapped[datetime | None]
    agrees: Mapped[bool | None]

    ticket: Mapped[Ticket] = relationship()
    round: Mapped[Round] = relationship()
    dial: Mapped[Dial | None] = relationship()
    taken_by: Mapped[StaffMember | None] = relationship()

    def move_to(self, state: FollowUpState) -> None:
        insist(FOLLOW_UP_MOVES, f"follow-up {self.id}", self.state, state)
        self.state = state

    def or_rated(self, result: FollowUpResult) -> FollowUpResult:
        """A rating counts, however the asking ended: who has rated is reached."""
        return result if self.final_rating is None else FollowUpResult.REACHED

    @property
    def done(self) -> bool:
        return self.state is FollowUpState.DONE


class Asking(Base):
    """One time that the citizen was asked, or was not reached; answers are kept as they come."""

    __tablename__ = "asking"
    __table_args__ = (
        one_of("way", AskedBy),
        one_of("solved", Solved),
        CheckConstraint("satisfied BETWEEN 1 AND 5", name="satisfied"),
        UniqueConstraint("attempt_id"),
        UniqueConstraint("call_id", "follow_up_id"),
        Index("ix_asking_follow_up_id", "follow_up_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    follow_up_id: Mapped[int] = mapped_column(ForeignKey("follow_up.id"))
    way: Mapped[AskedBy] = mapped_column(words(AskedBy))
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("dial_attempt.id"))
    # Where he called himself.
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"))
    # He is the one who reported it, or said so.
    reached: Mapped[bool] = mapped_column(default=False)
    contacted: Mapped[bool | None]
    solved: Mapped[Solved | None] = mapped_column(words(Solved))
    satisfied: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(Sealed)
    # Question by question, as it was heard: a key, or that it was said.
    heard: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    check: Mapped[bool] = mapped_column(default=False)

    follow_up: Mapped[FollowUp] = relationship()
    by: Mapped[StaffMember | None] = relationship()
    attempt: Mapped[DialAttempt | None] = relationship()

    @property
    def complete(self) -> bool:
        return self.satisfied is not None


class FollowUpAlarm(Base):
    """Something about a rating that a lead must look into; pressed may he be before he is asked."""

    __tablename__ = "follow_up_alarm"
    __table_args__ = (
        one_of("kind", AlarmKind),
        # Of each citizen one: those whose tickets were merged into the round's rate it, too.
        UniqueConstraint("round_id", "kind", "ticket_id"),
        Index("ix_follow_up_alarm_unseen", "id", postgresql_where=text("seen_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    # Whose citizen it is about.
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), index=True)
    kind: Mapped[AlarmKind] = mapped_column(words(AlarmKind))
    at: Mapped[datetime]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    seen_at: Mapped[datetime | None]
    seen_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    round: Mapped[Round] = relationship()
    ticket: Mapped[Ticket] = relationship()
