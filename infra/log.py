"""Logs are JSON lines with what is known of the request: leg, call, ticket, endpoint."""

import logging
import re
import sys

import structlog
from flask import Flask, request
from structlog.typing import EventDict

# Nothing that a citizen said or dialled from belongs in a log.
SECRET = {"From", "To", "Caller", "Called", "number", "password", "SpeechResult"}

# The database's own words about a row that it refuses show the row.
DETAIL = re.compile(r"\nDETAIL: .*?(?=\n\[SQL|\nCONTEXT: |\Z)", re.DOTALL)


def configure() -> None:
    """One JSON line per event on standard output, also for libraries' own logs."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_secrets,
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.processors.format_exc_info,
            _without_rows,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _without_rows,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def init_app(app: Flask) -> None:
    app.before_request(_begin)


def bind(**known: object) -> None:
    """Add to every log line of this request or job, e.g. ``bind(call=7)``."""
    structlog.contextvars.bind_contextvars(**known)


def forget() -> None:
    """What follows is about something else."""
    structlog.contextvars.clear_contextvars()


def _begin() -> None:
    forget()
    structlog.contextvars.bind_contextvars(endpoint=request.endpoint)


def _without_secrets(_logger: object, _name: str, event: EventDict) -> EventDict:
    return {key: "…" if key in SECRET else value for key, value in event.items()}


def _without_rows(_logger: object, _name: str, event: EventDict) -> EventDict:
    return {
        key: DETAIL.sub("\nDETAIL: …", value) if isinstance(value, str) else value
        for key, value in event.items()
    }
