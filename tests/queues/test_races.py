"""The thirty-four races in which other call centres lost callers or agents, each by its number.

``RACES`` says of each what must hold here and which tests show it.  Where a test lived elsewhere
already it stays there."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from agent_desk import picture
from analytics import board
from infra.clock import now
from infra.db import commit, serialise_routing, session, transaction
from models import (
    Activity,
    Call,
    CallStatus,
    Desired,
    Disposition,
    Offer,
    OfferState,
    Place,
)
from queues import presence, routing
from tests.places import a_line, an_agent
from tests.queues.test_calls import (
    finish,
    names,
    offered,
    redirects,
    ringing_at,
    seat_of,
    talking,
    the_call,
)
from tests.queues.test_locks import posts
from tests.queues.test_routing import free, waits


@dataclass(frozen=True)
class Race:
    """``shown``: tests of this module by name, of others by ``module:name``."""

    seen_in: str
    holds: str
    shown: tuple[str, ...]


CALLS, DESK = "tests.queues.test_calls", "tests.agent_desk.test_desk"
CLOCK, SWEEPS = "tests.test_clock", "tests.queues.test_sweeps"
RECOVERY = "tests.agent_desk.test_desk_recovery_browser"
CONSULTS, TRANSFERS = "tests.agent_desk.test_consulting", "tests.agent_desk.test_transferring"
MONITORS = "tests.analytics.test_monitoring"

RACES = {
    1: Race(
        "freeswitch 2540",
        "an agent is reserved with his caller or not at all, and freed at the deadline",
        (
            f"{CALLS}:test_two_agents_cannot_have_one_caller",
            f"{CALLS}:test_an_agent_who_does_not_answer_rests_and_the_caller_keeps_his_age",
        ),
    ),
    2: Race(
        "freeswitch 1973",
        "answered is who is heard; a bridge that fails leaves him waiting at his old age",
        ("test_02_nobody_is_answered_before_both_are_in",),
    ),
    3: Race(
        "freeswitch 2529, 2530",
        "a caller who hangs up while it rings takes his ring along; who comes late is released",
        (f"{CALLS}:test_a_caller_who_hangs_up_while_it_rings_frees_the_agent",),
    ),
    4: Race(
        "freeswitch 889, 1641",
        "a pass that hangs or dies is seen and begun anew",
        (
            f"{CLOCK}:test_a_carrier_that_hangs_delays_neither_the_pass_nor_what_lapses",
            f"{CLOCK}:test_a_lane_that_ends_by_itself_ends_the_clock_so_that_it_is_started_anew",
        ),
    ),
    5: Race(
        "freeswitch 1674",
        "of several clocks one leads, and passes exclude each other",
        (
            f"{CLOCK}:test_of_two_clocks_one_leads_and_a_lost_connection_takes_all_lanes_with_it",
            "test_22_passes_at_the_same_time_never_deal_the_same_seat_or_caller",
        ),
    ),
    6: Race(
        "freeswitch 1216, 1221",
        "one agent or caller who cannot be served stops nobody else",
        (
            f"{SWEEPS}:test_an_offer_that_cannot_lapse_stops_neither_the_others_nor_the_pass",
            f"{SWEEPS}:test_a_match_that_cannot_be_written_stops_no_other",
        ),
    ),
    7: Race(
        "asterisk 176",
        "of two who answer the second is told so and released at once",
        ("test_07_of_two_legs_that_answer_one_is_taken_in",),
    ),
    8: Race(
        "asterisk 1557",
        "who answers and drops before the bridge leaves a caller who is offered on at once",
        (
            "test_08_who_drops_before_the_bridge_leaves_his_caller_to_the_next",
            f"{CALLS}:test_who_loses_his_agent_before_any_report_of_a_join_is_back_in_the_queue"
            "_at_once",
        ),
    ),
    9: Race(
        "asterisk 0fb6738314",
        "nobody is rung in his wrap-up, whatever he chose meanwhile",
        ("test_09_who_wraps_up_is_not_rung",),
    ),
    10: Race(
        "asterisk 31967dacdf, 79069f8ccb",
        "a state that is reported twice has changed once; no transfer leaves anybody pending",
        (
            "test_10_a_join_that_is_reported_again_is_no_second_join",
            f"{CONSULTS}:test_reports_that_come_twice_or_never",
            f"{TRANSFERS}:test_who_is_not_taken_there_is_offered_to_everybody_of_his_line",
        ),
    ),
    11: Race(
        "asterisk faab058014, 982d6173c5",
        "however the two are parted, the agent is free of the call",
        (
            "test_11_whoever_ends_the_conference_the_agent_is_free_and_the_caller_is_not_lost",
            f"{TRANSFERS}:test_sent_to_a_line_he_is_offered_there_at_his_own_age",
            f"{CONSULTS}:test_completed_the_citizen_and_his_draft_are_the_colleagues",
            f"{MONITORS}:test_a_lead_takes_over_and_the_agent_wraps_up",
            "tests.agent_desk.test_who_leaves:test_what_becomes_of_the_citizen",
        ),
    ),
    12: Race(
        "asterisk 045dbcc2d6, c3a3ab8628, 7827755570",
        "a call ends once, in one disposition",
        (
            "test_12_a_call_that_is_reported_over_again_has_ended_once",
            "test_12_the_schema_has_one_disposition_for_what_is_over_and_none_for_what_is_not",
        ),
    ),
    13: Race(
        "asterisk 1736",
        "figures are counted from what happened, however often it was reported",
        ("test_13_what_was_reported_twice_is_counted_once",),
    ),
    14: Race(
        "asterisk 1691",
        "a ready agent and a caller whom he may serve meet within a second",
        (
            "tests.queues.test_routing_properties:test_whatever_a_day_deals",
            "tests.simulation.test_days:test_a_wild_day_loses_nobody",
        ),
    ),
    15: Race(
        "jambonz enqueue, dequeue",
        "a caller leaves the queue when he is in the talk, not when he is sent there",
        (
            "test_15_who_cannot_be_ordered_in_keeps_his_place_until_he_is_in",
            f"{CALLS}:test_a_join_whose_order_died_with_its_process_is_looked_at_too",
        ),
    ),
    16: Race(
        "jambonz 1363",
        "an offer says which call, whose, how long he has waited, and about what",
        ("test_16_an_offer_says_who_rings",),
    ),
    17: Race(
        "jambonz 2e88ab1f, 737",
        "after each question to the carrier it is looked whether he is still there",
        (
            f"{CALLS}:test_who_hangs_up_on_his_way_in_leaves_no_agent_waiting",
            "tests.telephony.test_outbound:test_an_answer_that_was_lost_rings_nobody_twice",
            "tests.callbacks.test_ringing:"
            "test_whose_agent_vanishes_while_it_rings_is_first_in_line_when_he_picks_up",
        ),
    ),
    18: Race(
        "chatwoot 14346",
        "a claim whose agent never arrives is over soon",
        ("test_18_a_claim_whose_answer_was_lost_frees_both",),
    ),
    19: Race(
        "chatwoot status manager",
        "states move forward only, and the first moment of a talk stays",
        ("test_19_late_reports_neither_reopen_nor_restart_a_talk",),
    ),
    20: Race(
        "chatwoot ringing_timeout",
        "an end that is never reported is found, also by a carrier that fails at first",
        ("test_20_an_end_that_nobody_reports_is_found",),
    ),
    21: Race(
        "chatwoot termination guard",
        "an agent's leg that ends is not the end of the citizen's call",
        (f"{CALLS}:test_an_agent_who_vanishes_leaves_the_caller_first_in_line",),
    ),
    22: Race(
        "chatwoot bulk assign",
        "passes that overlap never deal the same seat or caller",
        ("test_22_passes_at_the_same_time_never_deal_the_same_seat_or_caller",),
    ),
    23: Race(
        "libredesk 1b87433d",
        "what a person has decided no automatism takes back",
        (
            f"{DESK}:test_a_call_that_broke_off_is_taken_back_by_the_agent_who_had_it",
            f"{DESK}:test_whom_somebody_else_is_rung_for_is_not_taken_back",
        ),
    ),
    24: Race(
        "flex 290, 295",
        "the last thing an agent chose is what he will be",
        ("test_24_a_break_chosen_in_a_talk_is_a_break_afterwards",),
    ),
    25: Race(
        "flex task attributes",
        "who saves late does not undo what was saved since",
        (
            "tests.agent_desk.test_late_answers_browser:"
            "test_a_draft_that_arrives_late_does_not_take_back_what_was_saved_meanwhile",
            "tests.tickets.test_writing:test_a_draft_that_is_submitted_meanwhile_is_left_alone",
        ),
    ),
    26: Race(
        "taskrouter.js 2",
        "a desk that cannot answer is not rung again and again",
        (
            f"{CALLS}:test_two_misses_send_an_agent_to_break",
            f"{RECOVERY}:test_a_ready_seat_without_voice_rests_until_it_is_back",
        ),
    ),
    27: Race(
        "twilio-voice.js 444, 93, 85, 33",
        # No synthetic ring is needed: the carrier rings no browser here.  The hotline's own stream
        # rings the desk, whose lease proves that it is heard, and the desk places its own leg; a
        # registration that dies unnoticed can lose no ring.  What it cannot do then is answer.
        "a desk is ready as long as its lease lives and its voice is registered, its token never"
        " runs out, and its agent has heard himself before the first call of his day",
        (
            f"{RECOVERY}:test_the_token_of_the_voice_is_renewed_long_before_its_end",
            f"{DESK}:test_yesterdays_ready_rings_at_nobody",
            f"{RECOVERY}:test_a_ready_seat_without_voice_rests_until_it_is_back",
            f"{RECOVERY}:test_before_the_first_call_of_a_day_an_agent_hears_himself",
            "test_27_a_desk_that_cannot_answer_gives_its_caller_to_the_next",
        ),
    ),
    28: Race(
        "OpenACD 5",
        "callers who come at once ring at as many agents",
        ("test_28_a_burst_rings_at_as_many_agents_as_there_are_callers",),
    ),
    29: Race(
        "OpenACD 6",
        "a desk that is away for a moment while it rings has missed nothing",
        ("test_29_a_desk_that_is_back_within_its_lease_has_missed_nothing",),
    ),
    30: Race(
        "OpenSIPS 2679",
        "each wrap-up ends by itself",
        ("test_30_each_wrap_up_ends_by_itself",),
    ),
    31: Race(
        "OpenSIPS 2530",
        "a leg whose end is not reported is compared away",
        ("test_31_an_agents_leg_whose_end_nobody_reports_is_found",),
    ),
    32: Race(
        "kazoo 1334",
        "where the last agent goes, whoever waits is told so, and whoever asks afterwards is led"
        " elsewhere or rung back, as the line has it",
        (
            "tests.queues.test_waiting:test_who_was_told_that_all_are_busy_hears_when_the_last_seat"
            "_goes_and_when_it_is_back",
            "tests.queues.test_line_settings:"
            "test_where_nobody_is_signed_on_the_rule_of_the_line_holds",
            "tests.queues.test_diverting:test_a_partner_city_takes_over_who_has_waited_too_long",
        ),
    ),
    33: Race(
        "dynamics 3017",
        "who listens is muted from his first moment",
        (
            f"{MONITORS}:test_he_is_let_in_muted_whatever_he_asked_for",
            f"{MONITORS}:test_who_hears_a_lead",
        ),
    ),
    34: Race(
        "frappe 00d7bb5c8",
        "what names no condition matches last, not everything",
        ("test_34_a_caller_who_named_no_topic_is_general_and_takes_no_other_line_first",),
    ),
}


@pytest.fixture
def lines(app, time):
    found = {code: a_line(code, rank=rank) for rank, code in enumerate(("general", "tourism"))}
    commit()
    return found


@pytest.fixture
def agent(city, lines):
    return city.desk(an_agent("wang", *lines.values()))


def test_all_races_are_here():
    assert list(RACES) == list(range(1, 35))


@pytest.mark.parametrize("number", RACES)
def test_each_race_is_shown(number):
    assert RACES[number].shown
    for one in RACES[number].shown:
        module, _, name = one.rpartition(":")
        assert hasattr(import_module(module or __name__), name), one


def connecting(city, citizen, desk) -> Call:
    """He has answered, and nothing is heard of anybody's join."""
    citizen.dials("12345")
    offer = offered(city, desk)
    city.exchange.faults.only, city.exchange.faults.drop = "/voice/conference", 1.0
    desk.accepts(offer.id)
    city.until(lambda: the_call().status is CallStatus.CONNECTING, 3)
    return the_call()


