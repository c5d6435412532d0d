"""Background jobs: plain functions that run later, after the commit that asked for them.

@job(queue="recordings")
def fetch(recording_id: int) -> None: ...

fetch.later(recording.id)     # queued once this transaction has committed
fetch(recording.id)           # workers, the clock and tests call it plainly
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, Protocol, cast

from rq import Queue, Retry

from infra.bell import connection
from infra.db import on_commit

P = ParamSpec("P")

# Every lane that a worker serves; a caller's text message goes before a long transcription.
QUEUES = ("messages", "tickets", "recordings")

RETRY_AFTER = [10, 60, 300]


class Job(Protocol[P]):
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None: ...
    def later(self, *args: P.args, **kwargs: P.kwargs) -> None: ...


def job(queue: str) -> Callable[[Callable[P, None]], Job[P]]:
    """Give a function a ``later``.  It opens its own transactions and must be safe to run twice."""

    def decorate(function: Callable[P, None]) -> Job[P]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            function(*args, **kwargs)

        def later(*args: P.args, **kwargs: P.kwargs) -> None:
            def ring() -> None:
                lane(queue).enqueue_call(
                    run,
                    args,
                    kwargs,
                    retry=Retry(max=len(RETRY_AFTER), interval=RETRY_AFTER),
                    result_ttl=0,
                    failure_ttl=7 * 24 * 3600,
                )

            on_commit(ring)

        run.later = later  # type: ignore[attr-defined]
        return cast(Job[P], run)

    return decorate


def lane(name: str) -> Queue:
    return Queue(name, connection=connection())
