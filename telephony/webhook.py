"""The door for the carrier: every webhook is signed, and it never ends in silence: what a caller
listens to is answered with words even when we fail."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import structlog
from flask import Response, abort, current_app, request
from prometheus_client import Counter

from infra.db import commit, once_more, roll_back
from telephony.replies import Reply
from telephony.words import signature_holds, words

P = ParamSpec("P")
R = TypeVar("R")

log = structlog.get_logger(__name__)

WAIT_AFTER_ERROR = 5

failures = Counter("webhook_failures_total", "Webhooks answered by an apology", ["endpoint"])


def signed(view: Callable[P, R]) -> Callable[P, R]:
    """Refuse whatever does not carry the carrier's signature over our public address.

    A failing view answers 500, so that the carrier repeats its report."""

    @wraps(view)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if not signature_holds(current_app.config["SETTINGS"].public_url):
            abort(403, "签名不符：此地址只接受运营商的请求")
        structlog.contextvars.bind_contextvars(leg=request.form.get("CallSid", ""))
        return once_more(lambda: _kept(view, *args, **kwargs))

    checked.access = "signed"  # type: ignore[attr-defined]
    return checked


def call_document(view: Callable[P, Response]) -> Callable[P, Response]:
    """Signed; in error the caller hears so and goes where no database is needed."""

    def apology() -> Response:
        settings = current_app.config["SETTINGS"]
        return Reply().say("sorry").go_to(settings.fallback_url + "/voice/failed").send()

    return _spoken(_for_telephones(view), apology)


def agent_document(view: Callable[P, Response]) -> Callable[P, Response]:
    """Signed, for an agent's browser phone: in error it hears so and hangs up.

    It must never take a citizen's way in error, which ends in the queue."""

    def apology() -> Response:
        return Reply().say("sorry_agent").hang_up().send()

    return _spoken(view, apology)


def dialled_document(view: Callable[P, Response]) -> Callable[P, Response]:
    """Signed, for somebody whom we have rung: in error he hears that we ring again.

    He did not call for a person, so he must not take a caller's way in error, into the queue."""

    def apology() -> Response:
        return Reply().say("sorry_dialled").hang_up().send()

    return _spoken(_for_telephones(view), apology)


def wait_document(view: Callable[P, Response]) -> Callable[P, Response]:
    """Signed; in error the caller keeps his place and is asked again in a moment."""

    def apology() -> Response:
        return Reply().say("still_waiting").pause(WAIT_AFTER_ERROR).send()

    return _spoken(_for_telephones(view), apology)


def hold_document(view: Callable[P, Response]) -> Callable[P, Response]:
    """Signed, for whoever is on hold in a talk, a citizen or an agent: he is never let go by it."""

    def apology() -> Response:
        return Reply().say("still_waiting").pause(WAIT_AFTER_ERROR).send()

    return _spoken(view, apology)


def _for_telephones(view: Callable[P, Response]) -> Callable[P, Response]:
    """A browser phone is an agent's: it is never greeted, queued or offered to his colleagues."""

    @wraps(view)
    def checked(*args: P.args, **kwargs: P.kwargs) -> Response:
        if words().identity is not None:
            return Reply().say("sorry_agent").hang_up().send()
        return view(*args, **kwargs)

    return checked


def _spoken(view: Callable[P, Response], apology: Callable[[], Response]) -> Callable[P, Response]:
    checked = signed(view)

    @wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> Response:
        try:
            return checked(*args, **kwargs)
        except Exception as error:
            if getattr(error, "code", None) == 403:
                raise
            roll_back()
            failures.labels(request.endpoint or "?").inc()
            log.exception("a caller hears our apology", endpoint=request.endpoint)
            return apology()

    answered.access = "signed"  # type: ignore[attr-defined]
    return answered


def _kept(view: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What the carrier is answered is in the database first: a commit that fails is repeated, or
    apologised for, like all else."""
    answer = view(*args, **kwargs)
    commit()
    return answer
