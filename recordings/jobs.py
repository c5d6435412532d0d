"""The work after a call: one job, whose every step may be repeated."""

from infra.jobs import job
from infra.log import bind
from recordings import archive, transcripts


@job(queue="recordings")
def fetch(recording_id: int) -> None:
    """Fetch, store, measure and transcribe; begins where it broke off."""
    bind(recording=recording_id)
    archive.keep(recording_id)
    archive.describe(recording_id)
    transcripts.complete(recording_id)
