"""What leads see: who waits, who is free, how well the promise is kept."""

import re
from datetime import timedelta

import pytest

from analytics.board import emergencies
from infra.clock import now
from infra.db import session
from models import Activity, Call, CallStatus, Desired, Disposition, Role
from queues import waiting
from tests.places import a_line, a_unit, an_agent
from tests.visitors import browser_of, somebody


@pytest.fixture
def lead(app, time):
    return browser_of(app, somebody("lead", Role.LEAD))


def ended(line, serial: int, *, waited: float | None, disposition: Disposition, days: int = 0):
    """A call of today (or before) that ended; ``waited`` seconds until the answer, if any."""
    due = now() - timedelta(days=days, minutes=5)
    call = Call(
        sid=f"CA{serial}",
        number_masked="138****0000",
        line_id=line.id,
        started_at=due,
        person_due_at=due,
        answered_at=None if waited is None else due + timedelta(seconds=waited),
        status=CallStatus.ENDED,
        ended_at=now(),
        disposition=disposition,
    )
    session.add(call)
    return call


def of(figures, code):
    return next(line for line in figures["lines"] if line["code"] == code)


def test_the_promise_counts_answers_within_15_seconds_and_abandoned_calls(lead):
    line = a_line("general")
    ended(line, 1, waited=3, disposition=Disposition.ANSWERED)
    ended(line, 2, waited=15, disposition=Disposition.ANSWERED)
    ended(line, 3, waited=16, disposition=Disposition.ANSWERED)
    ended(line, 4, waited=None, disposition=Disposition.ABANDONED)
    ended(line, 5, waited=None, disposition=Disposition.LEFT_EARLY)
    ended(line, 6, waited=90, disposition=Disposition.ANSWERED, days=1)
    seen = of(lead.get("/floor/figures").json, "general")
    assert (seen["answered"], seen["in_time"], seen["abandoned"]) == (3, 2, 1)
    assert seen["service_level"] == 0.5


def test_the_share_leads_to_the_calls_that_it_lacks(lead):
    line, other = a_line("general"), a_line("tourism")
    shown = [
        ended(line, 1, waited=16, disposition=Disposition.ANSWERED),
        ended(line, 2, waited=None, disposition=Disposition.ABANDONED),
    ]
    kept = ended(line, 3, waited=15, disposition=Disposition.ANSWERED)
    elsewhere = ended(other, 4, waited=40, disposition=Disposition.ANSWERED)
    ended(line, 5, waited=None, disposition=Disposition.LEFT_EARLY)
    ended(line, 6, waited=90, disposition=Disposition.ANSWERED, days=1)
    rung = ended(line, 7, waited=0, disposition=Disposition.ANSWERED)
    rung.line_id = rung.person_due_at = None
    session.flush()
    late = lead.get("/floor/figures").json["late"]
    assert listed(lead, f"{late}&line=general") == [one.id for one in shown]
    assert listed(lead, late) == [*(one.id for one in shown), elsewhere.id]
    assert listed(lead, late.replace("kept=no", "kept=yes")) == [kept.id]


def test_who_may_not_open_calls_is_led_nowhere(app, time):
    admin = browser_of(app, somebody("boss", Role.ADMIN))
    assert admin.get("/floor/figures").json["late"] is None


def listed(lead, address):
    return sorted({int(one) for one in re.findall(r'href="/calls/(\d+)"', lead.get(address).text)})


def test_who_waits_and_since_when(lead, time):
    line, other = a_line("general"), a_line("tourism")
    for serial, at in enumerate((line, line, other)):
        call = Call(sid=f"CA{serial}", number_masked="-", started_at=now())
        session.add(call)
        session.flush()
        waiting.enter(call, at)
        time.forward(10)
    figures = lead.get("/floor/figures").json
    assert (of(figures, "general")["waiting"], of(figures, "tourism")["waiting"]) == (2, 1)
    assert of(figures, "general")["oldest"] < of(figures, "tourism")["oldest"]
    assert of(figures, "general")["service_level"] is None


