"""保留位置: by a key while he waits, to his own or another number, once, and what can be kept."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from infra.clock import now
from infra.db import commit, session
from infra.localtime import local
from infra.privacy import fingerprint, mask
from models import (
    Call,
    Callback,
    CallbackState,
    CallbackWay,
    CallStatus,
    Direction,
    Disposition,
    MissedContact,
    Place,
    PromiseKind,
)
from queues import keeping, promises
from tests.agent_desk.talks import call_of, events_of
from tests.callbacks.conftest import is_free, keeps_his_place, the_callback, waits
from tests.places import a_line


def in_queue(city, citizen) -> Call:
    call = waits(city, citizen)
    city.pass_time(5)
    return call


def asks(city, citizen, words: str) -> None:
    citizen.presses("*")
    city.until(lambda: citizen.hears(words), 3)


def test_who_presses_star_hangs_up_and_keeps_the_place_that_he_had(city, citizen, wang, line):
    callback = keeps_his_place(city, citizen)
    call = session.scalars(select(Call).where(Call.direction == Direction.IN)).one()
    assert (call.status, call.disposition) == (CallStatus.ENDED, Disposition.CALLBACK)
    place = session.scalars(select(Place).where(Place.call_id == call.id)).one()
    assert callback.age_from == place.age_from and callback.line_id == line.id
    assert (callback.way, callback.tried) == (CallbackWay.KEY, 0)
    assert callback.asked_at - callback.age_from > timedelta(seconds=30)
    assert place.left_at is not None and call.callback_id == callback.id
    # Neither a call that was given up nor one that somebody has to ring back from the list.
    assert session.scalar(select(func.count(MissedContact.id))) == 0
    assert "kept" in events_of(call)


def test_another_number_is_read_back_before_it_counts(city, citizen, wang):
    in_queue(city, citizen)
    asks(city, citizen, "用其他号码请按2")
    citizen.presses("2")
    city.until(lambda: citizen.hears("请输入手机号"), 3)
    citizen.presses("13900001111#")
    city.until(lambda: citizen.hears("幺，三，九，零，零，零，零，幺，幺，幺，幺"), 3)
    assert the_callback() is None
    citizen.presses("2")
    city.until(lambda: sum("请输入手机号" in one for one in citizen.heard) == 2, 3)
    citizen.presses("13900002222#")
    city.until(lambda: citizen.hears("二，二，二，二"), 3)
    citizen.presses("1")
    city.until(lambda: citizen.hears("您的位置已经保留"), 3)
    assert the_callback().number == "13900002222"
    assert the_callback().number_fingerprint == fingerprint("13900002222")


def test_a_number_is_in_no_address_that_the_carrier_is_given(city, citizen, wang):
    in_queue(city, citizen)
    asks(city, citizen, "用其他号码请按2")
    citizen.presses("2")
    city.until(lambda: citizen.hears("请输入手机号"), 3)
    citizen.presses("13900001111#")
    city.until(lambda: citizen.hears("您输入的是"), 3)
    assert not any("13900001111" in one.request.url for one in city.exchange.courier.log)


def test_a_wrong_number_is_asked_for_once_more_and_then_he_waits_on(city, citizen, wang):
    call = in_queue(city, citizen)
    asks(city, citizen, "用其他号码请按2")
    citizen.presses("2")
    city.until(lambda: citizen.hears("请输入手机号"), 3)
    citizen.presses("110#")
    city.until(lambda: citizen.hears("号码不正确"), 3)
    citizen.presses("12#")
    city.until(lambda: citizen.hears("现在不能预约回电"), 3)
    city.pass_time(20)
    session.refresh(call)
    assert call.status is CallStatus.WAITING and citizen.connected
    assert the_callback() is None


def test_who_hides_his_number_keys_one_in(city, wang):
    citizen = city.citizen("anonymous")
    in_queue(city, citizen)
    asks(city, citizen, "请输入手机号")
    assert not citizen.hears("用来电号码")
    citizen.presses("079188123456#")
    city.until(lambda: citizen.hears("您输入的是"), 3)
    citizen.presses("1")
    city.until(lambda: citizen.hears("您的位置已经保留"), 3)
    assert the_callback().number_masked == mask("079188123456")


def test_who_says_nothing_or_presses_another_key_keeps_waiting(city, citizen, wang):
    call = in_queue(city, citizen)
    citizen.presses("5")
    city.pass_time(3)
    asks(city, citizen, "用来电号码接听回电请按1")
    city.pass_time(30)
    session.refresh(call)
    assert call.status is CallStatus.WAITING and citizen.connected
    is_free(wang)
    city.until(lambda: wang.rings is not None, 5)
    assert wang.rings.call_id == call.id


def test_until_the_last_word_he_is_connected_like_everybody(city, citizen, wang):
    call = in_queue(city, citizen)
    asks(city, citizen, "用其他号码请按2")
    is_free(wang)
    wang.answers()
    city.until(lambda: session.refresh(call) or call.status is CallStatus.TALKING, 10)
    assert wang.hears(citizen) and the_callback() is None


def test_of_a_number_and_line_one_is_open(city, citizen, wang, line):
    first = keeps_his_place(city, citizen)
    age = first.age_from
    second = keeps_his_place(city, citizen)
    assert second.id == first.id and second.age_from == age
    kept = select(func.count(Call.id)).where(Call.disposition == Disposition.CALLBACK)
    assert session.scalar(kept) == 2
    known = {one.key: getattr(first, one.key) for one in Callback.__mapper__.column_attrs}
    session.add(Callback(**{**known, "id": None}))
    with pytest.raises(IntegrityError):
        session.flush()


def test_no_more_is_promised_than_can_be_kept(city, citizen, wang, line, monkeypatch):
    monkeypatch.setattr(keeping, "LEAST_PROMISED", 1)
    monkeypatch.setattr(keeping, "SERVED_WITHIN", timedelta(minutes=5))
    keeps_his_place(city, citizen)
    other = city.citizen("+8613900001111")
    call = in_queue(city, other)
    asks(city, other, "用来电号码接听回电请按1")
    other.presses("1")
    city.until(lambda: other.hears("现在不能预约回电"), 3)
    city.pass_time(10)
    session.refresh(call)
    assert call.status is CallStatus.WAITING and other.connected


def test_it_is_offered_where_a_longer_wait_is_told_than_the_line_asks_of_anybody(
    city, citizen, wang, line, monkeypatch
):
    def told(place, ahead):
        promise = promised(place, ahead)
        promise.kind, promise.low_minutes, promise.high_minutes = PromiseKind.WAIT, 3, 10
        return promise

    promised = promises._promise
    monkeypatch.setattr(promises, "_promise", told)
    line.callback_over_minutes = 10
    citizen.dials("12345")
    city.until(lambda: citizen.hears("预计等待"), 40)
    assert not citizen.hears("可按星号键")
    citizen.hangs_up()
    line.callback_over_minutes = 5
    citizen.dials("12345")
    city.until(lambda: citizen.hears("可按星号键，为您保留位置"), 40)


def test_a_minor_is_rung_in_the_hour_that_he_names_or_not_at_all(city, citizen, wang, line):
    line.certified = True
    call = in_queue(city, citizen)
    asks(city, citizen, "请输入方便接电话的钟点")
    citizen.presses("03")
    city.until(lambda: citizen.hears("现在不能预约回电"), 12)
    city.pass_time(5)
    session.refresh(call)
    assert call.status is CallStatus.WAITING
    citizen.presses("*")
    city.pass_time(1)
    citizen.presses("16")
    city.until(lambda: citizen.hears("您的位置已经保留"), 12)
    callback = the_callback()
    assert callback.safe_hour == 16
    assert callback.state is CallbackState.SCHEDULED
    assert local(callback.due_at).hour == 16 and callback.due_at > now()


def test_who_is_in_danger_is_not_talked_out_of_the_queue(city, citizen, wang):
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请直接说出"), 20)
    citizen.says("家里着火了")
    city.until(lambda: call_of(citizen).status is CallStatus.WAITING, 10)
    city.pass_time(10)
    citizen.presses("*")
    city.pass_time(10)
    assert call_of(citizen).status is CallStatus.WAITING
    assert not citizen.hears("用来电号码")


def test_a_second_line_is_a_second_place(city, citizen, wang):
    callback = keeps_his_place(city, citizen)
    other = a_line("tourism")
    known = {one.key: getattr(callback, one.key) for one in Callback.__mapper__.column_attrs}
    session.add(Callback(**{**known, "id": None, "line_id": other.id}))
    session.flush()
    commit()
