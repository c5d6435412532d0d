"""漏接回拨: who was dropped has his place again, who gave up is rung back or told, and counted."""

from datetime import timedelta

import pytest
from sqlalchemy import select

import tickets.sweeps
from infra.clock import now
from infra.db import commit, session
from models import (
    AuditEntry,
    CallbackState,
    CallbackWay,
    Disposition,
    MissedContact,
    MissedRule,
    Place,
    Role,
    TextMessage,
)
from queues import missed
from tests.agent_desk.talks import call_of, events_of
from tests.callbacks.conftest import (
    back_calls,
    busy,
    is_free,
    keeps_his_place,
    talks,
    the_callback,
    waits,
)
from tests.places import a_line
from tests.visitors import browser_of, somebody


def gives_up(city, citizen):
    call = waits(city, citizen)
    city.pass_time(30)
    citizen.hangs_up()
    city.pass_time(2)
    tickets.sweeps.run()
    session.refresh(call)
    assert call.disposition is Disposition.ABANDONED
    return call


def place_of(call) -> Place:
    return session.scalars(select(Place).where(Place.call_id == call.id)).one()


def later(city, seconds: float) -> None:
    city.ticking = False
    city.pass_time(seconds)
    city.ticking = True
    commit()


def test_who_was_dropped_and_redials_goes_on_where_he_was(city, citizen, wang):
    first = gives_up(city, citizen)
    other = city.citizen()
    waits(city, other)
    again = waits(city, citizen)
    assert citizen.hears("您的位置一直保留")
    assert place_of(again).age_from == place_of(first).age_from
    assert "place_kept" in events_of(again)
    is_free(wang)
    city.until(lambda: wang.rings is not None, 5)
    assert wang.rings.call_id == again.id


@pytest.mark.parametrize("why", ["too late", "another line", "forged"])
def test_who_comes_late_or_for_something_else_or_shows_a_false_number_comes_anew(
    city, citizen, wang, line, why, monkeypatch
):
    first = gives_up(city, citizen)
    if why == "too late":
        later(city, 121)
    elif why == "another line":
        place_of(first).line_id = a_line("tourism").id
    else:
        fields = type(citizen.leg).fields
        monkeypatch.setattr(
            type(citizen.leg),
            "fields",
            lambda leg: fields(leg) | {"StirVerstat": "TN-Validation-Failed-A"},
        )
    commit()
    again = waits(city, citizen)
    assert place_of(again).age_from == place_of(again).entered_at
    assert not citizen.hears("您的位置一直保留")


def test_who_gave_up_is_in_line_again_at_his_own_place(city, citizen, wang, line):
    line.missed = MissedRule.CALL
    call = gives_up(city, citizen)
    missed.run()
    assert the_callback() is None, "he has the time to call again first"
    later(city, 125)
    missed.run()
    missed.run()
    callback = the_callback()
    assert (callback.way, callback.age_from) == (CallbackWay.MISSED, place_of(call).age_from)
    is_free(wang)
    city.until(lambda: wang.rings is not None, 60)
    wang.answers()
    city.until(lambda: talks(back_calls()[-1]), 30)
    assert the_callback().state is CallbackState.REACHED
    contact = session.scalars(select(MissedContact)).one()
    assert contact.handled_by_id == wang.id
    session.refresh(call)
    assert call.disposition is Disposition.ABANDONED, "that he gave up stays so"


def test_or_he_is_told_by_a_text_message_once(city, citizen, wang, line):
    line.missed = MissedRule.TEXT
    gives_up(city, citizen)
    later(city, 125)
    missed.run()
    missed.run()
    (text,) = session.scalars(select(TextMessage)).all()
    assert "没能接听" in text.body and the_callback() is None


def test_a_minors_telephone_is_neither_rung_nor_texted(city, citizen, wang, line):
    line.missed = MissedRule.CALL
    call = gives_up(city, citizen)
    call.person.minor = True
    later(city, 125)
    missed.run()
    assert the_callback() is None and session.scalars(select(TextMessage)).all() == []


def test_who_is_in_line_again_has_not_given_up_and_is_told_nothing(city, citizen, wang, line):
    line.missed = MissedRule.TEXT
    gives_up(city, citizen)
    waits(city, citizen)
    later(city, 125)
    missed.run()
    assert session.scalars(select(TextMessage)).all() == []
    citizen.hangs_up()
    city.pass_time(2)
    tickets.sweeps.run()
    later(city, 125)
    missed.run()
    missed.run()
    assert len(session.scalars(select(TextMessage)).all()) == 1, "of two calls in vain one tells"


def test_whom_nobody_may_ring_unbidden_keeps_nobody_from_his_turn(
    city, citizen, wang, line, monkeypatch
):
    monkeypatch.setattr(missed, "AT_ONCE", 1)
    line.missed = MissedRule.TEXT
    minor = gives_up(city, citizen)
    minor.person.minor = True
    commit()
    other = city.citizen("+8613900001111")
    gives_up(city, other)
    later(city, 125)
    missed.run()
    (text,) = session.scalars(select(TextMessage)).all()
    assert text.number_masked == "139****1111"


def test_a_lead_sees_them_sets_the_rules_and_cancels_with_a_reason(city, citizen, wang, line, app):
    gives_up(city, citizen)
    callback = keeps_his_place(city, citizen)
    city.until(lambda: the_callback().state is CallbackState.IN_LINE, 60)
    lead = browser_of(app, somebody("li", Role.LEAD))
    page = lead.get("/callbacks").text
    assert "138****5678" in page and "13812345678" not in page
    assert "排队中" in page and "保留位置" in page
    refused = lead.post("/callbacks/lines/general", over="-3", missed="call")
    assert refused.status_code >= 400
    lead.post("/callbacks/lines/general", over="", missed="call")
    session.refresh(line)
    assert (line.callback_over_minutes, line.missed) == (None, MissedRule.CALL)
    assert lead.post(f"/callbacks/{callback.id}/cancellation", because=" ").status_code >= 400
    assert the_callback().open
    lead.post(f"/callbacks/{callback.id}/cancellation", because="市民来信说已解决")
    assert the_callback().state is CallbackState.CANCELLED
    assert [one.over for one in back_calls()] == [True]
    assert "市民来信说已解决" in lead.get("/callbacks").text
    acts = session.scalars(select(AuditEntry.action)).all()
    assert {"callback.cancelled", "callback.rules_changed"} <= set(acts)
    is_free(wang)
    city.pass_time(5)
    assert wang.rings is None
    figures = lead.get("/callbacks/missed").text
    assert "漏接回拨率" in figures and "0.0%" in figures
    busy(wang)


def test_missed_callers_are_counted_by_telephone_and_by_how_soon_they_were_reached(
    city, citizen, wang, app
):
    gives_up(city, citizen)
    contact = session.scalars(select(MissedContact)).one()
    contact.handled_at = contact.at + timedelta(minutes=12)
    commit()
    lead = browser_of(app, somebody("li", Role.LEAD))
    page = lead.get("/callbacks/missed").text
    assert "100.0%" in page and "12 分钟" in page
    assert wang.page.get("/callbacks").status_code == 403
    assert wang.page.get("/callbacks/next").get_json() is None
    assert now() > contact.at
    assert call_of(citizen).over
