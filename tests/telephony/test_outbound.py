"""The dialler: in its window, one a second, nobody twice, whatever is lost or killed in between."""

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from infra.clock import now
from infra.db import commit, session
from infra.localtime import local
from models import (
    AttemptResult,
    AttemptState,
    Dial,
    DialAttempt,
    DialPurpose,
    DialState,
    IllegalMove,
)
from queues import calls
from telephony import attempts, outbound
from telephony.errors import CarrierError
from telephony.windows import rules

# Says a sentence and hangs up; which one does not matter here.
WORDS = "http://hotline.test/voice/notice"
NUMBER = "13812345678"


@pytest.fixture
def city(city, monkeypatch):
    """Nothing of the test's own stays open while time passes: on a busy machine that takes long."""
    forward = city.timeline.forward

    def closed_forward(seconds: float) -> None:
        commit()
        forward(seconds)

    monkeypatch.setattr(city.timeline, "forward", closed_forward)
    return city


def planned(number: str = NUMBER, purpose: DialPurpose = DialPurpose.FOLLOW_UP, **known) -> Dial:
    key = known.pop("key", f"{purpose}:{number}")
    dial = outbound.plan(purpose, key=key, number=number, url=WORDS, **known)
    commit()
    return dial


def tries(dial: Dial) -> list[AttemptResult | None]:
    session.expire_all()
    found = select(DialAttempt).where(DialAttempt.dial_id == dial.id).order_by(DialAttempt.id)
    return [one.result for one in session.scalars(found)]


def fresh(dial: Dial) -> Dial:
    session.refresh(dial)
    return dial


def far_end(city, **known):
    citizen = city.citizen(f"+86{NUMBER}")
    for name, value in known.items():
        setattr(citizen, name, value)
    return citizen


def later(city, hours: float) -> None:
    """Hours in which the clock has nothing to do, then a minute in which it ticks."""
    city.ticking = False
    city.pass_time(hours * 3600)
    city.ticking = True
    city.pass_time(60)


def over(dial: Dial) -> bool:
    return not fresh(dial).open


def test_who_answers_hears_what_is_to_be_said(city):
    citizen = far_end(city)
    dial = planned()
    city.until(lambda: citizen.hears("便民热线"))
    assert citizen.leg.caller == city.app.config["SETTINGS"].hotline_number
    city.until(lambda: tries(dial) == [AttemptResult.TALKED])
    # What it was for was not said to be reached: it is tried again.
    assert (fresh(dial).state, dial.tried) == (DialState.WAITING, 1)


def test_what_is_reached_is_not_rung_again(city):
    far_end(city)
    dial = planned()
    city.until(lambda: session.scalar(select(DialAttempt.id)) is not None)
    outbound.done(fresh(dial))
    commit()
    later(city, 8)
    assert tries(dial) == [AttemptResult.TALKED] and dial.state is DialState.DONE


def test_the_same_key_is_planned_once(app, time):
    assert planned().id == planned().id
    assert session.query(Dial).count() == 1


def test_nobody_is_rung_in_quiet_hours(city):
    later(city, 11.1)
    citizen = far_end(city)
    dial = planned()
    # Planned for tomorrow, and a row that says "now" waits, too.
    assert local(fresh(dial).next_at).strftime("%d %H:%M") == "03 09:00"
    dial.next_at = now()
    commit()
    city.pass_time(60)
    assert citizen.rung == []


def test_one_call_a_second_leaves_whoever_dials(city):
    people = [city.citizen(f"+861390000000{one}") for one in range(4)]
    for one in people:
        planned(one.number)
    for _ in range(3):
        outbound.dial_due()  # as a second clock would, at the same moment
    assert len(city.exchange.legs) == 1
    city.pass_time(8)
    turns = [one.at for one in session.scalars(select(DialAttempt).order_by(DialAttempt.id))]
    assert len(turns) == 4
    assert all(b - a >= timedelta(seconds=1) for a, b in pairwise(turns))


def test_of_two_processes_one_claims(city):
    planned()
    with city.app.extensions["engine"].begin() as other:
        other.execute(text(f"SELECT pg_advisory_xact_lock({outbound.DIALLING_LOCK})"))
        assert outbound.dial_due() is False
    assert outbound.dial_due() is True


def test_busy_and_unanswered_are_tried_over_days_and_at_other_hours(city):
    citizen = far_end(city, busy=True)
    dial = planned()
    city.until(lambda: tries(dial) == [AttemptResult.BUSY])
    citizen.busy, citizen.answers = False, False
    later(city, 9)
    assert tries(dial) == [AttemptResult.BUSY, AttemptResult.NO_ANSWER]
    later(city, 16)
    assert (fresh(dial).state, dial.tried) == (DialState.EXHAUSTED, 3)
    rung = [local(one.at) for one in attempts.attempts_of(dial)]
    assert len({one.date() for one in rung}) == 2
    assert len({one.hour for one in rung}) == 3
    later(city, 72)
    assert len(citizen.rung) == 3


