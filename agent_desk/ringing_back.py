"""Ringing back: whom a ticket, a past call or a missed contact leads to.

The number is found here and goes to the carrier; the agent's browser sees it masked only."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select

from infra.db import session
from infra.localtime import local
from models import Call, MissedContact, Person, StaffMember, Ticket, TicketState
from recordings import calls
from tickets import search
from web.languages import _

NAMED = re.compile(r"(ticket|call|missed)-([0-9]{1,9})")


class NotReachable(Exception):
    """There is nobody to ring: unknown, not this agent's affair, or a hidden number."""

    permanent = True


@dataclass(frozen=True)
class Whom:
    """Somebody to ring back, and what about."""

    kind: str
    id: int
    about: str
    masked: str
    number: str = field(repr=False)
    ticket_id: int | None = None

    @property
    def name(self) -> str:
        """As an address or a button names him."""
        return f"{self.kind}-{self.id}"


def find(name: str, by: StaffMember) -> Whom:
    """Whom ``ticket-12``, ``call-5`` or ``missed-3`` leads to; raises NotReachable."""
    named = NAMED.fullmatch(name)
    if named is None:
        raise NotReachable(_("回拨链接不正确，请从工单、通话或未接来电页面重新点“回拨”"))
    return FINDERS[named[1]](int(named[2]), by)


def _of_ticket(ticket_id: int, by: StaffMember) -> Whom:
    ticket = session.get(Ticket, ticket_id)
    if ticket is None or ticket.is_draft:
        raise NotReachable(_("没有这张工单，无法回拨"))
    if not search.may_read(ticket, by):
        raise NotReachable(_("这是保密工单，只有承办人员可以回拨"))
    return _whom(
        "ticket", ticket.id, _("工单 %(number)s", number=ticket.number), ticket.person, ticket.id
    )


def _of_call(call_id: int, by: StaffMember) -> Whom:
    call = session.get(Call, call_id)
    if call is None or not calls.may_see(call, by):
        raise NotReachable(_("只能回拨自己接听过的来电"))
    ticket = session.scalar(
        select(Ticket).where(Ticket.call_id == call.id, Ticket.state != TicketState.DRAFT)
    )
    about = _("%(when)s 的通话", when=f"{local(call.started_at):%m-%d %H:%M}")
    return _whom("call", call.id, about, call.person, ticket.id if ticket else None)


def _of_missed(contact_id: int, by: StaffMember) -> Whom:
    contact = session.get(MissedContact, contact_id)
    if contact is None:
        raise NotReachable(_("没有这条未接来电，无法回拨"))
    about = _("%(when)s 的未接来电", when=f"{local(contact.at):%m-%d %H:%M}")
    return _whom("missed", contact.id, about, contact.person)


def _whom(
    kind: str, id: int, about: str, person: Person | None, ticket_id: int | None = None
) -> Whom:
    if person is None:
        raise NotReachable(_("来电未显示号码，无法回拨"))
    return Whom(kind, id, about, person.number_masked, person.number, ticket_id)


FINDERS: dict[str, Callable[[int, StaffMember], Whom]] = {
    "ticket": _of_ticket,
    "call": _of_call,
    "missed": _of_missed,
}
