"""The numbers that a city sets itself: terms, windows, thresholds (``staff/norm_table.py``).

What nobody has set is as it stands there.  Every change is kept: who, when, from what to what."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from infra.clock import now
from infra.db import session
from models import Norm, NormChange, StaffMember
from staff import audit
from staff.norm_table import GROUPS, MEASURES, NORMS, Known, Measure
from telephony import set_numbers
from web.languages import _
from web.refusals import Refused

__all__ = ["GROUPS", "MEASURES", "NORMS", "Known", "Measure"]

# Nothing else of ours locks by this number.
NORM_LOCK = 12_349
SPANS = {
    Measure.DAYS: timedelta(days=1),
    Measure.HOURS: timedelta(hours=1),
    Measure.MINUTES: timedelta(minutes=1),
    Measure.SECONDS: timedelta(seconds=1),
}


class NormInvalid(Refused):
    """The number cannot be; the message says why."""


def amount(name: str) -> int:
    """What holds now."""
    return set_numbers.amounts().get(name, NORMS[name].default)


def span(name: str) -> timedelta:
    """What holds now, of a number that is a time."""
    return amount(name) * SPANS[NORMS[name].measure]


def clock(name: str) -> time:
    """What holds now, of a time of day."""
    minute = amount(name)
    return time.max if minute >= 24 * 60 else time(minute // 60, minute % 60)


def shown(name: str, wanted: int) -> str:
    """An amount as the page writes it."""
    known = NORMS.get(name)
    if known is None or known.measure is not Measure.CLOCK:
        return str(wanted)
    return f"{wanted // 60:02}:{wanted % 60:02}"


def change(name: str, wanted: int, *, by: StaffMember) -> None:
    """Holds from now on, for what is decided from now on.  Raises NormInvalid."""
    known = NORMS[name]
    if not known.least <= wanted <= known.most:
        raise NormInvalid(
            _(
                "%(label)s应为 %(least)s 到 %(most)s",
                label=known.label,
                least=shown(name, known.least),
                most=shown(name, known.most),
            )
        )
    # Two that hang together are set one after the other.
    session.execute(select(func.pg_advisory_xact_lock(NORM_LOCK)))
    _insist_on_order(name, wanted)
    row = insert(Norm).values(name=name, amount=known.default)
    session.execute(row.on_conflict_do_nothing())
    held = session.get_one(Norm, name, with_for_update=True, populate_existing=True)
    if held.amount == wanted:
        return
    changed = NormChange(name=name, at=now(), by_id=by.id, was=held.amount, now=wanted)
    session.add(changed)
    audit.record("norm.changed", "norm", name, was=held.amount, now=wanted)
    held.amount = wanted
    set_numbers.forget()


def changes(limit: int = 50) -> Sequence[NormChange]:
    """The newest first."""
    newest = select(NormChange).options(joinedload(NormChange.by)).order_by(NormChange.id.desc())
    return session.scalars(newest.limit(limit)).all()


def changed_since(names: Iterable[str], moment: datetime) -> bool:
    """Whether one of them was changed since: what was reckoned before is to be reckoned anew."""
    newer = select(NormChange.id).where(NormChange.name.in_(names), NormChange.at > moment)
    return session.scalar(newer.limit(1)) is not None


def _insist_on_order(name: str, wanted: int) -> None:
    """A window does not close before it opens, nor open before the one before it has closed."""
    set_numbers.forget()
    for upper, known in NORMS.items():
        if not known.above or name not in (upper, known.above):
            continue
        low = wanted if name == known.above else amount(known.above)
        high = wanted if name == upper else amount(upper)
        if low > high:
            told = {"low": NORMS[known.above].label, "high": known.label}
            raise NormInvalid(_("%(high)s不能早于%(low)s，请先改另一个", **told))
