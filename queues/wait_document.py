"""What a waiting caller hears next: help, his news, music, or that he is being connected."""

from datetime import datetime, timedelta

from flask import Response

from assist import emergency
from infra.clock import now
from models import Announcement, Call, CallStatus, Direction, Place, Promise, PromiseKind
from queues import announcing, known_ticket, promises, routing, waiting
from queues.callbacks import protected
from queues.doors import absolute
from queues.journal import note
from queues.steps import last_after
from telephony import orders
from telephony.replies import Reply

PAUSE_SECONDS = 1
# An order that the carrier answers later than that is taken for lost.
ORDERED_WITHIN = timedelta(seconds=3)
# In the call's history: he heard which number helps.
HELP_TOLD = "help_told"
HELP_AGAIN = timedelta(minutes=1)
REASSURED_EACH = timedelta(seconds=45)
# In the call's history: why he comes back from the partner city, and what he hears of it.
BACK = {"diverted_in_vain": "partner_silent", "dropped_by_partner": "partner_dropped"}
BACK_WITHIN = timedelta(seconds=10)
# The clock's pass comes each second.
SOON = timedelta(seconds=20)
STEP_TAKEN_WITHIN = timedelta(seconds=2)


def wait_document_of(
    call: Call, place: Place, *, heard_before: datetime | None, brief: bool
) -> Response:
    """While a desk rings for him he is asked again soon, because the redirect may get lost.

    ``heard_before``: when the one before was asked for; None for the first.
    ``brief``: written under the routing lock; what takes long to find out is told by the next one.
    A pause ends each: sound that cannot be fetched must not make it end at once."""
    reply = Reply(call.language)
    first = heard_before is None
    danger = _untold_danger(call, first=first)
    if danger is not None:
        reply.say(f"danger_{danger}")
        note(call, HELP_TOLD)
    if first and place.partner_tried_at is not None:
        _tell_he_is_back(reply, call)
    offer = waiting.being_offered(call)
    if offer is not None:
        if heard_before is not None and heard_before < offer.offered_at:
            reply.say("connecting")
        return _listening(call, reply, "music.ringing").send()
    if brief or danger is not None:
        return reply.pause(PAUSE_SECONDS).send()
    told_now = may_keep(call) and known_ticket.is_due(place, heard_before)
    if told_now and known_ticket.tell(call, reply):
        # A document of its own, as long as one may be: other news is told by the next one.
        return _listening(call, reply, None).send()
    announcement = announcing.news_for(place)
    if announcement is not None:
        _announce(reply, announcement, call)
        # That is long enough: the tune begins with the next one.
        return _listening(call, reply, None).send()
    promise = None if _may_be_offered_soon(place) else promises.news_for(place)
    if promise is not None:
        if _tell(reply, promise, call):
            # That is long enough: the tune begins with the next one.
            return _listening(call, reply, None).send()
    elif heard_before is not None and _is_long_silent(place, heard_before):
        reply.say("still_waiting")
    return _listening(call, reply, "music.waiting").send()


def no_longer_waiting(call: Call) -> Response:
    """Out of the queue by himself, which heals an order that got lost.

    One that is still under way would find him in the conference already, and pull him out again."""
    reply = Reply(call.language)
    since = call.connecting_since if call.status is CallStatus.CONNECTING else None
    if since and now() - since < ORDERED_WITHIN and orders.is_brought_in(call, call.sid):
        return reply.pause(PAUSE_SECONDS).send()
    return reply.leave_queue().send()


def may_keep(call: Call) -> bool:
    """Whether the key that keeps his place is listened to: not for who is in danger, and not for
    whom we have rung back ourselves."""
    return call.emergency is None and call.direction is Direction.IN


def _listening(call: Call, reply: Reply, music: str | None) -> Reply:
    tune = absolute(music) if music else None
    if may_keep(call) or (call.line is not None and protected(call.person, call.line)):
        return reply.wait_for_key(absolute("promised.key"), tune)
    return (reply.play(tune) if tune else reply).pause(PAUSE_SECONDS)


