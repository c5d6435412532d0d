"""All rows of a test gone before the next, numbers included, in one question to the database.

To truncate seventy tables takes longer than most tests; to delete the few rows of a few does not.
To look into each of them costs little only when the database has planned it before.  So a function
of the database does it, on a connection of its own that is kept: its plans stay there.  In the
role of a replica the rows may go in any order, history too; whoever takes that role or leaves it
loses every plan of his connection, which is why none of the application's is asked to."""

from contextlib import suppress

import psycopg

from models import Base

# In bytes; as many as a story leaves behind, and few enough for plans that later tests look at.
LARGE = 1 << 19

FUNCTION = """
CREATE OR REPLACE FUNCTION as_if_nothing_had_been() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
FOR nth IN 1..100 LOOP
  EXIT WHEN NOT EXISTS (
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend' AND state <> 'idle'
  );
  PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
END LOOP;
{rows}
{numbers}
END $$
"""
ROWS = """
IF pg_relation_size('"{0}"') > {1} THEN TRUNCATE "{0}" CASCADE;
ELSIF EXISTS (SELECT FROM "{0}") THEN DELETE FROM "{0}"; END IF;
"""
NUMBERS = "PERFORM setval('{0}', {1}, false) FROM {0} WHERE is_called;"
SEQUENCES = "SELECT format('%I.%I', schemaname, sequencename), start_value FROM pg_sequences"


class Emptying:
    """Of the database at this URL, whose tables are there by now."""

    def __init__(self, url: str) -> None:
        self._url = url.replace("+psycopg", "")
        self._connection = self._connect()
        numbers = self._connection.execute(SEQUENCES).fetchall()
        self._connection.execute(
            FUNCTION.format(
                rows="".join(ROWS.format(one.name, LARGE) for one in Base.metadata.sorted_tables),
                numbers="\n".join(NUMBERS.format(*one) for one in numbers),
            )
        )

    def __call__(self) -> None:
        """A page that was closed may still have a question under way: it is waited for a second,
        and where the two get in each other's way all the same, that one has lost once."""
        try:
            self._empty()
        except psycopg.errors.DeadlockDetected:
            self._empty()
        except psycopg.OperationalError:
            # A test may have ended every connection to the database.
            if not self._connection.broken:
                raise
            self._connection = self._connect()
            self._empty()

    def close(self) -> None:
        with suppress(psycopg.Error):
            self._connection.close()

    def _empty(self) -> None:
        self._connection.execute("SELECT as_if_nothing_had_been()", prepare=True)

    def _connect(self) -> psycopg.Connection:
        replica = "-c session_replication_role=replica -c lock_timeout=2s"
        return psycopg.connect(self._url, autocommit=True, options=replica)
