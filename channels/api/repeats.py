"""A write that is sent twice is done once: the same Idempotency-Key is given the same answer.

The answer is kept in the transaction of the write, so there is no moment in which one is there
without the other.  What was refused is not kept: it may be tried again with the same key."""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta

from flask import Response, abort, current_app, request
from sqlalchemy import delete, func, select

from infra.clock import now
from infra.db import session
from models import KeptAnswer
from staff.access import current_key
from web.languages import _

HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]{1,255}")
# Beside the hash of a key: see tickets.feed for who else locks by two numbers.
REPEAT_LOCK = 8
KEPT_FOR = timedelta(hours=24)


def once(act: Callable[[], Response]) -> Response:
    """Do it, or give the answer that was given; 409 while the first is under way, 422 for another
    request with the same key."""
    key = request.headers.get(HEADER)
    if key is None:
        return act()
    if not KEY.fullmatch(key):
        abort(400, _("Idempotency-Key 应为 1 至 255 个可见字符"))
    mine = f"{current_key().id} {key}"
    free = session.scalar(select(func.pg_try_advisory_xact_lock(REPEAT_LOCK, func.hashtext(mine))))
    if not free:
        abort(409, _("同一个 Idempotency-Key 的请求正在处理，请稍后再试"))
    kept = session.scalar(
        select(KeptAnswer).where(
            KeptAnswer.api_key_id == current_key().id,
            KeptAnswer.key == key,
            KeptAnswer.at > now() - KEPT_FOR,
        )
    )
    return _again(kept) if kept is not None else _first(key, act)


def forget_old() -> None:
    session.execute(delete(KeptAnswer).where(KeptAnswer.at <= now() - KEPT_FOR))


def _first(key: str, act: Callable[[], Response]) -> Response:
    answer = act()
    if answer.status_code < 400:
        mine = KeptAnswer.api_key_id == current_key().id, KeptAnswer.key == key
        session.execute(delete(KeptAnswer).where(*mine))  # one of days ago
        session.add(
            KeptAnswer(
                api_key_id=current_key().id,
                key=key,
                request_hash=_hash(),
                at=now(),
                status=answer.status_code,
                body=answer.get_data(as_text=True),
            )
        )
    return answer


def _again(kept: KeptAnswer) -> Response:
    if kept.request_hash != _hash():
        abort(422, _("这个 Idempotency-Key 已用于另一个请求，请换一个"))
    answer: Response = current_app.response_class(
        kept.body, kept.status, mimetype="application/json"
    )
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _hash() -> str:
    said = f"{request.method} {request.full_path}\n".encode() + request.get_data()
    return hashlib.sha256(said).hexdigest()
