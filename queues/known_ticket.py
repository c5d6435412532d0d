"""Whoever waits and has an open ticket hears so, once a call, and has its state by a text message.

By his number alone, which can be forged: neither what it is about, nor that a confidential one, a
report or a minor's exists at all."""

from datetime import datetime, timedelta

from infra.clock import now
from infra.db import session
from models import Call, Direction, Line, Place, Ticket
from queues import waiting
from queues.callbacks import protected
from queues.journal import note
from telephony.replies import Reply
from telephony.sentences import tongue
from tickets import lifecycle, merging, messages, provisional, sms, telling

# So long he hears where he is in line; most are with an agent by then.
TOLD_AFTER = timedelta(seconds=25)
# In the call's history.
TOLD, TEXTED = "told_open_ticket", "texted_open_ticket"
SENDS = "1"


def is_due(place: Place, heard_before: datetime | None) -> bool:
    """Whether this is the document in which it is told: by the time alone, so that no other asks
    anything for it, and one that is repeated says the same."""
    begun = place.heard_at or place.entered_at
    moment = begun + TOLD_AFTER
    return heard_before is not None and heard_before < moment <= now()


def tell(call: Call, reply: Reply) -> bool:
    """Also how he can have its state; False where there is nothing to be told."""
    ticket = of(call)
    if ticket is None or waiting.heard_last(call, TOLD) is not None:
        return False
    handled = merging.handled_as(ticket)
    if handled.due_at is None:
        reply.say("open_ticket")
    else:
        due = provisional.spoken(handled, handled.due_at, call.language)
        reply.say("open_ticket_due", due=due)
    if sms.reaches(call.person):
        reply.say("open_ticket_text")
    note(call, TOLD, ticket=ticket.id)
    return True


def text_state(call: Call) -> bool:
    """He has pressed the key: how far it is, and no word of what it is about.  Sent once; False
    where he was told of none."""
    ticket = of(call) if waiting.heard_last(call, TOLD) is not None else None
    if ticket is None or call.person is None or not sms.reaches(call.person):
        return False
    handled, spoken = merging.handled_as(ticket), tongue(call.language)
    state = spoken.sentence(f"state_{handled.state}")
    if handled.due_at is None:
        body = spoken.sentence("text_open_ticket", state=state)
    else:
        due = provisional.spoken(handled, handled.due_at, call.language)
        body = spoken.sentence("text_open_ticket_due", state=state, due=due)
    messages.queue_text(call.person, body, key=f"open_ticket:{call.id}")
    if waiting.heard_last(call, TEXTED) is None:
        note(call, TEXTED, ticket=ticket.id)
    return True


def of(call: Call) -> Ticket | None:
    """The newest of which his number may learn that it exists."""
    if call.person_id is None or call.forged or call.direction is not Direction.IN:
        return None
    line = session.get(Line, call.line_id) if call.line_id is not None else None
    if line is not None and protected(call.person, line):
        return None
    found = (one for one in lifecycle.open_of(call.person_id) if telling.by_number_alone(one))
    return next(found, None)
