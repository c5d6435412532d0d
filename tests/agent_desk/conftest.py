"""An agent at his desk, with the pages' own doors and the carrier's."""

import pytest

from infra.db import commit, session
from models import Seat
from tests.places import a_line, an_agent
from tests.visitors import Browser, browser_of


@pytest.fixture
def lines(app, time):
    found = {code: a_line(code, rank=rank) for rank, code in enumerate(("general", "tourism"))}
    commit()
    return found


@pytest.fixture
def wang(city, lines) -> Seat:
    return an_agent("wang", *lines.values())


@pytest.fixture
def phone(city, wang):
    """His browser phone, which keeps his lease as the stream of his desk does."""
    return city.desk(wang)


@pytest.fixture
def desk(app, wang) -> Browser:
    """His page."""
    return browser_of(app, wang.staff)


def again(row):
    """The row as it is now."""
    session.expire_all()
    return session.get_one(type(row), row.staff_id if isinstance(row, Seat) else row.id)
