"""What units still owe on a ticket: its light, the lists by it, and what leads are told."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from infra import db
from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import ContactWay, DaySource, Escalation, Notice, Part, Role, TicketEvent
from tests.channels.conftest import system_of
from tests.handled import Town
from tests.tickets.clerks import replied
from tests.visitors import somebody
from tickets import (
    calendar,
    deadlines,
    dispatch,
    handling,
    history,
    ladder,
    lit,
    recomputing,
    search,
    targets,
)
from tickets.calendar import Day
from tickets.wanted import Wanted


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


def sweep_at(time, moment: datetime) -> None:
    time.forward(max(0, (moment - now()).total_seconds()) + 1)
    ladder.climb()
    ladder.climb()
    db.commit()


# Minutes after the dispatch of a 5533: what was done by then, what is owed next, and its light.
COURSE = [
    (1, (), "sign", "green"),
    (4.5, (), "sign", "yellow"),
    (30, (), "sign", "red"),
    (6, ("sign",), "mobilise", "green"),
    (9, ("sign",), "mobilise", "yellow"),
    (11, ("sign",), "mobilise", "red"),
    (12, ("sign", "mobilise"), "respond", "green"),
    (31, ("sign", "mobilise"), "respond", "red"),
    (33, ("sign", "mobilise", "respond"), "on_site", "yellow"),
    (41, ("sign", "mobilise", "respond"), "on_site", "red"),
    (42, ("sign", "mobilise", "respond", "on_site"), "reply", "green"),
    (150, ("sign", "mobilise", "respond", "on_site"), "reply", "yellow"),
    (181, ("sign", "mobilise", "respond", "on_site"), "reply", "red"),
]
STEPS = {
    "sign": handling.sign,
    "mobilise": handling.mobilise,
    "respond": lambda one, by: handling.contact(one, by=by, way=ContactWay.PHONE),
    "on_site": handling.done_on_site,
}


@pytest.mark.parametrize(("minutes", "done", "name", "light"), COURSE)
def test_the_soonest_target_that_is_owed_decides_the_light(town, time, minutes, done, name, light):
    one = town.given(urgency="instant")
    for step in done:
        STEPS[step](one, by=town.people["urban"])
    db.commit()
    time.forward(minutes * 60)
    session.refresh(one)
    owed = targets.nearest(one)
    assert (owed.name, deadlines.light(one)) == (name, light)
    # The columns by which lists are found say the same.
    assert owed.at == one.next_due_at
    assert (one.next_near_at <= now(), one.next_due_at <= now()) == (
        light != "green",
        light == "red",
    )
    lead = town.people["li"]
    for each in lit.LIGHTS:
        found = search.find(Wanted(light=each), by=lead).tickets
        assert list(found) == ([one.ticket] if each == light else [])


def test_an_unsigned_5533_is_red_for_its_unit_and_says_so(town, time):
    """Signing is twenty-five minutes over; the reply has two hours and a half."""
    one = town.given(urgency="instant")
    other = town.signed()
    time.forward(30 * 60)
    clerk = town.browser("urban")
    page = clerk.get("/inbox").text
    assert "签收 <time" in page and "超 25 分" in page and "剩 2 小时 29 分" not in page
    tabs = {
        light: clerk.get(f"/inbox?light={light}").text.partition("data-list")[2]
        for light in ("red", "green")
    }
    assert one.ticket.number in tabs["red"] and other.ticket.number not in tabs["red"]
    assert one.ticket.number not in tabs["green"] and other.ticket.number in tabs["green"]
    assert '<b data-light="red">1</b>' in page and '<b data-light="green">1</b>' in page
    rows = clerk.get("/inbox/export.csv").text.splitlines()
    assert "超期,签收," in next(row for row in rows if one.ticket.number in row)


def test_leads_are_told_of_each_missed_target_once_and_see_to_it(town, time):
    one = town.given(urgency="instant")
    lead = town.browser("li")
    assert "超时上报待查看" not in lead.get("/floor").text
    with town.app.extensions["redis"].pubsub(ignore_subscribe_messages=True) as heard:
        heard.subscribe("floor")
        heard.get_message(timeout=1)
        sweep_at(time, one.sign_due_at)
        live = [json.loads(one["data"]) for one in iter(lambda: heard.get_message(timeout=1), None)]
    assert [each["name"] for each in live].count("assignment-late") == 1
    (told,) = session.scalars(select(Escalation))
    assert (told.name, told.due_at, told.seen_at) == ("late_sign", one.sign_due_at, None)
    noted = session.scalars(select(TicketEvent).where(TicketEvent.name == "escalated")).all()
    assert [each.detail for each in noted] == [{"missed": "late_sign"}]
    assert history.verify(one.ticket) is None
    assert "1 条超时上报待查看" in lead.get("/tickets").text
    (row,) = lead.get("/floor/figures").json["escalations"]["rows"]
    assert (row["number"], row["unit"], row["missed"]) == (
        one.ticket.number,
        "城管局",
        "超时未签收",
    )
    page = lead.get("/escalations").text
    assert one.ticket.number in page and "超时未签收" in page
    lead.post(f"/escalations/{told.id}/seen")
    assert told.seen_by_id == town.people["li"].id
    assert lead.get("/floor/figures").json["escalations"]["rows"] == []
    assert "超时上报待查看" not in lead.get("/tickets").text
    assert one.ticket.number not in lead.get("/escalations").text
    assert one.ticket.number in lead.get("/escalations?seen=1").text


def test_the_floor_listens_for_what_leads_are_told():
    """What nobody listens for is told to nobody."""
    floor = Path("analytics/static/floor.js").read_text(encoding="utf-8")
    assert 'listen(document.body.dataset.live, ["floor-moved", "assignment-late"' in floor
    assert 'addEventListener("live:assignment-late", refresh)' in floor


def test_an_overdue_ticket_is_told_again_only_for_another_date(town, time):
    one = town.signed()
    sweep_at(time, one.due_at)
    deadlines.grant(one, 3)
    db.commit()
    sweep_at(time, one.due_at)
    due = [each for each in session.scalars(select(Escalation)) if each.name == "overdue"]
    assert len(due) == 2 and due[0].due_at < due[1].due_at == one.due_at


def test_only_leads_see_what_leads_are_told(town, time):
    sweep_at(time, town.given(urgency="instant").sign_due_at)
    admin = town.people["admin"] = somebody("admin", Role.ADMIN)
    assert admin and "超时上报待查看" not in town.browser("admin").get("/floor").text
    assert town.browser("admin").get("/floor/figures").json["escalations"] is None
    for who in ("admin", "zhao", "urban", "wang"):
        assert town.browser(who).client.get("/escalations").status_code == 403


def test_the_list_by_light_goes_on_page_by_page(town, time, monkeypatch):
    monkeypatch.setattr(search, "PER_PAGE", 2)
    given = [town.given(urgency="instant") for _ in range(3)]
    given.append(town.signed(urgency="instant"))
    # Two units owe on it: it is listed once.
    dispatch.join(
        given[0].ticket, town.units["power"], Part.ASSIST, by=town.people["zhao"], advice=""
    )
    db.commit()
    time.forward(3600)
    wanted, found = Wanted(light="red"), []
    for _page in range(2):
        page = search.find(wanted, by=town.people["li"])
        found += page.tickets
        wanted = Wanted(light="red", after=page.further)
    assert found == [one.ticket for one in given] and page.further is None
    lead = town.browser("li")
    first = lead.get("/tickets?light=red").text
    assert "签收 <time" in first and "下一页" in first
    assert given[0].ticket.number in first and given[3].ticket.number not in first
    closed = lead.get("/tickets?light=red&state=closed").text
    assert given[0].ticket.number not in closed


def test_what_is_suspended_or_answered_is_late_for_nobody(town, time):
    one, other = town.given(), town.signed()
    replied(one, town.people["urban"])
    db.commit()
    time.forward(30 * 86400)
    found = search.find(Wanted(light="red"), by=town.people["li"]).tickets
    assert list(found) == [other.ticket] and one.ticket.due_at < now()


def test_missed_targets_come_before_other_news_and_all_have_a_page(town, time):
    late = town.given(urgency="instant")
    sweep_at(time, late.sign_due_at)
    given = [town.given() for _ in range(7)]
    clerk = town.browser("urban")
    page = clerk.get("/inbox").text.partition('class="told-of"')[2].partition("</ul>")[0]
    assert "超时未签收" in page.partition("</li>")[0] and page.count("<li>") == 5
    assert "全部 9 条通知" in clerk.get("/inbox").text
    whole = clerk.get("/inbox/notices").text
    assert all(one.ticket.number in whole for one in [late, *given])
    ids = [str(one.id) for one in session.scalars(select(Notice))]
    form = {"csrf_token": clerk._token(), "notice": ids, "all": "1"}
    assert clerk.client.post("/inbox/notices", data=form).location == "/inbox/notices"
    assert "没有未读的通知" in clerk.get("/inbox/notices").text


def test_nobody_is_done_on_site_before_he_set_out(town, time):
    """On the page, by the interface, and in the database."""
    one = town.signed(urgency="instant")
    clerk = town.browser("urban")
    assert "现场处置完毕" not in clerk.get(f"/inbox/{one.id}").text
    refused = clerk.client.post(f"/inbox/{one.id}/on-site", data={"csrf_token": clerk._token()})
    assert refused.status_code == 409 and "请先登记出动" in refused.text
    api = system_of(town.app, town.units["urban"])
    told = api.post(f"/assignments/{one.id}/on-site")
    assert told.status_code == 409 and "请先登记出动" in told.json["detail"]
    assert one.on_site_done_at is None
    assert api.post(f"/assignments/{one.id}/mobilisation").status_code == 200
    assert api.post(f"/assignments/{one.id}/on-site").status_code == 200
    session.refresh(one)
    assert one.mobilised_at <= one.on_site_done_at
    one.mobilised_at = one.on_site_done_at + timedelta(seconds=1)
    with pytest.raises(IntegrityError, match="mobilised_first"):
        session.flush()
    session.rollback()


def test_a_target_that_was_moved_and_is_missed_again_is_told_again(town, time):
    calendar.seed([now().year, now().year + 1])
    one = town.signed()
    sweep_at(time, one.respond_due_at)
    assert one.late == ["respond"]
    missed = one.respond_due_at
    day = local(missed).date()
    calendar.load([Day(day, works=False, name="停水")], DaySource.MANUAL)
    while recomputing.go_on():
        pass
    assert one.respond_due_at > now() and one.late == []
    sweep_at(time, one.respond_due_at)
    told = session.scalars(select(Escalation.due_at).where(Escalation.name == "late_respond"))
    assert sorted(told) == [missed, one.respond_due_at]
    notices = session.scalars(select(Notice.name).where(Notice.name == "late_respond"))
    assert len(notices.all()) == 2
