"""A lead listens, whispers and barges in: who hears whom, who sees it, and who stays."""

import re
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import Context

import numpy as np
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from emulator.server.mixer import FRAME, Mixer
from emulator.sound import RATE
from infra.clock import now
from infra.db import commit, roll_back, serialise_routing, session, transaction
from models import (
    Activity,
    AuditEntry,
    CallStatus,
    Line,
    Monitor,
    MonitorEnd,
    MonitorMode,
    Offer,
    Order,
    OrderState,
    Party,
    Role,
    Seat,
    StaffMember,
)
from queues import calls, monitoring, taking_over
from recordings import arrivals
from tests.agent_desk.talks import Agent, audible, call_of, events_of, talking
from tests.analytics.leads import Lead
from tests.places import a_line
from tests.queues.test_locks import posts
from tests.statements import statements
from tests.visitors import browser_of, somebody

MODES = [mode.value for mode in MonitorMode]


@pytest.fixture
def wang(city, time) -> Agent:
    return Agent.comes(city, "wang", a_line())


@pytest.fixture
def citizen(city):
    return city.citizen("+8613812345678")


@pytest.fixture
def call(city, citizen, wang):
    return talking(citizen, wang)


@pytest.fixture
def lead(city, call) -> Lead:
    return Lead.comes(city)


def heard_by(*callers) -> list[set[str]]:
    return [audible(one) for one in callers]


@pytest.mark.parametrize(
    ("mode", "agent_hears_him", "citizen_hears_him"),
    [("listen", False, False), ("whisper", True, False), ("barge", True, True)],
)
def test_who_hears_a_lead(wang, citizen, call, lead, mode, agent_hears_him, citizen_hears_him):
    lead.enters(call, mode)
    assert lead.hears(citizen, wang.phone.phone)
    assert (lead.phone.number in audible(wang.phone.phone)) is agent_hears_him
    assert (lead.phone.number in audible(citizen)) is citizen_hears_him
    assert lead.shows["monitor"]["settled"] and lead.shows["monitor"]["mode"] == mode


@pytest.mark.parametrize("mode", MODES)
def test_he_is_let_in_muted_whatever_he_asked_for(city, wang, citizen, call, lead, mode):
    """Nobody hears him while he comes in: only an order that he be heard makes him heard."""
    city.exchange.faults.rest = 1.0
    lead.enters(call, mode)
    assert lead.hears(citizen, wang.phone.phone)
    assert wang.hears(citizen) and audible(citizen) == {wang.phone.phone.number}
    assert lead.shows["monitor"]["settled"] is (mode == "listen")
    city.exchange.faults.rest = 0.0
    city.pass_time(4)
    assert lead.shows["monitor"]["settled"]


def test_he_goes_from_one_mode_to_the_other_and_each_change_is_in_the_audit_log(
    wang, citizen, call, lead
):
    lead.enters(call)
    heard = []
    for mode in ("whisper", "barge", "whisper", "listen", "barge", "listen"):
        lead.does("monitor", call=call.id, mode=mode)
        heard.append([lead.phone.number in one for one in heard_by(wang.phone.phone, citizen)])
    both, agent, nobody = [True, True], [True, False], [False, False]
    assert heard == [agent, both, agent, nobody, both, nobody]
    lead.does("monitor/end")
    monitored = select(AuditEntry.detail).where(AuditEntry.action == "monitored")
    told = [one["mode"] for one in session.scalars(monitored.order_by(AuditEntry.id))]
    modes = ["listen", "whisper", "barge", "whisper", "listen", "barge", "listen"]
    assert told == [*modes, "left"]
    noted = [name for name in events_of(call) if name.startswith("monitor_")]
    assert noted == ["monitor_began", *["monitor_changed"] * 6, "monitor_ended"]


def test_his_leaving_ends_no_talk(wang, citizen, call, lead):
    lead.enters(call, "barge")
    lead.does("monitor/end")
    assert not lead.phone.connected and wang.hears(citizen)
    lead.enters(call, "whisper")
    lead.phone.hangs_up()
    lead.city.pass_time(2)
    assert wang.hears(citizen) and wang.activity is Activity.TALKING
    assert lead.monitor.outcome is MonitorEnd.LEFT


def test_the_end_of_the_talk_lets_him_go(city, wang, citizen, call, lead):
    lead.enters(call)
    wang.does("finish", call=call.id)
    assert not lead.phone.connected and lead.shows["monitor"] is None
    assert lead.monitor.outcome is MonitorEnd.CALL_OVER
    city.until(lambda: citizen.hears("请对本次服务评价"))


