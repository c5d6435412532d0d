"""Peers: entered once, with the endpoint that takes our news and the key that opens our doors."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Select, select

from channels.outgoing import endpoints
from infra.clock import now
from infra.db import session
from models import About, Peer, PeerKind, Scope, Unit, UnitKind
from staff import audit, keys
from web.languages import _
from web.refusals import Refused

KEY_LIVES = timedelta(days=365)
KEY_NAME = "exchange"
# That it was given something, or that it was taken away again, is told as the package itself.
WANTS = (About.CLOCKS, About.DECISIONS)


class Taken(Refused):
    """Another unit has this code or name."""


@dataclass(frozen=True)
class Secrets:
    """Shown once, to be handed to the peer's administrator."""

    key: str
    signing: str


def add(code: str, name: str, kind: PeerKind, url: str) -> tuple[Peer, Secrets]:
    """A unit that is a peer, with its endpoint and its key.  Raises Taken, Unacceptable."""
    if session.scalar(select(Unit.id).where((Unit.code == code) | (Unit.name == name))):
        raise Taken(_("已有同样代码或名称的单位"))
    unit = Unit(code=code, name=name, kind=UnitKind.PLATFORM)
    peer = Peer(unit=unit, kind=kind, added_at=now())
    session.add(peer)
    session.flush()  # endpoint and key name the unit
    audit.record("peer.added", "unit", code, kind=kind)
    _endpoint, signing = endpoints.add(unit, url, WANTS)
    _key, whole = keys.make(unit, KEY_NAME, [Scope.EXCHANGE], life=KEY_LIVES)
    return peer, Secrets(whole, signing)


def everyone() -> Select[Peer]:
    return select(Peer).join(Peer.unit).where(Unit.active).order_by(Unit.name)


def of_unit(unit_id: int) -> Peer | None:
    return session.scalar(select(Peer).where(Peer.unit_id == unit_id))
