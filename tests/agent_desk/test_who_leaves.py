"""Who leaves in which state: the citizen's call survives every exit but his own.

Each exit is the abrupt one, a line that is cut without a word to the desk."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from emulator.caller import Caller, Step
from infra.clock import now
from infra.db import commit, session
from models import Activity, Call, CallStatus, Disposition, DutyPhone, Role, Seat
from queues import consults, monitoring, panicking, seat_telephones
from tests.agent_desk.talks import Agent, a_duty_phone, audible, call_of, talking
from tests.analytics.leads import Lead
from tests.carrier import City
from tests.places import a_line
from tests.visitors import somebody
from units import duty_rota

DUTY = "13800138000"
TELEPHONE = "13900139000"
# What becomes of the citizen, by who leaves (rows) and what was going on (columns).
MATRIX = """
           talking  held   ringing  consulting  swapped    three-way  with-unit  with-110  held-110  on-duty  panicked
citizen    over     over   over     over        over       over       over       goes-on   goes-on   over     over
agent      queue    queue  queue    colleague   colleague  colleague  queue      stays     stays     queue    queue
hook       rated    rated  queue    colleague   colleague  colleague  queue      stays     stays     queue    queue
colleague  -        -      agent    agent       agent      agent      -          -         -         -        -
outside    -        -      -        -           -          -          agent      agent     -         agent    -
listener   same     same   same     same        same       same       same       same      same      same     same
whisperer  same     same   same     same        same       same       same       same      same      same     same
barger     same     same   same     same        same       same       same       same      same      same     same
successor  queue    queue  -        -           -          -          -          -         -         -        queue
"""  # noqa: E501
# The agent answers by telephone, and hangs up.
HOOK = "hook"
# What a lead is who leaves; the successor has taken the talk over.
LEADS = {"listener": "listen", "whisperer": "whisper", "barger": "barge", "successor": "listen"}
STATES, *ROWS = (line.split() for line in MATRIX.strip().splitlines())
CASES = [
    (who, state, outcome)
    for who, *outcomes in ROWS
    for state, outcome in zip(STATES, outcomes, strict=True)
    if outcome != "-"
]


@dataclass
class Talk:
    city: City
    citizen: Caller
    agent: Agent
    colleague: Agent
    call: int
    phone: DutyPhone
    outside: Caller | None = None
    lead: Lead | None = None

    def is_attended(self, mode: str) -> None:
        self.lead = Lead.comes(self.city)
        self.lead.enters(self.call, mode)

    @property
    def heard(self) -> list[set[str]]:
        """Whom each of them hears, a lead left out."""
        parties = [self.citizen, self.agent.phone.phone, self.colleague.phone.phone]
        parties += [self.outside] if self.outside else []
        besides = {self.lead.phone.number} if self.lead else set()
        return [audible(one) - besides for one in parties]

    def comes_to(self, state: str) -> None:
        self.outside = self.city.citizen("110" if state.endswith("110") else f"+86{DUTY}")
        if state == "panicked":
            self.agent.does("panic", call=self.call)
            return
        if state == "held":
            self.agent.does("hold", call=self.call)
        if state in ("talking", "held"):
            return
        if state.endswith(("unit", "110", "duty")):
            to = self.calls(state)
            self.agent.does("three-way", call=self.call, to=to)
            self.city.pass_time(8)
            assert self.outside.connected
            if state.startswith("held"):
                self.agent.does("hold", call=self.call)
            return
        self.agent.does("consult", call=self.call, to=f"agent-{self.colleague.id}")
        if state == "ringing":
            return
        self.colleague.answers()
        if state != "consulting":
            move = {"swapped": "swap", "three-way": "three-way"}[state]
            self.agent.does(f"consult/{move}", call=self.call)

    def calls(self, state: str) -> str:
        if state.endswith("110"):
            return "police"
        if state == "on-duty":
            begins, ends = now() - timedelta(hours=1), now() + timedelta(hours=1)
            unit = self.phone.unit
            duty_rota.schedule(duty_rota.Wanted(unit, "张三", 1, DUTY, begins, ends))
            commit()
            return f"duty-{unit.id}"
        return f"phone-{self.phone.id}"

    def loses(self, who: str) -> None:
        if who == "colleague" and self.colleague.rings is not None:
            # He has no line yet: his desk is closed, and its lease runs out.
            self.colleague.phone.open = False
            self.city.pass_time(21)
            return
        party = {
            "citizen": self.citizen,
            "agent": self.agent.phone.phone,
            HOOK: self.agent.phone.phone,
            "colleague": self.colleague.phone.phone,
            "outside": self.outside,
            **(dict.fromkeys(LEADS, self.lead.phone) if self.lead else {}),
        }[who]
        if who == HOOK:
            # His page is closed, as twenty seconds later: with one he has another key for it.
            self.agent.phone.open = False
            session.get_one(Seat, self.agent.id, populate_existing=True).page_until = None
            commit()
        party.hangs_up()
        self.city.pass_time(4)

    @property
    def row(self) -> Call:
        return call_of(self.citizen)


@pytest.fixture
def talk(city, app, time) -> Talk:
    line = a_line()
    commit()
    agent = Agent.comes(city, "wang", line, level=5)
    citizen = city.citizen("+8613812345678")
    call = talking(citizen, agent)
    # He is rung by nobody but who asks for him: the queue must not find him free.
    other = a_line("housing", certified=True)
    phone = a_duty_phone(DUTY)
    return Talk(city, citizen, agent, Agent.comes(city, "li", other), call.id, phone)


@pytest.fixture
def telephoned(talk) -> Talk:
    """The same, with an agent who answers by telephone."""
    city, seat = talk.city, talk.agent.seat
    talk.citizen.hangs_up()
    city.pass_time(2)
    talk.agent.does("wrapped")
    lead = somebody("admin", Role.ADMIN)
    seat_telephones.name_number(session.get_one(Seat, seat.staff_id), TELEPHONE, by=lead)
    seat_telephones.switch(session.get_one(Seat, seat.staff_id), on=True)
    commit()
    phone = city.citizen(f"+86{TELEPHONE}")
    phone.script = (Step.of("hear 按1接听"), Step.of("press 1"))
    talk.agent.phone.phone = phone
    talk.citizen.heard.clear()
    talk.citizen.dials("12345")
    city.until(lambda: phone.connected, 40)
    city.until(lambda: talk.row.status is CallStatus.TALKING, 20)
    talk.call = talk.row.id
    return talk


def over(talk: Talk) -> None:
    assert talk.row.status is CallStatus.ENDED
    assert talk.row.disposition is Disposition.ANSWERED
    assert talk.agent.activity is Activity.WRAP_UP
    assert talk.colleague.activity is Activity.IDLE
    assert not talk.agent.phone.phone.connected and not talk.colleague.phone.phone.connected


def queue(talk: Talk) -> None:
    assert talk.citizen.connected and talk.citizen.hears("您排在最前面")
    assert talk.row.status is CallStatus.WAITING
    assert talk.agent.activity is Activity.WRAP_UP
    assert not talk.colleague.phone.phone.connected


def rated(talk: Talk) -> None:
    assert talk.citizen.hears("请对本次服务评价") and talk.row.status is CallStatus.RATING
    assert talk.agent.activity is Activity.WRAP_UP
    assert talk.colleague.activity is Activity.IDLE


def colleague(talk: Talk) -> None:
    assert talk.row.status is CallStatus.TALKING and talk.row.agent_id == talk.colleague.id
    assert talk.colleague.hears(talk.citizen)
    assert talk.citizen.connected_with() == [talk.colleague.phone.phone.number]
    assert not talk.citizen.hears("座席的线路中断了")
    assert talk.agent.activity is Activity.WRAP_UP


def agent(talk: Talk) -> None:
    assert talk.row.status is CallStatus.TALKING and talk.row.agent_id == talk.agent.id
    assert talk.agent.hears(talk.citizen)
    assert talk.citizen.connected_with() == [talk.agent.phone.phone.number]
    assert talk.agent.activity is Activity.TALKING
    assert talk.colleague.activity is Activity.IDLE


def stays(talk: Talk) -> None:
    """With 110, until 110 has gone; then he is first in line."""
    assert talk.row.status is CallStatus.TALKING
    assert talk.citizen.connected and talk.outside.connected
    talk.citizen.says("他还在门口")
    assert talk.outside.hears("他还在门口")
    talk.outside.hangs_up()
    talk.city.pass_time(8)
    queue(talk)


def goes_on(talk: Talk) -> None:
    """His call is over; the agent and 110 are together until one of them goes."""
    assert talk.row.status is CallStatus.ENDED
    assert talk.agent.hears(talk.outside) and talk.agent.activity is Activity.TALKING


OUTCOMES: dict[str, Callable[[Talk], None]] = {
    "over": over,
    "queue": queue,
    "rated": rated,
    "colleague": colleague,
    "agent": agent,
    "stays": stays,
    "goes-on": goes_on,
}


OTHERS = [one for one in CASES if one[0] not in (*LEADS, HOOK)]


@pytest.mark.parametrize(("who", "state", "outcome"), [one for one in CASES if one[0] == HOOK])
def test_an_agent_by_telephone_hangs_up(telephoned, who, state, outcome):
    """He has finished an ordinary talk; in any other his line may have been cut."""
    telephoned.comes_to(state)
    telephoned.loses(who)
    OUTCOMES[outcome](telephoned)
    assert telephoned.row.held_since is None


@pytest.mark.parametrize("attended", [False, True], ids=["", "attended"])
@pytest.mark.parametrize(("who", "state", "outcome"), OTHERS)
def test_what_becomes_of_the_citizen(talk, who, state, outcome, attended):
    """The same while a lead listens."""
    talk.comes_to(state)
    if attended:
        talk.is_attended("listen")
    talk.loses(who)
    OUTCOMES[outcome](talk)
    assert talk.row.held_since is None
    assert consults.of_call(talk.row) is None
    assert panicking.of_call(talk.row) is None
    if outcome in ("over", "queue", "stays", "goes-on") and attended:
        assert not talk.lead.phone.connected and monitoring.of_call(talk.row) == []


@pytest.mark.parametrize(("who", "state", "outcome"), [one for one in CASES if one[0] in LEADS])
def test_a_leads_exit_changes_nothing_but_what_he_has_taken_over(talk, who, state, outcome):
    talk.comes_to(state)
    before = talk.heard
    talk.is_attended(LEADS[who])
    assert talk.heard == before
    if who == "successor":
        talk.lead.does("take-over", call=talk.call)
    talk.loses(who)
    if outcome == "same":
        assert talk.heard == before and talk.row.status is CallStatus.TALKING
        assert talk.agent.activity is Activity.TALKING
    else:
        queue(talk)


@pytest.mark.parametrize("fault", ["double", "late", "shuffle_seconds"])
@pytest.mark.parametrize(
    ("who", "state", "outcome"),
    [one for one in OTHERS if one[1] == "three-way"],
)
def test_it_is_the_same_when_reports_come_twice_late_or_in_another_order(
    talk, who, state, outcome, fault
):
    talk.comes_to(state)
    setattr(talk.city.exchange.faults, fault, 3.0 if fault == "shuffle_seconds" else 1.0)
    talk.loses(who)
    talk.city.pass_time(6)
    OUTCOMES[outcome](talk)