def test_the_agents_desk_shows_who_is_there_and_how(wang, call, lead):
    lead.enters(call, "whisper")
    assert wang.shows["monitors"] == [{"lead": "lead", "mode": "whisper"}]
    lead.does("monitor/end")
    assert wang.shows["monitors"] == []


def test_unseen_is_who_may_be_until_he_speaks_to_all(city, wang, citizen, call, lead):
    refused = lead.asks("monitor", call=call.id, mode="listen", unseen=True)
    assert refused.status_code == 403 and "权限" in refused.get_json()["error"]
    inspector = Lead.comes(city, "inspector", unseen=True)
    inspector.enters(call, unseen=True)
    assert inspector.hears(citizen, wang.phone.phone) and wang.shows["monitors"] == []
    inspector.does("monitor", call=call.id, mode="whisper", unseen=True)
    assert wang.shows["monitors"] == []
    inspector.does("monitor", call=call.id, mode="barge", unseen=True)
    assert wang.shows["monitors"] == [{"lead": "inspector", "mode": "barge"}]


def test_five_may_listen_and_no_more(city, wang, citizen, call):
    for name in "abcde":
        Lead.comes(city, name).enters(call)
    refused = Lead.comes(city, "sixth").asks("monitor", call=call.id, mode="listen")
    assert refused.status_code == 409 and "五位" in refused.get_json()["error"]
    assert wang.hears(citizen)


def test_leads_who_come_at_once_take_a_slot_each(city, wang, call):
    leads = [Lead.comes(city, name) for name in "abcdefg"]
    commit()
    with ThreadPoolExecutor(len(leads)) as apart:
        asked = [
            apart.submit(Context().run, one.asks, "monitor", call=call.id, mode="listen")
            for one in leads
        ]
        codes = sorted(one.result(timeout=30).status_code for one in asked)
    assert codes == [200] * 5 + [409] * 2
    slots = session.scalars(select(Monitor.slot).where(Monitor.live()).order_by(Monitor.slot))
    assert list(slots) == [1, 2, 3, 4, 5]


def test_the_schema_counts_them_too(city, call, lead):
    lead.enters(call)
    other = Lead.comes(city, "other").staff
    for slot in (1, 6):
        session.add(Monitor(call_id=call.id, by_id=other.id, slot=slot, asked_at=now()))
        with pytest.raises(IntegrityError):
            session.flush()
        roll_back()


def test_who_comes_into_another_talk_has_left_the_first(city, wang, citizen, call, lead):
    other = Agent.comes(city, "li", a_line("housing", certified=True))
    lead.enters(call)
    second = city.citizen()
    other_call = talking_with(city, second, other)
    lead.enters(other_call)
    assert lead.hears(second, other.phone.phone) and wang.hears(citizen)


def talking_with(city, citizen, agent):
    """Sent on to the other agent by hand: the queue has no line of his."""
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请直接说出"))
    citizen.presses("0")
    agent.answers()
    city.until(lambda: call_of(citizen).status is CallStatus.TALKING)
    return call_of(citizen)


def test_the_leg_of_the_first_talk_that_fails_late_does_not_end_the_second(
    city, wang, citizen, call, lead
):
    """Two keys, one right after the other: the browser gives the first one up."""
    other = Agent.comes(city, "li", a_line("housing", certified=True))
    first = lead.asks("monitor", call=call.id, mode="listen").get_json()["monitor"]["id"]
    second = city.citizen()
    lead.enters(talking_with(city, second, other))
    lead.does("monitor/end", monitor=first)
    assert lead.hears(second, other.phone.phone)
    lead.connects(first)
    assert lead.monitor.id != first and lead.monitor.ended_at is None


def test_whose_leg_comes_as_it_lapses_is_in_or_out_and_not_both(city, wang, call, lead):
    """The sweep leaves alone whose call somebody is busy with."""
    asked = lead.asks("monitor", call=call.id, mode="listen").get_json()["monitor"]["id"]
    city.ticking = False
    city.pass_time(16)
    commit()
    with city.app.extensions["engine"].begin() as other:
        other.execute(text("SELECT FROM call WHERE id = :call FOR UPDATE"), {"call": call.id})
        with transaction():
            serialise_routing()
            assert monitoring.lapse_due() == 0
    with transaction():
        serialise_routing()
        assert monitoring.lapse_due() == 1
    assert session.get_one(Monitor, asked).outcome is MonitorEnd.MISSED


