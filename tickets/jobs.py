"""The work that a call gives its ticket: while it goes on, and when it is over."""

from flask import current_app

from assist import llm
from infra.db import session, transaction
from infra.jobs import job
from infra.log import bind
from models import Call, Direction, UseOutcome
from tickets import completion, writing


@job(queue="tickets")
def complete_from_call(call_id: int) -> None:
    """Draft or complete the ticket of an ended call from what was said in it."""
    bind(call=call_id)
    with transaction():
        call = session.get(Call, call_id)
        if call is None or not call.over or _rung_back_only(call):
            return
        completion.remember_missed(call)
        if call.answered_at is None:
            return
        said, line_id = completion.segments(call_id), call.line_id
        if writing.wrote(call_id, said):
            return
    proposals = completion.propose(said, line_id)
    with transaction():
        completion.complete(call_id, proposals)
        if llm.connected(current_app.config["SETTINGS"]):
            write_draft.later(call_id)


@job(queue="talks")
def fill_while_talking(call_id: int) -> None:
    """A sentence more is known: propose again; a call that is over begins no draft by this."""
    bind(call=call_id)
    with transaction():
        call = session.get(Call, call_id)
        if call is None or call.answered_at is None or _rung_back_only(call):
            return
        if call.over and not completion.begun(call):
            return
        said, line_id = completion.segments(call_id), call.line_id
        if writing.wrote(call_id, said):
            return
    proposals = completion.propose(said, line_id)
    with transaction():
        completion.fill_in(call_id, proposals)


@job(queue="drafts")
def write_draft(call_id: int) -> None:
    """Let the language model write the summary; without an answer the draft stays as it is."""
    bind(call=call_id)
    settings = current_app.config["SETTINGS"]
    if not llm.connected(settings):
        return
    with transaction():
        task = writing.begin(call_id, settings.llm_model)
    if task is None:
        return
    try:
        answer = llm.ask(settings, task.instructions, task.question)
    except llm.Refused as error:
        with transaction():
            writing.fail(task, UseOutcome.REFUSED, error)
        return
    except llm.NoAnswer as error:
        with transaction():
            writing.fail(task, UseOutcome.AWAY, error)
        raise
    with transaction():
        writing.take(task, answer)


def _rung_back_only(call: Call) -> bool:
    """A citizen who is rung back for a ticket has that one: only the agent begins another."""
    return call.direction is Direction.OUT and not completion.begun(call)
