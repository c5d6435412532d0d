"""What the city knows already: tickets that agents confirmed, articles, the words of its topics."""

from collections.abc import Iterator

from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased, joinedload

from assist import redaction, topics
from assist.classify import Example
from infra.db import session
from models import (
    Article,
    ArticleState,
    Line,
    Party,
    Purpose,
    Ticket,
    TicketState,
    Topic,
    Unit,
    Utterance,
)

# With fewer nobody can tell whether guesses are right nine times of ten.
LEAST_TICKETS = 200
# The newest tell how people speak now, and learning must end before the morning.
MOST_TICKETS = 20_000
SHORTEST = 4


def of(purpose: Purpose) -> list[Example]:
    """Everything that can be learned from for this purpose."""
    return [*_tickets(purpose), *_known_words(purpose)]


def confirmed() -> int:
    """How many tickets a person has confirmed by submitting them."""
    return session.scalar(select(func.count()).select_from(Ticket).where(*_CONFIRMED)) or 0


# What is confidential is nobody's example.
_CONFIRMED = (
    Ticket.state != TicketState.DRAFT,
    Ticket.submitted_by_id.is_not(None),
    Ticket.topic_id.is_not(None),
    Ticket.confidential.is_(False),
)


def _tickets(purpose: Purpose) -> Iterator[Example]:
    """One example each: the citizen's own words, or what was written down of them."""
    unit = aliased(Unit)
    label = {Purpose.TOPIC: Topic.code, Purpose.UNIT: unit.code, Purpose.LINE: Line.code}[purpose]
    said = (
        select(func.string_agg(Utterance.text, aggregate_order_by(literal("。"), Utterance.at)))
        .where(Utterance.call_id == Ticket.call_id, Utterance.party == Party.CITIZEN)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Ticket.id, Ticket.person_id, said, Ticket.summary, label)
        .join(Topic, Ticket.topic_id == Topic.id)
        .outerjoin(Line, Topic.line_id == Line.id)
        .outerjoin(unit, Ticket.unit_id == unit.id)
        .where(*_CONFIRMED, label.is_not(None))
        .order_by(Ticket.submitted_at.desc(), Ticket.id)
        .limit(MOST_TICKETS)
    )
    for number, person, words, summary, name in rows:
        text = redaction.blank(words or summary or "")
        if len(text) >= SHORTEST:
            yield Example(text, name, f"person:{person}" if person else f"ticket:{number}")


def _known_words(purpose: Purpose) -> Iterator[Example]:
    """How people may say it, thought of beforehand; of what no ticket has told yet."""
    for topic in session.scalars(
        select(Topic).options(joinedload(Topic.line), joinedload(Topic.unit))
    ):
        label = _label(topic, purpose)
        if label is not None:
            # Of English nothing is learned: it is understood by words alone.
            own = {one for one in (topic.name, *topic.words) if topics.CHINESE.search(one)}
            yield from (Example(words, label) for words in own)
    if purpose is Purpose.LINE:
        for article in session.scalars(
            select(Article)
            .where(Article.state == ArticleState.APPROVED)
            .options(joinedload(Article.line))
        ):
            for text in (article.title, *article.question.split(), article.answer):
                yield Example(text, article.line.code)


def _label(topic: Topic, purpose: Purpose) -> str | None:
    if purpose is Purpose.TOPIC:
        return topic.code
    if purpose is Purpose.LINE:
        return topic.line.code if topic.line else None
    # Where the district's own unit is responsible, the topic alone does not say which.
    return topic.unit.code if topic.unit and not topic.local else None
