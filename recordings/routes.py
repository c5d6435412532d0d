"""The carrier's doors: a recording has news, a sentence was spoken."""

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from flask import Blueprint, abort, request

from infra.clock import now
from models import Party
from recordings import arrivals, gaps
from recordings.jobs import fetch
from telephony.webhook import signed
from tickets.jobs import fill_while_talking
from web.languages import _

bp = Blueprint("recordings", __name__, url_prefix="/voice")

# It becomes a file's name.
SID = re.compile(r"[A-Za-z0-9_-]{1,64}")
# What the database holds as a whole number.
LONGEST_NUMBER = 9
TAKE_LENGTH = 16


@bp.post("/recording")
@signed
def arrived() -> tuple[str, int]:
    report = _report()
    recording = arrivals.hear_of(report)
    if report.status == "completed" and not recording.stored:
        fetch.later(recording.id)
    return "", 204


@bp.post("/words")
@signed
def words() -> tuple[str, int]:
    """Only finished sentences are kept; a repeat is known by its number."""
    form = request.form
    _count()
    if form.get("TranscriptionEvent") == "transcription-content" and form.get("Final") == "true":
        sentence = _sentence()
        utterance = arrivals.hear(sentence) if sentence.text else None
        if utterance is not None:
            if utterance.party is Party.CITIZEN:
                fill_while_talking.later(utterance.call_id)
            for recording_id in arrivals.kept_recordings(utterance.call_id):
                fetch.later(recording_id)
    return "", 204


def _count() -> None:
    """Also a report without words is one that has arrived."""
    form = request.form
    transcription, sequence = form.get("TranscriptionSid", ""), form.get("SequenceId", "")
    call = arrivals.call_of(form.get("CallSid", ""))
    if call is not None and SID.fullmatch(transcription) and _whole(sequence):
        at = _iso(form.get("Timestamp", "")) or now()
        gaps.count(transcription, int(sequence), call.id, at)


def _report() -> arrivals.Report:
    form = request.form
    sid = form.get("RecordingSid", "")
    if not SID.fullmatch(sid):
        abort(400, _("缺少 RecordingSid"))
    duration = form.get("RecordingDuration", "")
    return arrivals.Report(
        sid=sid,
        leg=form.get("CallSid", ""),
        url=form.get("RecordingUrl", ""),
        status=form.get("RecordingStatus", ""),
        channels=1 if form.get("RecordingChannels") == "1" else 2,
        duration_s=float(duration) if _whole(duration) else None,
        started_at=_mail_date(form.get("RecordingStartTime", "")),
        take=request.args.get("take", "")[:TAKE_LENGTH] or None,
    )


def _sentence() -> arrivals.Sentence:
    form = request.form
    speaker = request.args.get("speaker", "")
    sequence = form.get("SequenceId", "")
    if speaker not in set(Party) or not _whole(sequence):
        abort(400, _("缺少 speaker 或 SequenceId"))
    # What goes out to a leg is what its owner hears.
    heard = form.get("Track") == "outbound_track"
    said, confidence = _said(form.get("TranscriptionData", ""))
    return arrivals.Sentence(
        leg=form.get("CallSid", ""),
        party=_party(Party(speaker), heard=heard),
        heard=heard,
        transcription=form.get("TranscriptionSid", ""),
        sequence=int(sequence),
        at=_iso(form.get("Timestamp", "")),
        text=said,
        confidence=confidence,
    )


def _whole(given: str) -> bool:
    return given.isascii() and given.isdecimal() and len(given) <= LONGEST_NUMBER


def _party(speaker: Party, *, heard: bool) -> Party:
    """What the owner of a leg hears is said by the other side."""
    if not heard:
        return speaker
    return Party.AGENT if speaker is Party.CITIZEN else Party.CITIZEN


def _said(raw: str) -> tuple[str, float | None]:
    try:
        data = json.loads(raw)
        text = str(data["transcript"]).strip()
        confidence = data.get("confidence")
        return text, None if confidence is None else min(1.0, max(0.0, float(confidence)))
    except (ValueError, KeyError, TypeError, AttributeError):
        abort(400, _("TranscriptionData 不是约定的 JSON"))


def _mail_date(value: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _iso(value: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    # A moment without a zone could be anybody's.
    return at if at.tzinfo else None
