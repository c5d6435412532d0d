"""回呼: what comes at the same time, twice, late or never, and a process that dies on any line."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, text

import queues.sweeps
from infra.clock import now
from infra.db import commit, session
from models import (
    Activity,
    Call,
    Callback,
    CallbackState,
    CallbackWay,
    CallStatus,
    Dial,
    DialState,
    Disposition,
    Offer,
    OfferState,
    Outgoing,
    Place,
    TextMessage,
)
from queues import ringback, routing, waiting
from telephony import windows
from tests.agent_desk.talks import Agent, call_of
from tests.callbacks.conftest import (
    back_calls,
    busy,
    is_free,
    keeps_his_place,
    talks,
    the_callback,
    waits,
)
from tests.places import a_line, an_agent


class Killed(BaseException):
    """The process is gone: no handler of ours runs."""


@contextmanager
def killed_at(city, statement: int, how: type[BaseException] = Killed) -> Iterator[None]:
    """The process dies on its so manieth statement; transactions end as if it was cut off."""
    engine, seen = city.app.extensions["engine"], [0]

    def die(*_: object) -> None:
        seen[0] += 1
        if seen[0] == statement:
            raise how

    event.listen(engine, "before_cursor_execute", die)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", die)


def tick_that_dies(city, statement: int) -> bool:
    """Whether it was through before it came so far."""

    def run() -> bool:
        with city.app.app_context():
            try:
                with killed_at(city, statement):
                    queues.sweeps.tick()
            except Killed:
                return False
            return True

    commit()
    done = Context().run(run)
    session.expire_all()
    return done


def dies_on_each_line(city) -> None:
    statement = 1
    while not tick_that_dies(city, statement):
        statement += 1


def in_line(city) -> Callback:
    city.until(lambda: the_callback().state is CallbackState.IN_LINE, 60)
    return the_callback()


def live_back_calls() -> list[Call]:
    return [one for one in back_calls() if not one.over]


def test_a_clock_that_dies_on_any_line_keeps_the_place_and_rings_once(city, citizen, wang):
    callback = keeps_his_place(city, citizen)
    city.until(lambda: callback.due_at - now() < timedelta(seconds=3), 30)
    city.ticking = False
    city.pass_time(4)
    dies_on_each_line(city)
    (back,) = live_back_calls()
    place = session.scalars(select(Place).where(Place.call_id == back.id)).one()
    assert place.age_from == callback.age_from
    is_free(wang)
    dies_on_each_line(city)
    wang.answers()
    city.ticking = True
    city.until(lambda: len(citizen.rung) == 1, 5)
    citizen.leg = citizen.rung[0]
    city.until(lambda: talks(back), 25)
    dies_on_each_line(city)
    assert (len(citizen.rung), the_callback().state) == (1, CallbackState.REACHED)


def test_a_clock_that_dies_while_it_settles_a_ringing_in_vain_counts_it_once(city, citizen, wang):
    keeps_his_place(city, citizen)
    citizen.busy = True
    is_free(wang)
    wang.answers()
    city.until(lambda: len(citizen.rung) == 1, 5)
    city.ticking = False
    city.pass_time(2)
    busy_at = the_callback()
    assert busy_at.state is CallbackState.DIALLING
    dies_on_each_line(city)
    assert (the_callback().tried, the_callback().state) == (1, CallbackState.SCHEDULED)
    assert live_back_calls() == [] and wang.activity is not Activity.CONNECTING


def test_a_door_that_dies_keeps_all_of_his_place_or_nothing(city, citizen, wang):
    call = waits(city, citizen)
    for statement in range(2, 60, 4):
        city.pass_time(3)
        citizen.presses("*")
        city.until(lambda: citizen.hears("用来电号码接听回电请按1"), 3)
        commit()
        with killed_at(city, statement, RuntimeError):
            citizen.presses("1")
            city.pass_time(0.5)
        session.refresh(call)
        if call.over:
            break
        assert the_callback() is None and waiting.place_of(call) is not None
        citizen.heard.clear()
        city.pass_time(6)
    assert call.disposition is Disposition.CALLBACK and the_callback().open
    assert call.callback_id == the_callback().id


def test_whoever_moves_a_callback_locks_its_call_first(city, citizen, wang):
    """As the report that both have joined does: else each would wait for the other."""
    keeps_his_place(city, citizen)
    callback = in_line(city)
    (back,) = live_back_calls()
    citizen.answers = False
    is_free(wang)
    wang.answers()
    assert the_callback().state is CallbackState.DIALLING
    city.ticking = False
    commit()
    free = []

    def tick() -> None:
        with city.app.app_context():
            queues.sweeps.tick()

    with city.app.extensions["engine"].begin() as report:
        report.execute(text("SELECT 1 FROM call WHERE id = :id FOR UPDATE"), {"id": back.id})
        other = threading.Thread(target=lambda: Context().run(tick))
        other.start()
        other.join(0.8)
        of_callback = text("SELECT id FROM callback WHERE id = :id FOR UPDATE SKIP LOCKED")
        free += report.execute(of_callback, {"id": callback.id}).all()
    other.join(20)
    assert len(free) == 1, "it waits for the call with the callback in its hand"


def test_whom_an_agent_has_rung_otherwise_is_rung_no_more(city, citizen, wang, line):
    keeps_his_place(city, citizen)
    in_line(city)
    allowed = Outgoing(
        agent_id=wang.id, number="13812345678", number_masked="138****5678", created_at=now()
    )
    session.add(allowed)
    is_free(wang)
    session.flush()
    other = Agent(city, an_agent("li", line))
    busy(other)
    commit()
    wang.phone.dials(allowed.id)
    city.pass_time(8)
    assert citizen.connected and live_back_calls() == [], "he is on the line"
    is_free(other)
    city.pass_time(5)
    assert other.rings is None
    citizen.hangs_up()
    city.pass_time(5)
    assert the_callback().state is CallbackState.REACHED
    assert other.rings is None and len(citizen.rung) == 1


def test_nobody_stands_in_line_for_whom_somebody_has_spoken_to_meanwhile(city, citizen, wang, line):
    """The clock did not tick between his own call and his talk."""
    keeps_his_place(city, citizen)
    in_line(city)
    (back,) = live_back_calls()
    the_callback().move_to(CallbackState.REACHED, now())
    commit()
    city.ticking = False
    is_free(wang)
    offer = Offer(
        call_id=back.id,
        agent_id=wang.id,
        epoch=9,
        offered_at=now(),
        deadline=now() + timedelta(seconds=12),
        why={},
    )
    session.get_one(type(wang.seat), wang.id).activity = Activity.RINGING
    session.add(offer)
    commit()
    wang.phone.accepts(offer.id)
    city.pass_time(2)
    assert wang.phone.phone.hears("已经结束或由其他座席接听") and citizen.rung == []
    city.ticking = True
    city.pass_time(3)
    assert live_back_calls() == [] and wang.rings is None
    assert wang.activity is Activity.IDLE


def test_of_one_telephone_with_two_places_one_agent_waits(city, citizen, wang, line):
    callback = keeps_his_place(city, citizen)
    tourism = a_line("tourism")
    known = {one.key: getattr(callback, one.key) for one in Callback.__mapper__.column_attrs}
    session.add(Callback(**{**known, "id": None, "line_id": tourism.id}))
    commit()
    city.until(lambda: len(live_back_calls()) == 2, 60)
    li = Agent(city, an_agent("li", line, tourism))
    citizen.answers = False
    is_free(wang)
    wang.answers()
    city.pass_time(2)
    assert len(citizen.rung) == 1
    city.pass_time(4)
    assert li.rings is None and li.activity is Activity.IDLE
    states = sorted(session.scalars(select(Callback.state)))
    assert states == [CallbackState.DIALLING, CallbackState.SCHEDULED]


def test_a_place_that_was_kept_outlasts_an_agent_who_vanishes_and_a_transfer(
    city, citizen, wang, line
):
    callback = keeps_his_place(city, citizen)
    city.pass_time(60)
    is_free(wang)
    wang.answers()
    (back,) = live_back_calls()
    city.until(lambda: talks(back), 25)
    assert waiting.age_of(back) == callback.age_from < back.person_due_at
    wang.phone.phone.hangs_up()
    city.until(lambda: session.refresh(back) or back.status is CallStatus.WAITING, 10)
    assert waiting.place_of(back).age_from == callback.age_from


def test_a_long_message_is_not_taken_for_a_caller_who_got_lost(city, citizen, wang):
    call = waits(city, citizen)
    city.pass_time(3)
    citizen.presses("*")
    city.until(lambda: citizen.hears("留言请按3"), 3)
    citizen.presses("3")
    city.until(lambda: citizen.hears("请在提示音后留言"), 5)
    for _ in range(12):
        citizen.says("还有一件事要说")
        city.pass_time(6)
    citizen.presses("#")
    city.until(lambda: citizen.hears("留言已经录下"), 5)
    session.refresh(call)
    assert call.disposition is Disposition.VOICEMAIL
    assert the_callback().way is CallbackWay.VOICEMAIL


def test_the_word_that_leads_to_the_tone_may_get_lost(city, citizen, wang):
    call = waits(city, citizen)
    city.pass_time(3)
    place = waiting.place_of(call)
    place.heard_at, place.speaks_since = None, now()
    commit()
    is_free(wang)
    city.until(lambda: citizen.hears("请在提示音后留言"), 30)
    assert wang.rings is None


def test_who_tells_of_danger_after_the_key_stays_in_line(city, citizen, wang):
    call = waits(city, citizen)
    city.pass_time(3)
    citizen.presses("*")
    city.until(lambda: citizen.hears("用来电号码接听回电请按1"), 3)
    call.emergency = "着火了"
    commit()
    citizen.presses("1")
    city.pass_time(3)
    session.refresh(call)
    assert call.status is CallStatus.WAITING and the_callback() is None


def test_who_takes_it_back_while_he_is_rung_is_rung_no_more(city, citizen, wang):
    keeps_his_place(city, citizen)
    citizen.answers = False
    is_free(wang)
    wang.answers()
    city.until(lambda: len(citizen.rung) == 1, 5)
    city.ticking = False
    citizen.dials("12345")
    city.pass_time(2)
    city.until(lambda: call_of(citizen).status is CallStatus.WAITING, 40)
    call = call_of(citizen)
    with city.app.app_context():
        assert ringback.withdraw(session.get_one(Call, call.id)) == 1
        commit()
    city.ticking = True
    city.pass_time(4)
    assert the_callback().state is CallbackState.CANCELLED
    assert live_back_calls() == [] and not citizen.rung[0].live
    assert not wang.phone.phone.connected


def test_whose_agent_is_gone_before_he_was_rung_is_not_rung_with_nobody_there(city, citizen, wang):
    keeps_his_place(city, citizen)
    city.exchange.faults.rest, city.exchange.faults.rest_kind = 1.0, "429"
    is_free(wang)
    wang.answers()
    busy_at = the_callback()
    assert busy_at.state is CallbackState.DIALLING
    wang.phone.phone.hangs_up()
    city.pass_time(1)
    busy(wang)
    city.exchange.faults.rest = 0.0
    city.pass_time(10)
    assert citizen.rung == []
    dial = session.scalars(select(Dial)).one()
    assert dial.state is DialState.CANCELLED
    assert (the_callback().tried, the_callback().state) == (0, CallbackState.IN_LINE)


def test_the_key_is_taken_while_a_desk_rings(city, citizen, wang, monkeypatch):
    """In the document in which he hears it ring; the one before may last longer than a ringing."""
    monkeypatch.setattr(routing, "RING_FOR", timedelta(seconds=60))
    call = waits(city, citizen)
    is_free(wang)
    city.until(lambda: wang.rings is not None, 10)
    city.pass_time(22)
    assert wang.rings is not None
    citizen.presses("*")
    city.until(lambda: citizen.hears("用来电号码接听回电请按1"), 3)
    citizen.presses("1")
    city.until(lambda: citizen.hears("您的位置已经保留"), 3)
    session.refresh(call)
    assert call.disposition is Disposition.CALLBACK
    gone = select(func.count(Offer.id)).where(Offer.state == OfferState.WITHDRAWN)
    assert session.scalar(gone) == 1


@pytest.mark.parametrize("certified", [False, True])
def test_a_machine_is_told_a_neutral_sentence_where_the_rule_says_so(
    city, citizen, wang, line, certified, monkeypatch
):
    told = windows.FILE.read_text(encoding="utf-8")
    before, after = told.split("[callback]")
    after = after.replace("tells_machines = false", "tells_machines = true", 1)
    rules = windows.read(f"{before}[callback]{after}")
    monkeypatch.setattr(windows, "all_rules", lambda: rules)
    keeps_his_place(city, citizen)
    line.certified = certified
    citizen.nature = "machine"
    city.exchange.media.utter = lambda *_: 8.0
    is_free(wang)
    citizen.heard.clear()
    wang.answers()
    city.until(lambda: len(citizen.rung) == 1, 5)
    city.pass_time(16)
    assert citizen.hears("我们稍后会再次致电") is not certified
    assert wang.activity is Activity.IDLE and not wang.phone.phone.connected
    city.until(lambda: not citizen.rung[0].live, 25)
    city.until(lambda: the_callback().tried == 1, 5)
    texts = session.scalar(select(func.count(TextMessage.id)))
    assert texts == (0 if certified else 1)
