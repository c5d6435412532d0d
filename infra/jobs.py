"""Background jobs: plain functions that run later, after the commit that asked for them.

@job(queue="recordings")
def fetch(recording_id: int) -> None: ...

fetch.later(recording.id)     # queued once this transaction has committed
fetch(recording.id)           # workers, the clock and tests call it plainly

A job that waits already is not queued a second time: sweeps ask again and again, and while no
worker is there Redis must not grow by every asking.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec, Protocol, cast

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Retry, get_current_job

from infra.bell import bell, connection
from infra.db import on_commit

P = ParamSpec("P")

# One worker each: a lesson of half an hour, an engine that hears an hour of sound, or a language
# model that does not answer, keeps neither a caller's text message nor his ticket waiting.
QUICK = ("messages", "talks", "tickets", "webhooks")
WORKERS = (QUICK, ("drafts", "recordings"), ("learning",))
QUEUES = tuple(lane for lanes in WORKERS for lane in lanes)

# A job that takes longer is taken for dead, in seconds.
TIMEOUT = 180
RETRY_AFTER = [10, 60, 300]
# After so long a mark may be of a job that was lost before it began.
WAITS_AT_MOST = timedelta(hours=1)


class Job(Protocol[P]):
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None: ...
    def later(self, *args: P.args, **kwargs: P.kwargs) -> None: ...


def job(queue: str, timeout: int = TIMEOUT) -> Callable[[Callable[P, None]], Job[P]]:
    """Give a function a ``later``.  It opens its own transactions and must be safe to run twice."""

    def decorate(function: Callable[P, None]) -> Job[P]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            _begin(_mark(function, args, kwargs))
            with _as_often_as_it_helps():
                function(*args, **kwargs)

        def later(*args: P.args, **kwargs: P.kwargs) -> None:
            def ring(redis: Redis) -> None:
                mark = _mark(function, args, kwargs)
                if redis.exists(mark):
                    return
                with redis.pipeline() as both:
                    Queue(queue, connection=redis).enqueue_call(
                        run,
                        args,
                        kwargs,
                        timeout=timeout,
                        retry=Retry(max=len(RETRY_AFTER), interval=RETRY_AFTER),
                        result_ttl=0,
                        failure_ttl=7 * 24 * 3600,
                        pipeline=both,
                    )
                    both.set(mark, "", ex=WAITS_AT_MOST)
                    both.execute()

            def queue_job() -> None:
                bell().ring(ring)

            on_commit(queue_job)

        run.later = later  # type: ignore[attr-defined]
        return cast(Job[P], run)

    return decorate


@contextmanager
def _as_often_as_it_helps() -> Iterator[None]:
    """What is permanent stands among the failed jobs at once: somebody has to mend it first."""
    try:
        yield
    except Exception as error:
        running = get_current_job()
        if running is not None and getattr(error, "permanent", False):
            running.retries_left = 0
        raise


def lane(name: str) -> Queue:
    return Queue(name, connection=connection())


def _mark(function: Callable[..., None], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """The key that stands in Redis while this very job waits."""
    return f"waits:{function.__module__}.{function.__qualname__}:{args!r}:{kwargs!r}"


def _begin(mark: str) -> None:
    """It waits no more: whoever asks from now on has news that this run may not see."""
    with suppress(RedisError):
        bell().ring(lambda redis: redis.delete(mark))
