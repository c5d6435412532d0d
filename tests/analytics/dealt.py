"""A day as hypothesis deals it: calls, places, offers, stretches, as rows and as plain things."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from hypothesis import strategies as some

from infra.db import session
from models import (
    Activity,
    Call,
    Callback,
    CallbackState,
    CallbackWay,
    CallStatus,
    Consult,
    ConsultEnd,
    ConsultState,
    Desired,
    Direction,
    Disposition,
    Offer,
    OfferKind,
    OfferState,
    Place,
    SeatStretch,
)

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
SERIAL = count(1)

# From two hours before a midnight until two after the next; the present lies in between.
moments = some.one_of(
    some.integers(-7200, 93600).map(float),
    some.sampled_from([-15.0, -1e-6, 0.0, 1e-6, 3599.0, 3600.0, 35999.999999, 86399.0, 86400.0]),
)
waits = some.sampled_from([0, 2, 4.999999, 5, 5.000001, 9, 14.999999, 15, 15.000001, 16, 80, 4000])
FATES = {
    "answered": Disposition.ANSWERED,
    "abandoned": Disposition.ABANDONED,
    "lost and gave up": Disposition.ABANDONED,
    "kept his place": Disposition.CALLBACK,
    "lost and kept his place": Disposition.CALLBACK,
    "message": Disposition.VOICEMAIL,
    "turned away": Disposition.NOT_REACHED,
    "left early": Disposition.LEFT_EARLY,
    "served himself": Disposition.SELF_SERVED,
    "waits": None,
    "rates": None,
}
HAD_AN_ANSWER = ("answered", "lost and gave up", "lost and kept his place", "rates")
UNASKED = ("left early", "served himself")
dealt_calls = some.fixed_dictionaries(
    {
        "at": moments,
        "menu": some.sampled_from([0, 3, 20]),
        "wait": waits,
        "talk": some.sampled_from([0, 30, 3600, 90000]),
        "fate": some.sampled_from(list(FATES)),
        "lines": some.lists(some.integers(0, 2), max_size=2),
        "line": some.integers(0, 2),
        "way": some.sampled_from([Direction.IN] * 6 + [Direction.OUT, Direction.BACK]),
        "danger": some.booleans(),
    }
)
dealt_offers = some.fixed_dictionaries(
    {
        "call": some.integers(0, 99),
        "agent": some.integers(0, 2),
        "after": some.sampled_from([0, 1, 40, 3600]),
        "state": some.sampled_from([*OfferState, OfferState.CONNECTED, OfferState.MISSED]),
        "claimed": some.booleans(),
        # The same citizen at the same agent once more.
        "again": some.booleans(),
        "consult": some.sampled_from([None, None, None, OfferKind.CALL, OfferKind.CONSULT]),
    }
)
dealt_stretches = some.fixed_dictionaries(
    {
        "agent": some.integers(0, 2),
        "gap": some.sampled_from([0, 0, 60, 7000]),
        "lasts": some.sampled_from([0, 0.5, 20, 1200, 3600, 30000, 100000]),
        "desired": some.sampled_from(Desired),
        "activity": some.sampled_from(
            [Activity.IDLE, Activity.TALKING, Activity.WRAP_UP, *Activity]
        ),
        "here": some.sampled_from([None, -30, 0.25, 1, 1, 1.5]),
        "call": some.integers(0, 99),
    }
)


@dataclass
class World:
    """What was dealt, as rows and as plain things."""

    zero: datetime
    calls: list[Call] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)
    asked: set[int] = field(default_factory=set)
    stretches: list[SeatStretch] = field(default_factory=list)

    def a_call(self, dealt: dict, lines: list) -> None:
        fate, started = dealt["fate"], self.zero + dealt["at"] * SECOND
        due = None if fate in UNASKED else started + dealt["menu"] * SECOND
        until = (due or started) + dealt["wait"] * SECOND
        answer = until if fate in HAD_AN_ANSWER else None
        live = {"waits": CallStatus.WAITING, "rates": CallStatus.RATING}.get(fate)
        call = Call(
            sid=f"CA{next(SERIAL)}",
            number_masked="-",
            direction=dealt["way"],
            emergency="着火" if dealt["danger"] else None,
            line_id=lines[dealt["line"]].id if due else None,
            started_at=started,
            person_due_at=due,
            answered_at=answer,
            status=live or CallStatus.ENDED,
            ended_at=None if live else until + (dealt["talk"] * SECOND if answer else 0 * SECOND),
            disposition=FATES[fate],
            callback_id=self._callback(lines) if dealt["way"] is Direction.BACK else None,
        )
        session.add(call)
        session.flush()
        self.calls.append(call)
        for at, line in enumerate(dealt["lines"] if due else []):
            place = Place(
                call_id=call.id,
                line_id=lines[line].id,
                entered_at=due + at * HOUR,
                age_from=due,
                left_at=until + at * HOUR,
            )
            session.add(place)
            session.flush()
            self.places.append(place)

    def _callback(self, lines: list) -> int:
        serial, at = next(SERIAL), self.zero
        callback = Callback(
            way=CallbackWay.KEY,
            state=CallbackState.REACHED,
            ended_at=at,
            number="1",
            number_fingerprint=str(serial),
            number_masked="-",
            line_id=lines[0].id,
            asked_at=at,
            age_from=at,
            due_at=at,
        )
        session.add(callback)
        session.flush()
        return callback.id

    def an_offer(self, dealt: dict, agents: list) -> None:
        call, agent = self.calls[dealt["call"] % len(self.calls)], agents[dealt["agent"]]
        if dealt["again"] and self.offers:
            before = self.offers[-1]
            call = next(one for one in self.calls if one.id == before.call_id)
            agent = next(one for one in agents if one.staff_id == before.agent_id)
        at, state = call.started_at + dealt["after"] * SECOND, dealt["state"]
        live = (OfferState.RINGING, OfferState.CLAIMED)
        taken = any(
            one.state in live and (one.call_id == call.id or one.agent_id == agent.staff_id)
            for one in self.offers
        )
        if taken and state in live:
            state = OfferState.WITHDRAWN
        claimed = state in (OfferState.CLAIMED, OfferState.CONNECTED, OfferState.FAILED)
        claimed = claimed or (dealt["claimed"] and state is OfferState.WITHDRAWN)
        offer = Offer(
            call_id=call.id,
            agent_id=agent.staff_id,
            kind=dealt["consult"] or OfferKind.CALL,
            epoch=next(SERIAL),
            state=state,
            offered_at=at,
            deadline=at + 12 * SECOND,
            claimed_at=at + 3 * SECOND if claimed else None,
            ended_at=None if state in live else at + 5 * SECOND,
        )
        session.add(offer)
        session.flush()
        self.offers.append(offer)
        if dealt["consult"]:
            self._consult(offer, next(one for one in agents if one is not agent))

    def _consult(self, offer: Offer, by) -> None:
        session.add(
            Consult(
                call_id=offer.call_id,
                by_id=by.staff_id,
                agent_id=offer.agent_id,
                offer_id=offer.id,
                state=ConsultState.ENDED,
                outcome=ConsultEnd.COMPLETED,
                asked_at=offer.offered_at,
                ended_at=offer.offered_at,
            )
        )
        self.asked.add(offer.id)

    def some_stretches(self, dealt: list[dict], agents: list) -> None:
        reached: dict[int, datetime] = {}
        for one in dealt:
            agent = agents[one["agent"]].staff_id
            began = reached.get(agent, self.zero - HOUR) + one["gap"] * SECOND
            ended = began + one["lasts"] * SECOND
            reached[agent] = ended
            talks = one["activity"] in (Activity.TALKING, Activity.WRAP_UP)
            here = one["here"]
            self.stretches.append(
                SeatStretch(
                    agent_id=agent,
                    desired=one["desired"],
                    activity=one["activity"],
                    call_id=self.calls[one["call"] % len(self.calls)].id if talks else None,
                    began_at=began,
                    ended_at=ended,
                    here_until=None if here is None else began + here * one["lasts"] * SECOND,
                )
            )
        # The last of each may still go on.
        for agent in agents:
            own = [one for one in self.stretches if one.agent_id == agent.staff_id]
            if own and agent.lease_until is not None:
                own[-1].ended_at = own[-1].here_until = None
        for one in self.stretches:
            session.add(one)
            session.flush()
