"""The driver as the whole process uses it."""

from time import sleep

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from infra.db import KEPT_PREPARED, roll_back, session


def test_the_driver_keeps_more_than_its_own_hundred_statements_prepared(app):
    connection = session.connection().connection.driver_connection
    assert connection._prepared.prepared_max == connection.prepared_max == KEPT_PREPARED > 100


def test_who_thought_too_long_in_a_transaction_has_lost_his_connection_and_gets_another(app):
    session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 20"))
    sleep(0.2)
    with pytest.raises(OperationalError) as told:
        session.execute(text("SELECT 1"))
    assert told.value.connection_invalidated
    roll_back()
    assert session.scalar(text("SELECT 1")) == 1
