"""Reconciliation: one day's packages by number and state, ours held against the peer's list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from channels.exchange.following import ask_for, tell
from infra.clock import now
from infra.db import session
from infra.localtime import local, midnight
from models import (
    Difference,
    DifferenceKind,
    Exchange,
    ExchangeState,
    Peer,
    Reconciliation,
    Side,
)
from staff import audit
from web.languages import _
from web.refusals import Refused


class NotOver(Refused):
    """Only a day that is over can be held against another list of it."""


@dataclass(frozen=True)
class Entry:
    """A package by the number that its origin gave it."""

    origin: Side
    number: str


Listed = Mapping[Entry, ExchangeState]


def list_of(peer: Peer, day: date) -> dict[Entry, Exchange]:
    """What went either way on that day of the city; of a ticket sent twice the newest."""
    found = session.scalars(
        select(Exchange)
        .where(
            Exchange.peer_id == peer.id,
            Exchange.sent_at >= midnight(day),
            Exchange.sent_at < midnight(day + timedelta(days=1)),
        )
        .options(joinedload(Exchange.ticket))
        .order_by(Exchange.id)
    )
    return {Entry(one.origin, one.number): one for one in found}


def reconcile(peer: Peer, day: date, theirs: Listed) -> Reconciliation:
    """Hold the peer's list of that day against ours; a newer list takes the place of an older.

    Raises NotOver."""
    if day >= local(now()).date():
        raise NotOver(_("只能核对已过去的日期"))
    # Two lists at once: the second waits here, and replaces the first.
    session.get_one(Peer, peer.id, with_for_update={"key_share": True}, populate_existing=True)
    session.execute(
        delete(Reconciliation).where(Reconciliation.peer_id == peer.id, Reconciliation.day == day)
    )
    ours = list_of(peer, day)
    made = Reconciliation(peer=peer, day=day, at=now(), ours=len(ours), theirs=len(theirs))
    session.add(made)
    session.add_all(_differences(made, ours, theirs))
    session.flush()  # whoever asked is answered with them
    return made


def differences_of(made: Reconciliation) -> Sequence[Difference]:
    return session.scalars(
        select(Difference).where(Difference.reconciliation_id == made.id).order_by(Difference.id)
    ).all()


def send_again(one: Difference) -> None:
    """Once more what we have; or ask for what they have, and never came here."""
    if one.exchange is not None:
        lost = one.kind is DifferenceKind.MISSING_THERE and one.origin is Side.OURS
        tell(one.exchange, anew=lost)
    else:
        ask_for(one.reconciliation.peer, one.number)
    one.sent_again_at = now()
    audit.record("exchange.sent_again", "difference", one.id, number=one.number)


def _differences(
    made: Reconciliation, ours: Mapping[Entry, Exchange], theirs: Listed
) -> list[Difference]:
    found = []
    for entry in sorted({*ours, *theirs}, key=lambda one: (one.origin, one.number)):
        exchange, state = ours.get(entry), theirs.get(entry)
        kind = _kind(exchange, state)
        if kind is not None:
            found.append(
                Difference(
                    reconciliation=made,
                    kind=kind,
                    origin=entry.origin,
                    number=entry.number,
                    exchange=exchange,
                    ours=exchange.state if exchange else None,
                    theirs=state,
                )
            )
    return found


def _kind(ours: Exchange | None, theirs: ExchangeState | None) -> DifferenceKind | None:
    if theirs is None:
        return DifferenceKind.MISSING_THERE
    if ours is None:
        return DifferenceKind.MISSING_HERE
    return DifferenceKind.STATES if ours.state is not theirs else None
