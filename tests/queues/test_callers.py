"""Who is behind a number: one person however it is written."""

import pytest

from queues import calls, outgoing


@pytest.mark.parametrize(
    ("shown_by_the_carrier", "typed_by_an_agent"),
    [("+8679188123456", "0791-88123456"), ("+8613812345678", "138 1234 5678")],
)
def test_who_called_is_who_is_rung_back(app, time, shown_by_the_carrier, typed_by_an_agent):
    caller = calls.person_of(shown_by_the_carrier)
    assert calls.person_of(typed_by_an_agent) is caller
    assert outgoing.dialled(caller.number) == shown_by_the_carrier
