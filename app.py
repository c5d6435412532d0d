"""The composition root: the only module that knows everyone."""

from importlib import import_module

from flask import Flask

import infra.bell
import infra.db
import infra.log
import telephony.carrier
import telephony.orders
import web.shell
from config import Settings
from infra import privacy
from ivr.menu import menu
from telephony.sentences import missing

# Every feature with pages or webhooks; each has a blueprint called bp.
DOORS = (
    "web.health",
    "web.live",
    "staff.routes",
    "staff.admin",
    "assist.routes",
    "tickets.routes",
    "queues.routes",
    "recordings.routes",
    "ivr.routes",
    "ivr.enquiry",
    "agent_desk.routes",
    "analytics.floor",
)


def create_app(settings: Settings | None = None) -> Flask:
    """The whole hotline; raises SettingMissing, SettingInvalid or MenuInvalid at the start."""
    settings = settings or Settings.read()
    _check_voice()
    app = Flask(__name__, static_folder="web/static", template_folder="web/templates")
    app.config["SETTINGS"] = settings
    app.secret_key = settings.secret_key
    privacy.configure(settings.data_keys, settings.search_pepper)
    return app


def _check_voice() -> None:
    """What callers hear and press must be whole before the first call."""
    menu()
    lacking = missing()
    if lacking:
        raise ValueError("telephony/tongues: missing " + ", ".join(lacking))


__all__ = ["create_app", "import_module"]
