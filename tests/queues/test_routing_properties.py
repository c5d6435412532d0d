"""Whatever a day deals, second by second: nobody is rung twice, skipped or sent where he must not.

The pass is held against a slow rule of its own (``could_have``), written from its promises."""

from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import select

from infra.clock import now
from infra.db import serialise_routing, session
from models import (
    EMERGENCY_PRIORITY,
    LIVE,
    Activity,
    Call,
    CallStatus,
    Desired,
    Line,
    Offer,
    OfferState,
    Place,
    Seat,
    Skill,
)
from queues import offers, presence, routing, steps, talk, waiting
from tests.places import a_line, an_agent

LINES = {
    "general": {},
    "tourism": {"sisters": ["general", "business"]},
    "business": {"sisters": ["tourism"]},
    "minors": {"certified": True, "sisters": ["general"]},
}
codes = some.sampled_from(list(LINES))
priorities = some.sampled_from([0, 0, 1, 2, EMERGENCY_PRIORITY])
languages = some.sampled_from(["zh", "zh", "zh", "en"])
anyone = some.integers(0, 99)
sitting = some.tuples(some.sets(codes, min_size=1, max_size=2), some.integers(1, 5))
happenings = some.one_of(
    some.tuples(some.just("calls"), codes, priorities, languages),
    some.tuples(some.just("time_passes"), some.sampled_from([1, 1, 2, 3, 13])),
    some.tuples(some.just("time_passes"), some.sampled_from([1, 1, 2, 3, 13])),
    some.tuples(
        some.sampled_from(
            ["answers", "declines", "finishes", "hangs_up", "vanishes", "comes_back"]
        ),
        anyone,
    ),
)


class Day:
    """One city for one example: what happens to it, and the pass after each happening."""

    serial = count()

    def __init__(self, time) -> None:
        self.time = time
        self.lines = {line.code: line for line in session.scalars(select(Line))}

    def calls(self, code: str, priority: int, language: str) -> None:
        call = Call(
            sid=f"CA{next(self.serial)}",
            number_masked="-",
            started_at=now(),
            priority=priority,
            emergency="着火" if priority >= EMERGENCY_PRIORITY else None,
            language=language,
        )
        session.add(call)
        session.flush()
        place = waiting.enter(call, self.lines[code])
        session.flush()
        waiting.hear(place)

    def sits_down(self, served: set[str], level: int) -> None:
        known = ("zh", "en") if level % 2 else ("zh",)
        lines = [self.lines[code] for code in sorted(served)]
        seat = an_agent(f"a{next(self.serial)}", *lines, level=level, languages=known)
        seat.lease_until = now() + timedelta(hours=1)

    def time_passes(self, seconds: int) -> None:
        """Meanwhile whoever was taken back into the queue asks for his first wait document."""
        self.time.forward(seconds)
        back = select(Place).where(Place.left_at.is_(None), Place.heard_at.is_(None))
        for place in session.scalars(back):
            waiting.hear(place)

    def answers(self, which: int) -> None:
        offer = one_of(Offer, Offer.state == OfferState.RINGING, which)
        if offer is not None:
            call = talk.claim(offer.id, leg=f"CB{offer.id}", by=offer.agent, join_url="/join")
            talk.join(call, f"CB{offer.id}", requeue_url="/requeue")
            talk.join(call, call.sid, requeue_url="/requeue")

    def declines(self, which: int) -> None:
        offer = one_of(Offer, Offer.state == OfferState.RINGING, which)
        if offer is not None:
            offers.decline(offer)

    def finishes(self, which: int) -> None:
        call = one_of(Call, Call.status == CallStatus.TALKING, which)
        if call is not None:
            talk.finish(call, by=call.agent, rating_url="/rate")

    def hangs_up(self, which: int) -> None:
        call = one_of(Call, Call.status != CallStatus.ENDED, which)
        if call is not None:
            talk.end(call)

    def vanishes(self, which: int) -> None:
        """The agent's desk, and with it his leg if he talks: the caller waits again."""
        seat = one_of(Seat, Seat.lease_until > now(), which)
        if seat is None:
            return
        seat.lease_until = now()
        call = session.scalar(
            select(Call).where(Call.agent_id == seat.staff_id, Call.status == CallStatus.TALKING)
        )
        if call is not None:
            talk.lose_agent(call, call.agent_leg, requeue_url="/requeue")

    def comes_back(self, which: int) -> None:
        seat = one_of(Seat, Seat.lease_until.is_not(None), which)
        if seat is not None:
            seat.lease_until = now() + timedelta(hours=1)
            presence.choose(seat, Desired.READY)

    def second(self) -> list[Offer]:
        """What the clock does each second; the offers that came of it."""
        session.flush()
        presence.lapse_due()
        offers.lapse_due()
        presence.complete_due_wrap_ups()
        session.flush()
        made = routing.run()
        return list(session.scalars(select(Offer).where(Offer.id.in_(made)).order_by(Offer.id)))


def one_of(kind, condition, which: int):
    session.flush()
    found = session.scalars(select(kind).where(condition).order_by(*kind.__table__.primary_key))
    rows = found.all()
    return rows[which % len(rows)] if rows else None


