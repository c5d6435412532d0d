"""How often somebody may ask: a bucket of tokens that fills with time.

The buckets lie in Redis, so that all processes draw from the same.  While Redis is away each
process has buckets of its own: a little more is let through, and nobody is kept out."""

from datetime import datetime
from threading import Lock

from redis import Redis
from redis.exceptions import RedisError

from infra.bell import bell

# Returns the milliseconds until a token is there; 0 when one was taken.
SCRIPT = """
local size, per_ms, at = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens, before = tonumber(kept[1]) or size, tonumber(kept[2]) or at
tokens = math.min(size, tokens + math.max(0, at - before) * per_ms)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = math.ceil((1 - tokens) / per_ms) end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', math.max(at, before))
redis.call('PEXPIRE', KEYS[1], math.ceil(size / per_ms) + 1000)
return wait
"""
# A burst of so many seconds' worth is let through at once.
BURST_S = 10
FEWEST = 5
MOST_LOCAL = 10_000

_local: dict[str, tuple[float, float]] = {}
_guard = Lock()


def burst(per_minute: int) -> int:
    """How many are let through at once after a pause."""
    return int(max(FEWEST, per_minute * BURST_S / 60))


def wait_for(name: str, per_minute: int, at: datetime) -> float:
    """Take one token; the seconds to wait where there is none, else 0."""
    size, per_ms = max(FEWEST, per_minute * BURST_S / 60), per_minute / 60_000
    moment = at.timestamp() * 1000
    told: list[int] = []

    def ask(redis: Redis) -> None:
        key, at_ms = f"rate:{name}", f"{moment:.0f}"
        told.append(int(redis.eval(SCRIPT, 1, key, size, per_ms, at_ms)))

    try:
        bell().ring(ask)
    except RedisError:
        return _here(name, size, per_ms, moment) / 1000
    return told[0] / 1000


def _here(name: str, size: float, per_ms: float, at: float) -> float:
    with _guard:
        if len(_local) > MOST_LOCAL:
            _local.clear()
        tokens, before = _local.get(name, (size, at))
        tokens = min(size, tokens + max(0.0, at - before) * per_ms)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / per_ms
        _local[name] = (tokens if wait else tokens - 1, max(at, before))
        return wait
