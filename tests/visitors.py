"""A member of staff at his browser: signed in, with the page's CSRF token on every form."""

import re
from dataclasses import dataclass

from flask import Flask
from werkzeug.test import TestResponse

from infra import db
from infra.clock import now
from infra.db import session
from models import Role, StaffMember, Unit

TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


@dataclass
class Browser:
    """Reads pages and sends forms as one member of staff."""

    app: Flask
    staff: StaffMember
    _known: str | None = None

    def __post_init__(self) -> None:
        self.client = self.app.test_client()
        token = self.staff.get_id()
        db.commit()  # a browser may be slow; nothing may stay open meanwhile
        with self.client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
            cookie["begun"] = cookie["seen"] = now().timestamp()

    def get(self, path: str, **known: object) -> TestResponse:
        return self.client.get(path, **known)

    def post(self, path: str, **form: str) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self._token(), **form})

    def post_json(self, path: str, body: object) -> TestResponse:
        return self.client.post(path, json=body, headers={"X-CSRFToken": self._token()})

    def _token(self) -> str:
        if self._known is None:
            self._known = self._read_token()
        return self._known

    def _read_token(self) -> str:
        # Any page carries it, also the one that says that there is nothing here.
        found = TOKEN.search(self.client.get("/no-such-page").get_data(as_text=True))
        assert found is not None
        return found[1]


def browser_of(app: Flask, staff: StaffMember) -> Browser:
    db.commit()
    return Browser(app, staff)


def somebody(login: str, *roles: Role, unit: Unit | None = None) -> StaffMember:
    """Who has the role of a unit works for one: for which one the test says, at once or in its
    next line."""
    staff = StaffMember(
        login=login, name=login, password_hash="-", roles=list(roles), created_at=now(), unit=unit
    )
    session.add(staff)
    if Role.UNIT not in roles or unit is not None:
        session.flush()
    return staff
