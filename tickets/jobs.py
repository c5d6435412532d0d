"""The work after a call that concerns its ticket."""

from infra.db import session, transaction
from infra.jobs import job
from infra.log import bind
from models import Call, Disposition
from tickets import completion


@job(queue="tickets")
def complete_from_call(call_id: int) -> None:
    """Draft or complete the ticket of an ended call from what was said in it."""
    bind(call=call_id)
    with transaction():
        call = session.get(Call, call_id)
        if call is None or not call.over:
            return
        completion.remember_missed(call)
        if call.disposition is not Disposition.ANSWERED:
            return
        said = completion.segments(call_id)
    proposals = completion.propose(said)
    with transaction():
        completion.complete(call_id, proposals)
