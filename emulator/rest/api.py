"""The door: who asks, for what, and how it is answered when it goes wrong."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from emulator.exchange import Exchange
from emulator.rest import (
    calls,
    conferences,
    messages,
    notes,
    queues,
    recordings,
    settings,
    transcriptions,
)
from emulator.rest.parameters import WITHOUT_EFFECT, known
from emulator.rest.wire import Answered, Query, RestError, answer, invalid, not_found

Handler = Callable[..., Answered]
ACCOUNT = "/2010-04-01/Accounts/{account}"

ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", "/Calls", calls.everything),
    ("POST", "/Calls", calls.create),
    ("GET", "/Calls/{call}", calls.fetch),
    ("POST", "/Calls/{call}", calls.update),
    ("DELETE", "/Calls/{call}", calls.delete),
    ("GET", "/Calls/{call}/Events", notes.events),
    ("GET", "/Calls/{call}/Notifications", notes.everything),
    ("GET", "/Calls/{call}/Notifications/{note}", notes.fetch),
    ("GET", "/Calls/{call}/Recordings", recordings.of_call),
    ("POST", "/Calls/{call}/Recordings", recordings.start),
    ("GET", "/Calls/{call}/Recordings/{recording}", recordings.fetch_of_call),
    ("POST", "/Calls/{call}/Recordings/{recording}", recordings.steer),
    ("DELETE", "/Calls/{call}/Recordings/{recording}", recordings.delete_of_call),
    ("POST", "/Calls/{call}/Transcriptions", transcriptions.create),
    ("POST", "/Calls/{call}/Transcriptions/{sid}", transcriptions.update),
    ("GET", "/Notifications", notes.everything),
    ("GET", "/Notifications/{note}", notes.fetch),
    ("GET", "/Transcriptions", transcriptions.of_recordings),
    ("GET", "/Recordings/{recording}/Transcriptions", transcriptions.of_recordings),
    ("GET", "/Recordings", recordings.everything),
    ("GET", "/Recordings/{recording}", recordings.fetch),
    ("DELETE", "/Recordings/{recording}", recordings.delete),
    ("GET", "/Conferences", conferences.everything),
    ("GET", "/Conferences/{conference}", conferences.fetch),
    ("POST", "/Conferences/{conference}", conferences.update),
    ("GET", "/Conferences/{conference}/Participants", conferences.participants),
    ("POST", "/Conferences/{conference}/Participants", conferences.create),
    ("GET", "/Conferences/{conference}/Participants/{leg}", conferences.participant),
    ("POST", "/Conferences/{conference}/Participants/{leg}", conferences.change),
    ("DELETE", "/Conferences/{conference}/Participants/{leg}", conferences.remove),
    ("GET", "/Conferences/{conference}/Recordings", conferences.recordings_of),
    ("GET", "/Conferences/{conference}/Recordings/{recording}", conferences.recording),
    ("POST", "/Conferences/{conference}/Recordings/{recording}", conferences.steer),
    ("DELETE", "/Conferences/{conference}/Recordings/{recording}", conferences.delete_recording),
    ("GET", "/Queues", queues.everything),
    ("POST", "/Queues", queues.create),
    ("GET", "/Queues/{queue}", queues.fetch),
    ("POST", "/Queues/{queue}", queues.update),
    ("DELETE", "/Queues/{queue}", queues.delete),
    ("GET", "/Queues/{queue}/Members", queues.members),
    ("GET", "/Queues/{queue}/Members/{call}", queues.member),
    ("POST", "/Queues/{queue}/Members/{call}", queues.dequeue),
    ("GET", "", settings.account),
    ("POST", "", settings.update_account),
    ("GET", "/Applications", settings.applications),
    ("POST", "/Applications", settings.create_application),
    ("GET", "/Applications/{application}", settings.application),
    ("POST", "/Applications/{application}", settings.update_application),
    ("DELETE", "/Applications/{application}", settings.delete_application),
    ("GET", "/IncomingPhoneNumbers", settings.numbers),
    ("POST", "/IncomingPhoneNumbers", settings.create_number),
    ("GET", "/IncomingPhoneNumbers/{number}", settings.number),
    ("POST", "/IncomingPhoneNumbers/{number}", settings.update_number),
    ("DELETE", "/IncomingPhoneNumbers/{number}", settings.delete_number),
    ("GET", "/Messages", messages.everything),
    ("POST", "/Messages", messages.create),
    ("GET", "/Messages/{message}", messages.fetch),
    ("POST", "/Messages/{message}", messages.update),
    ("DELETE", "/Messages/{message}", messages.delete),
]

FAILURES = {
    "429": RestError(429, 20429, "Too many requests"),
    "500": RestError(500, 20500, "An internal server error has occurred"),
}


@dataclass(frozen=True)
class Route:
    method: str
    pattern: re.Pattern[str]
    handler: Handler
    parameters: frozenset[str]


class TimedOut(Exception):
    """The request is to be left without an answer."""


class Api:
    """Answers requests; raises TimedOut when a fault wants the client to wait in vain."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._routes = [
            Route(method, _pattern(ACCOUNT + path), handler, known(method, path))
            for method, path, handler in ROUTES
        ]

    def handle(
        self,
        method: str,
        path: str,
        fields: Mapping[str, Sequence[str]],
        authorization: str | None,
    ) -> Answered:
        try:
            kind = self._exchange.faults.rest_fails()
            self._fail_on_purpose(kind)
            self._authenticate(path, authorization)
            answered = self._dispatch(method, path, Query(path, fields))
            if kind == "broken":
                raise FAILURES["500"]
        except RestError as error:
            return answer(error.body(), error.status)
        if kind == "unanswered":
            raise TimedOut
        return answered

    def _dispatch(self, method: str, path: str, query: Query) -> Answered:
        if path.endswith(".wav"):
            sid = path.removesuffix(".wav").rpartition("/")[2]
            return recordings.media(self._exchange, query, sid)
        for route in self._routes:
            found = route.pattern.fullmatch(path)
            if found and route.method == method:
                ids = found.groupdict()
                ids.pop("account")
                self._refuse_unknown(route, query)
                return route.handler(self._exchange, query, **ids)
        raise not_found(path)

    def _refuse_unknown(self, route: Route, query: Query) -> None:
        for name in set(query.fields) - route.parameters:
            if name not in WITHOUT_EFFECT:
                raise invalid(f"Unknown parameter {name}")
            self._exchange.on_ignored(f"{query.path}: {name} has no effect here")

    def _authenticate(self, path: str, authorization: str | None) -> None:
        account = self._exchange.account
        known = {account.sid: account.token} | account.keys
        name, password = _basic(authorization)
        if not name or known.get(name) != password:
            raise RestError(401, 20003, "Authenticate")
        whole = path.removesuffix(".json")
        if not f"{whole}/".startswith(f"/2010-04-01/Accounts/{account.sid}/"):
            raise not_found(path)
        if account.status != "active" and not whole.endswith(account.sid):
            raise RestError(401, 20005, "Account not active")

    def _fail_on_purpose(self, kind: str | None) -> None:
        if kind == "timeout":
            raise TimedOut
        if kind in FAILURES:
            raise FAILURES[kind]


def _pattern(path: str) -> re.Pattern[str]:
    named = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+?)", path)
    return re.compile(named + r"(\.json)?")


def _basic(authorization: str | None) -> tuple[str, str]:
    kind, _, secret = (authorization or "").partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(secret).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password
