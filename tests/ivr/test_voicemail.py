"""When the hotline stays away: callers wait, may leave a message, and are rung back for it."""

import pytest
from sqlalchemy import select

import ivr.voicemail
import telephony.carrier
from infra.db import commit, session
from ivr.voicemail import Voicemail
from models import (
    Call,
    CallStatus,
    Desired,
    Disposition,
    MissedContact,
    Offer,
    OfferState,
    Recording,
    RecordingState,
    Role,
    Seat,
)
from seeds import plant
from telephony.carrier import Carrier
from telephony.errors import CarrierError, LegGone
from tests.visitors import browser_of, somebody
from tickets import search


@pytest.fixture
def citizen(city):
    plant.plant()
    commit()
    return city.citizen("+8613812345678")


@pytest.fixture
def collect(city):
    """The clock's chore, as it runs in one process."""
    voicemail = Voicemail()

    def run() -> None:
        with city.app.test_request_context():
            voicemail.collect()
        session.expire_all()

    return run


def reaches_the_tone(city, citizen) -> None:
    city.down = True
    citizen.dials("12345")
    city.until(lambda: citizen.hears("如需留言，请按1"), 120)
    citizen.presses("1")
    city.until(lambda: citizen.hears("请在提示音后留言"), 5)
    city.pass_time(6)


def leaves_a_message(city, citizen, words: str = "我家门口的井盖不见了，请派人来看") -> None:
    reaches_the_tone(city, citizen)
    citizen.says(words)
    city.pass_time(5)
    citizen.presses("#")
    city.until(lambda: citizen.hears("留言已经录下"), 5)
    city.until(lambda: not citizen.connected, 20)


def test_nobody_is_asked_for_a_message_before_a_minute_is_over(city, citizen):
    city.down = True
    citizen.dials("12345")
    city.pass_time(55)
    assert citizen.hears("请不要挂机") and not citizen.hears("如需留言")
    city.until(lambda: citizen.hears("如需留言"), 30)


def test_who_goes_on_waiting_is_kept_and_served_when_the_hotline_is_back(city, citizen):
    city.down = True
    citizen.dials("12345")
    city.until(lambda: citizen.hears("如需留言"), 120)
    citizen.presses("5")
    city.pass_time(120)
    assert citizen.connected
    city.down = False
    city.until(lambda: session.scalar(select(Call.status)) is CallStatus.WAITING, 40)


@pytest.mark.parametrize("late", [2, 9, 12, 15, 19])
def test_whoever_was_offered_to_leave_a_message_may_do_so_at_any_time(city, citizen, late):
    citizen.dials("12345")
    city.until(lambda: session.scalar(select(Call.status)) is CallStatus.WAITING, 60)
    city.down = True
    city.until(lambda: citizen.hears("如需留言"), 160)
    city.pass_time(late)
    citizen.presses("1")
    city.until(lambda: citizen.hears("请在提示音后留言"), 5)


def test_what_was_offered_ends_with_the_outage_and_he_hears_so(city, citizen):
    city.down = True
    citizen.dials("12345")
    city.until(lambda: citizen.hears("如需留言"), 120)
    city.down = False
    city.until(lambda: citizen.hears("热线已经恢复"), 30)
    city.until(lambda: session.scalar(select(Call.status)) is CallStatus.WAITING, 10)
    heard = len(citizen.heard)
    city.pass_time(40)
    assert not any("如需留言" in one for one in citizen.heard[heard:])


def test_whom_the_carrier_puts_out_of_the_queue_is_not_asked_for_a_message_unbidden(city, citizen):
    city.down = True
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请不要挂机"), 30)
    faults = city.exchange.faults
    faults.only, faults.document_drop = "/voice/failed/wait", 1.0
    city.pass_time(30)
    faults.document_drop = 0.0
    city.pass_time(30)
    assert citizen.connected and not citizen.hears("请在提示音后留言")
    city.down = False
    city.until(lambda: session.scalar(select(Call.status)) is CallStatus.WAITING, 40)


def test_whom_a_hotline_should_have_that_is_away_again_waits_on(city, citizen):
    health = city.fallback.application.extensions["health"]
    city.down = True
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请不要挂机"), 30)
    # It answers once, and is gone before he comes.
    answers = iter([True])
    health._ask = lambda: next(answers, False)
    city.pass_time(30)
    assert citizen.connected and not citizen.hears("请在提示音后留言")
    city.until(lambda: citizen.hears("如需留言"), 160)
    citizen.presses("1")
    city.until(lambda: citizen.hears("请在提示音后留言"), 5)


def test_a_message_becomes_a_missed_contact_with_its_recording(city, citizen, collect):
    leaves_a_message(city, citizen)
    assert session.scalars(select(Call)).all() == []
    city.down = False
    collect()
    (missed,) = search.unhandled_contacts()
    call = missed.call
    assert (call.disposition, call.line.code) == (Disposition.ABANDONED, "general")
    assert missed.person.number == "13812345678"
    (recording,) = session.scalars(select(Recording)).all()
    assert (recording.call_id, recording.state) == (call.id, RecordingState.ANNOUNCED)
    assert recording.duration_s > 3
    assert recording.channels == {"both": 1}


def test_the_report_of_his_end_may_come_before_his_message(city, citizen, collect):
    reaches_the_tone(city, citizen)
    citizen.says("电话打不通")
    city.pass_time(2)
    city.down = False
    citizen.hangs_up()
    city.pass_time(5)
    assert session.scalars(select(Call.disposition)).all() == [Disposition.LEFT_EARLY]
    collect()
    (missed,) = search.unhandled_contacts()
    assert (missed.call.disposition, missed.call.line.code) == (Disposition.ABANDONED, "general")


