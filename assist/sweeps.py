"""Articles whose time is over; lessons that wait for a worker, and those for which it is time."""

from assist import articles, lessons
from assist.jobs import learn
from infra.db import transaction


def run() -> None:
    """Safe to run twice."""
    with transaction():
        articles.expire_old()
    with transaction():
        reason = lessons.due()
        if reason is not None:
            lessons.ask(reason)
        lesson = lessons.waiting()
        if lesson is not None:
            learn.later(lesson.id)
