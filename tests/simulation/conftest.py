"""Days of chance need an empty hotline each, and several of them one after the other."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from infra import seldom
from simulation.day import Day
from simulation.plan import Plan
from tests.emptying import Emptying


@pytest.fixture
def begins(whole_app: Flask, empty: Emptying) -> Iterator[Callable[[Plan], Day]]:
    """``begins(plan)`` is a new day; the one before is over and forgotten."""
    days: list[Day] = []
    carrier = whole_app.extensions["carrier"]

    def end() -> None:
        if days:
            days.pop().close()
            empty()
            whole_app.extensions["redis"].flushdb()
            seldom.forget()

    def begin(plan: Plan) -> Day:
        end()
        days.append(Day(whole_app, plan))
        return days[-1]

    yield begin
    end()
    whole_app.extensions["carrier"] = carrier
