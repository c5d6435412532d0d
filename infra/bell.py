"""The connection to Redis: short timeouts and a breaker, because Redis only rings bells."""

from collections.abc import Callable
from time import monotonic

from flask import Flask, current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry

from infra import keepalive

TIMEOUT = 0.2
REST = 2.0


class Bell:
    """Rings, or says at once that it cannot; after a failure it is silent for ``REST`` s."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._silent_until = 0.0

    def publish(self, topic: str, message: str) -> None:
        self.ring(lambda redis: redis.publish(topic, message))

    def ring(self, rope: Callable[[Redis], object]) -> None:
        """Do what ``rope`` does with Redis; raises RedisError."""
        if monotonic() < self._silent_until:
            raise RedisConnectionError("Redis failed a moment ago; not asked again yet")
        try:
            rope(self.redis)
        except RedisError:
            self._silent_until = monotonic() + REST
            raise


def init_app(app: Flask, url: str) -> None:
    quick = Redis.from_url(
        url,
        max_connections=1000,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
        # By default the client tries again for seconds; a webhook cannot wait for that.
        retry=Retry(NoBackoff(), 0),
    )
    app.extensions["bell"] = Bell(quick)
    app.extensions["redis_url"] = url
    app.extensions["redis"] = quick


def bell() -> Bell:
    found: Bell = current_app.extensions["bell"]
    return found


def connection() -> Redis:
    found: Redis = current_app.extensions["redis"]
    return found


def patient_connection() -> Redis:
    """For subscribers and workers, which wait for minutes on purpose."""
    url = current_app.extensions["redis_url"]
    return Redis.from_url(
        url,
        socket_timeout=None,
        socket_connect_timeout=REST,
        socket_keepalive=True,
        socket_keepalive_options=keepalive.REDIS_CLIENT,
    )
