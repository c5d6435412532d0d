"""The life of an article: written, approved by somebody else, challenged, answered, expired."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select, update

from infra.clock import now
from infra.db import session
from models import Article, ArticleShown, ArticleState, Line, StaffMember, Unit, Verdict
from staff import audit
from web.languages import _

PAGE = 50


class Written(BaseModel):
    """What an author writes."""

    model_config = ConfigDict(str_strip_whitespace=True, extra="ignore")

    title: str = Field(min_length=2, max_length=120)
    line: str
    question: str = Field("", max_length=1000)
    answer: str = Field(min_length=5, max_length=5000)
    steps: str = Field("", max_length=3000)
    materials: str = Field("", max_length=2000)
    fee: str = Field("", max_length=200)
    time_limit: str = Field("", max_length=200)
    unit: str = ""
    basis: str = Field("", max_length=500)
    valid_until: datetime | None = None


class Unacceptable(Exception):
    """The article cannot be kept or approved as it is; the message says why."""


def write(written: Written, by: StaffMember) -> Article:
    """A new draft."""
    at = now()
    article = Article(code=f"a-{uuid4().hex[:12]}", valid_from=at, version=0)
    _fill(article, written, by, at)
    session.add(article)
    session.flush()  # the audit log names its id
    audit.record("article.written", "article", article.id)
    return article


def edit(article: Article, written: Written, by: StaffMember) -> None:
    """A new version, which is a draft again until somebody approves it."""
    _answer(article, Verdict.CHANGED, by)
    if article.state is not ArticleState.DRAFT:
        article.move_to(ArticleState.DRAFT)
    _fill(article, written, by, now())
    audit.record("article.edited", "article", article.id, version=article.version)


def approve(article: Article, by: StaffMember, *, version: int) -> None:
    """Four eyes: not by its author, and the version that was read.  Raises Unacceptable."""
    if article.version != version:
        raise Unacceptable(_("这条知识刚被改过：请核对新版本后再审核"))
    if article.author_id == by.id:
        raise Unacceptable(_("不能审核自己撰写的知识，请由另一位同事审核"))
    if article.valid_until is not None and article.valid_until <= now():
        raise Unacceptable(_("有效期已过，请先修改有效期"))
    _answer(article, Verdict.RIGHT, by)
    article.move_to(ArticleState.APPROVED)
    article.approver_id, article.updated_at = by.id, now()
    audit.record("article.approved", "article", article.id, version=article.version)


def expire(article: Article, by: StaffMember | None = None) -> None:
    """By a person, or by itself when its time is over."""
    at = now()
    _answer(article, Verdict.EXPIRED, by)
    article.move_to(ArticleState.EXPIRED)
    article.updated_at = at
    if article.valid_from < at and (article.valid_until is None or article.valid_until > at):
        article.valid_until = at
    audit.record("article.expired", "article", article.id)


def expire_old() -> None:
    """What holds no longer says so, wherever it is listed."""
    over = select(Article).where(
        Article.state.in_((ArticleState.APPROVED, ArticleState.CHALLENGED)),
        Article.valid_until <= now(),
    )
    for article in session.scalars(over.with_for_update(skip_locked=True)).all():
        expire(article)


def _answer(article: Article, verdict: Verdict, by: StaffMember | None) -> None:
    """Whoever said "wrong" finds on its page what became of it."""
    if article.state is ArticleState.CHALLENGED:
        session.execute(
            update(ArticleShown)
            .where(
                ArticleShown.article_id == article.id,
                ArticleShown.wrong_at.is_not(None),
                ArticleShown.answered_at.is_(None),
            )
            .values(verdict=verdict, answered_at=now(), answered_by_id=by.id if by else None)
        )


def complaints(article: Article) -> list[ArticleShown]:
    """What agents said is wrong with it, the newest first."""
    return list(
        session.scalars(
            select(ArticleShown)
            .where(ArticleShown.article_id == article.id, ArticleShown.wrong_at.is_not(None))
            .order_by(ArticleShown.wrong_at.desc())
            .limit(PAGE)
        )
    )


def listed(words: str, line: str, state: str, page: int) -> list[Article]:
    query = select(Article).join(Line).order_by(Article.updated_at.desc(), Article.id)
    if words:
        held = [column.icontains(words, autoescape=True) for column in _searched()]
        query = query.where(held[0] | held[1] | held[2])
    if line:
        query = query.where(Line.code == line)
    if state in set(ArticleState):
        query = query.where(Article.state == state)
    return list(session.scalars(query.limit(PAGE + 1).offset((page - 1) * PAGE)))


def _searched() -> tuple[Any, ...]:
    return Article.title, Article.question, Article.answer


def _fill(article: Article, written: Written, by: StaffMember, at: datetime) -> None:
    line = session.scalar(select(Line).where(Line.code == written.line))
    if line is None:
        raise Unacceptable(_("请选择专席"))
    unit = session.scalar(select(Unit).where(Unit.code == written.unit, Unit.active))
    if written.unit and unit is None:
        raise Unacceptable(_("没有这个承办单位，请重新选择"))
    if written.valid_until is not None and written.valid_until <= at:
        raise Unacceptable(_("有效期应当晚于今天"))
    article.title, article.line_id = written.title, line.id
    article.question, article.answer = written.question, written.answer
    article.unit_id = unit.id if unit else None
    article.steps, article.fee = written.steps, written.fee
    article.time_limit = written.time_limit
    article.materials, article.basis = written.materials, written.basis or None
    article.valid_until, article.verified = written.valid_until, bool(written.basis)
    article.author_id, article.approver_id = by.id, None
    article.version, article.updated_at = article.version + 1, at
