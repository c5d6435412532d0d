"""The driver as the whole process uses it."""

from infra.db import KEPT_PREPARED, session


def test_the_driver_keeps_more_than_its_own_hundred_statements_prepared(app):
    connection = session.connection().connection.driver_connection
    assert connection._prepared.prepared_max == connection.prepared_max == KEPT_PREPARED > 100
