"""5533: each of the four targets that is missed is told once: in the page, by text, by webhook."""

import json

import pytest
from sqlalchemy import select

from channels.outgoing import endpoints
from infra.db import commit, session
from models import About, Assignment, DeadlinePolicy, Notice, Role, Urgency
from tests.channels.test_outbox import deliver, of_duty
from tests.visitors import browser_of, somebody
from tickets import dispatch, ladder
from tickets.wording import NOTICES

# Minutes after dispatch, and what is told then.
NUDGES = [(5, "late_sign"), (10, "late_mobilise"), (40, "late_on_site"), (180, "overdue")]


@pytest.fixture
def instant(ticket, urban) -> Assignment:
    ticket.urgency = Urgency.INSTANT
    # Whom nobody may ring: the first word is no target of these four.
    ticket.needs_reply = False
    limits = {"sign": "5 min", "mobilise": "10 min", "on_site": "40 min", "handle": "180 min"}
    session.add(DeadlinePolicy(urgency=Urgency.INSTANT, **limits))
    session.flush()
    given = dispatch.dispatch(ticket, urban, by=None)
    commit()
    return given


def told(name: str) -> list[Notice]:
    session.expire_all()
    query = select(Notice).where(Notice.name == name, Notice.for_leader.is_(False))
    return list(session.scalars(query))


def test_each_target_is_told_once_everywhere(
    app, instant, urban, endpoint, receiver, texts, work, time
):
    endpoints.add_phone(urban, "13900001111", list(About))
    clerk = somebody("night", Role.UNIT, unit=urban)
    deliver(work)
    passed, so_far = 0, ["ticket.dispatched"]
    for minutes, name in NUDGES:
        time.forward((minutes - passed) * 60 - 1)
        ladder.climb()
        deliver(work)
        assert told(name) == [], f"{name} before its time"
        time.forward(1)
        for _again in range(3):
            ladder.climb()
            commit()
            deliver(work)
        passed = minutes
        assert len(told(name)) == 1
        words = str(NOTICES[name])
        assert sum(words in body for body in of_duty(texts)) == 1, name
        heard = [json.loads(got.body)["type"] for got in receiver.got]
        assert heard.count(f"ticket.{name}") == 1
        assert words in browser_of(app, clerk).get("/inbox").text
        so_far.append(f"ticket.{name}")
    heard = [json.loads(got.body)["type"] for got in receiver.got]
    assert [one for one in heard if one != "ticket.nearly"] == so_far
