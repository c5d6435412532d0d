"""The same for each of several things, some at once: one that takes long holds up few others."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import structlog
from flask import current_app

from infra import seldom
from infra.log import forget

log = structlog.get_logger(__name__)

T = TypeVar("T")


def each(things: Iterable[T], do: Callable[[T], object], *, at_once: int) -> None:
    """Every one in an application context, and so a session, of its own; returns when all are done.

    One that fails is logged and stops no other.  ``at_once=1`` does them here, one by one."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def one(thing: T) -> None:
        forget()
        with app.app_context():
            try:
                do(thing)
            except Exception:
                what = getattr(do, "__qualname__", type(do).__name__)
                seldom.tell(log.exception, "one of several failed", what=what, about=str(thing))

    if at_once == 1:
        for thing in things:
            one(thing)
        return
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(one, things))
