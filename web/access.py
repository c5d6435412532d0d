"""Who may come through a door: every view says so, and a check fails for one that does not."""

from collections.abc import Callable
from typing import TypeVar

# Behind it stands the scope that a key must have: see staff.access.with_key.
BY_KEY = "key:"

View = TypeVar("View", bound=Callable[..., object])


def public(view: View) -> View:
    """Anybody may come in: sign-in pages, health."""
    view.access = "public"  # type: ignore[attr-defined]
    return view