def test_02_nobody_is_answered_before_both_are_in(city, agent):
    call = connecting(city, city.citizen(), agent)
    age = session.scalars(select(Place.age_from)).one()
    assert call.answered_at is None
    agent.phone.hangs_up()
    city.until(lambda: the_call().status is CallStatus.WAITING, 3)
    assert the_call().answered_at is None
    assert session.scalars(select(Place.age_from)).one() == age


def test_07_of_two_legs_that_answer_one_is_taken_in(city, agent):
    """The same agent, in two tabs that both rang."""
    citizen = city.citizen()
    citizen.dials("12345")
    offer = offered(city, agent)
    first, second = agent.accepts(offer.id), agent.accepts(offer.id)
    city.until(lambda: the_call().status is CallStatus.TALKING, 5)
    city.until(lambda: not second.live, 10)
    assert first.live and the_call().agent_leg == first.sid
    city.pass_time(5)
    assert citizen.leg.hears() == [first]


def test_08_who_drops_before_the_bridge_leaves_his_caller_to_the_next(city, lines, agent):
    call = connecting(city, city.citizen(), agent)
    city.exchange.faults.drop = 0.0
    agent.phone.hangs_up()
    other = city.desk(an_agent("sun", *lines.values(), level=5))
    # As soon as he has heard so and the carrier has enqueued him again.
    assert offered(city, other, 15).call_id == call.id