def test_both_calls_are_locked_before_a_lead_goes_from_one_to_the_other(
    app, city, wang, citizen, call, lead
):
    other = Agent.comes(city, "li", a_line("housing", certified=True))
    lead.enters(call)
    later = talking_with(city, city.citizen(), other).id
    lead.enters(later)
    commit()
    with statements(app) as heard:
        lead.asks("monitor", call=call.id, mode="listen")
    routing = next(n for n, one in enumerate(heard) if "pg_advisory_xact_lock" in one)
    locks = [n for n, one in enumerate(heard) if "FROM call" in one and "FOR UPDATE" in one]
    written = next(n for n, one in enumerate(heard) if one.startswith(("UPDATE", "INSERT")))
    assert routing < locks[0] < locks[1] < written


def test_what_the_carrier_will_not_do_is_not_shown_as_done(city, wang, citizen, call, lead):
    lead.enters(call)
    city.exchange.faults.rest, city.exchange.faults.rest_kind = 1.0, "404"
    shown = lead.does("monitor", call=call.id, mode="whisper")["monitor"]
    assert not shown["settled"]
    (order,) = session.scalars(select(Order).where(Order.kind == "whisper"))
    order.state = OrderState.MOOT
    commit()
    shown = lead.shows["monitor"]
    assert shown["refused"] and not shown["settled"]
    city.exchange.faults.rest = 0.0
    lead.does("monitor", call=call.id, mode="whisper")
    assert lead.shows["monitor"]["settled"] and lead.phone.number in audible(wang.phone.phone)


def test_what_is_no_talk_cannot_be_listened_to(city, wang, lead):
    waiting = city.citizen()
    waiting.dials("12345")
    city.pass_time(30)
    assert lead.asks("monitor", call=call_of(waiting).id, mode="listen").status_code == 409
    assert lead.asks("monitor", call=999, mode="listen").status_code == 404
    assert lead.asks("monitor", call=call_of(waiting).id, mode="record").status_code == 422


def test_a_leg_that_is_none_of_his_gets_nowhere(city, wang, citizen, call, lead):
    asked = lead.asks("monitor", call=call.id, mode="barge").get_json()["monitor"]["id"]
    stranger = Lead.comes(city, "stranger")
    stranger.connects(asked)
    city.pass_time(6)
    assert not stranger.phone.connected and wang.hears(citizen)
    colleague = Agent.comes(city, "li")
    app_sid = city.app.config["SETTINGS"].twilio_app_sid
    colleague.phone.phone.connects(app_sid, monitor=str(asked))
    city.pass_time(8)
    assert not colleague.phone.phone.connected and wang.hears(citizen)
    city.pass_time(20)
    assert lead.monitor.outcome is MonitorEnd.MISSED


def test_a_leg_that_comes_after_the_talk_is_let_go(city, wang, citizen, call, lead):
    asked = lead.asks("monitor", call=call.id, mode="listen").get_json()["monitor"]["id"]
    citizen.hangs_up()
    city.pass_time(1)
    lead.connects(asked)
    city.pass_time(6)
    assert not lead.phone.connected


@pytest.mark.parametrize("lost", ["/voice/conference", "/voice/status"])
def test_reports_that_never_come(city, wang, citizen, call, lead, lost):
    city.exchange.faults.only, city.exchange.faults.drop = lost, 1.0
    lead.enters(call, "whisper")
    city.pass_time(12)
    assert audible(wang.phone.phone) == {citizen.number, lead.phone.number}
    lead.phone.hangs_up()
    city.pass_time(40)
    assert lead.shows["monitor"] is None and wang.hears(citizen)


def test_the_agent_who_is_given_the_call_hears_the_whisper(city, wang, citizen, call, lead):
    li = Agent.comes(city, "li")
    lead.enters(call, "whisper")
    wang.does("consult", call=call.id, to=f"agent-{li.id}")
    li.answers()
    wang.does("consult/complete", call=call.id)
    assert audible(li.phone.phone) == {citizen.number, lead.phone.number}
    assert audible(citizen) == {li.phone.phone.number}


