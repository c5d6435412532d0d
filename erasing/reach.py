"""Whom and what an erasure is about: persons, calls and tickets; and why it may not be now."""

from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from infra.clock import now
from infra.db import session
from models import (
    Addition,
    Asking,
    Assignment,
    Call,
    Callback,
    CallStatus,
    Contact,
    Dial,
    DialState,
    Erasure,
    ErasureScope,
    FollowUp,
    LegalHold,
    Ticket,
)
from models.lifecycle import FINAL
from web.languages import _

# A recording that the carrier has not reported by then will hardly come.
SETTLED_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Reach:
    persons: frozenset[int] = field(default_factory=frozenset)
    calls: frozenset[int] = field(default_factory=frozenset)
    tickets: frozenset[int] = field(default_factory=frozenset)


def of(erasure: Erasure) -> Reach:
    match erasure.scope:
        case ErasureScope.PERSON:
            return of_person(erasure.person_id or 0)
        case ErasureScope.TICKET:
            return of_ticket(erasure.ticket_id or 0)
        case ErasureScope.CALL:
            return Reach(calls=frozenset([erasure.call_id or 0]))
    return Reach()


def of_person(person_id: int) -> Reach:
    """All that he said in any call, and whatever came of it."""
    calls = _ids(select(Call.id).where(Call.person_id == person_id))
    his = or_(Ticket.person_id == person_id, Ticket.call_id.in_(calls))
    tickets = _ids(select(Ticket.id).where(his))
    return Reach(frozenset([person_id]), calls | calls_of(tickets), tickets)


def of_ticket(ticket_id: int) -> Reach:
    tickets = frozenset([ticket_id])
    return Reach(calls=calls_of(tickets), tickets=tickets)


def calls_of(tickets: frozenset[int]) -> frozenset[int]:
    """In which they were told, handled, added to and followed up."""
    told = select(Ticket.call_id).where(Ticket.id.in_(tickets))
    relayed = (
        select(Contact.call_id).join(Contact.assignment).where(Assignment.ticket_id.in_(tickets))
    )
    asked = select(Asking.call_id).join(Asking.follow_up).where(FollowUp.ticket_id.in_(tickets))
    added = select(Addition.call_id).where(Addition.ticket_id.in_(tickets))
    return _ids(told) | _ids(relayed) | _ids(asked) | _ids(added)


def why_not(reach: Reach) -> str | None:
    """What is against it now; None where nothing is."""
    if held(reach):
        return _("有法定留置，解除之前不能删除")
    if _any(Call, Call.id.in_(reach.calls) & ~_settled()):
        return _("有通话还在进行或刚结束，录音还在取回，请一小时后再试")
    going_on = _going_on(reach.tickets)
    if going_on is not None:
        return _("工单 %(number)s 还没有办结，办结后才能删除", number=going_on.number or _("草稿"))
    waiting = (DialState.WAITING, DialState.DIALLING)
    if _any(Callback, Callback.person_id.in_(reach.persons) & Callback.open_ones()) or _any(
        Dial, Dial.person_id.in_(reach.persons) & Dial.state.in_(waiting)
    ):
        return _("还有待打给他的回呼或回访，请先取消或等它结束")
    return None


def held(reach: Reach) -> bool:
    return (
        _any(LegalHold, LegalHold.person_id.in_(reach.persons) & LegalHold.lifted_at.is_(None))
        or _any(Call, Call.id.in_(reach.calls) & call_is_held())
        or _any(Ticket, Ticket.id.in_(reach.tickets) & ticket_is_held())
    )


def call_is_held() -> ColumnElement[bool]:
    """Itself, who called, or a ticket that it belongs to."""
    relayed = (
        select(Contact.call_id)
        .join(Contact.assignment)
        .where(Assignment.ticket_id == LegalHold.ticket_id)
    )
    one = aliased(Ticket)
    told = select(one.call_id).where(one.id == LegalHold.ticket_id)
    added = select(Addition.call_id).where(Addition.ticket_id == LegalHold.ticket_id)
    return exists().where(
        LegalHold.lifted_at.is_(None),
        (LegalHold.call_id == Call.id)
        | (LegalHold.person_id == Call.person_id)
        | Call.id.in_(told)
        | Call.id.in_(relayed)
        | Call.id.in_(added),
    )


def ticket_is_held() -> ColumnElement[bool]:
    """Itself, whose it is, the call that it came of, or one that was merged into it."""
    one = aliased(Ticket)
    child = select(one.merged_into_id).where(one.id == LegalHold.ticket_id)
    return exists().where(
        LegalHold.lifted_at.is_(None),
        (LegalHold.ticket_id == Ticket.id)
        | (LegalHold.person_id == Ticket.person_id)
        | (LegalHold.call_id == Ticket.call_id)
        | Ticket.id.in_(child),
    )


def person_is_held(person: InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
    return exists().where(LegalHold.lifted_at.is_(None), LegalHold.person_id == person)


def _going_on(tickets: frozenset[int]) -> Ticket | None:
    """Somebody still needs the words: of a child whoever handles its master."""
    child = aliased(Ticket)
    masters = select(child.merged_into_id).where(child.id.in_(tickets))
    needed = or_(Ticket.id.in_(tickets), Ticket.id.in_(masters))
    return session.scalars(
        select(Ticket).where(needed, Ticket.state.not_in(FINAL)).order_by(Ticket.id).limit(1)
    ).first()


def _settled() -> ColumnElement[bool]:
    return (Call.status == CallStatus.ENDED) & (Call.ended_at <= now() - SETTLED_AFTER)


def _any(model: type, condition: ColumnElement[bool]) -> bool:
    return bool(session.scalar(select(exists().where(condition).select_from(model))))


def _ids(query: object) -> frozenset[int]:
    return frozenset(one for one in session.scalars(query) if one is not None)  # type: ignore[call-overload]
