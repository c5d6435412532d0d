"""What a caller hears while he waits, and what is written down of it."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from twilio.request_validator import RequestValidator

from infra.clock import now
from infra.db import commit, roll_back, session
from models import (
    Activity,
    Call,
    CallStatus,
    Desired,
    Disposition,
    Line,
    Offer,
    OfferState,
    Place,
    Promise,
    PromiseKind,
    Seat,
)
from queues import music, pace
from queues.wait_document import PAUSE_SECONDS
from recordings import timeline
from tests.places import a_line, an_agent
from tests.services import TOKEN

LEADS_TO_A_PERSON = 40


@pytest.fixture
def line(app, time) -> Line:
    found = a_line()
    commit()
    return found


@pytest.fixture
def busy(city, line):
    """An agent who talks with somebody else."""
    desk = city.desk(an_agent("wang", line))
    session.get_one(Seat, desk.staff_id).activity = Activity.TALKING
    commit()
    return desk


@pytest.fixture
def history(line):
    """Twenty talks of 170 s, which with the wrap-up make 200 s."""
    for number in range(20):
        session.add(a_talk(line, number, timedelta(seconds=170)))
    commit()


def a_talk(line: Line, number: int, lasted: timedelta, **known: object) -> Call:
    began = now() - timedelta(hours=1)
    return Call(
        sid=f"CA-before-{line.code}-{number}",
        number_masked="-",
        line_id=line.id,
        status=CallStatus.ENDED,
        disposition=known.pop("disposition", Disposition.ANSWERED),
        started_at=began,
        answered_at=began,
        ended_at=began + lasted,
        **known,
    )


def waits(city, number: str | None = None):
    citizen = city.citizen(number)
    citizen.dials("12345")
    city.until(lambda: promises_of(citizen) != [], LEADS_TO_A_PERSON)
    return citizen


def promises_of(citizen) -> list[Promise]:
    session.expire_all()
    return list(
        session.scalars(
            select(Promise)
            .join(Place, Place.id == Promise.place_id)
            .join(Call, Call.id == Place.call_id)
            .where(Call.sid == citizen.leg.sid)
            .order_by(Promise.id)
        )
    )


def told(citizen) -> list[tuple[PromiseKind, int, int | None, int | None]]:
    return [
        (one.kind, one.ahead, one.low_minutes, one.high_minutes) for one in promises_of(citizen)
    ]


def times_heard(citizen, words: str) -> int:
    return sum(words in one for one in citizen.heard)


def wait_document(client, leg: str) -> str:
    form = {"CallSid": leg, "From": "+8613812345678", "QueueTime": "30"}
    signature = RequestValidator(TOKEN).compute_signature("http://hotline.test/voice/wait", form)
    return client.post("/voice/wait", data=form, headers={"X-Twilio-Signature": signature}).text


def test_position_and_wait_are_told_once(city, busy, history):
    citizen = waits(city)
    city.pass_time(90)
    # One seat, 200 s a call: within 10 minutes in nine cases of ten.
    assert told(citizen) == [(PromiseKind.WAIT, 0, 0, 10)]
    assert times_heard(citizen, "您是下一位") == 1
    assert times_heard(citizen, "预计等待不超过10分钟") == 1
    assert ("告知位置和等待", "前面 0 人 · 能接的座席约 1 个，都在忙 · 0–10 分钟") in [
        (one.title, one.detail)
        for one in timeline.of(promises_of(citizen)[0].place.call, for_lead=True)
    ]
    (promise,) = promises_of(citizen)
    assert (promise.basis["seats"], promise.basis["handling_s"]) == (1, 200)


def test_they_are_told_again_when_they_improve(city, busy, history):
    others = [waits(city) for _ in range(3)]
    last = waits(city)
    assert told(last)[0][:2] == (PromiseKind.WAIT, 3)
    city.until(lambda: last.hears("您前面还有3位来电人"))
    city.pass_time(60)
    assert len(told(last)) == 1
    for one in others:
        one.hangs_up()
    city.until(lambda: len(promises_of(last)) == 2)
    city.until(lambda: last.hears("您是下一位"))
    before, after = promises_of(last)
    assert after.kind is PromiseKind.WAIT
    assert after.at + timedelta(minutes=after.high_minutes) < before.at + timedelta(
        minutes=before.high_minutes
    )


def test_a_wait_that_did_not_improve_is_not_told_again(city, busy, history):
    first = waits(city)
    second = waits(city)
    # From now on talks take four times as long.
    session.query(Call).filter(Call.sid.like("CA-before%")).update(
        {"ended_at": Call.answered_at + timedelta(seconds=800)}, synchronize_session=False
    )
    commit()
    city.pass_time(10)
    heard = times_heard(second, "预计等待")
    assert heard == 1
    first.hangs_up()
    city.until(lambda: len(promises_of(second)) == 2)
    assert promises_of(second)[-1].kind is PromiseKind.POSITION
    city.pass_time(10)
    assert times_heard(second, "预计等待") == heard
    assert second.hears("您是下一位")


def test_without_any_talk_to_learn_from_nothing_is_guessed(city, busy):
    citizen = waits(city)
    city.pass_time(60)
    assert told(citizen) == [(PromiseKind.BUSY, 0, None, None)]
    assert times_heard(citizen, "座席暂时都不空，一有空闲就为您接通") == 1
    assert times_heard(citizen, "您是下一位") == 1
    assert not citizen.hears("预计等待")


def test_where_nobody_is_signed_on_no_wait_is_promised(city, line, history):
    citizen = waits(city)
    assert told(citizen) == [(PromiseKind.NOBODY, 0, None, None)]
    city.until(lambda: citizen.hears("座席暂时不在，无法预计等待时间"))
    assert not citizen.hears("您是下一位")


def test_how_the_wait_ended_is_written_beside_every_promise(city, busy, history):
    gives_up = waits(city)
    citizen = waits(city)
    gives_up.hangs_up()
    city.until(lambda: len(promises_of(citizen)) == 2)
    (promise,) = promises_of(gives_up)
    assert promise.gone_at is not None and promise.answered_at is None
    session.get_one(Seat, busy.staff_id).activity = Activity.IDLE
    commit()
    ringing = select(Offer.id).where(Offer.state == OfferState.RINGING)
    city.until(lambda: session.scalar(ringing) is not None)
    busy.accepts(session.scalar(ringing))
    city.until(lambda: all(one.answered_at is not None for one in promises_of(citizen)))
    assert all(one.gone_at is None for one in promises_of(citizen))


def test_who_is_offered_at_once_is_promised_nothing_and_hears_it_ring(city, client, line):
    city.desk(an_agent("wang", line))
    citizen = city.citizen()
    citizen.dials("12345")
    ringing = select(Offer.id).where(Offer.state == OfferState.RINGING)
    city.until(lambda: session.scalar(ringing) is not None, LEADS_TO_A_PERSON)
    assert promises_of(citizen) == []
    document = wait_document(client, citizen.leg.sid)
    assert "<Play>http://hotline.test/sound/ringing.wav</Play></Gather>" in document


def test_who_is_offered_to_another_line_in_a_moment_is_not_told_that_all_are_busy(city, busy):
    city.desk(an_agent("zhao", a_line("tourism", rank=2)))
    citizen = city.citizen()
    citizen.dials("12345")
    ringing = select(Offer.id).where(Offer.state == OfferState.RINGING)
    city.until(lambda: session.scalar(ringing) is not None, LEADS_TO_A_PERSON)
    city.pass_time(10)
    assert session.scalar(ringing) is not None
    assert not citizen.hears("座席暂时都不空") and promises_of(citizen) == []


def test_who_is_of_a_line_that_nobody_else_may_serve_is_told_after_a_moment(city):
    own = a_line("minors", certified=True)
    session.get_one(Seat, city.desk(an_agent("wang", own)).staff_id).activity = Activity.TALKING
    city.desk(an_agent("zhao", a_line("general", rank=2)))
    citizen = city.citizen()
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请直接说出"))
    citizen.presses("5")
    city.until(lambda: citizen.hears("座席暂时都不空"), LEADS_TO_A_PERSON)


def test_who_waited_hears_once_that_he_is_being_connected(city, busy):
    citizen = waits(city)
    session.get_one(Seat, busy.staff_id).activity = Activity.IDLE
    commit()
    city.until(lambda: citizen.hears("正在为您接通"))
    city.pass_time(8)
    assert times_heard(citizen, "正在为您接通") == 1


@pytest.mark.parametrize("does", [Activity.RINGING, Activity.WRAP_UP, Activity.TALKING])
def test_whatever_the_only_agent_does_what_is_told_is_true(city, busy, does):
    seat = session.get_one(Seat, busy.staff_id)
    seat.activity = does
    seat.wrap_up_until = now() + timedelta(hours=1) if does is Activity.WRAP_UP else None
    commit()
    citizen = waits(city)
    city.until(lambda: citizen.hears("座席暂时都不空"))


def test_an_agent_on_a_break_is_away(city, busy, history):
    session.get_one(Seat, busy.staff_id).desired = Desired.BREAK
    commit()
    citizen = waits(city)
    city.until(lambda: citizen.hears("座席暂时不在"))
    assert told(citizen) == [(PromiseKind.NOBODY, 0, None, None)]


def test_who_was_told_that_all_are_busy_hears_when_the_last_seat_goes_and_when_it_is_back(
    city, busy
):
    citizen = waits(city)
    city.until(lambda: citizen.hears("座席暂时都不空"))
    chooses(busy, Desired.BREAK)
    city.until(lambda: citizen.hears("座席暂时不在"))
    city.until(lambda: citizen.hears("您也可以挂机，我们会给您回电"))
    city.pass_time(60)
    assert times_heard(citizen, "座席暂时不在") == 1
    chooses(busy, Desired.READY)
    city.until(lambda: times_heard(citizen, "座席暂时都不空") == 2)
    assert [kind for kind, *_ in told(citizen)] == [
        PromiseKind.BUSY,
        PromiseKind.NOBODY,
        PromiseKind.BUSY,
    ]


def test_who_hides_his_number_is_not_promised_a_call_back(city, line):
    citizen = waits(city, "anonymous")
    city.until(lambda: citizen.hears("座席暂时不在"))
    assert not citizen.hears("回电")


def chooses(busy, desired: Desired) -> None:
    session.get_one(Seat, busy.staff_id).desired = desired
    commit()


def test_the_wait_document_is_music_and_ends_although_it_cannot_be_fetched(city, client, busy):
    citizen = waits(city)
    document = wait_document(client, citizen.leg.sid)
    # It listens for a key a second longer than it plays, whatever becomes of the sound.
    assert "<Play>http://hotline.test/sound/waiting.wav</Play></Gather>" in document
    assert 'timeout="1"' in document
    assert "<Say" not in document


def test_seats_of_several_lines_count_by_who_waits_for_them(city, line):
    other, quiet = a_line("other"), a_line("quiet")
    noise = a_line("noise")
    here = a_place(line)
    for _ in range(3):
        a_place(other)
    city.desk(an_agent("own", line))
    city.desk(an_agent("shared", line, other))
    city.desk(an_agent("with_a_quiet_line", line, quiet))
    city.desk(an_agent("elsewhere", noise))
    city.desk(an_agent("on_break", line, ready=False))
    an_agent("gone", line)
    commit()
    assert pace.seats_for(here) == pytest.approx(1 + 1 / 4 + 1)


def test_where_no_seat_is_skilled_anybody_helps_but_not_on_a_certified_line(city, line):
    helped, alone = a_line("helped"), a_line("alone", certified=True)
    places = {one.code: a_place(one) for one in (helped, alone)}
    city.desk(an_agent("own", line))
    city.desk(an_agent("other", line))
    commit()
    assert pace.seats_for(places["helped"]) == pytest.approx(2 * 1 / 2)
    assert pace.seats_for(places["alone"]) == 0


def test_a_caller_who_speaks_english_counts_the_seats_that_do(city, line):
    place = a_place(line, language="en")
    city.desk(an_agent("chinese", line))
    city.desk(an_agent("english", line, languages=("zh", "en")))
    commit()
    assert pace.seats_for(place) == 1


def test_a_line_with_few_talks_is_taken_to_be_like_the_others(line, history):
    rare, noise = a_line("rare"), a_line("noise")
    for number in range(20):
        session.add(a_talk(rare, number, timedelta(seconds=370)))
    for number in range(3):
        abandoned = a_talk(noise, number, timedelta(seconds=9), disposition=Disposition.ABANDONED)
        abandoned.answered_at = None
        session.add(abandoned)
    session.flush()
    # 20 talks of 370 s weigh as much as the 270 s of all; 30 s of wrap-up.
    assert pace.figures(a_place(rare), 0).handling_s == pytest.approx((370 + 270) / 2 + 30)
    assert pace.figures(a_place(noise), 0).handling_s == pytest.approx(270 + 30)


def test_givings_up_are_counted_over_the_time_that_was_waited(line, history):
    at = now()
    for number, disposition in enumerate([Disposition.ABANDONED] * 5 + [Disposition.ANSWERED] * 5):
        call = a_talk(line, 100 + number, timedelta(), disposition=disposition)
        session.add(call)
        session.flush()
        session.add(
            Place(
                call_id=call.id,
                line_id=line.id,
                entered_at=at - timedelta(seconds=90),
                age_from=at,
                left_at=at,
            )
        )
    session.flush()
    # (5 + 5) / (10 x 90 + 5 x 180): ten givings-up in 1,800 s.
    assert pace.figures(a_place(line), 0).leaving == pytest.approx(10 / 1800)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": PromiseKind.WAIT},
        {"kind": PromiseKind.BUSY, "low_minutes": 1},
        {"kind": PromiseKind.BUSY, "high_minutes": 1},
        {"kind": PromiseKind.WAIT, "low_minutes": 5, "high_minutes": 5},
        {"kind": PromiseKind.BUSY, "ahead": -1},
    ],
)
def test_the_schema_refuses_a_promise_that_makes_no_sense(line, wrong):
    place = a_place(line)
    session.add(Promise(**{"place_id": place.id, "at": now(), "ahead": 0, **wrong}))
    with pytest.raises(IntegrityError):
        session.flush()
    roll_back()


def a_place(line: Line, language: str = "zh") -> Place:
    number = session.query(Call).count()
    call = Call(
        sid=f"CA-waiting-{number}",
        number_masked="-",
        line_id=line.id,
        status=CallStatus.WAITING,
        started_at=now(),
    )
    session.add(call)
    session.flush()
    place = Place(
        call_id=call.id, line_id=line.id, language=language, entered_at=now(), age_from=now()
    )
    session.add(place)
    session.flush()
    return place


def test_the_carrier_fetches_the_music_and_plays_it_to_its_end(city, busy):
    citizen = waits(city)
    heard_at = select(Place.last_heard_at)
    documents = set()
    for _ in range(4 * 60):
        city.pass_time(0.25)
        documents.add(session.scalar(heard_at))
    apart = music.SECONDS + PAUSE_SECONDS
    assert 60 / (apart + 2) - 1 < len(documents) < 60 / apart + 2
    assert citizen.connected
    assert list(city.exchange.notifications) == []
