"""The door for the carrier: every webhook is signed, and its fields are read here."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

import structlog
from flask import abort, current_app, request
from twilio.request_validator import RequestValidator

P = ParamSpec("P")
R = TypeVar("R")

CLIENT = "client:"


@dataclass(frozen=True)
class Words:
    """What a voice webhook says, in our words."""

    leg: str
    caller: str
    digits: str
    speech: str
    status: str
    queue_result: str
    event: str
    conference: str
    position: int | None

    @property
    def identity(self) -> str | None:
        """The browser phone that is calling, or None for a telephone."""
        return self.caller.removeprefix(CLIENT) if self.caller.startswith(CLIENT) else None


def signed(view: Callable[P, R]) -> Callable[P, R]:
    """Refuse whatever does not carry the carrier's signature over our public address."""

    @wraps(view)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if not _signature_holds():
            abort(403, "签名不符：此地址只接受运营商的请求")
        structlog.contextvars.bind_contextvars(leg=request.form.get("CallSid", ""))
        return view(*args, **kwargs)

    checked.access = "signed"  # type: ignore[attr-defined]
    return checked


def _signature_holds() -> bool:
    settings = current_app.config["SETTINGS"]
    path = request.full_path if request.query_string else request.path
    validator = RequestValidator(settings.twilio_auth_token)
    return bool(
        validator.validate(
            settings.public_url + path, request.form, request.headers.get("X-Twilio-Signature", "")
        )
    )


def words() -> Words:
    form = request.form
    position = form.get("QueuePosition", "")
    return Words(
        leg=form.get("CallSid", ""),
        caller=form.get("From", ""),
        digits=form.get("Digits", ""),
        speech=form.get("SpeechResult", ""),
        status=form.get("CallStatus", ""),
        queue_result=form.get("QueueResult", ""),
        event=form.get("StatusCallbackEvent", ""),
        conference=form.get("FriendlyName", ""),
        position=int(position) if position.isdigit() else None,
    )


def param(name: str) -> str:
    """A parameter that a browser phone sent; untrusted."""
    return request.form.get(name, "")
