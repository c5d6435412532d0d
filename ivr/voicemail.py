"""Messages that callers left while we were away: the carrier has them, and knows who called.

They are found by its list, since nobody could tell us of them; each becomes the recording of a
missed contact."""

from datetime import datetime, timedelta

from sqlalchemy import select

from infra.clock import now
from infra.db import serialise_routing, session, transaction
from models import Call, CallStatus, Recording
from queues import calls, routing, talk
from recordings import arrivals
from recordings.jobs import fetch
from telephony.carrier import Recorded, carrier
from tickets import completion

# A message may be three minutes long, and is listed by when it began.
LONGEST = timedelta(minutes=10)
# A clock that starts does not know what was found before it.
LOOK_BACK = timedelta(days=2)


class Voicemail:
    """Remembers until when everything was found; what fails is asked for again next time."""

    def __init__(self) -> None:
        self._found_until: datetime | None = None

    def collect(self) -> None:
        at = now()
        since = at - LOOK_BACK if self._found_until is None else self._found_until - LONGEST
        for message in _unknown(carrier().messages_since(since)):
            number, lives = carrier().caller_of(message.leg), carrier().alive(message.leg)
            _adopt(message, number=number, lives=lives)
        self._found_until = at


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
        if call.status is CallStatus.GREETED:
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


def _asked_for_a_person(call: Call, message: Recorded) -> None:
    """At the latest when he spoke."""
    call.started_at = min(call.started_at, message.started_at or call.started_at)
    call.line_id = call.line_id or calls.general().id
    call.person_due_at = call.person_due_at or call.started_at
