"""The composition root: the only module that knows everyone."""

from collections.abc import Set

from flask import Flask

import agent_desk.routes
import analytics.alarms
import analytics.alerting
import analytics.figures
import analytics.floor
import analytics.leading
import analytics.steering
import analytics.traffic
import analytics.wall
import assist.advice
import assist.routes
import callbacks.pages
import channels.api.door
import channels.api.files
import channels.api.keys_page
import channels.api.legal
import channels.api.linkages
import channels.api.routes
import channels.attachment_pages
import channels.citizen
import channels.docs_page
import channels.exchange.doors
import channels.exchange.pages
import channels.exchange.reconciliation_doors
import channels.exchange.reconciliation_pages
import channels.linkage_pages
import channels.outgoing.routes
import dispatching.routes
import erasing.pages
import followups.desk_pages
import followups.own_pages
import followups.own_voice
import followups.public
import followups.routes
import followups.voice
import infra.bell
import infra.db
import infra.log
import ivr.adding
import ivr.enquiry
import ivr.limited
import ivr.routes
import queues.dialled
import queues.diverted
import queues.limit_pages
import queues.line_pages
import queues.line_words
import queues.music
import queues.promise_pages
import queues.promised
import queues.protection_pages
import queues.relayed
import queues.routes
import queues.rung_back
import queues.seat_rung
import queues.steered
import queues.vanishing
import recordings.added
import recordings.pages
import recordings.routes
import recordings.rung
import recordings.store
import staff.access
import staff.admin
import staff.audit_log
import staff.live
import staff.norm_pages
import staff.routes
import telephony.carrier
import telephony.orders
import tickets.chase_doors
import tickets.clock_pages
import tickets.drafts
import tickets.escalation_pages
import tickets.failed_jobs
import tickets.legal_pages
import tickets.provisional
import tickets.routes
import tickets.verification
import tickets.wording
import units.acts
import units.difficult
import units.duty_pages
import units.routes
import units.sounds
import web.choices
import web.health
import web.languages
import web.shell
import workforce.pages
import workforce.shift_pages
from config import Settings
from infra import privacy
from ivr.menu import menu, unknown_lines
from telephony.sentences import missing
from telephony.windows import all_rules


def create_app(settings: Settings | None = None, *, connections: int = 10) -> Flask:
    """The whole hotline; raises SettingMissing, or says which setting or file is invalid.

    ``connections``: as many to the database are kept; more are opened when they are needed."""
    settings = settings or Settings.read()
    _check_voice()
    infra.log.configure()
    app = Flask(__name__, static_folder="web/static", template_folder="web/templates")
    app.config["SETTINGS"] = settings
    app.secret_key = settings.secret_key
    privacy.configure(settings.data_keys, settings.search_pepper, settings.area_code)
    _connect(app, settings, connections)
    web.shell.init_app(app)
    web.languages.init_app(app)
    web.choices.init_app(app)
    staff.access.init_app(app)
    _open_doors(app)
    web.shell.exempt_signed(app)
    return app


def _connect(app: Flask, settings: Settings, connections: int) -> None:
    infra.log.init_app(app)
    infra.db.init_app(app, infra.db.make_engine(settings.database_url, connections))
    infra.bell.init_app(app, settings.redis_url)
    # After the database: an order is carried out once its transaction is committed.
    telephony.orders.init_app(app)
    telephony.carrier.init_app(
        app,
        telephony.carrier.connect(
            settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_api_url
        ),
    )


def _open_doors(app: Flask) -> None:
    recordings.store.init_app(app)
    unknown = _unknown_lines if app.config["SETTINGS"].menu_enabled else _no_menu
    web.health.init_app(app, unknown, {"storage": recordings.store.state})
    _open_staff(app)
    _open_queues(app)
    _open_calls(app)
    agent_desk.routes.init_app(app)
    _open_floor(app)
    assist.advice.init_app(app)
    app.register_blueprint(assist.routes.bp)
    app.register_blueprint(callbacks.pages.bp)
    app.register_blueprint(followups.voice.bp)
    app.register_blueprint(followups.routes.bp)
    app.register_blueprint(followups.public.bp)
    app.register_blueprint(followups.desk_pages.bp)
    app.register_blueprint(followups.own_pages.bp)
    app.register_blueprint(followups.own_voice.bp)
    app.register_blueprint(channels.citizen.bp)
    app.register_blueprint(recordings.routes.bp)
    app.register_blueprint(recordings.pages.bp)
    app.register_blueprint(recordings.added.bp)
    app.register_blueprint(recordings.rung.bp)
    app.register_blueprint(tickets.routes.bp)
    app.register_blueprint(tickets.drafts.bp)
    app.register_blueprint(tickets.chase_doors.bp)
    app.register_blueprint(tickets.failed_jobs.bp)
    app.register_blueprint(tickets.verification.bp)
    app.register_blueprint(tickets.clock_pages.bp)
    app.register_blueprint(tickets.legal_pages.bp)
    app.register_blueprint(tickets.escalation_pages.bp)
    tickets.wording.init_app(app)
    tickets.provisional.init_app(app)
    dispatching.routes.init_app(app)
    _open_doors_of_units(app)
    _open_channels(app)


