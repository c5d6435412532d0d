"""The second method: every figure by plain loops over plain lists, as peers 5 writes it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from analytics.scope import By, Scope
from infra.clock import now
from infra.localtime import CITY
from models import (
    Activity,
    Call,
    CallStatus,
    Desired,
    Direction,
    Offer,
    OfferKind,
    OfferState,
    SeatStretch,
)
from tests.analytics.dealt import HOUR, SECOND, World

T, SHORT = 15 * SECOND, 5 * SECOND


@dataclass
class Caller:
    became: str
    lasted: timedelta | None
    queued: bool


@dataclass
class Part:
    callers: list[Caller] = field(default_factory=list)
    rang: list[Offer] = field(default_factory=list)
    talks: list[timedelta | str] = field(default_factory=list)
    busy: timedelta = timedelta()
    free: timedelta = timedelta()


def key_of(by: By, at: datetime, *, line=None, agent=None):
    local = at.astimezone(CITY)
    return {By.HOUR: local.hour, By.DAY: local.date(), By.LINE: line, By.AGENT: agent}[by]


def counted(world: World, scope: Scope, agents: list) -> dict[object, Part]:
    parts: defaultdict[object, Part] = defaultdict(Part)
    if scope.agent_id is None:
        for call in world.calls:
            _count_caller(world, scope, call, parts)
    for offer in world.offers:
        _count_offer(world, scope, offer, parts)
    if scope.lines is None:
        for stretch in world.stretches:
            lease = next(one.lease_until for one in agents if one.staff_id == stretch.agent_id)
            _count_time(scope, stretch, lease, parts)
    return parts


def line_of(world: World, call: Call) -> int | None:
    places = [one for one in world.places if one.call_id == call.id]
    return places[0].line_id if places else call.line_id


def _count_caller(world: World, scope: Scope, call: Call, parts) -> None:
    at, line = call.person_due_at or call.started_at, line_of(world, call)
    if call.direction is not Direction.IN or not scope.start <= at < scope.end:
        return
    if scope.lines is not None and line not in scope.lines:
        return
    if call.person_due_at is None:
        became, lasted = "-", None
    elif call.status is CallStatus.WAITING:
        became, lasted = "?", None
    else:
        named = {"answered": "A", "abandoned": "B", "callback": "C", "voicemail": "V"}
        became = "A" if call.disposition is None else named.get(call.disposition, "D")
        over = call.answered_at if became == "A" else call.ended_at
        lasted = over - call.person_due_at
    queued = any(one.call_id == call.id for one in world.places)
    parts[key_of(scope.by, at, line=line)].callers.append(Caller(became, lasted, queued))


def _count_offer(world: World, scope: Scope, offer: Offer, parts) -> None:
    call = next(one for one in world.calls if one.id == offer.call_id)
    line = line_of(world, call)
    if not scope.start <= offer.offered_at < scope.end:
        return
    if scope.agent_id not in (None, offer.agent_id):
        return
    if scope.lines is not None and line not in scope.lines:
        return
    part = parts[key_of(scope.by, offer.offered_at, line=line, agent=offer.agent_id)]
    if offer.kind is OfferKind.CALL and offer.id not in world.asked:
        part.rang.append(offer)
    had = [
        one
        for one in world.offers
        if one.kind is OfferKind.CALL
        and one.state is OfferState.CONNECTED
        and (one.call_id, one.agent_id) == (offer.call_id, offer.agent_id)
    ]
    if had and had[0] is offer:
        own = [
            one
            for one in world.stretches
            if (one.call_id, one.agent_id) == (offer.call_id, offer.agent_id)
        ]
        if not own:
            part.talks.append("untimed")
        elif any(one.ended_at is None for one in own):
            part.talks.append("open")
        else:
            part.talks.append(total(one.ended_at - one.began_at for one in own))


def _count_time(scope: Scope, stretch: SeatStretch, lease, parts) -> None:
    if scope.agent_id not in (None, stretch.agent_id):
        return
    ends = [one for one in (scope.end, now(), stretch.ended_at) if one is not None]
    on = stretch.activity in (Activity.TALKING, Activity.WRAP_UP)
    if not on:
        if (stretch.activity, stretch.desired) != (Activity.IDLE, Desired.READY):
            return
        here = lease if stretch.ended_at is None else stretch.here_until
        ends.append(here or stretch.began_at)
    since, until = max(stretch.began_at, scope.start), min(ends)
    if until <= since:
        return
    # Every full hour in between is a cut.
    cuts, cut = [since], since.replace(minute=0, second=0, microsecond=0) + HOUR
    while cut < until:
        cuts.append(cut)
        cut += HOUR
    for one, other in pairwise([*cuts, until]):
        part = parts[key_of(scope.by, one, agent=stretch.agent_id)]
        if on:
            part.busy += other - one
        else:
            part.free += other - one


def total(spans: Iterable[timedelta]) -> timedelta:
    return sum(spans, timedelta())


def ratios(part: Part) -> dict[str, tuple[float, float]]:
    """Each figure's two parts, as peers 5 writes them."""

    def n(became: str, within: timedelta | None = None) -> int:
        some_of = [one for one in part.callers if one.became == became]
        return len([one for one in some_of if within is None or one.lasted <= within])

    a, b, c, v, d = (n(one) for one in "ABCVD")
    offered = a + b + c + v + d
    queued = [one for one in part.callers if one.queued and one.became in "ABCVD"]
    removed = [one for one in queued if one.became in "ABC" and one.lasted <= T]
    rang = [one for one in part.rang if one.state is not OfferState.RINGING]
    timed = [one for one in part.talks if isinstance(one, timedelta)]
    answers = total(one.lasted for one in part.callers if one.became == "A")
    return {
        "sl1": (n("A", T), a),
        "sl2": (n("A", T) + n("B", T), a + b),
        "sl2c": (len(removed), len(queued)),
        "sl3": (n("A", T), a + b),
        "sl4": (n("A", T), a + (b - n("B", T))),
        "sl5": (n("A", T), offered - n("B", SHORT)),
        "connect": (a, offered),
        "abandoned": (b, len(queued)),
        "asa": (answers / SECOND, a),
        "aht": (total(timed) / SECOND, len(timed)),
        "occupancy": (part.busy / SECOND, (part.busy + part.free) / SECOND),
        "accepted": (len([one for one in rang if one.claimed_at]), len(rang)),
        "missed": (len([one for one in rang if one.state is OfferState.MISSED]), len(rang)),
    }


def left_out(part: Part, code: str) -> dict[str, int]:
    """Why something is in neither part of a figure of callers, and how many are."""
    names = {"C": "called_back", "V": "messages", "D": "turned_away", "?": "undecided"}
    names |= {"-": "never_asked"}
    if code in ("sl1", "asa"):
        names["B"] = "abandoned"
    if code in ("sl5", "connect", "sl2c", "abandoned"):
        names = {one: names[one] for one in "?-"}
    found: defaultdict[str, int] = defaultdict(int)
    for one in part.callers:
        if one.became in names:
            found[names[one.became]] += 1
        if code == "sl4" and one.became == "B" and one.lasted <= T:
            found["abandoned_soon"] += 1
        if code == "sl5" and one.became == "B" and one.lasted <= SHORT:
            found["abandoned_short"] += 1
        if code in ("sl2c", "abandoned") and one.became in "ABCVD" and not one.queued:
            found["not_queued"] += 1
    return dict(found)
