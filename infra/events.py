"""Live events for browsers: thin (a name and ids), published after commit, carried by Redis."""

import json
from collections.abc import Iterator
from time import monotonic

from infra.bell import bell, patient_connection
from infra.db import on_commit

PING_SECONDS = 5.0


def publish(topic: str, name: str, **detail: object) -> None:
    """Tell every browser that listens to ``topic`` once the transaction is committed.

    What one transaction says twice is told once."""
    message = json.dumps({"name": name, "detail": detail})
    on_commit(lambda: bell().publish(topic, message), once=(topic, message))


def listen(*topics: str) -> Iterator[dict[str, object] | None]:
    """Yield events for ever; None every few seconds, whatever happens, for the door to ping."""
    with patient_connection().pubsub(ignore_subscribe_messages=True) as channel:  # type: ignore[no-untyped-call]
        channel.subscribe(*topics)
        ping = monotonic()
        while True:
            if monotonic() >= ping:
                ping = monotonic() + PING_SECONDS
                yield None
            message = channel.get_message(timeout=max(0.0, ping - monotonic()))
            if message:
                yield json.loads(message["data"])
