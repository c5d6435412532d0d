"""An agent's page without a browser: signed in, it posts to the desk's real doors."""

import re
from contextlib import suppress
from contextvars import Context
from random import Random
from uuid import UUID

from flask import Flask

from infra.clock import now
from simulation.coupling import Killed
from simulation.weather import Trouble

TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


class Browser:
    def __init__(self, app: Flask, identity: str, trouble: Trouble, dice: Random) -> None:
        self._app, self._identity, self._trouble, self._dice = app, identity, trouble, dice
        self._token = ""
        self.new_desk()
        self._sign_in()

    def new_desk(self) -> None:
        self.desk = str(UUID(int=self._dice.getrandbits(128), version=4))

    def posts(self, what: str, body: dict[str, object]) -> bool:
        """Whether somebody answered; a page that was refused or found nothing asks no more."""
        status = self._post(what, body)
        if status in (302, 400, 401):
            self._sign_in()  # after twelve hours, as everybody has to
            status = self._post(what, body)
        return status < 500

    def _post(self, what: str, body: dict[str, object]) -> int:
        headers = {"X-CSRFToken": self._token, "Accept": "application/json"}
        asked = {"desk": self.desk, **body}
        try:
            with self._trouble.near():
                answer = Context().run(
                    self._client.post, f"/desk/{what}", json=asked, headers=headers
                )
        except (Killed, Exception):
            return 500  # what no handler of ours answers, the server does
        with suppress(Killed, Exception), self._trouble.near():
            Context().run(answer.close)
        return answer.status_code

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