@pytest.mark.parametrize("chosen", [None, Desired.READY])
def test_09_who_wraps_up_is_not_rung(city, agent, chosen):
    finish(city, talking(city, city.citizen(), agent), agent)
    agent._as_agent(lambda seat: chosen and presence.choose(seat, chosen))
    city.citizen().dials("12345")
    city.pass_time(20)
    assert (seat_of(agent).activity, ringing_at(agent)) == (Activity.WRAP_UP, None)
    # The rest of the greeting, and of the thirty seconds.
    offered(city, agent, 40)


def test_10_a_join_that_is_reported_again_is_no_second_join(city, agent):
    call = connecting(city, city.citizen(), agent)
    for _ in range(3):
        reports_join(city, call, call.sid)
    assert the_call().status is CallStatus.CONNECTING, "one who is in three times is not two"
    reports_join(city, call, call.agent_leg)
    began = the_call().answered_at
    assert the_call().status is CallStatus.TALKING
    city.pass_time(2)
    reports_join(city, call, call.agent_leg)
    assert (the_call().answered_at, names(call).count("talking")) == (began, 1)


def reports_join(city, call: Call, leg: str) -> None:
    event = {"FriendlyName": str(call.key), "StatusCallbackEvent": "participant-join"}
    posts(city, "/voice/conference", CallSid=leg, **event)


