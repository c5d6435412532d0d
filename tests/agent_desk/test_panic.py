"""紧急求助: heard at once, taken once, escalated when nobody comes, over with the talk."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from infra.db import commit, session, transaction
from models import Activity, CallEvent, Panic, Role
from queues import panicking
from tests.agent_desk.talks import Agent, call_of, events_of, talking
from tests.analytics.leads import Lead
from tests.places import a_line
from tests.queues.test_locks import somebody_who_has_the_call
from tests.visitors import browser_of, somebody


@pytest.fixture
def wang(city, app, time) -> Agent:
    line = a_line()
    commit()
    return Agent.comes(city, "wang", line)


@pytest.fixture
def citizen(city):
    return city.citizen("+8613812345678")


@pytest.fixture
def call(citizen, wang):
    return talking(citizen, wang)


@pytest.fixture
def lead(city, app) -> Lead:
    return Lead.comes(city, "班长甲")


@pytest.fixture
def admin(app):
    return browser_of(app, somebody("admin", Role.ADMIN))


def panics() -> list[Panic]:
    session.expire_all()
    return list(session.scalars(select(Panic).order_by(Panic.id)))


def on_floor(page) -> list[dict]:
    return page.get("/floor/figures").get_json()["panics"]


def on_every_page(page) -> list[str]:
    return page.get("/floor/emergencies").get_json()


def test_one_key_alarms_the_floor_at_once_and_is_one_however_often_pressed(
    city, wang, call, lead, monkeypatch
):
    told = []
    monkeypatch.setattr(panicking, "publish", lambda *what, **_known: told.append(what))
    wang.does("panic", call=call.id)
    shown = wang.does("panic", call=call.id)["panic"]
    assert shown["taken_by"] is None
    assert len(panics()) == 1
    assert told.count(("floor", "panic")) == 1
    [alarm] = on_floor(lead.page)
    assert alarm["agent"] == wang.id and "wang" in alarm["words"] and alarm["open"]
    assert events_of(call).count("panic_pressed") == 1


def test_a_lead_who_barges_in_has_taken_it(city, wang, citizen, call, lead):
    wang.does("panic", call=call.id)
    city.pass_time(6)
    lead.enters(call, "barge")
    city.pass_time(2)
    [panic] = panics()
    assert panic.taken_by_id == lead.id and panic.ended_at == panic.taken_at
    assert lead.hears(citizen, wang.phone.phone)
    taken = session.scalars(select(CallEvent).where(CallEvent.name == "panic_taken")).one()
    assert 6 <= taken.detail["seconds"] <= 9 and taken.detail["by"] == lead.id
    assert on_floor(lead.page) == []
    assert wang.shows["panic"]["taken_by"] == "班长甲"


def test_it_is_taken_once_and_may_be_pressed_again(city, wang, call, lead):
    wang.does("panic", call=call.id)
    [panic] = panics()
    other = Lead.comes(city, "班长乙")
    assert lead.asks(f"panics/{panic.id}/taken").status_code == 204
    assert other.asks(f"panics/{panic.id}/taken").status_code == 204
    assert panics()[0].taken_by_id == lead.id
    wang.does("panic", call=call.id)
    assert len(panics()) == 2 and len(on_floor(other.page)) == 1


def test_of_two_who_take_it_at_once_the_first_counts(city, app, wang, call, lead):
    wang.does("panic", call=call.id)
    [panic] = panics()
    other = Lead.comes(city, "班长乙")
    commit()
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    taken = text("UPDATE panic SET taken_at = began_at, ended_at = began_at, taken_by_id = :lead")
    with ThreadPoolExecutor() as threads:
        with app.extensions["engine"].begin() as first:
            first.execute(text("SELECT id FROM call FOR UPDATE"))
            late = threads.submit(lambda: lead.asks(f"panics/{panic.id}/taken").status_code)
            while not late.done() and not first.scalar(waits):
                pass
            first.execute(taken, {"lead": other.id})
        assert late.result() == 204
    assert panics()[0].taken_by_id == other.id


def test_who_only_listens_or_has_no_leg_yet_has_not_taken_it(city, wang, citizen, call):
    lead = Lead.comes(city, "班长甲", unseen=True)
    wang.does("panic", call=call.id)
    lead.does("monitor", call=call.id, mode="barge")
    assert panics()[0].taken_at is None, "his browser may have no microphone"
    lead.does("monitor/end")
    lead.enters(call, "listen")
    lead.does("monitor", call=call.id, mode="whisper", unseen=True)
    city.pass_time(2)
    assert lead.monitor.joined and panics()[0].taken_at is None
    lead.does("monitor", call=call.id, mode="whisper")
    assert panics()[0].taken_by_id == lead.id


def test_an_alarm_of_another_talk_rings_no_police(city, wang, citizen, call, lead):
    wang.does("panic", call=call.id)
    [panic] = panics()
    lead.enters(call, "listen")
    panic.ended_at = panic.began_at
    commit()
    assert lead.asks(f"panics/{panic.id}/police").status_code == 409, "nobody took it"
    wang.does("panic", call=call.id)
    lead.does("take-over", call=call.id)
    assert lead.asks(f"panics/{panics()[1].id}/police").status_code == 409, "its agent has gone"


def test_the_escalation_waits_for_nobody_who_has_the_call(city, wang, call):
    wang.does("panic", call=call.id)
    panics()[0].began_at -= timedelta(minutes=1)
    with somebody_who_has_the_call(city), transaction():
        session.execute(text("SET LOCAL lock_timeout = '100ms'"))
        assert panicking.escalate_due() == 0
    assert panics()[0].escalated_at is None
    with transaction():
        assert panicking.escalate_due() == 1


def test_nobody_for_twenty_seconds_and_it_stands_on_every_page(city, wang, call, lead, admin):
    wang.does("panic", call=call.id)
    city.pass_time(15)
    assert on_every_page(lead.page) == [] == on_every_page(admin)
    city.pass_time(6)
    [words] = on_every_page(admin)
    assert "wang" in words and on_every_page(lead.page) == [words]
    assert events_of(call).count("panic_escalated") == 1
    city.pass_time(3)
    assert events_of(call).count("panic_escalated") == 1
    assert admin.post(f"/floor/panics/{panics()[0].id}/taken").status_code == 204
    assert on_every_page(lead.page) == []


@pytest.mark.parametrize("how", ["citizen", "agent", "finish"])
def test_it_is_over_with_the_talk(city, wang, citizen, call, how):
    wang.does("panic", call=call.id)
    if how == "finish":
        wang.does("finish", call=call.id)
    else:
        (citizen if how == "citizen" else wang.phone.phone).hangs_up()
        city.pass_time(4)
    [panic] = panics()
    assert panic.ended_at is not None and panic.taken_at is None
    assert "panic_over" in events_of(call)


def test_the_lead_rings_110_into_it_and_the_agent_talks_on(city, wang, citizen, call, lead):
    police = city.citizen("110")
    wang.does("panic", call=call.id)
    lead.does(f"panics/{panics()[0].id}/police")
    city.pass_time(8)
    assert wang.hears(citizen, police)
    assert lead.asks(f"panics/{panics()[0].id}/police").status_code == 409
    citizen.hangs_up()
    city.pass_time(3)
    assert panics()[0].ended_at is None, "the agent is still in danger, with 110"
    wang.does("finish", call=call.id)
    assert panics()[0].ended_at is not None and wang.activity is Activity.WRAP_UP


def test_it_is_pressed_in_mid_talk_with_110_alone(city, wang, citizen, call):
    police = city.citizen("110")
    wang.does("three-way", call=call.id, to="police")
    city.pass_time(8)
    citizen.hangs_up()
    city.pass_time(3)
    assert police.connected
    wang.does("panic", call=call.id)
    assert len(panics()) == 1


def test_after_a_take_over_it_is_the_leads_who_took_it(city, wang, citizen, call, lead):
    lead.enters(call, "listen")
    wang.does("panic", call=call.id)
    city.pass_time(1)
    lead.does("take-over", call=call.id)
    assert panics()[0].taken_by_id == lead.id
    assert call_of(citizen).agent_id == lead.id


def test_out_of_a_talk_and_for_anothers_it_is_refused(city, wang, citizen, call):
    li = Agent.comes(city, "li", a_line("housing"))
    assert li.asks("panic", call=call.id).status_code == 409
    assert li.asks("panic", call=99).status_code == 409
    wang.does("finish", call=call.id)
    assert wang.asks("panic", call=call.id).status_code == 409
    assert panics() == []


def test_a_rest_is_suggested_after_it(city, wang, call):
    wang.does("panic", call=call.id)
    wang.does("finish", call=call.id)
    assert wang.shows["recovery"]["because"] == ["panic"]
