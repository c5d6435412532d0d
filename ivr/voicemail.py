"""Messages that callers left while we were away: the carrier has them, and knows who called.

They are found by its list, since nobody could tell us of them; each becomes the recording of a
missed contact, and a promise to ring him back."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select

from infra.clock import now
from infra.db import serialise_routing, session, transaction
from models import Call, CallbackWay, CallStatus, Disposition, Recording
from queues import calls, keeping, last_in_line, routing, talk
from queues.callbacks import protected
from recordings import arrivals
from recordings.jobs import fetch
from telephony.carrier import carrier
from telephony.errors import CarrierError
from telephony.told import Messages, Recorded
from tickets import completion

log = structlog.get_logger(__name__)

# A message may be three minutes long, and is listed by when it began.
LONGEST = timedelta(minutes=10)
# A clock that starts does not know what was found before it.
LOOK_BACK = timedelta(days=2)
# The carrier lists messages among all recordings of talks: of a long list so much at a time.
PAGES_AT_ONCE = 10
# Nothing was said, or nothing of it was kept.
SILENT = ("absent", "failed")


@dataclass
class Walk:
    """Through the carrier's list, over several collections where it is long."""

    began: datetime
    since: datetime
    page: str | None = None
    whole: bool = True
    failed: bool = False


class Voicemail:
    """Remembers until when everything was found; what fails is asked for again next time."""

    def __init__(self) -> None:
        self._found_until: datetime | None = None
        self._walk: Walk | None = None

    def collect(self) -> None:
        """Go on where the last collection stopped.  Raises CarrierError where the carrier does not
        list its messages."""
        for _page in range(PAGES_AT_ONCE):
            self._walk = walk = self._walk or self._begin()
            messages = self._listed(walk)
            # One that cannot be taken over keeps no other from its citizen's being rung back.
            found = [_found(message) for message in _unknown(messages.found)]
            walk.whole = walk.whole and all(found)
            walk.page = messages.next_page
            if walk.page is None:
                self._end(walk)
                return

    def _begin(self) -> Walk:
        at = now()
        since = at - LOOK_BACK
        if self._found_until is not None:
            since = max(since, self._found_until - LONGEST)
        return Walk(at, since)

    def _listed(self, walk: Walk) -> Messages:
        try:
            messages = carrier().messages_since(walk.since, walk.page)
        except CarrierError:
            # The page's address may be good no longer: twice in vain, the list is begun anew.
            self._walk = None if walk.failed else walk
            walk.failed = True
            raise
        walk.failed = False
        return messages

    def _end(self, walk: Walk) -> None:
        self._walk = None
        if walk.whole:
            self._found_until = walk.began


def _found(message: Recorded) -> bool:
    try:
        number, lives = carrier().caller_of(message.leg), carrier().alive(message.leg)
        _adopt(message, number=number, lives=lives)
    except Exception:
        log.exception("a message is not taken over yet", leg=message.leg, recording=message.sid)
        return False
    return True


def _unknown(messages: list[Recorded]) -> list[Recorded]:
    with transaction():
        known = session.scalars(
            select(Recording.sid).where(Recording.sid.in_([one.sid for one in messages]))
        ).all()
    return [one for one in messages if one.sid not in known]


def _adopt(message: Recorded, *, number: str, lives: bool) -> None:
    """The call, its end and its recording; a call that is known keeps what is known of it.

    Who is still on the line may be with an agent by now: his call ends when he hangs up."""
    with transaction():
        serialise_routing()
        call = calls.open(message.leg, number)
        early = call.status is CallStatus.GREETED or call.disposition is Disposition.LEFT_EARLY
        if early and not last_in_line.only_heard(call):
            _asked_for_a_person(call, message)
        if not call.over and not lives:
            talk.end(call)
            routing.run()
        recording = arrivals.hear_of(
            arrivals.Report(
                message.sid,
                message.leg,
                message.url,
                message.status,
                message.channels,
                message.duration_s,
                message.started_at,
            )
        )
        completion.remember_missed(call)
        if message.status == "completed":
            fetch.later(recording.id)
        if message.status not in SILENT:
            _promise_to_ring_back(call, number)


def _promise_to_ring_back(call: Call, number: str) -> None:
    """He has spoken to nobody yet: a callback with a recording.  Where nobody may ring him unbidden
    a person finds him among the missed calls.

    Also whoever is on the line yet, or whose sound the carrier does not have ready: a recording
    that is known is not looked at again.  While he is on the line he is not rung."""
    # Whose number is limited to messages is rung by nobody by himself.
    if last_in_line.only_heard(call):
        return
    unanswered = call.answered_at is None and call.callback_id is None
    if not unanswered or protected(call.person, call.line or calls.general()):
        return
    with suppress(keeping.NotRingable):
        keeping.keep(call, number, way=CallbackWay.VOICEMAIL)


def _asked_for_a_person(call: Call, message: Recorded) -> None:
    """At the latest when he spoke; the report of his end, which knows nothing of it, may have come
    before."""
    if call.over:
        call.disposition = Disposition.ABANDONED
    call.started_at = min(call.started_at, message.started_at or call.started_at)
    call.line_id = call.line_id or calls.general().id
    call.person_due_at = call.person_due_at or call.started_at
