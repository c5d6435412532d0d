"""漏接回拨: who gave up waiting is rung back at his own place, or told by a text message.

What a line does with them is its own setting.  He has the time to call again first; nobody is rung
unbidden whose telephone others may hold."""

from datetime import timedelta

from sqlalchemy import select

from infra import apart
from infra.clock import now
from infra.db import session, transaction
from models import Call, CallbackWay, Line, MissedContact, MissedKind, MissedRule
from queues import keeping
from queues.callbacks import protected
from queues.journal import note
from queues.kept import REDIALS_WITHIN
from telephony.sentences import tongue
from tickets import messages, sms

AT_ONCE = 20
# A rule that is set today rings nobody who called last week.
LOOK_BACK = timedelta(hours=12)
# Who hangs up sooner has not given up a wait.
SHORT = timedelta(seconds=5)


def run() -> None:
    """Safe to run twice."""
    at = now()
    with transaction():
        found = session.scalars(
            select(MissedContact)
            .join(MissedContact.call)
            .join(MissedContact.line)
            .where(
                MissedContact.kind == MissedKind.ABANDONED,
                MissedContact.handled_at.is_(None),
                MissedContact.texted_at.is_(None),
                MissedContact.person_id.is_not(None),
                MissedContact.at <= at - REDIALS_WITHIN,
                MissedContact.at > at - LOOK_BACK,
                Call.callback_id.is_(None),
                Call.ended_at - Call.person_due_at > SHORT,
                Line.missed != MissedRule.LIST,
            )
            .order_by(MissedContact.at)
            .limit(AT_ONCE)
            .with_for_update(of=MissedContact, skip_locked=True)
        ).all()
        apart.each(found, _see_to)


def _see_to(contact: MissedContact) -> None:
    person, line = contact.person, contact.line
    if person is None or line is None or protected(person, line):
        return
    if line.missed is MissedRule.CALL:
        try:
            keeping.keep(contact.call, person.number, way=CallbackWay.MISSED)
        except (keeping.NoRoom, keeping.NotRingable):
            _text(contact)
    else:
        _text(contact)


def _text(contact: MissedContact) -> None:
    """Also who cannot be sent one is looked at once only."""
    contact.texted_at = now()
    if contact.person is None or not sms.reaches(contact.person):
        return
    body = tongue(contact.call.language).sentence("callback_text_missed")
    messages.queue_text(contact.person, body, key=f"missed:{contact.id}")
    note(contact.call, "missed_texted")
