"""Each asking of a language model: what for, with which prompt, and what came of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, one_of, words
from models.ticket import Ticket


class UseOutcome(StrEnum):
    ASKED = "asked"
    # At least a part of the answer stood the checks.
    TAKEN = "taken"
    REFUSED = "refused"
    # Not the JSON that was asked for, or nothing in it stood the checks.
    NONSENSE = "nonsense"
    # Too slow or not there; it is asked again.
    AWAY = "away"
    # Somebody submitted the draft meanwhile.
    MOOT = "moot"
    # What may not leave the house was not sent.
    WITHHELD = "withheld"


class ModelUse(Base):
    """The words themselves are not repeated here: they are the call's."""

    __tablename__ = "model_use"
    __table_args__ = (
        one_of("outcome", UseOutcome),
        # The same words are not asked about twice.
        UniqueConstraint("ticket_id", "prompt", "heard"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    model: Mapped[str] = mapped_column(String(128))
    # Which version of our prompt.
    prompt: Mapped[str] = mapped_column(String(32))
    # How many sentences of the call were known.
    heard: Mapped[int]
    outcome: Mapped[UseOutcome] = mapped_column(words(UseOutcome), default=UseOutcome.ASKED)
    attempts: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]
    tokens: Mapped[int | None]
    # Which fields were taken and which were dropped, or why there was no answer.
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)

    ticket: Mapped[Ticket] = relationship()
