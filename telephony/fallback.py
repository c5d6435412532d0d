"""The tiny process that needs no database: whatever breaks, a caller hears words and keeps waiting.

It is the number's fallback address and the place where a failing call document sends a caller.
He goes into the carrier's own queue and is handed back as soon as the hotline answers again;
its wait document then makes good the rows that are missing.  Where that takes long he may leave a
message, which the carrier keeps until the hotline asks for it (``ivr.voicemail``)."""

import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta

import requests
from flask import Flask, Response, abort, current_app

from config import Settings
from infra.clock import now
from telephony.replies import Reply, Sentence
from telephony.words import signature_holds, words

ASK_AGAIN = 8
# In seconds: after so long nobody should have to choose between waiting and giving up.
MESSAGE_AFTER = 60
LEAVES_A_MESSAGE = "1"
# As long as he listens to nothing else a key counts.
CHOOSES_FOR = 6 + ASK_AGAIN
HEALTH_TIMEOUT = 1.0
HEALTH_REMEMBERED = timedelta(seconds=2)


class Health:
    """Whether the hotline answers, asked at most once every ``HEALTH_REMEMBERED`` seconds."""

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask = ask
        self._asked_at: datetime | None = None
        self._well = False

    def well(self, *, fresh: bool = False) -> bool:
        at = now()
        if fresh:
            self._asked_at = None
        if self._asked_at is None or at - self._asked_at > HEALTH_REMEMBERED:
            self._well, self._asked_at = self._ask(), at
        return self._well


def create_app(settings: Settings) -> Flask:
    app = Flask(__name__)
    app.config["SETTINGS"] = settings
    app.extensions["health"] = Health(lambda: _answers(settings.public_url + "/readyz"))
    # Between the key and the end of his place, which follows at once.  Lost with this process, it
    # is offered to him once more.
    app.extensions["choosing"] = set()
    app.before_request(_only_the_carrier)
    app.add_url_rule("/voice/failed", view_func=failed, methods=["POST"])
    for name, view in (("wait", wait), ("message", message), ("left", left), ("taken", taken)):
        app.add_url_rule(f"/voice/failed/{name}", view_func=view, methods=["POST"])
    app.add_url_rule("/voice/dial/failed", view_func=dial_failed, methods=["POST"])
    return app


def failed() -> Response:
    if words().identity is not None:
        return Reply().say("sorry_agent").hang_up().send()
    return _keep(Reply().say("sorry"))


def wait() -> Response:
    settings = current_app.config["SETTINGS"]
    health: Health = current_app.extensions["health"]
    if health.well():
        # Back to the queue whose documents the hotline writes: what is offered here ends with it.
        return Reply().leave_queue().send()
    if words().queue_seconds < MESSAGE_AFTER:
        return Reply().say("still_waiting").pause(ASK_AGAIN).send()
    choice = settings.fallback_url + "/voice/failed/message"
    first: list[Sentence] = [("still_waiting", {})]
    return Reply().ask_keys("message_offer", choice, seconds=CHOOSES_FOR, first=first).send()


def message() -> Response:
    """He has pressed a key while he waited: the one that was offered takes him out of the queue."""
    if words().digits == LEAVES_A_MESSAGE:
        current_app.extensions["choosing"].add(words().leg)
        return Reply().leave_queue().send()
    settings = current_app.config["SETTINGS"]
    return Reply().go_to(settings.fallback_url + "/voice/failed/wait").send()


def left() -> Response:
    """He is out of the queue: to somebody who waits for him, or to leave his message.

    Whom the carrier has put out of it, or who should have gone to a hotline that is away again, did
    not ask to leave one: he waits on."""
    settings = current_app.config["SETTINGS"]
    health: Health = current_app.extensions["health"]
    choosing: set[str] = current_app.extensions["choosing"]
    chose = words().leg in choosing
    choosing.discard(words().leg)
    if health.well(fresh=True):
        back = Reply() if words().queue_seconds < MESSAGE_AFTER else Reply().say("back")
        return back.go_to(settings.public_url + "/voice/dequeued").send()
    if not chose:
        return _keep(Reply().pause(ASK_AGAIN))
    return Reply().take_message("message", settings.fallback_url + "/voice/failed/taken").send()


def taken() -> Response:
    return Reply().say("message_taken").hang_up().send()


def dial_failed() -> Response:
    """Somebody whom we have rung while the hotline is away: it rings him again."""
    return Reply().say("sorry_dialled").hang_up().send()


def _keep(reply: Reply) -> Response:
    base = current_app.config["SETTINGS"].fallback_url + "/voice/failed"
    return reply.queue_and_tell(wait=base + "/wait", then=base + "/left").send()


def _only_the_carrier() -> None:
    settings = current_app.config["SETTINGS"]
    if not signature_holds(settings.fallback_url):
        abort(403, "签名不符：此地址只接受运营商的请求")


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=HEALTH_TIMEOUT).ok
    except requests.RequestException:
        return False


def application() -> Flask:
    return create_app(Settings.read())


def main() -> None:
    settings = Settings.read()
    address = f"{settings.host}:{settings.port + 4}"
    server = ["-m", "gunicorn", "--config", "telephony/fallback.conf.py", "--bind", address]
    os.execv(sys.executable, [sys.executable, *server, "telephony.fallback:application()"])


if __name__ == "__main__":
    main()