def test_who_lost_his_agent_waits_since_he_is_back_and_not_since_he_called(lead, time):
    line = a_line()
    called = now()
    call = Call(sid="CA1", number_masked="-", started_at=called, answered_at=called)
    session.add(call)
    session.flush()
    time.forward(600)
    place = waiting.enter(call, line, age_from=called)
    assert of(lead.get("/floor/figures").json, "general")["oldest"] == place.entered_at.isoformat()


def test_signed_on_are_the_same_in_lines_and_seats(lead, time):
    """Who is ready with a live lease, also while he talks; a desk that is only open is not."""
    line, other = a_line("general"), a_line("tourism")
    here, talks, gone = an_agent("here", line), an_agent("talks", line), an_agent("gone", line)
    an_agent("home", line, ready=False)
    offline = an_agent("offline", line, ready=False)
    on_break = an_agent("break", line)
    on_break.desired, talks.activity = Desired.BREAK, Activity.TALKING
    for seat in (here, talks, on_break, offline):
        seat.lease_until = now() + timedelta(seconds=20)
    gone.lease_until = now() - timedelta(seconds=1)
    figures = lead.get("/floor/figures").json
    assert (of(figures, "general")["seats"], of(figures, other.code)["seats"]) == (2, 0)
    on = {seat["name"]: seat["signed_on"] for seat in figures["seats"]}
    assert [name for name in on if on[name]] == ["here", "talks"]
    assert on.keys() == {"here", "talks", "gone", "offline", "break"}


def test_who_is_offline_has_no_time_to_be_counted(lead, time):
    seat = an_agent("offline", a_line("general"), ready=False)
    time.forward(300)
    seat.lease_until = now() + timedelta(seconds=20)
    (shown,) = lead.get("/floor/figures").json["seats"]
    assert (shown["state"], shown["since"]) == ("offline", None)


def test_dangers_of_hours_ago_and_those_that_were_talked_about_are_not_told(lead, time):
    line = a_line("general")
    for serial, disposition in enumerate((Disposition.ANSWERED, Disposition.SELF_SERVED)):
        ended(line, serial, waited=3, disposition=disposition).emergency = "晕倒"
    ended(line, 3, waited=None, disposition=Disposition.ABANDONED)
    ended(line, 4, waited=None, disposition=Disposition.LEFT_EARLY).emergency = "着火"
    assert lead.get("/floor/emergencies").json == ["着火（未接）"]
    time.forward(12 * 3600)
    assert emergencies() == []


def test_an_administrator_may_open_no_call(app, time):
    ended(a_line(), 1, waited=None, disposition=Disposition.ABANDONED).emergency = "着火"
    admin = browser_of(app, somebody("root", Role.ADMIN))
    (told,) = admin.get("/floor/figures").json["emergencies"]
    assert (told["words"], told["to"]) == ("着火", None)


def test_a_seat_that_is_out_of_touch_is_shown_as_lost(lead, time):
    line = a_line("general")
    ready, gone = an_agent("ready", line), an_agent("gone", line)
    ready.lease_until = now() + timedelta(seconds=20)
    gone.lease_until = now() - timedelta(seconds=1)
    an_agent("home", line, ready=False)
    states = {seat["name"]: seat["state"] for seat in lead.get("/floor/figures").json["seats"]}
    assert states == {"ready": "ready", "gone": "lost"}


@pytest.mark.parametrize(
    ("role", "status"), [(Role.ADMIN, 200), (Role.AGENT, 403), (Role.UNIT, 403)]
)
def test_only_leads_see_the_floor(app, time, role, status):
    visitor = browser_of(app, somebody("x", role, unit=a_unit()))
    assert visitor.get("/floor").status_code == status
    assert visitor.get("/floor/figures").status_code == status