def _open_staff(app: Flask) -> None:
    app.register_blueprint(staff.routes.bp)
    app.register_blueprint(staff.admin.bp)
    app.register_blueprint(staff.audit_log.bp)
    app.register_blueprint(staff.live.bp)
    app.register_blueprint(staff.norm_pages.bp)
    app.register_blueprint(erasing.pages.bp)


def _open_floor(app: Flask) -> None:
    """Where leads see and act, and what is counted."""
    app.register_blueprint(analytics.floor.bp)
    app.register_blueprint(analytics.alarms.bp)
    app.register_blueprint(analytics.alerting.bp)
    analytics.leading.init_app(app)
    app.register_blueprint(analytics.steering.bp)
    app.register_blueprint(analytics.figures.bp)
    app.register_blueprint(analytics.traffic.bp)
    app.register_blueprint(analytics.wall.bp)
    app.register_blueprint(workforce.pages.bp)
    app.register_blueprint(workforce.shift_pages.bp)


def _open_queues(app: Flask) -> None:
    """Where the carrier asks and tells about who waits and talks."""
    queues.vanishing.init_app(app)
    app.register_blueprint(queues.routes.bp)
    app.register_blueprint(queues.music.bp)
    app.register_blueprint(queues.dialled.bp)
    app.register_blueprint(queues.relayed.bp)
    app.register_blueprint(queues.steered.bp)
    app.register_blueprint(queues.rung_back.bp)
    app.register_blueprint(queues.seat_rung.bp)
    app.register_blueprint(queues.promised.bp)
    app.register_blueprint(queues.diverted.bp)
    queues.line_words.init_app(app)
    app.register_blueprint(queues.line_pages.bp)
    app.register_blueprint(queues.promise_pages.bp)
    app.register_blueprint(queues.limit_pages.bp)
    app.register_blueprint(queues.protection_pages.bp)


def _open_channels(app: Flask) -> None:
    """Where units' own systems and other platforms come in, and how they are told."""
    app.register_blueprint(channels.outgoing.routes.bp)
    app.register_blueprint(channels.api.door.bp)
    app.register_blueprint(channels.docs_page.bp)
    app.register_blueprint(channels.api.keys_page.bp)
    app.register_blueprint(channels.api.files.pages)
    app.register_blueprint(channels.linkage_pages.bp)
    app.register_blueprint(channels.exchange.pages.bp)
    app.register_blueprint(channels.exchange.reconciliation_pages.bp)


def _open_calls(app: Flask) -> None:
    app.register_blueprint(ivr.routes.bp)
    app.register_blueprint(ivr.enquiry.bp)
    app.register_blueprint(ivr.adding.bp)
    app.register_blueprint(ivr.limited.bp)


def _open_doors_of_units(app: Flask) -> None:
    app.register_blueprint(units.routes.bp)
    app.register_blueprint(units.acts.bp)
    app.register_blueprint(units.difficult.bp)
    app.register_blueprint(units.duty_pages.bp)
    app.register_blueprint(units.sounds.bp)
    app.register_blueprint(channels.attachment_pages.bp)


def _check_voice() -> None:
    """What callers hear and press must be whole before the first call."""
    menu()
    all_rules()
    lacking = missing()
    if lacking:
        raise ValueError("telephony/tongues: missing " + ", ".join(lacking))


def _unknown_lines(known: Set[str]) -> list[str]:
    return unknown_lines(menu(), known)


def _no_menu(_known: Set[str]) -> list[str]:
    return []
