"""Packages that peers send: each number becomes one ticket, whatever is sent twice or corrected."""

from sqlalchemy import select

from channels.exchange.following import follow
from channels.exchange.packages import Package, checksum
from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import Exchange, Kind, Peer, Side, StaffMember, Ticket
from models.lifecycle import BEFORE_UNITS, OPEN
from tickets import (
    deadlines,
    fields,
    leaving,
    lifecycle,
    locking,
    own,
    same_place,
    shared_clock,
    sparing,
    telling,
)
from tickets.handling import NotYet
from tickets.history import note
from web.languages import _
from web.refusals import Refused

MOST_HOPS = 5
AMENDED = ("kind", "topic", "district", "address", "summary", "demand", "urgency")
CHANNEL_LENGTH = 16


class AnotherPackage(Refused):
    """The number is known with other content; the message says how to correct it."""


class GoesRound(Refused):
    """It was handed on too often: nobody on its way was responsible."""


def take_in(peer: Peer, package: Package, *, by: StaffMember) -> Exchange:
    """A ticket of the peer's number, with its due date; the same package twice is one ticket.

    Raises AnotherPackage, GoesRound, FieldsMissing, UnknownCode."""
    if package.hop > MOST_HOPS:
        raise GoesRound(_("已经过 %(count)s 个平台转办，请与热线商定由谁办理", count=package.hop))
    # Two that come at once: the second waits here, and finds the first.
    session.get_one(Peer, peer.id, with_for_update={"key_share": True}, populate_existing=True)
    known = session.scalar(
        select(Exchange.id).where(
            Exchange.peer_id == peer.id,
            Exchange.peer_number == package.number,
            Exchange.origin == Side.PEER,
        )
    )
    if known is not None:
        return _again(locking.exchange(known), package, by)
    return _first(peer, package, by)


def refuse(one: Exchange, *, by: StaffMember, reason: str) -> None:
    """It is not this city's: it stays with the peer, which learns why."""
    if one.origin is not Side.PEER:
        raise NotYet(_("这张工单由热线送出，应由对方答复"))
    one.reason = reason
    leaving.hand_over(one.ticket, one.peer.unit, by=by)
    note(one.ticket, "exchange_refused", by=by, unit=one.peer.unit, exchange=one.id)
    follow(one)


def _first(peer: Peer, package: Package, by: StaffMember) -> Exchange:
    _insist_in_time(package)
    # The answer goes back the way that the demand came: the peer asks its citizen itself.
    ticket = Ticket(
        channel=peer.unit.code[:CHANNEL_LENGTH],
        created_at=now(),
        wanted_by=package.due_at,
        needs_reply=False,
    )
    session.add(ticket)
    session.flush()  # what is submitted must be there
    typed = fields.Typed(**{name: getattr(package, name) for name in AMENDED})
    lifecycle.submit(ticket, by=by, typed=typed)
    made = Exchange(
        peer=peer,
        ticket=ticket,
        origin=Side.PEER,
        peer_number=package.number,
        checksum=checksum(package),
        version=package.version,
        hop=package.hop,
        sent_at=now(),
    )
    session.add(made)
    session.flush()  # the history names it
    note(ticket, "exchange_taken_in", by=by, unit=peer.unit, exchange=made.id)
    made.followed_seq = ticket.head_seq
    return made


def _again(known: Exchange, package: Package, by: StaffMember) -> Exchange:
    """The same, an older one that comes late, or a correction."""
    if package.version < known.version or checksum(package) == known.checksum:
        return known
    if package.version == known.version:
        raise AnotherPackage(
            _(
                "编号 %(number)s 的第 %(version)s 版已收到，内容不同；更正请以更高的 version 重发",
                number=package.number,
                version=known.version,
            )
        )
    _amend(known, package, by)
    return known


def _amend(known: Exchange, package: Package, by: StaffMember) -> None:
    """Before units have it, it is as if it had been sent so at once; afterwards they are told."""
    ticket = known.ticket
    if ticket.state in BEFORE_UNITS:
        _rewrite(ticket, package, by)
    elif ticket.state in OPEN:
        own.add_facts(ticket, _corrections(ticket, package), by=by)
    else:
        raise NotYet(_("工单已办结，不能更正；如有新情况请以新编号送来"))
    known.version, known.checksum = package.version, checksum(package)
    note(ticket, "exchange_amended", by=by, unit=known.peer.unit, exchange=known.id)


def _insist_in_time(package: Package) -> None:
    """No unit can keep a date that is over, and none is given longer than the peer wants."""
    if package.due_at is not None and package.due_at <= now():
        raise NotYet(_("due_at 已过：请与热线商定新的期限后重发"))


def _rewrite(ticket: Ticket, package: Package, by: StaffMember) -> None:
    if package.due_at != shared_clock.own_of(ticket)[1]:
        _insist_in_time(package)
    for name in AMENDED:
        fields.write(ticket, name, getattr(package, name))
    ticket.place_mark = same_place.mark(ticket)
    ticket.confidential = ticket.confidential or ticket.kind is Kind.REPORT
    if telling.concerns_a_minor(ticket):
        sparing.protect(ticket, by=by)
    shared_clock.correct(ticket, package.due_at)
    ticket.due_at = deadlines.due_of(ticket, ticket.unit, ticket.submitted_at or now()).handle


def _corrections(ticket: Ticket, package: Package) -> str:
    """What is said otherwise now; units' dates are the hotline's to move."""
    urgency, wanted_by = shared_clock.own_of(ticket)
    known = {name: fields.read(ticket, name) for name in AMENDED} | {"urgency": urgency}
    told = [
        f"{fields.LABELS[name]}：{getattr(package, name)}"
        for name in AMENDED
        if known[name] != getattr(package, name)
    ]
    if package.due_at != wanted_by and package.due_at is not None:
        told.append(_("来源平台期限：%(due)s", due=f"{local(package.due_at):%Y-%m-%d %H:%M}"))
    return _("来源平台更正：") + _("；").join(told)