def test_11_whoever_ends_the_conference_the_agent_is_free_and_the_caller_is_not_lost(
    city, lines, agent
):
    other = city.desk(an_agent("sun", *lines.values(), level=1))
    citizen = city.citizen()
    call = talking(city, citizen, agent)
    city.exchange.room(call.conference).end("conference-ended-via-api")
    city.pass_time(2)
    assert seat_of(agent).activity is Activity.WRAP_UP
    assert citizen.connected
    assert offered(city, other, 8).call_id == call.id


def test_12_a_call_that_is_reported_over_again_has_ended_once(city, agent):
    citizen = city.citizen()
    call = talking(city, citizen, agent)
    leg = citizen.leg.sid
    citizen.hangs_up()
    city.pass_time(1)
    for status in ("completed", "no-answer", "completed"):
        posts(city, "/voice/status", CallSid=leg, CallStatus=status, From=citizen.number)
    city.pass_time(31)
    assert names(call).count("ended") == 1
    assert the_call().disposition is Disposition.ANSWERED


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": CallStatus.ENDED, "ended_at": now()},
        {"disposition": Disposition.ABANDONED},
        {"status": CallStatus.ENDED, "disposition": Disposition.ABANDONED},
    ],
)
def test_12_the_schema_has_one_disposition_for_what_is_over_and_none_for_what_is_not(lines, wrong):
    call = Call(sid="CA1", number_masked="-", started_at=now(), **wrong)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(call)
        session.flush()


