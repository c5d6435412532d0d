"""话机座席: an offer rings a telephone, the key 1 claims it, and every race on the way."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import url_for
from sqlalchemy import select, text

from emulator.caller import Caller, Step
from infra.clock import now
from infra.db import ROUTING_LOCK, commit, serialise_routing, session, transaction
from models import (
    Activity,
    AttemptState,
    AuditEntry,
    CallStatus,
    Desired,
    DialAttempt,
    Disposition,
    Offer,
    OfferState,
    Role,
    Seat,
    SeatTelephone,
    Shift,
    ShiftKind,
    TelephoneRing,
)
from queues import seat_telephones, telephoning, vanishing
from queues.journal import desk_of
from telephony import outbound
from tests.agent_desk.talks import Agent, call_of, talking
from tests.analytics.leads import Lead
from tests.places import a_line, an_agent
from tests.queues.test_locks import a_pass_that_takes_long
from tests.visitors import browser_of, somebody

NUMBER = "13900139000"
PRESSES = (Step.of("hear 按1接听"), Step.of("press 1"))


@dataclass
class Remote:
    """An agent at his telephone; his page is closed."""

    agent: Agent
    phone: Caller

    @property
    def seat(self) -> Seat:
        session.expire_all()
        return session.get_one(Seat, self.agent.id)


@pytest.fixture
def line(app, time):
    line = a_line()
    commit()
    return line


@pytest.fixture
def admin(app):
    return browser_of(app, somebody("admin", Role.ADMIN))


def approves(admin, agent: Agent):
    """The number that his page shows."""
    asked_at = session.get_one(SeatTelephone, agent.id, populate_existing=True).asked_at.isoformat()
    assert f'value="{asked_at}"' in admin.get("/telephones").text
    return admin.post(f"/telephones/{agent.id}/approval", asked_at=asked_at)


@pytest.fixture
def wang(city, line, admin) -> Remote:
    agent = Agent.comes(city, "wang", line)
    assert agent.page.post("/telephones/own", number=NUMBER).status_code == 302
    assert approves(admin, agent).status_code == 302
    assert agent.page.post("/telephones/own/use", on="1").status_code == 302
    agent.phone.open = False
    session.get_one(Seat, agent.id).page_until = None  # as twenty seconds later
    commit()
    phone = city.citizen(f"+86{NUMBER}")
    phone.script = PRESSES
    return Remote(agent, phone)


@pytest.fixture
def citizen(city):
    return city.citizen("+8613812345678")


def offer_states() -> list[OfferState]:
    session.expire_all()
    return list(session.scalars(select(Offer.state).order_by(Offer.id)))


def talks(city, citizen: Caller, within: float = 60) -> None:
    city.pass_time(1)
    city.until(lambda: call_of(citizen).status is CallStatus.TALKING, within)


@pytest.fixture
def talk(city, wang, citizen):
    citizen.dials("12345")
    talks(city, citizen)
    return call_of(citizen)


def test_it_rings_and_the_key_claims_as_the_browser_does(city, wang, citizen):
    citizen.dials("12345")
    city.until(lambda: bool(wang.phone.rung), 40)
    talks(city, citizen, 20)
    assert wang.phone.hears("您有来电，按1接听")
    assert citizen.leg in wang.phone.leg.hears()
    assert wang.seat.activity is Activity.TALKING
    assert session.scalar(select(Offer.agent_leg)) == wang.phone.leg.sid


def test_his_page_is_not_needed_to_stay_signed_on(city, wang):
    city.pass_time(45)
    assert wang.seat.desired is Desired.READY
    assert wang.seat.lease_until > session.scalar(select(Seat.activity_since))
    first = city.citizen()
    first.dials("12345")
    talks(city, first)


@pytest.mark.parametrize(
    ("acted", "shift", "there"),
    [
        (1, None, True),
        (3, None, False),
        (3, (-4, 1), True),
        (1, (-4, -0.5), False),
        (1, (-4, -1.5), True),
    ],
)
def test_he_is_there_for_his_shift_or_two_hours_after_his_last_act(city, wang, acted, shift, there):
    seat, at, hour = wang.seat, now(), timedelta(hours=1)
    seat.desired_since = seat.activity_since = at - acted * hour
    seat.lease_until = at - hour
    # Somebody else's shift is none of his.
    shifts = [(an_agent("li").staff_id, (-4, 4) if not there else (-4, -0.1))]
    shifts += [(wang.agent.id, shift)] if shift else []
    session.add_all(
        Shift(
            staff_id=one,
            kind=ShiftKind.DAY,
            begins_at=at + a * hour,
            ends_at=at + b * hour,
            made_at=at,
        )
        for one, (a, b) in shifts
    )
    commit()
    with transaction():
        serialise_routing()
        telephoning.move_due()
    assert (wang.seat.lease_until > at) is there


@pytest.mark.parametrize("script", [(), (Step.of("hear 按1接听"), Step.of("press 2"))])
def test_a_machine_or_another_key_takes_no_caller(city, wang, citizen, script):
    wang.phone.script = script
    wang.phone.nature = "machine" if not script else "human"
    citizen.dials("12345")
    city.until(lambda: wang.phone.hears("按1接听"), 40)
    city.until(lambda: offer_states()[0] is OfferState.MISSED, 20)
    assert call_of(citizen).status is CallStatus.WAITING
    assert not wang.phone.leg.live or wang.phone.leg.room is None


def test_busy_is_missed_at_once_and_twice_is_a_break(city, wang, citizen):
    wang.phone.busy = True
    citizen.dials("12345")
    city.until(lambda: OfferState.MISSED in offer_states(), 40)
    city.until(lambda: wang.seat.desired is Desired.BREAK, 40)
    assert wang.seat.break_reason == "missed"


def test_whose_telephone_never_rang_is_not_to_blame(city, wang, citizen, monkeypatch):
    monkeypatch.setattr(outbound, "dial_due", lambda: False)
    citizen.dials("12345")
    city.until(lambda: session.scalar(select(TelephoneRing.offer_id)) is not None, 40)
    offer = session.scalars(select(Offer)).one()
    offer.deadline = offer.offered_at
    commit()
    city.until(lambda: offer_states()[0] is OfferState.MISSED, 5)
    assert wang.seat.missed == 0 and not wang.phone.rung


def test_who_picks_up_late_may_still_press(city, wang, citizen):
    wang.phone.script, wang.phone.answers = (Step.of("hear 按1接听"),), False
    citizen.dials("12345")
    city.until(lambda: bool(wang.phone.rung), 40)
    offer = session.scalars(select(Offer)).one()
    offer.deadline = now() + timedelta(seconds=3)
    commit()
    wang.phone.leg = wang.phone.rung[-1]
    wang.phone.leg.answer()
    city.until(lambda: wang.phone.hears("按1接听"), 10)
    city.pass_time(4)
    wang.phone.presses("1")
    talks(city, citizen, 10)
    session.expire_all()
    assert offer_states() == [OfferState.CONNECTED]


def test_hanging_up_finishes_and_he_wraps_up(city, wang, citizen, talk):
    wang.phone.hangs_up()
    city.until(lambda: citizen.hears("请对本次服务评价"), 10)
    with city.app.test_request_context():
        assert url_for("ivr.rate") == vanishing.RATING
    assert wang.seat.activity is Activity.WRAP_UP
    citizen.presses("5")
    city.pass_time(5)
    assert call_of(citizen).disposition is Disposition.ANSWERED
    city.until(lambda: wang.seat.activity is Activity.IDLE, 40)


def test_so_it_does_when_the_report_of_it_is_lost(city, wang, citizen, talk):
    city.exchange.faults.drop = 1.0
    wang.phone.hangs_up()
    city.until(lambda: citizen.hears("请对本次服务评价"), 60)
    assert wang.seat.activity is Activity.WRAP_UP


@pytest.mark.parametrize("why", ["danger", "certified", "minor", "hand", "lead", "page"])
def test_nobody_takes_a_cut_line_for_a_finish_where_it_would_be_a_harm(
    city, wang, citizen, talk, why
):
    call = call_of(citizen)
    match why:
        case "danger":
            call.emergency = "着火"
        case "certified":
            call.line.certified = True
        case "minor":
            call.person.minor = True
        case "hand":
            wang.agent.does("hand", call=call.id, up=True)
        case "lead":
            Lead.comes(city).enters(call, "barge")
        case _:
            wang.agent.phone.open = True
            wang.agent.phone.renew()
    commit()
    wang.phone.hangs_up()
    city.until(lambda: citizen.hears("您排在最前面"), 10)
    assert call_of(citizen).status is CallStatus.WAITING


def test_the_citizen_hangs_up_and_both_are_free(city, wang, citizen, talk):
    citizen.hangs_up()
    city.pass_time(4)
    assert not wang.phone.leg.live and wang.seat.activity is Activity.WRAP_UP


def test_the_end_that_the_citizen_brings_waits_for_no_routing_pass(city, wang, citizen, talk):
    """It locks the call and writes: the routing lock, taken after that, would be waited for by
    whoever holds it and wants the seat."""
    with a_pass_that_takes_long(city):
        citizen.hangs_up()
        city.pass_time(1)
        session.expire_all()
        assert session.scalars(select(DialAttempt.state)).all() == [AttemptState.ENDED]
    assert call_of(citizen).status is CallStatus.ENDED and wang.seat.activity is Activity.WRAP_UP


def test_his_page_holds_resumes_and_finishes(city, wang, citizen, talk):
    wang.agent.does("hold", call=talk.id)
    assert wang.phone.leg.hears() == []
    wang.agent.does("resume", call=talk.id)
    assert citizen.leg in wang.phone.leg.hears()
    wang.agent.does("finish", call=talk.id)
    assert not wang.phone.leg.live and wang.seat.activity is Activity.WRAP_UP


def test_the_offer_has_lapsed_when_he_presses(city, wang, citizen):
    wang.phone.script = (Step.of("hear 按1接听"),)
    citizen.dials("12345")
    city.until(lambda: wang.phone.hears("按1接听"), 40)
    offer = session.scalars(select(Offer).order_by(Offer.id)).first()
    offer.deadline = offer.offered_at
    commit()
    city.until(lambda: offer_states()[0] is OfferState.MISSED, 5)
    if wang.phone.leg.live:
        wang.phone.presses("1")
    city.pass_time(3)
    assert offer_states()[0] is OfferState.MISSED
    assert wang.phone.hears("已经结束或由其他座席接听")


def test_the_caller_has_left_when_he_presses(city, wang, citizen):
    wang.phone.script = (Step.of("hear 按1接听"),)
    citizen.dials("12345")
    city.until(lambda: wang.phone.hears("按1接听"), 40)
    citizen.hangs_up()
    city.pass_time(0.5)
    wang.phone.presses("1")
    city.pass_time(4)
    assert wang.phone.hears("已经结束或由其他座席接听") and not wang.phone.leg.live
    assert offer_states() == [OfferState.WITHDRAWN]
    assert wang.seat.activity is Activity.IDLE


def test_of_two_legs_the_first_has_the_caller(city, wang, citizen):
    wang.phone.script = (Step.of("hear 按1接听"),)
    citizen.dials("12345")
    city.until(lambda: wang.phone.hears("按1接听"), 40)
    wang.agent.phone.accepts(wang.agent.rings.id)
    city.pass_time(0.5)
    wang.phone.presses("1")
    talks(city, citizen, 10)
    city.pass_time(1)
    assert wang.agent.hears(citizen) and wang.phone.hears("由其他座席接听")
    city.pass_time(3)
    assert not wang.phone.leg.live and wang.agent.hears(citizen)


def test_who_rings_for_nothing_any_more_stops_to_ring(city, wang, citizen):
    wang.phone.answers = False
    citizen.dials("12345")
    city.until(lambda: bool(wang.phone.rung), 40)
    citizen.hangs_up()
    city.pass_time(4)
    assert [leg.live for leg in wang.phone.rung] == [False]


def test_a_colleague_is_asked_by_telephone_too(city, wang, citizen, line):
    li = Agent.comes(city, "li", line, level=5)
    wang.phone.answers = False
    call = talking(citizen, li)
    wang.phone.answers = True
    city.pass_time(6)
    li.does("consult", call=call.id, to=f"agent-{wang.agent.id}")
    city.until(lambda: li.shows["consult"]["state"] == "joined", 20)
    wang.phone.hangs_up()
    city.pass_time(3)
    assert li.shows["consult"] is None and li.hears(citizen)


def test_a_number_is_rung_only_once_another_person_has_approved_it(city, line, admin, app):
    agent = Agent.comes(city, "wang", line)
    assert agent.page.post("/telephones/own/use", on="1").status_code == 409
    agent.page.post("/telephones/own", number=NUMBER)
    assert agent.page.post("/telephones/own/use", on="1").status_code == 409
    assert agent.page.post(f"/telephones/{agent.id}/approval").status_code == 403
    shown = admin.get("/telephones").text
    assert NUMBER in shown and "待批准" in shown
    look = select(AuditEntry.subject_id).where(AuditEntry.action == "telephone.viewed")
    assert session.scalars(look).all() == [str(agent.id)]
    assert approves(admin, agent).status_code == 302
    assert NUMBER not in admin.get("/telephones").text
    assert agent.page.post("/telephones/own/use", on="1").status_code == 302
    assert agent.page.post("/telephones/own", number="13700137000").status_code == 302
    known = session.get_one(SeatTelephone, agent.id, populate_existing=True)
    assert not known.in_use and known.approved_at is None, "another number is approved anew"
    assert agent.page.post("/telephones/own", number="110").status_code == 409


def test_an_administrator_who_is_an_agent_does_not_approve_his_own(city, app, line):
    both = Agent.comes(city, "wang", line)
    session.get_one(Seat, both.id).staff.roles = [Role.AGENT, Role.ADMIN]
    commit()
    page = browser_of(app, session.get_one(Seat, both.id).staff)
    page.post("/telephones/own", number=NUMBER)
    assert approves(page, both).status_code == 409


def test_another_number_is_named_behind_the_routing_lock_and_his_desk_hears(
    city, wang, admin, monkeypatch
):
    """An offer that is on its way would ring the old number."""
    locked, held = [], "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = :key"
    asked = text(held).bindparams(key=ROUTING_LOCK)
    monkeypatch.setattr(
        seat_telephones, "publish", lambda *what: locked.append((*what, session.scalar(asked)))
    )
    wang.agent.page.post("/telephones/own", number="13700137000")
    admin.post(f"/telephones/{wang.agent.id}/number", number="13700137001")
    assert locked == [(desk_of(wang.agent.id), "seat-moved", 1)] * 2


def test_the_number_that_was_seen_is_approved_and_none_named_since(city, time, line, admin):
    agent = Agent.comes(city, "wang", line)
    agent.page.post("/telephones/own", number=NUMBER)
    seen = session.get_one(SeatTelephone, agent.id, populate_existing=True).asked_at.isoformat()
    city.pass_time(1)
    agent.page.post("/telephones/own", number="13700137000")
    answer = admin.post(f"/telephones/{agent.id}/approval", asked_at=seen)
    assert answer.status_code == 409 and "请核对新号码后再批准" in answer.text
    assert "13700137000" not in answer.text, "a look that no log would know"
    assert session.get_one(SeatTelephone, agent.id, populate_existing=True).approved_at is None
    assert admin.post(f"/telephones/{agent.id}/approval").status_code == 409
    assert approves(admin, agent).status_code == 302
