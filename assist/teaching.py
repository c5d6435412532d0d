"""Holding a lesson, in the worker alone: gather, learn, try, keep; use it where it does better."""

from collections.abc import Callable

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from assist import experience, keeping, lessons, lines, topics
from assist.learning import Outcome, learn
from assist.training import NothingToLearn
from infra.clock import now
from infra.db import session, transaction
from infra.wording import N_
from models import Learned, Lesson, Purpose, Topic

# Of older ones the figures stay, and the numbers go.
KEPT = 3

ByWords = Callable[[str], str | None]


def hold(lesson_id: int) -> None:
    """Learn everything anew; what turns out worse than words alone is kept and not used."""
    with transaction():
        if not lessons.begin(lesson_id):
            return
        number = experience.confirmed()
        enough = number >= experience.LEAST_TICKETS
        examples = {one: experience.of(one) for one in Purpose} if enough else {}
        words = _ways_by_words()
    errors = (
        [] if enough else [N_("已确认的工单还不够") + f"：{number} / {experience.LEAST_TICKETS}"]
    )
    outcomes: dict[Purpose, Outcome] = {}
    for purpose, known in examples.items():
        try:
            outcomes[purpose] = learn(known, words[purpose])
        except NothingToLearn as error:
            errors.append(f"{purpose}：{error}")
    with transaction():
        _end(lesson_id, outcomes, "；".join(errors) or None)


def _ways_by_words() -> dict[Purpose, ByWords]:
    """How each purpose is served while nothing was learned."""
    rows = session.scalars(select(Topic).options(joinedload(Topic.unit))).all()
    known = topics.words_of(rows)
    units = {one.code: one.unit.code for one in rows if one.unit and not one.local}

    def topic(text: str) -> str | None:
        found = topics.by_words([text], known)
        return found.label if found else None

    def line(text: str) -> str | None:
        found = lines.by_words(text)
        return found.code if found and found.confidence >= lines.SURE else None

    return {
        Purpose.TOPIC: topic,
        Purpose.UNIT: lambda text: units.get(topic(text) or ""),
        Purpose.LINE: line,
    }


def _end(lesson_id: int, outcomes: dict[Purpose, Outcome], error: str | None) -> None:
    lesson = session.get_one(Lesson, lesson_id, with_for_update=True)
    if lesson.ended_at is not None:
        return
    lesson.ended_at, lesson.error = now(), error
    for purpose, outcome in outcomes.items():
        # The newest trial decides, also against what was used until now.
        session.execute(update(Learned).where(Learned.purpose == purpose).values(in_use=False))
        kept, checksum = keeping.pack(outcome.classifier)
        session.add(
            Learned(
                lesson_id=lesson_id,
                purpose=purpose,
                made_at=now(),
                in_use=outcome.worth_using,
                border=outcome.border,
                figures=outcome.trial.as_json(),
                kept=kept,
                checksum=checksum,
            )
        )
        session.flush()  # it is one of those that stay
        newest = select(Learned.id).where(Learned.purpose == purpose).order_by(Learned.id.desc())
        session.execute(
            update(Learned)
            .where(Learned.purpose == purpose, Learned.id.not_in(newest.limit(KEPT)))
            .values(kept=None)
        )