def test_an_answering_machine_is_hung_up_on(city):
    citizen = far_end(city, nature="machine")
    dial = planned(purpose=DialPurpose.CALLBACK)
    city.exchange.media.utter = lambda *_: 60.0  # it would go on talking
    city.until(lambda: citizen.leg is not None)
    city.until(lambda: not citizen.leg.live, within=8)
    city.until(lambda: tries(dial) == [AttemptResult.MACHINE])


@pytest.mark.parametrize("kind", ["unanswered", "broken"])
def test_an_answer_that_was_lost_rings_nobody_twice(city, kind):
    citizen = far_end(city, answers=False)
    city.exchange.faults.set({"rest": 1, "rest_kind": kind})
    dial = planned()
    city.until(lambda: len(citizen.rung) == 1)
    city.exchange.faults.set({"rest": 0})
    city.until(lambda: tries(dial) == [AttemptResult.NO_ANSWER], within=60)
    assert len(citizen.rung) == 1 and fresh(dial).tried == 1


def test_where_its_reports_are_lost_as_well_the_carrier_is_asked(city):
    citizen = far_end(city, answers=False)
    city.exchange.faults.set({"rest": 1, "rest_kind": "unanswered", "drop": 1})
    dial = planned()
    city.until(lambda: len(citizen.rung) == 1)
    city.exchange.faults.set({"rest": 0})
    city.until(lambda: session.scalars(select(DialAttempt.leg)).one() is not None)
    assert session.scalars(select(DialAttempt.leg)).one() == citizen.rung[0].sid
    city.until(lambda: tries(dial) == [AttemptResult.NO_ANSWER], within=120)
    assert len(citizen.rung) == 1


@pytest.mark.parametrize("kind", ["timeout", "429", "500"])
def test_what_was_never_placed_is_no_attempt(city, kind):
    citizen = far_end(city)
    city.exchange.faults.set({"rest": 1, "rest_kind": kind})
    dial = planned()
    city.pass_time(2)
    assert session.query(DialAttempt).count() == 1
    city.exchange.faults.set({"rest": 0})
    city.until(lambda: bool(citizen.rung), within=120)
    city.until(lambda: tries(dial) == [AttemptResult.NOT_PLACED, AttemptResult.TALKED])
    assert (fresh(dial).tried, dial.misfired) == (1, 1)


def test_killed_between_claim_and_asking_it_is_rung_once_all_the_same(city, monkeypatch):
    citizen = far_end(city)
    dial = planned()

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as now_killed:
        now_killed.setattr(outbound.carrier().__class__, "ring", killed)
        with pytest.raises(KeyboardInterrupt):
            outbound.dial_due()
    assert fresh(dial).state is DialState.DIALLING
    city.until(lambda: len(citizen.rung) == 1, within=120)
    city.pass_time(60)
    assert tries(dial) == [AttemptResult.NOT_PLACED, AttemptResult.TALKED]


def test_killed_after_asking_it_is_not_rung_again(city, monkeypatch):
    citizen = far_end(city, answers=False)
    dial = planned()

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as now_killed:
        now_killed.setattr(attempts, "placed", killed)
        with pytest.raises(KeyboardInterrupt):
            outbound.dial_due()
    city.exchange.faults.set({"drop": 1})
    city.until(lambda: tries(dial) == [AttemptResult.NO_ANSWER], within=120)
    assert len(citizen.rung) == 1


def test_a_number_that_is_none_is_given_up_and_others_are_rung(city):
    dial = planned("+9991234567890123")
    citizen = far_end(city)
    planned()
    city.until(lambda: over(dial))
    assert dial.state is DialState.REFUSED
    assert "被叫号码不正确" in session.scalars(select(DialAttempt.error)).first()
    city.until(lambda: bool(citizen.rung))


def test_an_account_that_is_refused_gives_nobody_up(city):
    citizen = far_end(city)
    token, city.exchange.account.token = city.exchange.account.token, "changed"
    dial = planned()
    city.pass_time(30)
    assert (fresh(dial).state, dial.tried, dial.misfired) == (DialState.WAITING, 0, 1)
    city.exchange.account.token = token
    city.until(lambda: bool(citizen.rung), within=120)


def test_nobody_is_rung_for_two_things_at_once(city):
    citizen = far_end(city, answers=False)
    planned()
    planned(key="about something else")
    city.pass_time(20)
    assert len(citizen.rung) == 1
    city.pass_time(100)
    assert len(citizen.rung) == 1  # and left alone for a while
    city.pass_time(150)
    assert len(citizen.rung) == 2


