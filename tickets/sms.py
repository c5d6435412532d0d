"""The way a text message leaves: the city's own gateway when one is set, else the carrier."""

import re

import requests
from flask import current_app

from infra.privacy import national
from infra.wording import N_
from telephony.carrier import CarrierError, carrier

TIMEOUT = 5.0
MOBILE = re.compile(r"1\d{10}|\+\d{6,15}")


def deliver(number: str, body: str) -> str:
    """Hand the message over; returns the provider's name for it, raises CarrierError."""
    plain = national(number)
    if not MOBILE.fullmatch(plain):
        raise CarrierError(N_("座机不能接收短信"), permanent=True)
    settings = current_app.config["SETTINGS"]
    if settings.sms_url:
        return _over_http(settings.sms_url, settings.sms_token, plain, body)
    to = plain if plain.startswith("+") else f"+86{plain}"
    return carrier().send_text(to, settings.hotline_number, body)


def _over_http(url: str, token: str, number: str, body: str) -> str:
    """POST {"to", "body"} → 2xx {"id"}; the small interface that gateways are adapted to."""
    try:
        answer = requests.post(
            url,
            json={"to": number, "body": body},
            headers={"Authorization": f"Bearer {token}"} if token else {},
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
