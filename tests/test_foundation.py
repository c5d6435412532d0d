"""One transaction per request or job, and effects that ride on its commit."""

import pytest
from sqlalchemy import select, text

from infra.db import commit, make_engine, on_commit, session, transaction
from models import Line
from tests.places import a_line


def test_a_failed_transaction_leaves_neither_rows_nor_effects(app):
    effects = []
    with pytest.raises(ZeroDivisionError), transaction():
        a_line("noise")
        on_commit(lambda: effects.append(1))
        _ = 1 / 0
    with transaction():
        pass
    assert effects == []
    assert session.scalars(select(Line)).all() == []


def test_an_effect_that_fails_stops_neither_the_commit_nor_the_next_effect(app):
    effects = []
    a_line("noise")
    on_commit(lambda: effects.append(1 / 0))
    on_commit(lambda: effects.append("second"))
    commit()
    assert effects == ["second"]
    assert session.scalars(select(Line.code)).all() == ["noise"]


def test_a_request_does_not_share_the_session_of_another(app, client):
    a_line("seen")
    mine = session()
    client.get("/nowhere")
    assert session() is mine


def test_nothing_of_ours_waits_for_ever(settings):
    """The stories' own connections may stand still for longer, see ``tests/conftest.py``."""
    engine = make_engine(settings.database_url)
    with engine.connect() as connection:
        for name, limit in (
            ("lock_timeout", "2s"),
            ("idle_in_transaction_session_timeout", "5s"),
            ("statement_timeout", "15s"),
        ):
            assert connection.scalar(text(f"SHOW {name}")) == limit
    engine.dispose()