def test_13_what_was_reported_twice_is_counted_once(city, agent):
    city.exchange.faults.double = 1.0
    citizen = city.citizen()
    talking(city, citizen, agent)
    citizen.hangs_up()
    city.pass_time(5)
    (line,) = [one for one in board.board().lines if one.code == "general"]
    assert (line.answered, line.abandoned) == (1, 0)


def test_15_who_cannot_be_ordered_in_keeps_his_place_until_he_is_in(city, agent):
    citizen = city.citizen()
    citizen.dials("12345")
    offer = offered(city, agent)
    city.exchange.faults.rest, city.exchange.faults.rest_kind = 1.0, "429"
    agent.accepts(offer.id)
    city.until(lambda: redirects(city, citizen) >= 2, 5)
    assert session.scalars(select(Place.left_at)).one() is None
    assert the_call().status is CallStatus.CONNECTING
    city.exchange.faults.rest = 0.0
    city.until(lambda: the_call().status is CallStatus.TALKING, 10)
    assert session.scalars(select(Place.left_at)).one() is not None


def test_16_an_offer_says_who_rings(city, lines, agent):
    citizen = city.citizen("+8613812345678")
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请直接说出"))
    citizen.presses("8")
    offer = offered(city, agent)
    with city.app.test_request_context():
        shown = picture.of(seat_of(agent), "")["offer"]
    assert (shown["id"], shown["call"]["id"]) == (offer.id, offer.call_id)
    assert shown["call"]["number"].endswith("5678")
    assert shown["call"]["line"] == "tourism"
    assert offer.why["waited_s"] >= 0


def test_18_a_claim_whose_answer_was_lost_frees_both(city, agent, monkeypatch):
    citizen = city.citizen()
    citizen.dials("12345")
    offer = offered(city, agent)
    asked = city.exchange.courier.port

    def lose(request, answered: Callable[..., None]) -> None:
        asked(request, (lambda _answer: None) if "/voice/agent" in request.url else answered)

    monkeypatch.setattr(city.exchange.courier, "port", lose)
    agent.accepts(offer.id)
    city.until(lambda: the_call().status is CallStatus.CONNECTING, 3)
    monkeypatch.undo()
    city.until(lambda: the_call().status is CallStatus.WAITING, 30)
    session.refresh(offer)
    assert offer.state is OfferState.FAILED
    city.until(lambda: citizen.hears("您排在最前面"), 5)


def test_19_late_reports_neither_reopen_nor_restart_a_talk(city, agent):
    citizen = city.citizen()
    call = talking(city, citizen, agent)
    began = call.answered_at
    city.pass_time(10)
    for leg, caller in ((call.sid, citizen.number), (call.agent_leg, f"client:{agent.identity}")):
        posts(city, "/voice/status", CallSid=leg, CallStatus="in-progress", From=caller)
    reports_join(city, call, call.sid)
    assert (the_call().status, the_call().answered_at) == (CallStatus.TALKING, began)
    citizen.hangs_up()
    city.pass_time(1)
    ended = the_call().ended_at
    reports_join(city, call, call.sid)
    posts(city, "/voice/status", CallSid=call.sid, CallStatus="busy", From=citizen.number)
    assert (the_call().status, the_call().ended_at) == (CallStatus.ENDED, ended)


def test_20_an_end_that_nobody_reports_is_found(city, agent):
    citizen = city.citizen()
    talking(city, citizen, agent)
    faults = city.exchange.faults
    faults.only, faults.drop, faults.rest, faults.rest_kind = "/voice/status", 1.0, 1.0, "500"
    citizen.hangs_up()
    city.pass_time(20)
    assert the_call().status is CallStatus.TALKING, "it cannot be known yet"
    faults.rest = 0.0
    city.until(lambda: the_call().status is CallStatus.ENDED, 16)
    assert seat_of(agent).activity is Activity.WRAP_UP


