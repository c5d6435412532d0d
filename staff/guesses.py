"""Wrong guesses at passwords: kept for the administrator, and slowed down.

Whoever guesses waits longer each time, and his waiting is his own: it is counted by account and
address together, so that nobody locks a colleague out from elsewhere.  Guesses at one account from
many addresses, and all guesses together, slow down only those **strangers** who come from where
this account has not signed in lately."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

import structlog
from prometheus_client import Counter
from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningDelete

from infra.clock import now
from infra.db import session, transaction
from infra.privacy import fingerprint
from models import Knock, SignInAttempt

log = structlog.get_logger(__name__)

refused = Counter(
    "sign_ins_refused_total", "Attempts that were too many to be looked at", ["from_where"]
)

# Wrong guesses are held against somebody so long.
WINDOW = timedelta(hours=1)
# An address from which an account signed in so lately is one of its own.
KNOWN_FOR = timedelta(days=30)
# Who guesses is held off by the newest of these rows alone; the rest is for the page of failed
# sign-ins.  The Cybersecurity Law asks for six months of such logs.
KEPT_FOR = timedelta(days=184)
FORGOTTEN_AT_ONCE = 10_000
# Beside the hash of account and address: nothing else of ours locks by these two numbers.
GUESS_LOCK = 8
NETWORK_OF_ONE = 64


class TooManyAttempts(Exception):
    """Too many wrong guesses; ``wait`` is how long this one has to wait."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"to be tried again in {wait}")
        self.wait = wait


@dataclass(frozen=True)
class Patience:
    """So many wrong guesses are free; each one after them doubles the pause."""

    free: int
    first: timedelta
    longest: timedelta

    def pause(self, guesses: int) -> timedelta:
        if guesses < self.free:
            return timedelta()
        doublings = min(guesses - self.free, 30)
        return min(self.longest, self.first * float(2**doublings))


WITH_ONE = Patience(free=5, first=timedelta(minutes=1), longest=timedelta(minutes=15))
WITH_AN_ADDRESS = Patience(free=50, first=timedelta(minutes=1), longest=timedelta(minutes=15))
WITH_STRANGERS = Patience(free=20, first=timedelta(seconds=1), longest=timedelta(minutes=1))
WITH_ALL = Patience(free=300, first=timedelta(seconds=1), longest=timedelta(seconds=10))


def shown(login: str, *, exists: bool) -> str:
    """How the log names an account.  People type passwords into the wrong field: what nobody's
    login is, is told only by a hash."""
    return login if exists else f"#{fingerprint(login)[:12]}"


def insist_on_patience(login: str, address: str) -> None:
    """Raises TooManyAttempts.  Two tries of one person wait for each other: each one counts."""
    place = place_of(address)
    together = func.hashtext(f"{login} {place}")
    session.execute(select(func.pg_advisory_xact_lock(GUESS_LOCK, together)))
    at_one, from_there = SignInAttempt.login == login, SignInAttempt.address == place
    ends = max(_until(WITH_ONE, at_one, from_there), _until(WITH_AN_ADDRESS, from_there))
    known = _signed_in_lately(at_one, from_there)
    if not known:
        ends = max(ends, _until(WITH_STRANGERS, at_one), _until(WITH_ALL))
    if ends > now():
        refused.labels("known" if known else "elsewhere").inc()
        log.warning("a sign-in was not looked at", address=place)
        raise TooManyAttempts(ends - now())


def keep(login: str, address: str, outcome: Knock) -> None:
    """One more; who signs in makes good what he mistyped there, never what was tried on others."""
    at, place = now(), place_of(address)
    wrong = outcome is not Knock.SUCCEEDED
    if not wrong:
        forgive(login, SignInAttempt.address == place)
    minute = at.replace(second=0, microsecond=0)
    once = {"login": login, "address": place, "outcome": outcome, "minute": minute}
    row = insert(SignInAttempt).values(**once, last_at=at, times=1, held_against=int(wrong))
    again = {
        "times": SignInAttempt.times + 1,
        "held_against": SignInAttempt.held_against + int(wrong),
        "last_at": at,
    }
    session.execute(row.on_conflict_do_update(index_elements=list(once), set_=again))


def forgive(login: str, *which: ColumnElement[bool]) -> None:
    """What was tried on this account slows nobody down any more; it stays in the log."""
    session.execute(
        update(SignInAttempt)
        .where(SignInAttempt.login == login, SignInAttempt.last_at > now() - WINDOW, *which)
        .values(held_against=0)
    )


def forget_old() -> None:
    """By the clock: what is older than it has to be kept."""
    forgotten = FORGOTTEN_AT_ONCE
    while forgotten == FORGOTTEN_AT_ONCE:
        with transaction():
            forgotten = len(session.scalars(_forget_some()).all())


def place_of(address: str) -> str:
    """The address; of IPv6 the network, because whoever has one address has all of it."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        high = int(parsed) >> (128 - NETWORK_OF_ONE) << (128 - NETWORK_OF_ONE)
        return f"{IPv6Address(high)}/{NETWORK_OF_ONE}"
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def _forget_some() -> ReturningDelete[tuple[int]]:
    old = select(SignInAttempt.id).where(SignInAttempt.last_at < now() - KEPT_FOR)
    some = old.order_by(SignInAttempt.last_at).limit(FORGOTTEN_AT_ONCE)
    return delete(SignInAttempt).where(SignInAttempt.id.in_(some)).returning(SignInAttempt.id)


def _until(patience: Patience, *which: ColumnElement[bool]) -> datetime:
    """When somebody may try again after what is held against him."""
    recent = SignInAttempt.last_at > now() - WINDOW
    held, latest = session.execute(
        select(func.sum(SignInAttempt.held_against), func.max(SignInAttempt.last_at)).where(
            recent, SignInAttempt.held_against > 0, *which
        )
    ).one()
    return latest + patience.pause(held) if held else now()


def _signed_in_lately(*which: ColumnElement[bool]) -> bool:
    good = SignInAttempt.outcome == Knock.SUCCEEDED
    lately = SignInAttempt.last_at > now() - KNOWN_FOR
    return bool(session.scalar(select(exists().where(good, lately, *which))))
