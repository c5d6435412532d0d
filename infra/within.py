"""What was found in a transaction and holds until its end: kept with it, and gone with it.

What a savepoint found goes with the savepoint, whether it is undone or not; what was found before
it still holds inside of it."""

from collections.abc import Hashable, Iterator
from typing import TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy.orm import SessionTransaction

from infra.db import session

T = TypeVar("T")
Kept = WeakKeyDictionary[SessionTransaction, dict[Hashable, object]]


def keep(name: Hashable, found: T) -> T:
    """Returns what is kept.  Before the transaction has begun nothing is."""
    for transaction in _innermost_first():
        _all().setdefault(transaction, {})[name] = found
        break
    return found


def kept(name: Hashable) -> object | None:
    known = _all()
    for transaction in _innermost_first():
        if name in known.get(transaction, {}):
            return known[transaction][name]
    return None


def forget(name: Hashable) -> None:
    """It was changed: whoever asks reads it again."""
    for found in _all().values():
        found.pop(name, None)


def _all() -> Kept:
    every: Kept = session.info.setdefault("within", WeakKeyDictionary())
    return every


def _innermost_first() -> Iterator[SessionTransaction]:
    current = session()
    transaction = current.get_nested_transaction() or current.get_transaction()
    while transaction is not None:
        yield transaction
        transaction = transaction.parent
