"""A knowledge article: what agents may answer, who stands for it, and how it was used."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, insist, one_of, words
from models.city import Unit
from models.line import Line
from models.staff import StaffMember


class ArticleState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    # An agent says that it is wrong; it is not suggested until somebody has looked.
    CHALLENGED = "challenged"
    EXPIRED = "expired"


ARTICLE_MOVES: dict[ArticleState, set[ArticleState]] = {
    ArticleState.DRAFT: {ArticleState.APPROVED, ArticleState.EXPIRED},
    ArticleState.APPROVED: {ArticleState.DRAFT, ArticleState.CHALLENGED, ArticleState.EXPIRED},
    ArticleState.CHALLENGED: {ArticleState.DRAFT, ArticleState.APPROVED, ArticleState.EXPIRED},
    ArticleState.EXPIRED: {ArticleState.DRAFT},
}


class Verdict(StrEnum):
    """What became of "this is wrong"."""

    RIGHT = "right"
    CHANGED = "changed"
    EXPIRED = "expired"


class Article(Base):
    __tablename__ = "article"
    __table_args__ = (
        one_of("state", ArticleState),
        CheckConstraint("valid_until IS NULL OR valid_until > valid_from", name="validity"),
        CheckConstraint("NOT verified OR basis IS NOT NULL", name="verified_has_basis"),
        Index("ix_article_state_line_id", "state", "line_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(48), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"), index=True)
    # Other ways in which people ask the same, apart by spaces.
    question: Mapped[str]
    # What is said, the point first; and what people ask next: how, with what, for how much, when.
    answer: Mapped[str]
    steps: Mapped[str] = mapped_column(default="", server_default="")
    materials: Mapped[str] = mapped_column(default="")
    fee: Mapped[str] = mapped_column(String(200), default="", server_default="")
    time_limit: Mapped[str] = mapped_column(String(200), default="", server_default="")
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    basis: Mapped[str | None]
    verified: Mapped[bool] = mapped_column(default=False)
    state: Mapped[ArticleState] = mapped_column(words(ArticleState), default=ArticleState.DRAFT)
    version: Mapped[int] = mapped_column(default=1)
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime | None]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    approver_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    updated_at: Mapped[datetime] = mapped_column(index=True)

    line: Mapped[Line] = relationship()
    unit: Mapped[Unit | None] = relationship()
    author: Mapped[StaffMember | None] = relationship(foreign_keys=author_id)
    approver: Mapped[StaffMember | None] = relationship(foreign_keys=approver_id)

    @classmethod
    def holds(cls, at: datetime) -> ColumnElement[bool]:
        """Approved, not said to be wrong, and its time is not over."""
        in_time = cls.valid_until.is_(None) | (cls.valid_until > at)
        return (cls.state == ArticleState.APPROVED) & in_time

    def move_to(self, state: ArticleState) -> None:
        insist(ARTICLE_MOVES, f"article {self.code}", self.state, state)
        self.state = state


class ArticleShown(Base):
    """An article was suggested to an agent for a sentence of the citizen, or, without an utterance,
    for what he had said to the menu; and what came of it."""

    __tablename__ = "article_shown"
    __table_args__ = (
        one_of("verdict", Verdict),
        CheckConstraint("(verdict IS NULL) = (answered_at IS NULL)", name="answered"),
        Index("uq_article_shown_utterance", "utterance_id", "article_id", unique=True),
        Index(
            "uq_article_shown_menu",
            "call_id",
            "agent_id",
            "article_id",
            unique=True,
            postgresql_where=text("utterance_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), index=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), index=True)
    utterance_id: Mapped[int | None] = mapped_column(ForeignKey("utterance.id"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
    sentence: Mapped[str]
    score: Mapped[float]
    used_at: Mapped[datetime | None]
    wrong_at: Mapped[datetime | None]
    wrong_note: Mapped[str | None]
    # Whoever looked into "wrong", and what he found.
    verdict: Mapped[Verdict | None] = mapped_column(words(Verdict))
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    article: Mapped[Article] = relationship()
    answered_by: Mapped[StaffMember | None] = relationship(foreign_keys=answered_by_id)
