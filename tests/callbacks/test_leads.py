"""What leads see of who is rung back, and do with him."""

from models import CallbackState
from tests.agent_desk.talks import audible
from tests.analytics.leads import Lead
from tests.callbacks.conftest import (
    back_calls,
    is_free,
    keeps_his_place,
    talks,
    the_callback,
)


def test_who_is_to_be_rung_back_is_not_on_the_line_and_is_not_moved(city, citizen, wang, line):
    lead = Lead.comes(city)
    keeps_his_place(city, citizen)
    city.until(lambda: the_callback().state is CallbackState.IN_LINE, 120)
    (call,) = back_calls()
    assert lead.page.get("/floor/figures").json["callers"] == []
    for door in ("move", "prefer"):
        assert lead.asks(door, call=call.id, line=line.id, reason="x").status_code == 409


def test_a_talk_with_who_was_rung_back_is_one_to_listen_to(city, citizen, wang):
    lead = Lead.comes(city)
    keeps_his_place(city, citizen)
    city.until(lambda: the_callback().state is CallbackState.IN_LINE, 120)
    is_free(wang)
    wang.answers()
    (call,) = back_calls()
    city.until(lambda: talks(call), 60)
    lead.enters(call, "whisper")
    assert lead.phone.number in audible(wang.phone.phone)
    seat = lead.page.get("/floor/figures").json["talks"][str(wang.id)]
    assert seat["open"] and seat["leads"][0]["mode"] == "whisper"