def test_who_is_on_the_line_is_not_rung(city):
    citizen = far_end(city)
    person = calls.person_of(citizen.number)
    citizen.dials("12345")
    planned(person=person)
    city.pass_time(10)
    assert citizen.rung == []
    citizen.hangs_up()
    city.until(lambda: bool(citizen.rung))


def test_the_urgent_go_first_and_no_more_than_the_purpose_may(city, monkeypatch):
    few = rules(DialPurpose.FOLLOW_UP)
    monkeypatch.setattr(outbound, "rules", lambda _: _only(few, 1))
    slow, urgent = city.citizen("+8613900000001"), city.citizen("+8613900000002")
    slow.answers = urgent.answers = False
    planned(slow.number)
    planned(urgent.number, priority=5)
    city.pass_time(10)
    assert (len(urgent.rung), len(slow.rung)) == (1, 0)
    city.pass_time(60)
    assert len(slow.rung) == 1


def test_reports_that_come_twice_late_or_of_another_leg_change_nothing(city):
    citizen = far_end(city, answers=False)
    dial = planned()
    city.until(lambda: tries(dial) == [AttemptResult.NO_ANSWER], within=60)
    attempt = session.scalars(select(DialAttempt)).one()
    for status in ("ringing", "in-progress", "completed"):
        attempts.report(attempt.id, citizen.rung[0].sid, status)
        attempts.report(attempt.id, "CA-other", status)
        attempts.report(99, "CA-other", status)
    commit()
    assert tries(dial) == [AttemptResult.NO_ANSWER] and fresh(dial).tried == 1
    assert attempts.picked_up(attempt.id, citizen.rung[0].sid) is None


def test_a_doubled_report_ends_it_once(city):
    far_end(city, busy=True)
    city.exchange.faults.set({"double": 1, "shuffle_seconds": 2})
    dial = planned()
    city.pass_time(10)
    assert tries(dial) == [AttemptResult.BUSY] and fresh(dial).tried == 1


def test_a_report_that_we_failed_to_take_comes_again(city, monkeypatch):
    far_end(city, busy=True)
    dial = planned()
    real, failed = attempts.report, []

    def fails_once(*said):
        if not failed:
            failed.append(said)
            raise OperationalError("lost", None, Exception())
        real(*said)

    monkeypatch.setattr(attempts, "report", fails_once)
    city.until(lambda: tries(dial) == [AttemptResult.BUSY], within=10)
    assert failed


def test_what_was_called_off_says_nothing(city):
    citizen = far_end(city, answers=False)
    dial = planned()
    city.until(lambda: bool(citizen.rung))
    outbound.cancel(fresh(dial))
    commit()
    citizen.leg = citizen.rung[0]
    citizen.leg.answer()
    attempt = session.scalars(select(DialAttempt)).one()
    assert attempts.picked_up(attempt.id, citizen.leg.sid) is None
    city.pass_time(60)
    assert fresh(dial).state is DialState.CANCELLED and attempt.state is AttemptState.ENDED


def test_what_is_called_off_rings_no_more(city):
    citizen = far_end(city, answers=False)
    dial = planned()
    city.until(lambda: bool(citizen.rung))
    assert citizen.rung[0].live
    outbound.cancel(fresh(dial))
    city.pass_time(3)
    assert tries(dial) == [AttemptResult.CANCELLED] and not citizen.rung[0].live


@pytest.mark.parametrize("said", [True, False])
def test_what_is_called_off_while_it_is_placed_rings_no_more(city, monkeypatch, said):
    """Whether or not the carrier's answer, which names the leg, ever arrives."""
    citizen = far_end(city, answers=False)
    dial = planned()
    ring = outbound.carrier().__class__.ring

    def overtaken(*asked):
        leg = ring(*asked)
        outbound.cancel(session.scalars(select(Dial)).one())
        commit()
        if not said:
            raise CarrierError("no answer", permanent=False, unknown=True)
        return leg

    monkeypatch.setattr(outbound.carrier().__class__, "ring", overtaken)
    city.until(lambda: tries(dial) == [AttemptResult.CANCELLED], within=10)
    assert not any(leg.live for leg in citizen.rung)


def test_what_may_be_rung_no_more_is_given_up(city):
    dial = planned(not_after=now() + timedelta(seconds=30))
    dial.next_at = now() + timedelta(minutes=5)
    commit()
    city.pass_time(40)
    outbound.lapse_due()
    assert fresh(dial).state is DialState.EXHAUSTED


def test_while_the_hotline_is_away_who_answers_hears_that_it_rings_again(city):
    citizen = far_end(city)
    planned()
    outbound.dial_due()
    city.down = True
    city.pass_time(10)
    assert citizen.hears("我们会再次致电")


def test_the_schema_knows_it_too(city):
    dial = planned()
    with pytest.raises(IllegalMove):
        dial.move_to(DialState.REFUSED, now())


def _only(usual, at_once: int):
    return type(usual)(**(vars(usual) | {"at_once": at_once}))
