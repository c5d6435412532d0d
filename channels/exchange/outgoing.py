"""Tickets beyond the city's competence, handed to a peer: it acknowledges, refuses or answers.

The peer has an assignment like any unit: its acknowledgement signs, its answer is a reply that the
hotline checks, and what it refuses is dispatched anew."""

from sqlalchemy import select

from channels.exchange import packages
from channels.exchange.following import came_with, follow, open_for
from channels.exchange.incoming import MOST_HOPS, GoesRound
from infra.db import session
from models import Assignment, Exchange, Peer, Side, StaffMember, Ticket
from tickets import dispatch, ending, handling
from tickets.handling import Answer, NotYet
from tickets.history import note
from web.languages import _


class Damaged(NotYet):
    """What the peer received is not what was sent."""


def hand_over(ticket: Ticket, peer: Peer, *, by: StaffMember) -> Exchange:
    """Dispatched to the peer, as a package.  Raises NotYet, GoesRound, UnitClosed."""
    if _came_from(ticket, peer):
        raise NotYet(_("这张工单是该平台送来的，请拒收并说明理由"))
    if came_with(ticket) >= MOST_HOPS:
        raise GoesRound(_("已经过 %(count)s 个平台转办，不能再转", count=came_with(ticket)))
    return open_for(dispatch.dispatch(ticket, peer.unit, by=by), peer)


def current_checksum(one: Exchange) -> str:
    """Of what the peer reads now; what came from the peer says its own."""
    if one.origin is Side.PEER:
        return one.checksum
    return packages.checksum(packages.of_ticket(one.ticket, one.hop))


def acknowledge(one: Exchange, checksum: str, *, by: StaffMember, number: str | None) -> None:
    """The peer has it whole, and takes it; again is harmless.  Raises Damaged."""
    if checksum != current_checksum(one):
        raise Damaged(_("校验值不符：请重新读取后再回执"))
    handling.sign(_assignment(one), by=by)
    one.checksum = checksum
    one.peer_number = one.peer_number or number
    follow(one)


def refuse(one: Exchange, *, by: StaffMember, reason: str) -> None:
    """Back to the dispatcher: nobody decides about another platform's refusal."""
    assignment = _assignment(one)
    ticket = one.ticket
    ending.withdraw(assignment, "decline", by=by)
    one.reason = reason
    if handling.leads(assignment):
        ticket.make("take_back")
        ticket.unit = None
    note(ticket, "exchange_refused", by=by, unit=assignment.unit, exchange=one.id)
    follow(one)


def answer(one: Exchange, said: Answer, *, by: StaffMember) -> None:
    """The peer's answer goes through the hotline's check as a unit's does."""
    handling.reply(_assignment(one), said, by=by)
    follow(one)


def _assignment(one: Exchange) -> Assignment:
    if one.assignment is None:
        raise NotYet(_("这件事由贵方送来，应由热线答复"))
    return one.assignment


def _came_from(ticket: Ticket, peer: Peer) -> bool:
    theirs = select(Exchange.id).where(
        Exchange.ticket_id == ticket.id, Exchange.peer_id == peer.id, Exchange.origin == Side.PEER
    )
    return session.scalar(theirs) is not None
