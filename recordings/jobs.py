"""The work after a call; every step may be repeated."""

from datetime import timedelta

from infra.clock import now
from infra.db import session, transaction
from infra.jobs import job
from infra.log import bind
from models import Call
from recordings import archive, arrivals, transcripts
from telephony.carrier import carrier

# An hour of sound is fetched, stored and heard by an engine that takes its time.
LONGEST = 3600
KNOWN_WITHIN = timedelta(days=1)


@job(queue="recordings", timeout=LONGEST)
def fetch(recording_id: int) -> None:
    """Fetch, store, measure and transcribe; begins where it broke off."""
    bind(recording=recording_id)
    archive.keep(recording_id)
    try:
        archive.describe(recording_id)
    except archive.Unreadable:
        # What was heard live is kept all the same; else the file is looked at again tomorrow.
        transcripts.complete(recording_id)
        raise
    transcripts.complete(recording_id)


@job(queue="recordings")
def ask_for(call_id: int) -> None:
    """Ask the carrier which recordings it has of a call that we heard of none.

    What it does not know a day after the call it will never know."""
    bind(call=call_id)
    with transaction():
        leg = session.get_one(Call, call_id).sid
    known = carrier().recordings_of(leg)
    with transaction():
        for one in known:
            recording = arrivals.hear_of(
                arrivals.Report(
                    one.sid, leg, one.url, one.status, one.channels, one.duration_s, one.started_at
                )
            )
            if one.status == "completed" and not recording.stored:
                fetch.later(recording.id)
        call = session.get_one(Call, call_id)
        if not known and call.ended_at is not None and call.ended_at < now() - KNOWN_WITHIN:
            call.recording_due_at = None
