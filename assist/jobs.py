"""Learning, in the background."""

import importlib

from infra.jobs import job

# Twenty thousand tickets take a few minutes on a slow machine.
LONGEST = 1800


@job(queue="learning", timeout=LONGEST)
def learn(lesson_id: int) -> None:
    """Hold a lesson.  The library that learns is heavy, so only who learns loads it."""
    importlib.import_module("assist.teaching").hold(lesson_id)
