"""A unit's leader: told what is late, of his unit and of those below it, and nobody else's."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from channels.outgoing import spreading
from infra import db
from infra.clock import now
from infra.db import session
from infra.privacy import fingerprint, mask
from models import AuditEntry, DutyPhone, Notice, Role, StaffMember, TextMessage
from tests.handled import Town
from tests.visitors import somebody
from tickets import handling, ladder


@pytest.fixture
def town(app, time) -> Town:
    """The leader of urban management, beside its clerk; the station below has none."""
    made = Town(app)
    chief = made.people["chief"] = somebody("chief", Role.UNIT)
    chief.unit, chief.leads_unit = made.units["urban"], True
    return made


def leaders(town: Town) -> list[tuple[str, str]]:
    found = select(Notice).where(Notice.for_leader).order_by(Notice.id)
    return [(one.unit.code, one.name) for one in session.scalars(found)]


def climb_at(time, moment) -> None:
    time.forward((moment - now()).total_seconds() + 1)
    ladder.climb()
    ladder.climb()
    db.commit()


def test_each_5533_target_missed_is_told_to_the_leader_once(town, time):
    one = town.given(urgency="instant")
    other = town.given("power", urgency="instant")
    climb_at(time, one.sign_due_at)
    assert leaders(town) == [("urban", "late_sign")]
    page = town.browser("chief").get("/inbox").text
    assert "超时未签收" in page and one.ticket.number in page and other.ticket.number not in page
    climb_at(time, one.due_at)
    assert {name for _unit, name in leaders(town)} == {
        "late_sign",
        "late_respond",
        "late_mobilise",
        "late_on_site",
        "overdue",
    }


def test_what_the_clerk_has_read_the_leader_has_not(town, time):
    one = town.given()
    climb_at(time, one.due_at)
    clerk, chief = town.browser("urban"), town.browser("chief")
    ids = [str(row.id) for row in session.scalars(select(Notice))]
    form = {"csrf_token": clerk._token(), "notice": ids}
    clerk.client.post("/inbox/notices", data=form)
    assert "知道了" not in clerk.get("/inbox").text
    assert "知道了" in chief.get("/inbox").text
    form["csrf_token"] = chief._token()
    chief.client.post("/inbox/notices", data=form)
    assert "知道了" not in chief.get("/inbox").text


def test_of_a_sub_unit_without_one_the_leader_above_is_told_and_sees_its_light(town, time):
    one = town.signed()
    due = now() + timedelta(hours=2)
    handling.delegate(one, town.units["station"], by=town.people["urban"], due_at=due)
    climb_at(time, due)
    assert ("urban", "overdue") in leaders(town)
    red = town.browser("chief").get("/inbox?light=red").text
    assert "路灯所" in red.partition("data-list")[2]
    own = town.browser("chief").get("/inbox?light=red&below=0").text
    assert "路灯所" not in own.partition("data-list")[2]


def test_a_days_lateness_and_three_are_told_too(town, time):
    one = town.given()
    for _ in range(14):
        climb_at(time, now() + timedelta(days=1))
    assert one.joint_at is not None
    assert leaders(town).count(("urban", "supervised")) == 2


def test_a_leaders_phone_hears_of_lateness_only(town, time):
    for number, wants in (("13900001111", ["lateness"]), ("13900002222", ["clocks"])):
        session.add(
            DutyPhone(
                unit=town.units["urban"],
                number=number,
                number_fingerprint=fingerprint(number),
                number_masked=mask(number),
                wants=wants,
                added_at=now(),
            )
        )
    one = town.given()
    climb_at(time, one.nearly_at)
    climb_at(time, one.due_at)
    spreading.spread_due()
    sent = session.scalars(select(TextMessage).where(TextMessage.number_masked == "139****1111"))
    assert [one.ticket.number in text.body and "即将到期" not in text.body for text in sent] == [
        True
    ] * 3


def test_who_has_left_leads_nobody(town, time):
    town.people["chief"].disabled_at = now()
    climb_at(time, town.given().due_at)
    assert leaders(town) == []


def test_an_administrator_says_who_leads(town):
    admin = town.people["admin"] = somebody("admin", Role.ADMIN)
    page, clerk = town.browser("admin"), town.people["urban"]
    known = {"name": "王", "role": "unit", "unit": "urban"}
    page.post(f"/admin/people/{clerk.id}", **known, leads_unit="on")
    assert (
        clerk.leads_unit
        and 'name="leads_unit" checked' in page.get(f"/admin/people/{clerk.id}").text
    )
    page.post(f"/admin/people/{clerk.id}", **known | {"unit": ""}, leads_unit="on")
    assert clerk.leads_unit and clerk.unit is not None
    page.post(f"/admin/people/{clerk.id}", **known)
    assert not clerk.leads_unit
    acts = select(AuditEntry.detail).where(AuditEntry.action == "changed_leader")
    assert [one["now"] for one in session.scalars(acts.order_by(AuditEntry.id))] == [True, False]
    assert session.scalars(select(StaffMember).where(StaffMember.leads_unit)).one().login == "chief"
    assert admin.unit is None
