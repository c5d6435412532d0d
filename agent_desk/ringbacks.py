"""What a desk shows of a callback: since when he waits, how often he was tried, what he left."""

from typing import Any

from flask import url_for
from sqlalchemy import select

from infra.db import session
from models import Call, Callback, Direction, Recording
from queues import callbacks

Json = dict[str, Any]


def about(call: Call) -> Json | None:
    """Of a call by which a citizen is rung back: since when he waits, and what he left."""
    callback = callbacks.of_call(call)
    if callback is None:
        return None
    return {
        "way": callback.way,
        "asked_at": callback.asked_at.isoformat(),
        "tried": callback.tried,
        "messages": [_message(one) for one in _messages(callback)],
    }


def _message(recording: Recording) -> Json:
    return {
        "sound": url_for("replay.audio", recording_id=recording.id),
        "at": recording.started_at.isoformat() if recording.started_at else None,
        "url": url_for("replay.replay", call_id=recording.call_id),
    }


def _messages(callback: Callback) -> list[Recording]:
    """What he has left after the tone, the newest first."""
    return list(
        session.scalars(
            select(Recording)
            .join(Call, Call.id == Recording.call_id)
            .where(
                Call.callback_id == callback.id,
                Call.direction == Direction.IN,
                Call.answered_at.is_(None),
                Recording.take.is_(None),
            )
            .order_by(Recording.id.desc())
        )
    )
