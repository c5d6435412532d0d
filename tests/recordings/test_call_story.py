"""A call from dialling to its recording's row, through the emulator's telephones."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from infra.clock import now
from infra.db import commit, session
from infra.jobs import lane
from models import (
    Call,
    CallEvent,
    CallStatus,
    Offer,
    OfferState,
    Order,
    OrderState,
    Recording,
    RecordingState,
    Utterance,
)
from queues import talk
from recordings import sweeps
from recordings.jobs import ask_for
from telephony.carrier import carrier
from tests.places import a_line, an_agent
from tests.recordings.conftest import BASE


def _call() -> Call:
    session.expire_all()
    return session.scalars(select(Call)).one()


def _recordings() -> list[Recording]:
    session.expire_all()
    return list(session.scalars(select(Recording)))


def _ringing() -> Offer | None:
    session.expire_all()
    return session.scalar(select(Offer).where(Offer.state == OfferState.RINGING))


def _finish(city, desk) -> None:
    desk._as_agent(
        lambda seat: talk.finish(
            session.get_one(Call, _call().id), by=seat, rating_url=f"{BASE}/voice/rate"
        )
    )


@pytest.fixture
def talking(city):
    """A citizen and an agent who hear each other."""
    line = a_line()
    commit()
    desk = city.desk(an_agent("wang", line))
    citizen = city.citizen("13812345678")
    citizen.dials("12345")
    city.until(lambda: _ringing() is not None, 60)
    desk.accepts(_ringing().id)
    city.until(lambda: _call().status is CallStatus.TALKING)
    return citizen, desk


@pytest.fixture
def talked(city, talking) -> Call:
    """They have talked for a minute; the citizen hung up."""
    citizen, _ = talking
    citizen.says("阳明路的路灯坏了")
    city.pass_time(60)
    citizen.hangs_up()
    city.pass_time(10)
    return _call()


def test_a_talk_leaves_a_recording_of_its_citizen(talked: Call) -> None:
    (recording,) = _recordings()
    assert recording.call_id == talked.id
    assert recording.leg == talked.sid
    assert recording.channels == {"citizen": 1, "agent": 2}
    assert recording.duration_s >= 60
    assert recording.url.endswith(recording.sid)
    assert "阳明路的路灯坏了" in session.scalars(select(Utterance.text)).all()


def test_recording_and_transcription_end_with_the_talk(city, talking) -> None:
    citizen, desk = talking
    citizen.says("阳明路的路灯坏了")
    city.pass_time(20)
    talked_s = (now() - _call().answered_at).total_seconds()
    _finish(city, desk)
    city.until(lambda: citizen.hears("请对本次服务评价"))
    citizen.says("我身份证后四位是一二三四")
    city.pass_time(5)
    citizen.presses("5")
    city.until(lambda: not citizen.connected)
    city.pass_time(5)
    assert _call().rating == 5
    (recording,) = _recordings()
    # Our prompts after the talk took longer than this.
    assert abs(recording.duration_s - talked_s) <= 2
    assert "阳明路的路灯坏了" in session.scalars(select(Utterance.text)).all()
    assert not any("身份证" in one for one in session.scalars(select(Utterance.text)))


def test_the_recording_is_stopped_although_the_carrier_fails_at_first(city, talking) -> None:
    citizen, desk = talking
    city.exchange.faults.rest = 1.0
    _finish(city, desk)
    city.pass_time(1)
    pending = select(Order.kind).where(Order.state == OrderState.PENDING).order_by(Order.id)
    assert list(session.scalars(pending)) == ["redirect", "stop_recording", "hang_up"]
    city.exchange.faults.rest = 0.0
    city.until(lambda: citizen.hears("请对本次服务评价"))
    city.pass_time(5)
    assert citizen.connected
    (recording,) = carrier().recordings_of(citizen.leg.sid)
    assert recording.status == "completed"


def test_a_late_report_of_a_join_does_not_take_back_the_good_bye(city, talking) -> None:
    citizen, desk = talking
    city.exchange.faults.rest = 1.0
    _finish(city, desk)
    talk.join(_call(), citizen.leg.sid, requeue_url=city.addresses.requeue)
    commit()
    city.exchange.faults.rest = 0.0
    city.until(lambda: citizen.hears("请对本次服务评价"))


def test_the_carrier_takes_a_text_message(city, talked: Call) -> None:
    asked_at = now()
    assert carrier().text_taken("+8613812345678", "您好", asked_at) is None
    sid = carrier().send_text("+8613812345678", "12345", "您好")
    assert carrier().text_taken("+8613812345678", "您好", asked_at) == sid
    assert carrier().text_taken("+8613812345678", "您好", asked_at + timedelta(hours=1)) is None
    assert carrier().text_taken("+8613812345678", "别的", asked_at) is None


def test_a_recording_that_was_never_reported_is_asked_for(city, talked: Call) -> None:
    (reported,) = _recordings()
    sid, url = reported.sid, reported.url
    session.execute(delete(Recording))
    commit()
    city.pass_time(180)
    session.execute(delete(CallEvent).where(CallEvent.name == sweeps.ASKED))
    sweeps.run()
    sweeps.run()
    waiting = [(one.func_name, one.args) for one in lane("recordings").jobs]
    assert waiting.count(("recordings.jobs.ask_for", (talked.id,))) == 1
    ask_for(talked.id)
    (asked_for,) = _recordings()
    assert (asked_for.sid, asked_for.call_id) == (sid, talked.id)
    assert asked_for.url.removeprefix("http://carrier.test") == url.removeprefix(
        "http://carrier.test"
    )
    assert asked_for.state is RecordingState.ANNOUNCED
