"""The sound of a recording, for whichever door lets somebody hear it."""

from collections.abc import Callable
from datetime import timedelta

from flask import Response, abort, send_file

from infra.db import roll_back
from models import Recording
from recordings.store import NotKept, StoreError, store
from staff import audit
from web.languages import _, told


def answer(found: Callable[[], Recording]) -> Response:
    """The sound, whole or in the pieces that a player asks for; each listening is audited.

    ``found`` says whose it may be, and is asked again once the sound has come."""
    recording = found()
    if not recording.stored:
        abort(404, _("录音还没有归档，请稍后再试"))
    key, checksum = recording.storage_key or "", recording.checksum or ""
    # Nothing is written yet, and the store may be far away: no transaction waits for it.
    roll_back()
    try:
        path = store().local(key)
    except NotKept:
        abort(404, _("录音文件不在存储中，请联系管理员"))
    except StoreError as error:
        abort(503, told(str(error)))
    recording = found()
    audit.look(
        "recording.heard",
        "recording",
        recording.id,
        lasting=timedelta(seconds=recording.duration_s or 0),
        call=recording.call_id,
    )
    sent = send_file(path, mimetype="audio/wav", conditional=True, etag=checksum)
    sent.headers["Cache-Control"] = "private, no-store"
    return sent
