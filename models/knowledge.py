"""A knowledge article: what agents may answer, who stands for it, and how it was used."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, insist, one_of, words
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
    # Other ways in which people ask the same.
    question: Mapped[str]
    answer: Mapped[str]
    materials: Mapped[str] = mapped_column(default="")
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
    author: Mapped[StaffMember | None] = relationship(foreign_keys=author_id)
    approver: Mapped[StaffMember | None] = relationship(foreign_keys=approver_id)

    def move_to(self, state: ArticleState) -> None:
        insist(ARTICLE_MOVES, f"article {self.code}", self.state, state)
        self.state = state


class ArticleShown(Base):
    """An article was suggested to an agent for a sentence of the citizen; and what came of it."""

    __tablename__ = "article_shown"
    __table_args__ = (
        Index("uq_article_shown_utterance", "utterance_id", "article_id", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), index=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), index=True)
    utterance_id: Mapped[int] = mapped_column(ForeignKey("utterance.id"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
    sentence: Mapped[str]
    score: Mapped[float]
    used_at: Mapped[datetime | None]
    wrong_at: Mapped[datetime | None]
    wrong_note: Mapped[str | None]

    article: Mapped[Article] = relationship()
