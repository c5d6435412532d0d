"""What is asked of the database while something is done."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import event


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    heard: list[str] = []

    def listen(_connection, _cursor, statement, *_others) -> None:
        heard.append(statement)

    event.listen(app.extensions["engine"], "before_cursor_execute", listen)
    try:
        yield heard
    finally:
        event.remove(app.extensions["engine"], "before_cursor_execute", listen)
