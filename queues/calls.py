"""A call's row and the person behind it: made by the first webhook that speaks of the leg."""

import re
import uuid

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from infra.clock import now
from infra.db import session
from infra.log import bind
from infra.privacy import fingerprint, mask, national
from models import GENERAL, Call, Line, Person
from queues.journal import note

SHORTEST_NUMBER = 5
DIGITS = re.compile(r"\+?[0-9]+")

# Built once: nearly every webhook asks one of them.
OF_LEG = select(Call).where(Call.sid == bindparam("leg")).options(joinedload(Call.line))
OF_LEG_LOCKED = OF_LEG.with_for_update(of=Call).execution_options(populate_existing=True)
OF_KEY_LOCKED = (
    select(Call)
    .where(Call.key == bindparam("key"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def open(leg: str, number: str) -> Call:
    """The call of a citizen's leg, made if this is the first word of it; a repeat finds it.

    Its row is locked: two webhooks of one leg are answered one after the other, and webhooks of
    different calls do not wait for each other."""
    found = of_leg(leg, lock=True)
    if found is not None:
        return found
    person = person_of(number)
    made = session.scalar(
        insert(Call)
        .values(
            sid=leg,
            person_id=person.id if person else None,
            number_masked=mask(number),
            language=person.language if person else "zh",
            started_at=now(),
        )
        .on_conflict_do_nothing(index_elements=["sid"])
        .returning(Call.id)
    )
    call = of_leg(leg, lock=True)
    if call is None:
        raise LookupError(f"call of leg {leg} was neither found nor made")
    if made is not None:
        note(call, "arrived")
    return call


def of_leg(leg: str, *, lock: bool = False) -> Call | None:
    """The call whose citizen (or, dialled by an agent, whose agent) is on this leg."""
    return _bound(session.scalar(OF_LEG_LOCKED if lock else OF_LEG, {"leg": leg}))


def by_id(call_id: int) -> Call | None:
    """Locked: reports about his legs must not move it meanwhile."""
    return _bound(session.get(Call, call_id, with_for_update=True, populate_existing=True))


def by_key(key: str) -> Call | None:
    """The call that a conference is named after, locked: both joins must see each other.

    None for a name that is not ours."""
    try:
        wanted = uuid.UUID(key)
    except ValueError:
        return None
    return _bound(session.scalar(OF_KEY_LOCKED, {"key": wanted}))


def _bound(call: Call | None) -> Call | None:
    """Every log line of this request names the call that it is about."""
    if call is not None:
        bind(call=call.id)
    return call


def person_of(number: str) -> Person | None:
    """Who calls from this number; None when the number is hidden."""
    plain = national(number)
    if len(plain) < SHORTEST_NUMBER or not DIGITS.fullmatch(plain):
        return None
    key = fingerprint(plain)
    session.execute(
        insert(Person)
        .values(
            number=plain,
            number_fingerprint=key,
            number_masked=mask(number),
            first_seen=now(),
        )
        .on_conflict_do_nothing(index_elements=["number_fingerprint"])
    )
    return session.scalars(select(Person).where(Person.number_fingerprint == key)).one()


def line(code: str) -> Line:
    """The line of that code; raises NoResultFound for one that does not exist."""
    return session.scalars(select(Line).where(Line.code == code)).one()


def general() -> Line:
    return line(GENERAL)
