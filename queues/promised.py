"""保留位置: while he waits a caller presses ``*``, and is rung back at his own place.

All of it is heard in the queue: until the last word he may be connected, and whatever he does not
answer leaves him where he is.  A number that he keys in travels sealed in our addresses."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from flask import Blueprint, Response, request

from infra.clock import now
from infra.db import roll_back, serialise_routing
from infra.privacy import national, vault
from models import Call, CallbackWay, CallStatus, Direction, Disposition, Line
from queues import callbacks, calls, keeping, known_ticket, offers, ringback, routing, talk, waiting
from queues.doors import absolute, where_he_belongs
from queues.journal import note
from queues.keeping import NoRoom, NotRingable
from queues.wait_document import may_keep, no_longer_waiting
from telephony import orders
from telephony.callers import ordinary
from telephony.replies import Reply, Sentence
from telephony.sentences import tongue
from telephony.webhook import call_document, wait_document
from telephony.words import Words, words
from tickets import completion

bp = Blueprint("promised", __name__, url_prefix="/voice/keep")

KEEPS = "*"
# Whoever stands beside a child hears no word of us, and nothing follows.
LEAVES = "#"
YES = "1"
NUMBER_KEYS, HOUR_KEYS = 13, 2


@bp.post("")
@wait_document
def key() -> Response:
    """He has pressed something while he waited."""
    call, elsewhere, asked = _waiting_one()
    if elsewhere is not None:
        return elsewhere
    if asked.digits == LEAVES and callbacks.protected(call.person, _line(call)):
        return _leave_at_once()
    if asked.digits == known_ticket.SENDS and known_ticket.text_state(call):
        return _waits_on(call, "open_ticket_texted")
    if asked.digits != KEEPS:
        return _waits_on(call)
    return _ask_how(call)


@bp.post("/choice")
@wait_document
def choice() -> Response:
    call, elsewhere, asked = _waiting_one()
    if elsewhere is not None:
        return elsewhere
    match asked.digits:
        case "1" if call.person is not None and ordinary(call.person.number):
            return _keep(call.person.number)
        case "2":
            return _ask_number(call)
        case "3":
            return _to_the_tone()
        case "4":
            return _withdraw()
    return _waits_on(call)


@bp.post("/number")
@wait_document
def number() -> Response:
    """The number is read back before it counts."""
    call, elsewhere, asked = _waiting_one()
    if elsewhere is not None:
        return elsewhere
    plain = national(asked.digits)
    if ordinary(plain):
        action = absolute(".confirmed", number=_seal(plain))
        read = tongue(call.language).digits(plain)
        return Reply(call.language).ask_keys("keep_read_back", action, number=read).send()
    if not asked.digits or "again" in request.args:
        return _waits_on(call, "keep_not_now")
    return _ask_number(call, again=True)


@bp.post("/confirmed/<number>")
@wait_document
def confirmed(number: str) -> Response:
    call, elsewhere, asked = _waiting_one()
    if elsewhere is not None:
        return elsewhere
    if asked.digits == YES:
        return _keep(_open(number))
    return _ask_number(call) if asked.digits else _waits_on(call)


@bp.post("/hour")
@wait_document
def hour() -> Response:
    """A minor is rung at his own number only, in the hour that he has named as safe."""
    call, elsewhere, asked = _waiting_one()
    if elsewhere is not None:
        return elsewhere
    known = call.person is not None and ordinary(call.person.number)
    safe = int(asked.digits) if asked.digits.isascii() and asked.digits.isdecimal() else None
    if not known or call.person is None or safe not in keeping.SAFE_HOURS:
        return _waits_on(call, "keep_not_now")
    return _keep(call.person.number, safe_hour=safe)


@bp.post("/message")
@call_document
def message() -> Response:
    """He has spoken after the tone: the carrier has his message, and the clock fetches it."""
    serialise_routing()
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    if call.disposition is Disposition.VOICEMAIL:
        return Reply(call.language).say("message_taken").hang_up().send()
    if call.status is not CallStatus.WAITING:
        return where_he_belongs(call)
    # Whom nobody may ring unbidden a person finds among the missed calls, with his message.
    talk.end(call, kept=Disposition.VOICEMAIL if _is_promised(call) else None)
    routing.run()
    return Reply(call.language).say("message_taken").hang_up().send()


@bp.post("/silent")
@call_document
def silent() -> Response:
    """Nothing was said after the tone: he waits on at his own place."""
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    place = waiting.place_of(call)
    if place is not None:
        place.speaks_since = None
    return where_he_belongs(call)


def takes_message(call: Call) -> Response:
    """Out of the queue, where nothing can be recorded."""
    reply = Reply(call.language).take_message("message", absolute("promised.message"))
    return reply.go_to(absolute("promised.silent")).send()


def _keep(number: str, safe_hour: int | None = None) -> Response:
    """The last word: from here on nobody is offered for him on this line."""
    roll_back()
    serialise_routing()
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    if call.disposition is Disposition.CALLBACK:
        return _good_bye(call)
    if call.status is not CallStatus.WAITING:
        return no_longer_waiting(call)
    if not may_keep(call):
        # He has told of danger since he pressed the key.
        return _waits_on(call, "still_waiting")
    try:
        keeping.keep(call, number, safe_hour=safe_hour)
    except (NoRoom, NotRingable):
        note(call, "not_kept")
        return _waits_on(call, "keep_not_now")
    talk.end(call, kept=Disposition.CALLBACK)
    routing.run()
    return _good_bye(call)


def _ask_how(call: Call) -> Response:
    if not may_keep(call):
        return _waits_on(call, "still_waiting")
    return _ask_hour(call) if callbacks.protected(call.person, _line(call)) else _menu(call)


def _leave_at_once() -> Response:
    roll_back()
    serialise_routing()
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    if call.status is not CallStatus.WAITING:
        return no_longer_waiting(call)
    if call.direction is Direction.BACK and call.callback_id is not None:
        # He is not rung once more about what he has left.
        callbacks.left(call, ringback.lock(call.callback_id))
    note(call, completion.LEFT_AT_ONCE)
    talk.end(call)
    routing.run()
    return Reply(call.language).hang_up().send()


def _good_bye(call: Call) -> Response:
    return Reply(call.language).say("keep_done").hang_up().send()


def _is_promised(call: Call) -> bool:
    if call.person is None or callbacks.protected(call.person, _line(call)):
        return False
    try:
        keeping.keep(call, call.person.number, way=CallbackWay.VOICEMAIL)
    except NotRingable:
        return False
    return True


def _to_the_tone() -> Response:
    roll_back()
    serialise_routing()
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    place = waiting.place_of(call)
    if call.status is not CallStatus.WAITING or place is None:
        return no_longer_waiting(call)
    if not may_keep(call):
        return _waits_on(call, "still_waiting")
    # No seat rings for him while he speaks, and no order takes him to a partner city any more.
    place.heard_at, place.speaks_since = None, now()
    place.diverting_since = place.partner_rung_at = None
    orders.has_come(call, call.sid)
    offers.withdraw(call, because="caller_gone")
    routing.run()
    return Reply(call.language).leave_queue().send()


def _withdraw() -> Response:
    roll_back()
    serialise_routing()
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    return _waits_on(call, "keep_withdrawn" if ringback.withdraw(call) else "still_waiting")


def _waiting_one() -> tuple[Call, Response | None, Words]:
    """Who presses; and his way, where he waits no more: with an agent, or with a promise."""
    asked = words()
    call = calls.open(asked.leg, asked.caller)
    if call.disposition is Disposition.CALLBACK:
        return call, _good_bye(call), asked
    if call.status is not CallStatus.WAITING:
        return call, no_longer_waiting(call), asked
    place = waiting.place_of(call)
    if place is not None:
        waiting.hear(place)
    return call, None, asked


def _menu(call: Call) -> Response:
    """To the number that he shows; who shows none keys one in."""
    if call.person is None or not ordinary(call.person.number):
        return _ask_number(call)
    spoken = tongue(call.language)
    open_one = keeping.of_number(call.person.number, _line(call)) is not None
    withdraws = spoken.sentence("keep_withdraw") if open_one else ""
    action = absolute(".choice")
    return Reply(call.language).ask_keys("keep_menu", action, withdraws=withdraws).send()


def _ask_number(call: Call, *, again: bool = False) -> Response:
    action = absolute(".number", again=1) if again else absolute(".number")
    first: list[Sentence] = [("keep_no_number", {})] if again else []
    reply = Reply(call.language)
    return reply.ask_keys("keep_number", action, keys=NUMBER_KEYS, seconds=8, first=first).send()


def _ask_hour(call: Call) -> Response:
    if call.person is None or not ordinary(call.person.number):
        return _waits_on(call, "keep_not_now")
    reply = Reply(call.language)
    return reply.ask_keys("keep_hour", absolute(".hour"), keys=HOUR_KEYS, seconds=8).send()


def _waits_on(call: Call, told: str = "") -> Response:
    """Back to the music; a wait document that ends is asked for anew."""
    reply = Reply(call.language)
    if told:
        reply.say(told)
    return reply.go_to(absolute("queues.wait")).send()


def _line(call: Call) -> Line:
    return call.line or calls.general()


def _seal(number: str) -> str:
    return urlsafe_b64encode(vault().seal(number)).decode()


def _open(sealed: str) -> str:
    return vault().open(urlsafe_b64decode(sealed))
