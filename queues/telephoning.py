"""话机座席: an offer rings the agent's telephone, and the key 1 claims it as his browser would.

A machine presses no key: what nobody claims is missed.  With no page he has one key for the end of
a talk, the hook: hanging up finishes it.  Not where danger was told, a minor is
concerned, an alarm or hand raised, or a third is in it: nobody can tell a hook from a line that is
cut."""

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, exists, func, or_, select, update

from assist import alerts
from infra import apart
from infra.clock import now
from infra.db import session
from models import (
    Activity,
    AttemptResult,
    AttemptState,
    Call,
    CallStatus,
    Desired,
    Dial,
    DialAttempt,
    DialPurpose,
    MonitorMode,
    Offer,
    OfferKind,
    OfferState,
    Seat,
    SeatTelephone,
    Shift,
    TelephoneRing,
)
from queues import consulting, consults, monitoring, offers, outside, panicking, talk
from queues.presence import LEASE
from telephony import attempts, outbound

# Where the carrier asks what to say; the attempt's id follows.
DOCUMENT = "/voice/seat"
# A citizen waits for whoever answers; only who is in a talk already comes before him.
PRIORITY = 90
# A telephone needs longer to ring than a browser, and the words before the key take time.
RING_FOR = timedelta(seconds=25)
# So long after his last act he is held to be there, where no shift says so.
BELIEVED_FOR = timedelta(hours=2)
CLAIMS = "1"
# The words, and the key after them; counted from where he picks up.
PRESSES_WITHIN = timedelta(seconds=12)
# What became of a telephone that has rung him.
RANG = {
    AttemptResult.TALKED,
    AttemptResult.BUSY,
    AttemptResult.NO_ANSWER,
    AttemptResult.MACHINE,
}


def move_due() -> None:
    """The caller holds the routing lock; before the pass."""
    _keep_leases()
    open_ones = select(TelephoneRing).where(TelephoneRing.over_at.is_(None))
    apart.each(session.scalars(open_ones).all(), _settle)


def ring_due() -> None:
    """Offers that the pass has just written, and those of requests; after the pass."""
    rung = select(TelephoneRing.offer_id).where(TelephoneRing.offer_id == Offer.id)
    found = session.scalars(
        select(Offer)
        .join(SeatTelephone, SeatTelephone.staff_id == Offer.agent_id)
        .where(Offer.state == OfferState.RINGING, SeatTelephone.in_use, ~rung.exists())
    ).all()
    apart.each(found, _ring)


def rings(attempt_id: int, leg: str) -> bool:
    """He has picked up: whether the offer still rings, if so until he can have pressed the key.  A
    repeat answers alike.  The caller holds the routing lock."""
    attempt = attempts.picked_up(attempt_id, leg)
    offer = _offer_of(attempt)
    if attempt is None or offer is None or offer.state is not OfferState.RINGING:
        return False
    offer.deadline = max(offer.deadline, (attempt.answered_at or now()) + PRESSES_WITHIN)
    return True


def claim(attempt_id: int, leg: str, *, join_url: str) -> Call:
    """He has pressed the key.  Raises OfferGone; a repeat by the same leg answers alike.

    The caller holds the routing lock."""
    attempt = attempts.picked_up(attempt_id, leg, pressed=CLAIMS)
    offer = _offer_of(attempt)
    if attempt is None or offer is None:
        raise talk.OfferGone
    if offer.kind is OfferKind.CALL:
        call = talk.claim(offer.id, leg=leg, by=offer.agent, join_url=join_url)
    else:
        asked = consulting.claim(offer, leg=leg, by=offer.agent)
        if asked is None:
            raise talk.OfferGone
        call = asked
    outbound.done(attempt.dial)
    return call


