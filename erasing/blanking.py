"""Which columns tell of people, and whose they are.

The rows stay, so that figures, clocks and histories hold; what stood in them is gone,
and says so."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from erasing.reach import Reach
from infra.clock import now
from infra.db import session
from infra.privacy import Sealed
from infra.wording import N_
from models import (
    Addition,
    Appeal,
    ArticleShown,
    Asking,
    Assignment,
    Call,
    Callback,
    Chase,
    Consult,
    Contact,
    Dial,
    DialAttempt,
    FollowUp,
    LegalClock,
    Limitation,
    Linkage,
    MandatoryReport,
    MeetingTicket,
    MissedContact,
    Outgoing,
    Person,
    Protection,
    ProtectionVisit,
    Remark,
    Reply,
    Request,
    Round,
    Strike,
    Supervision,
    TextMessage,
    TextState,
    Ticket,
    Urge,
    Utterance,
)

ERASED = N_("〔已删除〕")
# Where words are looked for: one character alone is never found.
SILENCE = "—"
Whose = Callable[[Reach], ColumnElement[bool]]


def _nothing() -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Words:
    """Columns of one table, whose rows they are, and what is set beside them."""

    columns: tuple[InstrumentedAttribute[Any], ...]
    whose: Whose
    others: Callable[[], dict[str, Any]] = _nothing
    mark: str = ERASED

    @property
    def table(self) -> str:
        return str(self.columns[0].class_.__tablename__)


def blank(words: tuple[Words, ...], reach: Reach) -> dict[str, int]:
    """Table -> how many of its rows tell nothing any more."""
    counts: dict[str, int] = {}
    for one in words:
        values = {column.key: _blanked(column, one.mark) for column in one.columns}
        changed = session.execute(
            update(one.columns[0].class_)
            .where(one.whose(reach))
            .values(values | one.others())
            .returning(literal(1)),
            execution_options={"synchronize_session": False},
        )
        counts[one.table] = counts.get(one.table, 0) + len(changed.all())
    return counts


def blank_texts(ids: frozenset[int]) -> int:
    """Text messages by their own ids."""
    only = replace(TEXTS, whose=lambda _reach: TextMessage.id.in_(ids))
    return blank((only,), Reach())[only.table]


def blank_dials(ids: frozenset[int]) -> dict[str, int]:
    """Numbers that were rung, with each ringing."""
    ringings = replace(RINGINGS, whose=lambda _reach: DialAttempt.dial_id.in_(ids))
    dials = replace(DIALS, whose=lambda _reach: Dial.id.in_(ids))
    return blank((ringings, dials), Reach())


def unlink(reach: Reach) -> None:
    """Whose they were is known no more, though he himself may be."""
    for owner, his in (
        (Ticket.person_id, Ticket.id.in_(reach.tickets)),
        (Call.person_id, Call.id.in_(reach.calls)),
        (TextMessage.person_id, TextMessage.ticket_id.in_(reach.tickets)),
        (MissedContact.person_id, MissedContact.call_id.in_(reach.calls)),
    ):
        session.execute(
            update(owner.class_).where(his).values(person_id=None),
            execution_options={"synchronize_session": False},
        )


def _blanked(column: InstrumentedAttribute[Any], mark: str) -> ColumnElement[Any]:
    """What was empty stays empty: the schema wants some together, and some never."""
    there = and_(column.is_not(None))
    if not isinstance(column.type, Sealed):
        there = and_(there, column != "")
    return case((there, literal(mark, column.type)), else_=column)


def _of(column: InstrumentedAttribute[Any], ids: str) -> Whose:
    return lambda reach: column.in_(getattr(reach, ids))


def _behind(column: InstrumentedAttribute[Any], row: type[Assignment] | type[FollowUp]) -> Whose:
    """Of an assignment or follow-up of the tickets."""
    return lambda reach: column.in_(select(row.id).where(row.ticket_id.in_(reach.tickets)))


def _texts(reach: Reach) -> ColumnElement[bool]:
    return or_(TextMessage.ticket_id.in_(reach.tickets), TextMessage.person_id.in_(reach.persons))


def _callbacks(reach: Reach) -> ColumnElement[bool]:
    led_to = select(Call.callback_id).where(Call.id.in_(reach.calls), Call.callback_id.is_not(None))
    his = or_(Callback.person_id.in_(reach.persons), Callback.id.in_(led_to))
    return his & ~Callback.open_ones()


def _cases(reach: Reach) -> Select[int]:
    return select(Protection.id).where(Protection.ticket_id.in_(reach.tickets))


def _reported(reach: Reach) -> ColumnElement[bool]:
    return MandatoryReport.protection_id.in_(_cases(reach))


def _visited(reach: Reach) -> ColumnElement[bool]:
    return ProtectionVisit.protection_id.in_(_cases(reach))


def _appeals(reach: Reach) -> ColumnElement[bool]:
    his = select(Limitation.id).where(Limitation.person_id.in_(reach.persons))
    return Appeal.limitation_id.in_(his)


def _dials(reach: Reach) -> ColumnElement[bool]:
    asked = select(FollowUp.dial_id).where(FollowUp.ticket_id.in_(reach.tickets))
    return or_(Dial.person_id.in_(reach.persons), Dial.id.in_(asked))


def _attempts(reach: Reach) -> ColumnElement[bool]:
    return DialAttempt.dial_id.in_(select(Dial.id).where(_dials(reach)))


def _asked(reach: Reach) -> ColumnElement[bool]:
    ours = select(FollowUp.id).where(FollowUp.ticket_id.in_(reach.tickets))
    return or_(Asking.follow_up_id.in_(ours), Asking.call_id.in_(reach.calls))


def _unfindable() -> dict[str, Any]:
    return {"number_fingerprint": ""}


def _gone_now() -> dict[str, Any]:
    return {"erased_at": now()}


def _never_sent() -> dict[str, Any]:
    unsent = TextMessage.state == TextState.PENDING
    return {
        "erased_at": now(),
        "state": case((unsent, TextState.FAILED), else_=TextMessage.state),
    }


WORDS_OF_TICKETS = (
    Words((Addition.words,), _of(Addition.ticket_id, "tickets")),
    Words((Protection.review,), _of(Protection.ticket_id, "tickets")),
    Words((MandatoryReport.what, MandatoryReport.person, MandatoryReport.receipt), _reported),
    Words((ProtectionVisit.found,), _visited),
    Words((Chase.words,), _of(Chase.ticket_id, "tickets")),
    Words((Remark.words,), _of(Remark.ticket_id, "tickets")),
    Words((Linkage.reason, Linkage.result), _of(Linkage.ticket_id, "tickets")),
    Words((Supervision.words,), _of(Supervision.ticket_id, "tickets")),
    Words((Urge.words,), _of(Urge.ticket_id, "tickets")),
    Words((Round.reason,), _of(Round.ticket_id, "tickets")),
    Words((LegalClock.words,), _of(LegalClock.ticket_id, "tickets")),
    Words((Request.reason, Request.basis, Request.decision), _of(Request.ticket_id, "tickets")),
    Words((MeetingTicket.decision,), _of(MeetingTicket.ticket_id, "tickets")),
    Words((Assignment.advice,), _of(Assignment.ticket_id, "tickets")),
    Words((Contact.words,), _behind(Contact.assignment_id, Assignment)),
    Words(
        (Reply.no_contact, Reply.why_not, Reply.internal, Reply.public, Reply.remarks),
        _behind(Reply.assignment_id, Assignment),
    ),
    Words((Asking.reason,), _asked, lambda: {"heard": func.jsonb_build_array()}),
    Words(
        (Ticket.query_code, Ticket.address, Ticket.summary, Ticket.demand, Ticket.citizen_name),
        _of(Ticket.id, "tickets"),
        lambda: {**_gone_now(), "query_code_hash": "", "origins": {}, "place_mark": None},
        SILENCE,
    ),
)
WORDS_OF_CALLS = (
    Words((ArticleShown.sentence, ArticleShown.wrong_note), _of(ArticleShown.call_id, "calls")),
    Words((Utterance.text,), _of(Utterance.call_id, "calls"), mark=SILENCE),
    Words((Consult.question,), _of(Consult.call_id, "calls")),
    Words((Outgoing.number, Outgoing.number_masked), _of(Outgoing.call_id, "calls")),
    Words((MissedContact.number_masked, MissedContact.words), _of(MissedContact.call_id, "calls")),
    Words((Call.number_masked, Call.speech), _of(Call.id, "calls"), _gone_now),
)
TEXTS = Words(
    (TextMessage.number, TextMessage.number_masked, TextMessage.body, TextMessage.error),
    _texts,
    _never_sent,
)
RINGINGS = Words((DialAttempt.error,), _attempts, _unfindable)
DIALS = Words((Dial.number, Dial.number_masked), _dials, _unfindable)
NUMBERS = (
    Words((Callback.number, Callback.number_masked, Callback.because), _callbacks, _unfindable),
    TEXTS,
    RINGINGS,
    DIALS,
)
PERSONS = (
    Words((Strike.words,), _of(Strike.person_id, "persons")),
    Words((Appeal.words, Appeal.answer), _appeals),
    Words((Limitation.because,), _of(Limitation.person_id, "persons")),
    Words(
        (Person.number, Person.number_masked, Person.name, Person.caution),
        _of(Person.id, "persons"),
        # He who calls again is somebody new.
        lambda: {"number_fingerprint": token_hex(32)},
    ),
)
EVERYTHING = (*WORDS_OF_TICKETS, *WORDS_OF_CALLS, *NUMBERS, *PERSONS)