class Rules:
    """The promises, said as slowly as it takes to be sure of them."""

    def __init__(self) -> None:
        self.at = now()
        self.lines = {line.id: line for line in session.scalars(select(Line))}
        self.ids = {line.code: line.id for line in self.lines.values()}
        self.skills: dict[int, dict[int, int]] = {}
        for skill in session.scalars(select(Skill)):
            self.skills.setdefault(skill.staff_id, {})[skill.line_id] = skill.level
        here = Seat.desired == Desired.READY, Seat.lease_until > self.at
        self.seats = session.scalars(select(Seat).where(*here)).all()
        self.staffed = {line for one in self.seats for line in self.skills[one.staff_id]}
        self.free = [
            one
            for one in self.seats
            if one.activity is Activity.IDLE
            and (one.resting_until is None or one.resting_until <= self.at)
        ]
        self.left_waiting = self._left_waiting()

    def serves(self, seat: Seat, place: Place, lines: set[int]) -> bool:
        return place.language in seat.languages and bool(lines & set(self.skills[seat.staff_id]))

    def sisters(self, line: Line) -> set[int]:
        return {self.ids[code] for code in line.sisters}

    def could_have(self, place: Place, seat: Seat) -> bool:
        """Whether this caller could have had the seat, even with what is free after the pass."""
        line = place.line
        if self.serves(seat, place, {line.id}):
            return True
        if line.certified and place.call.emergency is None:
            return False
        waited, sisters = waited_by(self.at, place), self.sisters(line)
        nobody = line.id not in self.staffed
        if waited >= steps.ANYONE_AFTER or (nobody and not sisters & self.staffed):
            return True
        return (nobody or waited >= steps.SISTERS_AFTER) and any(
            self.serves(seat, place, {sister}) and self.can_be_spared(seat, {sister}, self.free)
            for sister in sisters
        )

    def can_be_spared(self, seat: Seat, lines: set[int], free: list[Seat]) -> bool:
        """Whether one of the lines, which the seat serves, keeps another free one."""
        return any(
            line in self.skills[one.staff_id]
            for line in lines & set(self.skills[seat.staff_id])
            for one in free
            if one is not seat
        )

    def _left_waiting(self) -> list[Place]:
        rung = select(Offer.call_id).where(Offer.state.in_(LIVE))
        return list(
            session.scalars(
                select(Place)
                .join(Call)
                .where(
                    Place.left_at.is_(None),
                    Place.heard_at.is_not(None),
                    Call.status == CallStatus.WAITING,
                    Place.call_id.not_in(rung),
                )
            )
        )


def waited_by(at: datetime, place: Place) -> timedelta:
    """Danger counts as having waited long enough for every step."""
    danger = place.call.emergency is not None
    return timedelta(days=1) if danger else at - place.entered_at


def effective(place: Place) -> tuple[datetime, int]:
    return place.age_from - timedelta(minutes=place.priority), place.id


def check(made: list[Offer]) -> None:
    rules = Rules()
    nobody_is_rung_twice()
    for nth, offer in enumerate(made):
        place = waiting.place_of(offer.call)
        free_then = [*rules.free, *(later.agent for later in made[nth:])]
        the_step_was_allowed(rules, offer, place, free_then)
        for other in rules.left_waiting:
            if effective(other) < effective(place):
                assert not rules.could_have(other, offer.agent), "somebody further in front"
    for place in rules.left_waiting:
        assert not any(rules.could_have(place, seat) for seat in rules.free), "a seat left idle"


def nobody_is_rung_twice() -> None:
    live = session.scalars(select(Offer).where(Offer.state.in_(LIVE))).all()
    assert len({offer.agent_id for offer in live}) == len(live)
    assert len({offer.call_id for offer in live}) == len(live)
    ringing = {one.agent_id for one in live if one.state is OfferState.RINGING}
    assert ringing == set(
        session.scalars(select(Seat.staff_id).where(Seat.activity == Activity.RINGING))
    )


def the_step_was_allowed(rules: Rules, offer: Offer, place: Place, free: list[Seat]) -> None:
    line, seat, step = place.line, offer.agent, offer.why["step"]
    own = rules.serves(seat, place, {line.id})
    danger = place.call.emergency is not None
    assert own if step == "line" else danger or not line.certified
    waited = waited_by(rules.at, place)
    nobody = line.id not in rules.staffed
    if step == "sister":
        assert rules.serves(seat, place, rules.sisters(line))
        assert rules.can_be_spared(seat, rules.sisters(line), free), "a lone seat left home"
        assert nobody or waited >= steps.SISTERS_AFTER
    if step == "any":
        alone = nobody and not rules.sisters(line) & rules.staffed
        assert alone or waited >= steps.ANYONE_AFTER


@pytest.fixture
def lines(app, time):
    for code, known in LINES.items():
        a_line(code, **known)


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    seats=some.lists(sitting, min_size=1, max_size=6),
    day=some.lists(happenings, min_size=6, max_size=40),
)
def test_whatever_a_day_deals(lines, time, seats, day):
    serialise_routing()
    dealt = session.begin_nested()
    try:
        city = Day(time)
        for served, level in seats:
            city.sits_down(served, level)
        for what, *how in day:
            getattr(city, what)(*how)
            check(city.second())
    finally:
        dealt.rollback()
