"""漏接回拨: who gave up waiting is rung back at his own place, or told by a text message.

What a line does with them is its own setting.  He has the time to call again first; nobody is rung
unbidden whose telephone others may hold."""

from datetime import timedelta

import structlog
from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import aliased

from infra import seldom
from infra.clock import now
from infra.db import session, transaction
from models import (
    Call,
    CallbackWay,
    CallStatus,
    Direction,
    Line,
    MissedContact,
    MissedKind,
    MissedRule,
    Person,
)
from queues import keeping
from queues.journal import note
from queues.kept import REDIALS_WITHIN
from telephony.sentences import tongue
from tickets import messages, sms

log = structlog.get_logger(__name__)

AT_ONCE = 20
# A rule that is set today rings nobody who called last week.
LOOK_BACK = timedelta(hours=12)
# Who hangs up sooner has not given up a wait.
SHORT = timedelta(seconds=5)
# Who calls in vain again and again is told once.
TOLD_FOR = timedelta(hours=2)


def run() -> None:
    """Safe to run twice.  One by one: his call is locked before what was missed, and that before
    what is promised for it, as by everybody."""
    with transaction():
        found = session.execute(
            select(MissedContact.id, MissedContact.call_id)
            .join(MissedContact.call)
            .join(MissedContact.line)
            .join(MissedContact.person)
            .where(_owed())
            .order_by(MissedContact.at)
            .limit(AT_ONCE)
        ).all()
    for contact_id, call_id in found:
        try:
            with transaction():
                _take(contact_id, call_id)
        except Exception:
            seldom.tell(log.exception, "a missed caller is not seen to yet", contact=contact_id)


def _take(contact_id: int, call_id: int) -> None:
    session.get_one(Call, call_id, with_for_update=True)
    contact = session.scalar(
        select(MissedContact)
        .join(MissedContact.call)
        .join(MissedContact.line)
        .join(MissedContact.person)
        .where(MissedContact.id == contact_id, _owed())
        .with_for_update(of=MissedContact, skip_locked=True)
    )
    if contact is not None:
        _see_to(contact)


def _owed() -> ColumnElement[bool]:
    """Not while he is on the line again, perhaps in line: he has not given up."""
    at, live = now(), aliased(Call)
    on_the_line = exists().where(
        live.person_id == MissedContact.person_id,
        live.direction == Direction.IN,
        live.status != CallStatus.ENDED,
    )
    return and_(
        MissedContact.kind == MissedKind.ABANDONED,
        MissedContact.handled_at.is_(None),
        MissedContact.texted_at.is_(None),
        MissedContact.at <= at - REDIALS_WITHIN,
        MissedContact.at > at - LOOK_BACK,
        ~on_the_line,
        Call.callback_id.is_(None),
        Call.ended_at - Call.person_due_at > SHORT,
        Line.missed != MissedRule.LIST,
        # Whose telephone others may hold; also they must keep nobody from his turn.
        ~or_(Line.certified, Person.minor),
    )


def _see_to(contact: MissedContact) -> None:
    person, line = contact.person, contact.line
    if person is None or line is None:
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
    if contact.person is None or not sms.reaches(contact.person) or _told_lately(contact):
        return
    body = tongue(contact.call.language).sentence("callback_text_missed")
    messages.queue_text(contact.person, body, key=f"missed:{contact.id}")
    note(contact.call, "missed_texted")


def _told_lately(contact: MissedContact) -> bool:
    told = exists().where(
        MissedContact.person_id == contact.person_id,
        MissedContact.id != contact.id,
        MissedContact.texted_at > now() - TOLD_FOR,
    )
    return bool(session.scalar(select(told)))
