"""Whose number is limited to come last, or to leave a message: what that means for his calls, and
how they are raised when it is over."""

from sqlalchemy import select, update

from infra.db import session
from models import Call, Callback, CallStatus, Limitation, LimitKind, Place

# Behind everybody who is not limited: a point is a minute of age.
PRIORITY = -10_000


def only_heard(call: Call) -> bool:
    """Whether he may leave nothing but a message that a person finds: not who comes last, and not
    who has told of danger."""
    found = session.get(Limitation, call.limitation_id) if call.limitation_id else None
    return found is not None and call.emergency is None and found.kind is LimitKind.VOICEMAIL


def priority_of(callback: Callback, limitation: Limitation | None) -> int:
    """Of whom is rung back, by what his number is limited by now: once that is over, like
    anybody's."""
    over = callback.priority < 0 and limitation is None
    return callback.priority - PRIORITY if over else callback.priority


def raise_again(limitation: Limitation) -> None:
    """Whoever waits, or is to be rung back, at the end of all because of it goes to his own place.
    The caller holds the routing lock."""
    if limitation.kind is not LimitKind.LAST:
        return
    calls = select(Call.id).where(
        Call.limitation_id == limitation.id, Call.status != CallStatus.ENDED
    )
    for table, which in (
        (Call, Call.id.in_(calls)),
        (Place, Place.call_id.in_(calls) & Place.left_at.is_(None)),
        (Callback, (Callback.person_id == limitation.person_id) & Callback.open_ones()),
    ):
        session.execute(
            update(table)
            .where(which, table.priority < 0)
            .values(priority=table.priority - PRIORITY)
        )
