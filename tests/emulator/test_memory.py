"""A carrier that runs for a week: what is over is let go."""

import gc
import weakref

import pytest

from emulator.caller import Caller
from emulator.timeline import Timeline
from tests.emulator.conftest import HOTLINE

SLOW = "<Pause length='600'/>"


def test_a_cancelled_timer_lets_go_of_what_it_would_have_done():
    timeline = Timeline()

    class Something:
        def act(self) -> None: ...

    something = Something()
    gone = weakref.ref(something)
    timer = timeline.after(86_400, something.act)
    timer.cancel()
    del something
    gc.collect()
    assert gone() is None


def test_the_agenda_does_not_fill_with_what_was_cancelled():
    timeline = Timeline()
    for _ in range(50_000):
        timeline.after(86_400, lambda: None).cancel()
    assert len(timeline._agenda) < 3000


def test_a_tidied_agenda_still_does_everything_in_order():
    timeline, done = Timeline(), []
    for number in range(5000):
        timer = timeline.after(5000 - number, lambda number=number: done.append(number))
        if number % 3:
            timer.cancel()
    timeline.forward(6000)
    assert done == [number for number in reversed(range(5000)) if number % 3 == 0]


@pytest.mark.parametrize(
    "document",
    [
        SLOW,
        "<Gather timeout='500'><Say>a</Say></Gather>",
        "<Record timeout='0'/>",
        "<Enqueue waitUrl='/wait'>line</Enqueue>",
        "<Dial timeLimit='14400'>+8613900000002</Dial>",
        "<Dial><Conference waitUrl='/wait'>room</Conference></Dial>",
    ],
)
def test_an_ended_call_leaves_nothing_on_the_agenda(customer, timeline, document):
    """Whatever it was waiting for, up to four hours ahead: it waits no more."""
    customer.pages |= {"/start": document, "/wait": SLOW}
    other = Caller(customer.exchange, "+8613900000002")
    caller = Caller(customer.exchange)
    caller.dials(HOTLINE)
    timeline.forward(2)
    caller.hangs_up()
    timeline.forward(3)
    assert other.leg is None or not other.leg.live
    waiting = [one for one in timeline._agenda if not one.cancelled]
    assert waiting == []


def test_old_calls_conferences_and_notes_are_forgotten(customer, timeline, monkeypatch):
    monkeypatch.setattr("emulator.exchange.MOST_ENDED", 20)
    customer.pages["/start"] = "<Start><Recording/></Start><Play>/none.wav</Play>" + (
        "<Dial><Conference>room</Conference></Dial>"
    )
    living = Caller(customer.exchange)
    living.dials(HOTLINE)
    timeline.forward(1)
    customer.pages["/start"] = customer.pages["/start"].replace("room", "other")
    for _ in range(60):
        caller = Caller(customer.exchange)
        caller.dials(HOTLINE)
        timeline.forward(1)
        caller.hangs_up()
        timeline.forward(2)
    exchange = customer.exchange
    assert len(exchange.legs) == 21 and living.leg.sid in exchange.legs
    assert len(exchange.recordings.all) <= 21
    assert len(exchange.rooms) <= 21 and exchange.room("room") in exchange.rooms
    assert customer.rest("GET", f"/Calls/{caller.leg.sid}")[0] == 200


def test_logs_and_inboxes_have_an_end(customer):
    exchange = customer.exchange
    assert exchange.courier.log.maxlen and exchange.notifications.maxlen


def test_a_thousand_silent_calls_keep_no_sound(call, customer, timeline):
    for _ in range(3):
        caller = call("<Say>hello</Say>" * 200)
        timeline.forward(100)
        assert not caller.leg.live
    assert customer.exchange.media._saying == {}
