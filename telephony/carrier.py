"""What we ask of the carrier over REST: move a leg, end it, look at a conference."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, current_app
from twilio.http import HttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from twilio.rest.api.v2010.account.conference.participant import ParticipantContext
from twilio.rest.api.v2010.account.recording import RecordingInstance

from telephony.callers import shown
from telephony.errors import REFUSALS, LegGone, translated
from telephony.told import Messages, Participant, Recorded, Rung

TIMEOUT = 2.0
# As many as the carrier lists at a time.
PER_PAGE = 1000
# The carrier's name for whichever recording of a leg is running.
CURRENT = "Twilio.CURRENT"
# Where a recording comes from: a message, not a talk.
MESSAGE = "RecordVerb"


@dataclass(frozen=True)
class Ringing:
    """A call to place: whom, and the addresses that the carrier asks and tells about it."""

    to: str
    document: str
    # Where it asks when the document cannot be had.
    fallback: str
    reports: str
    # Where it tells who picked up; empty: nobody listens.
    machine: str
    # Whether it is told only after the machine's tone.
    after_tone: bool
    seconds: int


class Carrier:
    """The carrier's REST interface; each call is one request with a timeout and no retries."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def ring(self, wanted: Ringing, shown: str) -> str:
        """Place a call; returns its leg.  Where the outcome is unknown, ask ``rung_since``: also a
        carrier that failed within may have begun to ring before it did."""
        listening = {
            "machine_detection": "DetectMessageEnd" if wanted.after_tone else "Enable",
            "async_amd": "true",
            "async_amd_status_callback": wanted.machine,
            "async_amd_status_callback_method": "POST",
        }
        with translated(makes=True):
            placed = self._client.calls.create(
                to=wanted.to,
                from_=shown,
                url=wanted.document,
                method="POST",
                fallback_url=wanted.fallback,
                fallback_method="POST",
                status_callback=wanted.reports,
                status_callback_method="POST",
                status_callback_event=["ringing", "answered", "completed"],
                timeout=wanted.seconds,
                **(listening if wanted.machine else {}),
            )
        return str(placed.sid)

    def rung_since(self, to: str, shown: str, since: datetime) -> list[Rung]:
        """Calls that we have placed to this number since then, the newest first."""
        with translated():
            found = self._client.calls.list(to=to, from_=shown, limit=20)
        return [
            _rung(one)
            for one in found
            if one.direction == "outbound-api" and one.date_created >= since.replace(microsecond=0)
        ]

    def look_at(self, leg: str) -> Rung:
        with translated():
            return _rung(self._client.calls(leg).fetch())

    def redirect(self, leg: str, url: str) -> None:
        with translated():
            self._client.calls(leg).update(url=url, method="POST")

    def hang_up(self, leg: str) -> None:
        with translated():
            self._client.calls(leg).update(status="completed")

    def stop_recording(self, leg: str) -> None:
        """End what is recorded of this leg; the leg itself goes on."""
        with translated():
            self._client.calls(leg).recordings(CURRENT).update(status="stopped")

    def pause_recording(self, leg: str) -> None:
        """From now on it has silence, so that its times stay those of the talk."""
        with translated():
            recording = self._client.calls(leg).recordings(CURRENT)
            recording.update(status="paused", pause_behavior="silence")

    def resume_recording(self, leg: str) -> None:
        with translated():
            self._client.calls(leg).recordings(CURRENT).update(status="in-progress")

    def alive(self, leg: str) -> bool:
        try:
            with translated():
                status = self._client.calls(leg).fetch().status
        except LegGone:
            return False
        return str(status) in {"queued", "ringing", "in-progress"}

    def live_legs(self) -> dict[str, str | None]:
        """Every leg in progress now, and by which leg it was dialled."""
        with translated():
            live = self._client.calls.list(status="in-progress", page_size=1000)
        return {str(leg.sid): leg.parent_call_sid or None for leg in live}

    def live_conferences(self) -> set[str]:
        """The names of all conferences in progress."""
        with translated():
            live = self._client.conferences.list(status="in-progress", page_size=PER_PAGE)
        return {str(one.friendly_name) for one in live}

    def queued_legs(self) -> set[str]:
        """Every leg that waits in one of the account's queues."""
        with translated():
            waiting = [
                self._client.queues(queue.sid).members.list(page_size=PER_PAGE)
                for queue in self._client.queues.list(page_size=PER_PAGE)
                if queue.current_size
            ]
        return {str(member.call_sid) for members in waiting for member in members}

    def make_room(self, queue: str, size: int) -> None:
        """Let as many wait in the queue of that name; one that nobody has entered yet is made."""
        with translated():
            known = self._client.queues.list(page_size=PER_PAGE)
            found = next((one for one in known if one.friendly_name == queue), None)
            if found is None:
                self._client.queues.create(friendly_name=queue, max_size=size)
            elif found.max_size != size:
                self._client.queues(found.sid).update(max_size=size)

    def participants(self, conference: str) -> list[Participant]:
        """Who is in the conference of that name; empty when there is none."""
        with translated():
            found = self._client.conferences.list(
                friendly_name=conference, status="in-progress", limit=1
            )
            if not found:
                return []
            people = self._client.conferences(found[0].sid).participants.list(limit=20)
        return [Participant(p.call_sid, bool(p.hold), bool(p.muted)) for p in people]

    def hold(self, conference: str, leg: str, music: str) -> None:
        """Part him from all others of the conference; he hears what ``music`` answers."""
        with translated():
            self._participant(conference, leg).update(hold=True, hold_url=music, hold_method="POST")

    def resume(self, conference: str, leg: str) -> None:
        with translated():
            self._participant(conference, leg).update(hold=False)

    def announce(self, conference: str, leg: str, document: str) -> None:
        """He alone hears what ``document`` answers, and stays where he is."""
        with translated():
            participant = self._participant(conference, leg)
        with translated(makes=True):
            participant.update(announce_url=document, announce_method="POST")

    def end_with(self, conference: str, leg: str, *, ends: bool) -> None:
        """Whether the conference is over when this participant leaves it."""
        with translated():
            self._participant(conference, leg).update(end_conference_on_exit=ends)

    def let_listen(self, conference: str, leg: str) -> None:
        """He hears all of the conference, and nobody hears him."""
        with translated():
            self._participant(conference, leg).update(muted=True, coaching=False)

    def let_whisper(self, conference: str, leg: str, coached: str) -> None:
        """In one request: at no moment is he heard by anybody else than ``coached``."""
        with translated():
            self._participant(conference, leg).update(
                muted=False, coaching=True, call_sid_to_coach=coached
            )

    def let_speak(self, conference: str, leg: str) -> None:
        """Everybody hears him."""
        with translated():
            self._participant(conference, leg).update(muted=False, coaching=False)

    def _participant(self, conference: str, leg: str) -> ParticipantContext:
        """Raises LegGone where no conference of that name goes on."""
        found = self._client.conferences.list(
            friendly_name=conference, status="in-progress", limit=1
        )
        if not found:
            raise LegGone(REFUSALS[20404])
        return self._client.conferences(found[0].sid).participants(leg)

    def recordings_of(self, leg: str) -> list[Recorded]:
        with translated():
            found = self._client.recordings.list(call_sid=leg, limit=20)
        return [self._recorded(one) for one in found]

    def forget_recording(self, recording: str) -> None:
        """The carrier's own copy; one that it has no more is forgotten already."""
        with suppress(LegGone), translated():
            self._client.recordings(recording).delete()

    def messages_since(self, moment: datetime, page: str | None = None) -> Messages:
        """What callers have said after a tone, as far as they have come to an end: one page of the
        carrier's list, which is of all recordings, the newest first."""
        listed = self._client.recordings
        with translated():
            got = (
                listed.get_page(page)
                if page
                else listed.page(date_created_after=moment, page_size=PER_PAGE)
            )
            found = [
                self._recorded(one)
                for one in got
                if one.source == MESSAGE and one.status in ("completed", "absent")
            ]
            return Messages(found, got.next_page_url)

    def caller_of(self, leg: str) -> str:
        """The number that called on this leg, "" when it is withheld."""
        with translated():
            return shown(str(self._client.calls(leg).fetch()._from or ""))

    def _recorded(self, one: RecordingInstance) -> Recorded:
        return Recorded(
            sid=str(one.sid),
            leg=str(one.call_sid),
            url=self._client.api.base_url + str(one.uri).removesuffix(".json"),
            status=str(one.status),
            channels=int(one.channels or 2),
            duration_s=float(one.duration) if one.duration else None,
            started_at=one.start_time,
        )

    def send_text(self, to: str, from_: str, body: str) -> str:
        """Hand a text message over; returns the carrier's name for it."""
        with translated():
            return str(self._client.messages.create(to=to, from_=from_, body=body).sid)

    def text_taken(self, to: str, body: str, since: datetime) -> str | None:
        """The carrier's name for a message that it took already; None when it has none."""
        with translated():
            known = self._client.messages.list(to=to, limit=50)
        return next(
            (
                str(one.sid)
                for one in known
                if one.body == body
                and one.date_created >= since.replace(microsecond=0)
                and one.status not in {"failed", "undelivered"}
            ),
            None,
        )


def _rung(call: Any) -> Rung:
    return Rung(str(call.sid), str(call.status), call.answered_by)


def connect(account: str, token: str, api_url: str, http: HttpClient | None = None) -> Carrier:
    client = Client(account, token, http_client=http or TwilioHttpClient(timeout=TIMEOUT))
    client.api.base_url = api_url
    return Carrier(client)


def init_app(app: Flask, carrier: Carrier) -> None:
    app.extensions["carrier"] = carrier


def carrier() -> Carrier:
    found: Carrier = current_app.extensions["carrier"]
    return found
