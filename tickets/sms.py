"""The way a text message leaves: the city's own gateway when one is set, else the carrier.

A message is handed over at least once: one that is lost costs a citizen his query code.  Whether
an attempt that nobody saw the end of was taken, the gateway knows by the key, the carrier by its
list."""

import re
from datetime import datetime

import requests
from flask import current_app

from infra.privacy import national
from infra.wording import N_
from models import Person
from telephony.carrier import carrier
from telephony.errors import CarrierError

TIMEOUT = 5.0
MOBILE = re.compile(r"1[0-9]{10}|\+[0-9]{6,15}")


def reaches(person: Person | None) -> bool:
    """Whether he can be sent a text message: his number is known, and no landline."""
    return person is not None and MOBILE.fullmatch(national(person.number)) is not None


def deliver(number: str, body: str, *, key: str, tried_since: datetime | None = None) -> str:
    """Hand the message over; returns the provider's name for it, raises CarrierError.

    ``tried_since``: from when on an earlier attempt may have been taken."""
    plain = national(number)
    if not MOBILE.fullmatch(plain):
        raise CarrierError(N_("座机不能接收短信"), permanent=True)
    settings = current_app.config["SETTINGS"]
    if settings.sms_url:
        return _over_http(settings.sms_url, settings.sms_token, key, plain, body)
    to = plain if plain.startswith("+") else f"+86{plain}"
    taken = carrier().text_taken(to, body, tried_since) if tried_since else None
    return taken or carrier().send_text(to, settings.hotline_number, body)


def _over_http(url: str, token: str, key: str, number: str, body: str) -> str:
    """POST {"to", "body"} → 2xx {"id"}; the small interface that gateways are adapted to.  The same
    Idempotency-Key is the same message, which is sent on once."""
    headers = {"Idempotency-Key": key}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        answer = requests.post(
            url,
            json={"to": number, "body": body},
            headers=headers,
            timeout=TIMEOUT,
        )
    except requests.RequestException as error:
        raise CarrierError(
            N_("短信网关无应答") + f"：{type(error).__name__}", permanent=False, unknown=True
        ) from error
    if not answer.ok:
        permanent = 400 <= answer.status_code < 500 and answer.status_code not in (401, 408, 429)
        raise CarrierError(N_("短信网关回答") + f"：{answer.status_code}", permanent=permanent)
    try:
        return str(answer.json()["id"])[:64]
    except (ValueError, KeyError, TypeError):
        return "accepted"
