"""A page without a browser: signed in, it asks the real doors of a desk, or of the floor."""

import re
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from flask import Flask

from infra.clock import now
from simulation.coupling import Killed
from simulation.weather import Trouble

TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


@dataclass(frozen=True)
class Answered:
    """What came back; 500 where nobody answered at all."""

    status: int = 500
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def heard(self) -> bool:
        """Whether somebody answered; a page that was refused or found nothing asks no more."""
        return self.status < 500


class Browser:
    """``page``: under which address its doors are."""

    def __init__(
        self, app: Flask, identity: str, trouble: Trouble, dice: Random, page: str = "/desk"
    ) -> None:
        self._app, self._identity, self._trouble, self._dice = app, identity, trouble, dice
        self._page, self._token = page, ""
        self.new_desk()
        self._sign_in()

    def new_desk(self) -> None:
        self.desk = str(UUID(int=self._dice.getrandbits(128), version=4))

    def posts(self, what: str, body: dict[str, object]) -> Answered:
        return self._again("POST", what, {"desk": self.desk, **body})

    def gets(self, what: str) -> dict[str, Any]:
        """What it shows; nothing where it was not told."""
        return self._again("GET", what, None).said

    def _again(self, method: str, what: str, body: dict[str, object] | None) -> Answered:
        answered = self._ask(method, what, body)
        if answered.status in (302, 400, 401):
            self._sign_in()  # after twelve hours, as everybody has to
            answered = self._ask(method, what, body)
        return answered

    def _ask(self, method: str, what: str, body: dict[str, object] | None) -> Answered:
        headers = {"X-CSRFToken": self._token, "Accept": "application/json"}
        address = f"{self._page}/{what}"
        try:
            with self._trouble.near():
                answer = Context().run(
                    self._client.open, address, method=method, json=body, headers=headers
                )
        except (Killed, Exception):
            return Answered()  # what no handler of ours answers, the server does
        said = answer.get_json(silent=True)
        with suppress(Killed, Exception), self._trouble.near():
            Context().run(answer.close)
        return Answered(answer.status_code, said if isinstance(said, dict) else {})

    def _sign_in(self) -> None:
        self._client = self._app.test_client()
        with self._client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = self._identity, True
            cookie["begun"] = cookie["seen"] = now().timestamp()
        page = self._client.get("/no-such-page").get_data(as_text=True)
        found = TOKEN.search(page)
        if found is None:
            raise LookupError("no page carries the token that forms need")
        self._token = found[1]
