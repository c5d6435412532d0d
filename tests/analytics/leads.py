"""Leads at the floor's page, with browser phones of their own."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from emulator.caller import Caller
from infra.db import session
from models import Call, Monitor, Role, StaffMember
from tests.agent_desk.talks import audible
from tests.carrier import City
from tests.visitors import Browser, browser_of, somebody


@dataclass
class Lead:
    city: City
    staff: StaffMember
    id: int = field(init=False)
    phone: Caller = field(init=False)
    page: Browser = field(init=False)

    def __post_init__(self) -> None:
        self.id = self.staff.id
        self.phone = Caller(self.city.exchange, f"client:lead_{self.id}")
        self.page = browser_of(self.city.app, self.staff)

    @classmethod
    def comes(cls, city: City, login: str = "lead", *, unseen: bool = False) -> "Lead":
        staff = somebody(login, Role.LEAD)
        staff.monitors_unseen = unseen
        return cls(city, staff)

    def asks(self, what: str, **about: object) -> TestResponse:
        """Press a button; its answer as it came."""
        return self.page.post_json(f"/floor/{what}", about)

    def does(self, what: str, **about: object) -> dict[str, Any]:
        """Press a button, and let the carrier be told."""
        answer = self.asks(what, **about)
        assert answer.status_code in (200, 204), answer.get_data(as_text=True)
        self.city.pass_time(1)
        return answer.get_json() or {}

    def enters(self, call: Call | int, mode: str = "listen", **how: object) -> None:
        """Come into a talk: the browser places a leg of its own."""
        call_id = call if isinstance(call, int) else call.id
        shown = self.asks("monitor", call=call_id, mode=mode, **how)
        assert shown.status_code == 200, shown.get_data(as_text=True)
        self.connects(shown.get_json()["monitor"]["id"])

    def connects(self, monitor: int) -> None:
        app_sid = self.city.app.config["SETTINGS"].twilio_app_sid
        self.phone.connects(app_sid, monitor=str(monitor))
        self.city.pass_time(2)

    def hears(self, *others: Caller) -> bool:
        """Whether he hears these, and nobody else."""
        return audible(self.phone) == {one.number for one in others}

    @property
    def shows(self) -> dict[str, Any]:
        return self.page.get("/floor/monitor").get_json()

    @property
    def monitor(self) -> Monitor | None:
        session.expire_all()
        mine = select(Monitor).where(Monitor.by_id == self.id).order_by(Monitor.id.desc())
        return session.scalars(mine).first()
