"""What the carrier says in a webhook, in our words, and whether it was the carrier.

The fallback process reads it, too: nothing here needs a database."""

from dataclasses import dataclass

from flask import current_app, request
from twilio.request_validator import RequestValidator

from telephony.callers import shown

CLIENT = "client:"
# How its verdict on a signed number begins when the signature does not hold.
FORGED = "TN-Validation-Failed"
# Every such number fits a column of 4 bytes.
LONGEST_NUMBER = 9


@dataclass(frozen=True)
class Words:
    """What a voice webhook says, in our words."""

    leg: str
    caller: str
    called: str
    digits: str
    speech: str
    status: str
    queue_seconds: int
    event: str
    conference: str
    # Who picked up, where the carrier was asked to listen.
    answered_by: str
    # Whether the two of a call that we dialled could hear each other.
    bridged: bool
    bridged_seconds: int
    # The carrier says that the number shown is not the caller's own; most say nothing of it.
    forged: bool

    @property
    def identity(self) -> str | None:
        """The browser phone that is calling, or None for a telephone."""
        return self.caller.removeprefix(CLIENT) if self.caller.startswith(CLIENT) else None


def signature_holds(base: str) -> bool:
    """True when the request carries our account's signature for ``base`` and this path."""
    settings = current_app.config["SETTINGS"]
    path = request.full_path if request.query_string else request.path
    validator = RequestValidator(settings.twilio_auth_token)
    given = request.headers.get("X-Twilio-Signature", "")
    return bool(validator.validate(base + path, request.form, given))


def words() -> Words:
    form = request.form
    return Words(
        leg=form.get("CallSid", ""),
        caller=shown(form.get("From", "")),
        called=form.get("To", ""),
        digits=form.get("Digits", ""),
        speech=form.get("SpeechResult", ""),
        status=form.get("CallStatus", ""),
        queue_seconds=param_number("QueueTime") or 0,
        event=form.get("StatusCallbackEvent", ""),
        conference=form.get("FriendlyName", ""),
        answered_by=form.get("AnsweredBy", ""),
        bridged=form.get("DialBridged") == "true",
        bridged_seconds=param_number("DialCallDuration") or 0,
        forged=form.get("StirVerstat", "").startswith(FORGED),
    )


def param_number(name: str) -> int | None:
    """A whole number that the carrier or a browser phone sent; untrusted, None if it is none."""
    given = request.form.get(name, "")
    if not (given.isascii() and given.isdecimal() and len(given) <= LONGEST_NUMBER):
        return None
    return int(given)