def test_who_signs_out_or_is_disabled_listens_no_more(app, city, wang, citizen, call, lead):
    lead.enters(call)
    admin = browser_of(app, somebody("root", Role.ADMIN))
    admin.post(f"/admin/people/{lead.id}/disable")
    city.pass_time(2)
    assert not lead.phone.connected and wang.hears(citizen)
    other = Lead.comes(city, "other")
    other.enters(call)
    other.page.post("/sign-out")
    city.pass_time(2)
    assert not other.phone.connected and wang.hears(citizen)


def test_who_leads_no_more_listens_no_more(app, city, wang, citizen, call, lead):
    lead.enters(call)
    admin = browser_of(app, somebody("root", Role.ADMIN))
    admin.post(f"/admin/people/{lead.id}", name="lead", role="qa")
    city.pass_time(2)
    assert not lead.phone.connected and wang.hears(citizen)
    assert lead.monitor.outcome is MonitorEnd.LEFT


# One voice.


@pytest.fixture
def both(city, call) -> Lead:
    """He leads, and has a seat of his own."""
    line = session.scalars(select(Line)).one()
    agent = Agent.comes(city, "zhang", line)
    agent.seat.staff.roles = [Role.AGENT, Role.LEAD]
    commit()
    return Lead(city, agent.seat.staff)


def test_who_answers_at_his_own_seat_has_left_the_talk_that_he_heard(city, wang, call, both):
    both.enters(call)
    seat = Agent(city, session.get_one(Seat, both.id))
    other = city.citizen()
    other.dials("12345")
    seat.answers()
    city.until(lambda: call_of(other).status is CallStatus.TALKING)
    assert not both.phone.connected and seat.hears(other)
    assert both.monitor.outcome is MonitorEnd.LEFT


def test_who_talks_at_his_own_seat_listens_to_nobody(city, wang, call, both):
    asked = both.asks("monitor", call=call.id, mode="listen").get_json()["monitor"]["id"]
    seat = Agent(city, session.get_one(Seat, both.id))
    talking(city.citizen(), seat)
    both.connects(asked)
    city.pass_time(6)
    assert not both.phone.connected
    refused = both.asks("monitor", call=call.id, mode="listen")
    assert refused.status_code == 409 and "自己的座席" in refused.get_json()["error"]


# Taking over.


def test_a_lead_takes_over_and_the_agent_wraps_up(city, wang, citizen, call, lead):
    lead.enters(call)
    shown = lead.does("take-over", call=call.id)
    assert shown["own"]["call"] == call.id and shown["monitor"] is None
    assert lead.hears(citizen) and audible(citizen) == {lead.phone.number}
    assert wang.activity is Activity.WRAP_UP and not wang.phone.phone.connected
    assert call_of(citizen).agent_id == lead.id
    assert wang.shows["lost"] is None
    lead.does("finish", call=call.id)
    city.until(lambda: citizen.hears("请对本次服务评价"))
    citizen.presses("5")
    city.pass_time(2)
    assert call_of(citizen).rating == 5 and call_of(citizen).agent_id == lead.id
    assert "lead_took_over" in events_of(call)


def test_taken_over_out_of_a_hold_the_citizen_is_heard(wang, citizen, call, lead):
    lead.enters(call, "whisper")
    wang.does("hold", call=call.id)
    lead.does("take-over", call=call.id)
    assert lead.hears(citizen) and audible(citizen) == {lead.phone.number}


def test_the_citizen_survives_the_end_of_the_leads_line(city, wang, citizen, call, lead):
    lead.enters(call)
    lead.does("take-over", call=call.id)
    lead.phone.hangs_up()
    city.pass_time(4)
    assert citizen.connected and call_of(citizen).status is not CallStatus.ENDED
    assert "agent_lost" in events_of(call)


@pytest.mark.parametrize("silent", [False, True])
def test_nothing_is_taken_over_by_a_line_that_is_dead(city, wang, citizen, call, lead, silent):
    """The report of its end is lost, or the carrier does not say: the agent stays."""
    lead.enters(call)
    if silent:
        city.exchange.faults.rest = 1.0
    else:
        city.ticking = False
        city.exchange.faults.only, city.exchange.faults.drop = "/voice/status", 1.0
        lead.phone.hangs_up()
        city.pass_time(2)
    refused = lead.asks("take-over", call=call.id)
    assert refused.status_code == 409 and "运营商" in refused.get_json()["error"]
    assert wang.hears(citizen) and call_of(citizen).agent_id == wang.id


