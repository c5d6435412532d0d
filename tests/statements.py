"""What is asked of the database while something is done."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, has_request_context
from sqlalchemy import event


@contextmanager
def statements(app: Flask, *, by_requests: bool = False) -> Iterator[list[str]]:
    """``by_requests``: what the clock asks is left out, and what the test asks itself."""
    heard: list[str] = []

    def listen(_connection, _cursor, statement, *_others) -> None:
        if has_request_context() or not by_requests:
            heard.append(statement)

    event.listen(app.extensions["engine"], "before_cursor_execute", listen)
    try:
        yield heard
    finally:
        event.remove(app.extensions["engine"], "before_cursor_execute", listen)