def _is_long_silent(place: Place, heard_before: datetime) -> bool:
    """Nothing has changed for him; now and then a voice says that he is not forgotten.  Told by
    the time alone: nothing is written, and a repeated document says the same."""
    begun = place.heard_at or place.entered_at
    return (now() - begun) // REASSURED_EACH > (heard_before - begun) // REASSURED_EACH


def _may_be_offered_soon(place: Place) -> bool:
    """A seat is free, and he comes closer to it by the second: it would ring while he is told that
    all are busy.  A step that is minutes away keeps nobody without a word."""
    age = now() - place.entered_at
    if age >= SOON + STEP_TAKEN_WITHIN or not routing.anybody_free():
        return False
    return age < min(SOON, last_after(place.line)) + STEP_TAKEN_WITHIN


def _untold_danger(call: Call, *, first: bool) -> str | None:
    """Which number helps is said as soon as danger is told of, in each wait, and again each minute:
    nobody in danger is left with music."""
    if call.emergency is None:
        return None
    told = None if first else waiting.heard_last(call, HELP_TOLD)
    if told is not None and now() - told < HELP_AGAIN:
        return None
    return emergency.kind_of(call.emergency)


def _tell_he_is_back(reply: Reply, call: Call) -> None:
    """From the partner city a moment ago; whoever else is in the queue anew has heard why."""
    for event, sentence in BACK.items():
        told = waiting.heard_last(call, event)
        if told is not None and now() - told < BACK_WITHIN:
            reply.say(sentence)
            return


def _announce(reply: Reply, one: Announcement, call: Call) -> None:
    """In his language where the lead has written it, else in Chinese."""
    if call.language == "en" and one.words_en:
        reply.tell(one.words_en, "en")
    else:
        reply.tell(one.words, "zh")


def _tell(reply: Reply, promise: Promise, call: Call) -> bool:
    """True where it took long."""
    _tell_wait(reply, promise, call)
    offers = promise.kind is PromiseKind.WAIT and may_keep(call) and _is_too_long(promise, call)
    if offers:
        reply.say("keep_offer")
    return offers or promise.kind is PromiseKind.NOBODY


def _is_too_long(promise: Promise, call: Call) -> bool:
    """Longer than what the line asks of anybody."""
    most = call.line.callback_over_minutes if call.line is not None else None
    if most is None:
        return False
    return promise.high_minutes is None or promise.high_minutes > most


def _tell_wait(reply: Reply, promise: Promise, call: Call) -> None:
    if promise.kind is PromiseKind.NOBODY and call.emergency is not None:
        # Who is in danger is not told that nobody is there: the leads know, on every page.
        reply.say("leads_know")
        return
    if promise.ahead:
        reply.say("position", ahead=promise.ahead)
    elif promise.kind is not PromiseKind.NOBODY:
        # The next one of nobody would be no comfort.
        _tell_front(reply, promise, call)
    low, high = promise.low_minutes, promise.high_minutes
    match promise.kind:
        case PromiseKind.WAIT if high is None:
            reply.say("wait_over", low=low)
        case PromiseKind.WAIT if low == 0:
            reply.say("wait_one" if high == 1 else "wait_within", high=high)
        case PromiseKind.WAIT:
            reply.say("wait_between", low=low, high=high)
        case PromiseKind.BUSY:
            reply.say("wait_busy")
        case PromiseKind.NOBODY:
            reply.say("wait_nobody")
            # Who hangs up is among those who are rung back.
            if call.person_id is not None:
                reply.say("rings_back")
            if may_keep(call):
                reply.say("keep_or_message")


def _tell_front(reply: Reply, promise: Promise, call: Call) -> None:
    """The next of all whose seats serve him, or the first of his line at least."""
    if promises.is_next(promise):
        reply.say("next")
    elif call.line is not None:
        reply.say("first_of_line", line=call.line.name_in(call.language))