def test_22_passes_at_the_same_time_never_deal_the_same_seat_or_caller(app, lines):
    calls = {waits(lines["general"], since=n).id for n in range(5)}
    for n in range(3):
        free(f"a{n}", lines["general"])
    commit()

    def a_pass(_nth: int) -> list[int]:
        with app.app_context(), transaction():
            serialise_routing()
            return routing.run()

    with ThreadPoolExecutor(6) as pool:
        made = [one for found in pool.map(a_pass, range(6)) for one in found]
    dealt = session.scalars(select(Offer).where(Offer.state == OfferState.RINGING)).all()
    assert sorted(made) == sorted(offer.id for offer in dealt)
    assert len({offer.agent_id for offer in dealt}) == len(dealt) == 3
    assert {offer.call_id for offer in dealt} < calls


def test_24_a_break_chosen_in_a_talk_is_a_break_afterwards(city, agent):
    call = talking(city, city.citizen(), agent)
    agent._as_agent(lambda seat: presence.choose(seat, Desired.BREAK, "meal"))
    finish(city, call, agent)
    city.citizen().dials("12345")
    city.pass_time(60)
    seat = seat_of(agent)
    assert (seat.activity, seat.desired, seat.break_reason) == (
        Activity.IDLE,
        Desired.BREAK,
        "meal",
    )
    assert ringing_at(agent) is None


def test_27_a_desk_that_cannot_answer_gives_its_caller_to_the_next(city, lines, agent):
    """Its stream lives and its registration is dead: it rings, and its own leg cannot be placed."""
    city.citizen().dials("12345")
    offer = offered(city, agent)
    other = city.desk(an_agent("sun", *lines.values(), level=1))
    assert offered(city, other, 14).call_id == offer.call_id
    session.expire_all()
    assert (seat_of(agent).missed, ringing_at(agent)) == (1, None)


def test_28_a_burst_rings_at_as_many_agents_as_there_are_callers(lines):
    seats = [free(f"a{n}", lines["general"]) for n in range(10)]
    for n in range(10):
        waits(lines["general"], since=n)
    serialise_routing()
    assert len(routing.run()) == 10
    session.expire_all()
    assert {seat.activity for seat in seats} == {Activity.RINGING}


def test_29_a_desk_that_is_back_within_its_lease_has_missed_nothing(city, agent):
    city.citizen().dials("12345")
    offer = offered(city, agent)
    agent.open = False
    city.pass_time(5)
    agent.open = True
    agent.renew()
    assert ringing_at(agent) == offer
    agent.accepts(offer.id)
    city.until(lambda: the_call().status is CallStatus.TALKING, 5)
    assert seat_of(agent).missed == 0


def test_30_each_wrap_up_ends_by_itself(city, lines, agent):
    citizen = city.citizen()
    talking(city, citizen, agent)
    other = city.desk(an_agent("sun", *lines.values()))
    second = city.citizen()
    second.dials("12345")
    other.accepts(offered(city, other).id)
    city.until(lambda: seat_of(other).activity is Activity.TALKING, 5)
    citizen.hangs_up()
    city.pass_time(20)
    second.hangs_up()
    city.pass_time(11)
    assert (seat_of(agent).activity, seat_of(other).activity) == (Activity.IDLE, Activity.WRAP_UP)
    city.pass_time(20)
    assert seat_of(other).activity is Activity.IDLE


def test_31_an_agents_leg_whose_end_nobody_reports_is_found(city, agent):
    citizen = city.citizen()
    call = talking(city, citizen, agent)
    city.exchange.faults.only, city.exchange.faults.drop = "/voice/status", 1.0
    agent.phone.hangs_up()
    city.until(lambda: the_call().status is CallStatus.WAITING, 30)
    assert seat_of(agent).activity is Activity.WRAP_UP
    assert names(call)[-1] in ("agent_lost", "in_queue")
    city.until(lambda: citizen.hears("您排在最前面"), 5)


def test_34_a_caller_who_named_no_topic_is_general_and_takes_no_other_line_first(lines):
    """Who named none has no claim to the seats of every line."""
    tourism, busy = free("li", lines["tourism"]), free("wang", lines["general"])
    busy.activity = Activity.TALKING
    general = waits(lines["general"], since=2)
    named = waits(lines["tourism"], since=1)
    serialise_routing()
    routing.run()
    offer = session.scalars(select(Offer)).one()
    assert (offer.call_id, offer.agent_id) == (named.id, tourism.staff_id)
    assert general.status is CallStatus.WAITING