def ends_talk(call: Call, leg: str) -> bool:
    """Whether the end of this leg is his finish: a telephone's, of an ordinary talk, where no page
    of his is open that has a key for it."""
    if call.status is not CallStatus.TALKING or call.agent_leg != leg or _delicate(call):
        return False
    seat = session.get_one(Seat, call.agent_id)
    paged = seat.page_until is not None and seat.page_until > now()
    third = consults.of_call(call) or outside.of_call(call)
    return third is None and not paged and is_telephone(leg)


def _delicate(call: Call) -> bool:
    """Danger, a minor, an alarm, or a lead who speaks in it."""
    certified = call.line is not None and call.line.certified
    minor = certified or (call.person is not None and call.person.minor)
    alarmed = panicking.of_call(call) is not None or alerts.hand_of(call) is not None
    led = any(one.joined and one.mode is MonitorMode.BARGE for one in monitoring.of_call(call))
    return bool(call.emergency) or minor or alarmed or led


def is_telephone(leg: str) -> bool:
    dialled = select(DialAttempt.id).join(Dial, Dial.id == DialAttempt.dial_id)
    own = DialAttempt.leg == leg, Dial.purpose == DialPurpose.SEAT
    return session.scalar(dialled.where(*own).limit(1)) is not None


def _keep_leases() -> None:
    """No page proves that he is there; two offers that he misses show that he is not, and the end
    of his shift, or of the time for which his last act is believed."""
    at = now()
    answers = select(SeatTelephone.staff_id).where(SeatTelephone.in_use)
    there = or_(Seat.activity != Activity.IDLE, (Seat.desired != Desired.OFFLINE) & _on_duty(at))
    lapsing = or_(Seat.lease_until.is_(None), Seat.lease_until < at + LEASE / 2)
    session.execute(
        update(Seat)
        .where(Seat.staff_id.in_(answers), there, lapsing)
        .values(lease_until=at + LEASE)
    )


def _on_duty(at: datetime) -> ColumnElement[bool]:
    """In a shift; or he has acted not long ago, and no shift of his has ended since he chose."""
    his = Shift.staff_id == Seat.staff_id
    running = exists().where(his, Shift.begins_at <= at, Shift.ends_at > at)
    over = exists().where(his, Shift.ends_at <= at, Shift.ends_at > Seat.desired_since)
    acted = func.greatest(Seat.desired_since, Seat.activity_since) > at - BELIEVED_FOR
    return or_(running, acted & ~over)


def _settle(one: TelephoneRing) -> None:
    at, offer = now(), one.offer
    if offer.state is not OfferState.RINGING:
        # Claimed, here or in the browser, or it rings no more: nobody picks up for nothing.
        one.over_at = at
        outbound.cancel(one.dial)
    elif not one.dial.open or offer.deadline <= at:
        # Busy, not reached, or he listened and pressed nothing.  Whose telephone never rang, for
        # the carrier or because others came first, is not to blame.
        one.over_at = at
        blamed = _rang(one.dial)
        outbound.cancel(one.dial)
        offers.miss(offer, at, blamed=blamed)


def _rang(dial: Dial) -> bool:
    return any(
        one.result in RANG or one.state in (AttemptState.RINGING, AttemptState.ANSWERED)
        for one in attempts.attempts_of(dial)
    )


def _ring(offer: Offer) -> None:
    phone = session.get_one(SeatTelephone, offer.agent_id)
    offer.deadline = max(offer.deadline, offer.offered_at + RING_FOR)
    dial = outbound.plan(
        DialPurpose.SEAT,
        key=f"seat:{offer.id}",
        number=phone.number,
        url=current_app.config["SETTINGS"].public_url + DOCUMENT,
        priority=PRIORITY,
        not_after=offer.deadline,
    )
    session.add(TelephoneRing(offer_id=offer.id, dial_id=dial.id, rung_at=now()))
    session.flush()  # the next second finds it rung


def _offer_of(attempt: DialAttempt | None) -> Offer | None:
    if attempt is None:
        return None
    ring = select(Offer).join(TelephoneRing, TelephoneRing.offer_id == Offer.id)
    return session.scalar(ring.where(TelephoneRing.dial_id == attempt.dial_id))