def test_whose_line_ends_while_he_takes_over_leaves_nobody_alone(city, wang, citizen, call, lead):
    """The report of its end waits for the lock that the take over holds, and finds it done."""
    lead.enters(call)
    leg = lead.monitor.leg
    city.ticking = False
    commit()
    with ThreadPoolExecutor() as apart:
        with city.app.app_context(), transaction():
            serialise_routing()
            taking_over.take_over(calls.by_id(call.id), by=session.get_one(StaffMember, lead.id))
            report = apart.submit(
                Context().run,
                posts,
                city,
                "/voice/status",
                CallSid=leg,
                CallStatus="completed",
                From=f"client:lead_{lead.id}",
            )
            assert not wait({report}, timeout=0.5).done
        report.result(timeout=10)
    assert call_of(citizen).status is CallStatus.WAITING
    assert "agent_lost" in events_of(call)


def test_who_does_not_listen_takes_nothing_over(city, wang, citizen, call, lead):
    assert lead.asks("take-over", call=call.id).status_code == 409
    lead.enters(call)
    li = Agent.comes(city, "li")
    wang.does("consult", call=call.id, to=f"agent-{li.id}")
    refused = lead.asks("take-over", call=call.id)
    assert refused.status_code == 409 and "同事" in refused.get_json()["error"]
    assert call_of(citizen).agent_id == wang.id


def test_a_take_over_leaves_one_offer_and_no_order_behind(city, wang, call, lead):
    lead.enters(call)
    lead.does("take-over", call=call.id)
    city.pass_time(3)
    offers = session.scalars(select(Offer).where(Offer.call_id == call.id)).all()
    assert [one.agent_id for one in offers] == [wang.id, lead.id]
    pending = select(Order).where(Order.state == OrderState.PENDING)
    assert session.scalars(pending).all() == []


def test_an_ordinary_call_pays_nothing_for_leads(app, city, wang):
    """One question, at its end, which asks after all who may be in a talk."""
    with statements(app, by_requests=True) as heard:
        citizen = city.citizen()
        talking(citizen, wang)
        with app.test_request_context():
            for serial in range(2):
                said = (citizen.leg.sid, Party.CITIZEN, False, "GT", serial, None, "你好", None)
                arrivals.hear(arrivals.Sentence(*said))
            commit()
        citizen.hangs_up()
        city.pass_time(5)
    assert call_of(citizen).over
    about = [one for one in heard if re.search(r"FROM (monitor|announcement|alert)\b", one)]
    assert len(about) == 1 and about[0].count("EXISTS") == 5, about
    assert sum("FROM alert_rule" in one for one in heard) == 1


# By ear: each party sounds a tone of his own.

PITCH = {"citizen": 440.0, "agent": 1000.0, "lead": 1800.0}


def energies(city, parties) -> dict[str, set[str]]:
    """Whose tones each leg is sent, measured in what the carrier's mixer delivers to it."""
    mixer = Mixer(city.timeline, None)
    ports = {name: mixer.port(one.leg) for name, one in parties.items()}
    at = np.arange(RATE) / RATE
    for name, port in ports.items():
        port.voice.add((6000 * np.sin(2 * np.pi * PITCH[name] * at)).astype(np.int16))
    frames: dict[str, list[np.ndarray]] = {name: [] for name in ports}
    for _ in range(RATE // FRAME):
        mixer.tick()
        for name, port in ports.items():
            frames[name].append(port.heard)
    return {name: _tones(np.concatenate(sound)) for name, sound in frames.items()}


def _tones(sound: np.ndarray) -> set[str]:
    power = np.abs(np.fft.rfft(sound)) / len(sound)
    return {name for name, pitch in PITCH.items() if power[round(pitch)] > 500}


def test_tone_by_tone_who_hears_whom(city, wang, citizen, call, lead):
    lead.enters(call)
    parties = {"citizen": citizen, "agent": wang.phone.phone, "lead": lead.phone}
    talk = {"citizen": {"agent"}, "agent": {"citizen"}, "lead": {"citizen", "agent"}}
    assert energies(city, parties) == talk
    lead.does("monitor", call=call.id, mode="whisper")
    assert energies(city, parties) == talk | {"agent": {"citizen", "lead"}}
    lead.does("monitor", call=call.id, mode="barge")
    assert energies(city, parties) == talk | {
        "agent": {"citizen", "lead"},
        "citizen": {"agent", "lead"},
    }
    lead.does("monitor", call=call.id, mode="listen")
    assert energies(city, parties) == talk
    commit()