def test_a_message_is_found_once(city, citizen, collect):
    leaves_a_message(city, citizen)
    city.down = False
    for _ in range(3):
        collect()
        city.pass_time(60)
    assert len(session.scalars(select(MissedContact)).all()) == 1
    assert len(session.scalars(select(Recording)).all()) == 1


def test_a_message_that_could_not_be_fetched_is_found_later(city, citizen, collect):
    collect()
    leaves_a_message(city, citizen)
    city.exchange.faults.rest, city.exchange.faults.rest_kind = 1.0, "500"
    with pytest.raises(Exception, match="运营商"):
        collect()
    city.exchange.faults.rest = 0.0
    city.ticking = False
    city.pass_time(3600)
    collect()
    assert len(search.unhandled_contacts()) == 1


@pytest.fixture
def backlog(city, citizen, monkeypatch):
    """Four messages, of which the carrier lists one at a time and one is asked for at a time."""
    monkeypatch.setattr(telephony.carrier, "PER_PAGE", 1)
    monkeypatch.setattr(ivr.voicemail, "PAGES_AT_ONCE", 1)
    for one in range(4):
        leaves_a_message(city, city.citizen(f"+861390000000{one}"))
    city.down = False
    city.sdk.asked.clear()


def lists_asked_for(city) -> int:
    return sum(path.endswith("/Recordings.json") for _, path in city.sdk.asked)


def test_of_a_long_list_a_part_is_read_at_a_time(city, backlog, collect):
    for times in (1, 2, 3, 4):
        collect()
        assert lists_asked_for(city) == times
        assert len(search.unhandled_contacts()) == times
        commit()  # nothing stays open while time passes
        city.pass_time(60)
    # Everything was found: from now on only the latest is looked at.
    city.ticking = False
    city.pass_time(3600)
    collect()
    collect()
    assert lists_asked_for(city) == 6 and len(search.unhandled_contacts()) == 4


def test_a_page_that_failed_is_asked_for_again_then_the_list_from_its_beginning(
    city, backlog, collect
):
    collect()
    city.exchange.faults.rest, city.exchange.faults.rest_kind = 1.0, "500"
    for _ in range(2):
        with pytest.raises(CarrierError):
            collect()
    city.exchange.faults.rest = 0.0
    for _ in range(4):
        collect()
    assert len(search.unhandled_contacts()) == 4


def test_a_message_that_cannot_be_taken_over_keeps_no_other_back(
    city, citizen, collect, monkeypatch
):
    leaves_a_message(city, citizen)
    first = citizen.leg.sid
    other = city.citizen("+8613912345678")
    leaves_a_message(city, other)
    city.down = False
    asked = Carrier.caller_of

    def forgotten(self, leg: str) -> str:
        if leg == first:
            raise LegGone("线路已结束")
        return asked(self, leg)

    with monkeypatch.context() as for_now:
        for_now.setattr(Carrier, "caller_of", forgotten)
        collect()
        assert [one.call.sid for one in search.unhandled_contacts()] == [other.leg.sid]
    commit()  # nothing stays open while time passes
    city.ticking = False
    city.pass_time(3600)
    collect()
    assert {one.call.sid for one in search.unhandled_contacts()} == {first, other.leg.sid}


def test_a_call_that_broke_off_into_a_message_keeps_what_is_known_of_it(city, citizen, collect):
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请直接说出"))
    city.down = True
    citizen.presses("8")
    city.until(lambda: citizen.hears("如需留言，请按1"), 120)
    citizen.presses("1")
    city.until(lambda: citizen.hears("请在提示音后留言"), 5)
    city.pass_time(6)
    citizen.says("我想问景区门票")
    city.pass_time(4)
    citizen.hangs_up()
    city.pass_time(1)
    city.down = False
    collect()
    (missed,) = search.unhandled_contacts()
    assert missed.call.sid == citizen.leg.sid
    assert session.scalars(select(Recording.call_id)).all() == [missed.call_id]


def test_who_was_reached_while_he_spoke_keeps_his_talk(city, citizen, collect):
    seat = session.scalars(select(Seat).where(Seat.languages.contains(["zh"]))).first()
    seat.desired = Desired.READY
    desk = city.desk(seat)
    citizen.dials("12345")
    city.pass_time(1)
    citizen.presses("0")
    ringing = select(Offer.id).where(Offer.state == OfferState.RINGING)
    city.until(lambda: session.scalar(ringing) is not None, 10)
    # His redirect finds him at the tone.
    city.exchange.recordings.start(citizen.leg, source="RecordVerb", channels=1)
    desk.accepts(session.scalar(ringing))
    city.until(lambda: session.scalar(select(Call.status)) is CallStatus.TALKING, 5)
    city.exchange.recordings.running(citizen.leg).stop()
    collect()
    assert session.scalar(select(Call.status)) is CallStatus.TALKING
    assert citizen.connected_with() == [f"client:{desk.identity}"]


def test_whoever_rings_back_hears_the_message(city, citizen, collect):
    leaves_a_message(city, citizen)
    city.down = False
    collect()
    (missed,) = search.unhandled_contacts()
    agent = browser_of(city.app, somebody("ringer", Role.AGENT))
    assert f'href="/calls/{missed.call_id}"' in agent.get("/missed").text
    assert agent.get(f"/calls/{missed.call_id}").status_code == 200
    (recording,) = session.scalars(select(Recording)).all()
    assert agent.get(f"/recordings/{recording.id}/audio").status_code != 403


def test_the_recording_of_a_talk_is_no_message(city, citizen, collect):
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请直接说出"))
    city.exchange.recordings.start(citizen.leg, source="StartCallRecordingTwiML", channels=2)
    city.pass_time(3)
    citizen.hangs_up()
    city.pass_time(1)
    collect()
    assert session.scalars(select(Recording)).all() == []
