"""A hotline that is broken on purpose breaks the rules: what they do not see they do not guard."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from sqlalchemy import false, select

import queues.consults
import queues.doors
import queues.each_second
import queues.monitoring
import queues.offers
import queues.presence
import queues.reskilling
import queues.routes
import queues.routing
import queues.talk
import queues.waiting
import telephony.orders
from infra.clock import now
from queues import each_second
from queues.admission import Admission
from simulation import rules
from simulation.habits import Habits
from simulation.outsiders import Switchboard
from simulation.plan import Plan
from simulation.weather import CALM, Climate
from telephony.replies import Reply

QUICK = Habits(talk_s=20, wrap_up_s=1, patience_s=60, reacts_s=1)
NEVER = Habits(talk_s=20, wrap_up_s=1, patience_s=40, misses=1.0)
PATIENT = Habits(talk_s=5, wrap_up_s=1, patience_s=None, reacts_s=1)
LAPSING = Habits(talk_s=5, wrap_up_s=1, patience_s=60, reacts_s=1, lets_lapse=1.0)
CONSULTING = Habits(talk_s=40, wrap_up_s=1, reacts_s=1, citizen_ends=1.0, consults=1.0)
HOLDING = Habits(talk_s=100, wrap_up_s=1, reacts_s=1, holds=1.0)
SENDING = Habits(talk_s=10, wrap_up_s=1, reacts_s=1, sends_on=0.5)
PARTED = Habits(talk_s=15, wrap_up_s=1, reacts_s=1, outside_answers=1.0, outside_ends=1.0)
LED = Habits(talk_s=40, wrap_up_s=1, reacts_s=1, leads_every_s=3)
_callers, _hear, _end = queues.routing._callers, queues.waiting.hear, queues.talk.end


def _hangs_up(call):
    return Reply(call.language).hang_up().send()


def _favours(place):
    place.priority += 1
    return _hear(place)


def _ends_in_greetings_only(call):
    if call.agent_id is None:
        _end(call)


def _speaks_at_once(call):
    return Reply().join(queues.doors._room(call), citizen=False).send()


def _nothing():
    return 0


def _without(left_out):
    parts = queues.each_second.PARTS
    return tuple((part, _nothing if sweep is left_out else sweep) for part, sweep in parts)


def _unseen(*left_out):
    """The question of each second does not see what they are for."""
    parts = queues.each_second.PARTS
    return tuple(
        (false() if not left_out or sweep in left_out else part, sweep) for part, sweep in parts
    )


@dataclass(frozen=True)
class Broken:
    where: object
    name: str
    by: object
    kind: str
    words: str
    habits: Habits = QUICK
    climate: Climate = CALM
    # All of one line, or hardly two of them would be of the same.
    pooled: bool = False
    set_lines: bool = False
    calls: int = 5
    seats: int = 1
    leads: int = 0
    partner_after_s: int | None = None


BROKEN = {
    "offers never lapse": Broken(
        queues.each_second,
        "PARTS",
        _without(queues.offers.lapse_due),
        "stuck",
        "rings past its deadline",
        NEVER,
    ),
    "wrap-ups never end": Broken(
        queues.each_second,
        "PARTS",
        _without(queues.presence.complete_due_wrap_ups),
        "stuck",
        "a wrap-up goes on past its end",
        LAPSING,
    ),
    "nothing is ever seen to be due": Broken(
        queues.each_second, "PARTS", _unseen(), "stuck", "rings past its deadline", NEVER
    ),
    "wrap-ups are not seen to be over": Broken(
        queues.each_second,
        "PARTS",
        _unseen(queues.presence.complete_due_wrap_ups),
        "stuck",
        "a wrap-up goes on past its end",
        LAPSING,
        calls=1,
    ),
    "the youngest is served first": Broken(
        queues.routing,
        "_callers",
        lambda at: reversed(list(_callers(at))),
        "overtaken",
        "who is older",
        PATIENT,
        pooled=True,
    ),
    "a caller is hung up on when he is answered": Broken(
        queues.doors, "citizen_joins", _hangs_up, "lost", "was ended by us"
    ),
    "a call that was answered never ends": Broken(
        queues.talk, "end", _ends_in_greetings_only, "stuck", "a call goes on"
    ),
    "a line takes in whoever asks": Broken(
        queues.doors,
        "admit",
        lambda _call, line: Admission(line),
        "unset",
        "has taken a caller in",
        set_lines=True,
        calls=20,
        seats=4,
    ),
    "each wait document is worth a minute": Broken(
        queues.waiting,
        "hear",
        _favours,
        "redelivered",
        "/voice/wait",
        climate=Climate(redelivered=1),
    ),
    "a colleague is asked for ever": Broken(
        queues.consults,
        "dissolve",
        lambda *_consult: None,
        "torn",
        "a colleague is asked in a talk that is over",
        CONSULTING,
        pooled=True,
        seats=6,
    ),
    "nobody is heard again after a hold": Broken(
        telephony.orders,
        "resume",
        lambda *_order, **_key: None,
        "stuck",
        "a citizen is on hold, and not for his agent",
        HOLDING,
        pooled=True,
        calls=3,
        seats=3,
    ),
    "who is sent on is new there": Broken(
        queues.waiting,
        "age_of",
        lambda _call: now(),
        "overtaken",
        "has grown younger",
        SENDING,
        pooled=True,
        seats=4,
    ),
    "a lead is never let go": Broken(
        queues.monitoring,
        "dismiss",
        lambda _call: None,
        "torn",
        "a lead is in a talk that is over",
        LED,
        # Else the report of his own leg ends it as well.
        Climate(lost=1.0),
        calls=3,
        seats=2,
        leads=2,
    ),
    "a lead is let in so that all hear him": Broken(
        queues.routes,
        "lead_joins",
        _speaks_at_once,
        "doubled",
        "a lead who is to be heard by nobody is heard",
        LED,
        calls=8,
        seats=2,
        leads=2,
    ),
    "what was lent is kept": Broken(
        queues.each_second,
        "PARTS",
        _without(queues.reskilling.lapse_due),
        "stuck",
        "a skill is lent past its end",
        LED,
        calls=3,
        seats=2,
        leads=2,
    ),
    "what was lent is not seen to be over": Broken(
        queues.each_second,
        "PARTS",
        _unseen(queues.reskilling.lapse_due),
        "stuck",
        "a skill is lent past its end",
        LED,
        calls=3,
        seats=2,
        leads=2,
    ),
    "who is dropped by the partner city is new here": Broken(
        queues.waiting,
        "_age_there",
        lambda _call: None,
        "overtaken",
        "has grown younger",
        PARTED,
        partner_after_s=10,
        calls=6,
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_hotline_is_seen(begins, monkeypatch, name):
    broken = BROKEN[name]
    # What goes wrong on purpose lasts; nobody need wait until it can be nothing else.
    monkeypatch.setattr(rules, "MADE_GOOD_WITHIN", 20.0)
    whole = getattr(broken.where, broken.name)
    parts = [(due, broken.by if do is whole else do) for due, do in each_second.PARTS]
    monkeypatch.setattr(each_second, "PARTS", tuple(parts))
    monkeypatch.setattr(broken.where, broken.name, broken.by)
    asked = (due.label(f"part_{nth}") for nth, (due, _sweep) in enumerate(each_second.PARTS))
    monkeypatch.setattr(each_second, "ANYTHING", select(*asked))
    plan = Plan(
        broken.calls,
        0.5,
        broken.seats,
        2,
        broken.habits,
        broken.climate,
        broken.pooled,
        looks_closely=True,
        set_lines=broken.set_lines,
        leads=broken.leads,
        partner_after_s=broken.partner_after_s,
    )
    outcome = begins(plan).run()
    found = [one.words for one in outcome.of(broken.kind)]
    assert any(broken.words in words for words in found), found


@pytest.mark.parametrize(("partner_left", "kinds"), [(False, ["lost"]), (True, [])])
def test_a_partner_city_excuses_an_end_only_where_it_hung_up_first(time, partner_left, kinds):
    citizen = SimpleNamespace(left=set(), promised=set())
    partner = Switchboard(None, None, QUICK)
    legs = {"CA-p": SimpleNamespace(sid="CA-p", party=partner, parent=SimpleNamespace(sid="CA-c"))}
    partner.left |= {"CA-p"} if partner_left else {"CA-q"}
    seen = rules.Rules(None, SimpleNamespace(now=now()))
    seen._helped = set(rules._helped(SimpleNamespace(legs=legs)))
    seen._of_leg("CA-c", citizen, (1, "CA-c", "ended", "diverted", False, 1, 0, 0, None), set())
    assert [one.kind for one in seen.violations] == kinds
