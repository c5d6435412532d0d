"""What a customer of the carrier has: numbers, applications, and the token that signs."""

from dataclasses import dataclass, field
from uuid import uuid4


def new_sid(prefix: str) -> str:
    return prefix + uuid4().hex


@dataclass
class Webhooks:
    """Where a number or an application wants to hear of calls."""

    voice_url: str = ""
    voice_method: str = "POST"
    voice_fallback_url: str = ""
    voice_fallback_method: str = "POST"
    status_callback: str = ""
    status_callback_method: str = "POST"


@dataclass
class Number:
    number: str
    webhooks: Webhooks
    sid: str = field(default_factory=lambda: new_sid("PN"))
    friendly_name: str = ""
    # The application that answers it in the place of its own webhooks.
    application: str = ""


@dataclass
class Application:
    webhooks: Webhooks
    sid: str = field(default_factory=lambda: new_sid("AP"))
    friendly_name: str = ""


@dataclass
class Account:
    sid: str
    token: str
    friendly_name: str = "local"
    status: str = "active"
    numbers: dict[str, Number] = field(default_factory=dict)
    applications: dict[str, Application] = field(default_factory=dict)
    # API keys that sign access tokens and may use REST: sid to secret.
    keys: dict[str, str] = field(default_factory=dict)
