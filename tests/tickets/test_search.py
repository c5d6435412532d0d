"""A word is found page by page, wherever the tickets that hold it lie."""

import pytest
from flask import Flask

from infra.clock import now
from infra.db import session
from models import Role, Ticket
from tests.visitors import somebody
from tickets import search


@pytest.mark.parametrize("read_through", [1, 3, 6, 1000])
def test_pages_of_a_word_miss_no_ticket_and_repeat_none(
    app: Flask, monkeypatch: pytest.MonkeyPatch, read_through: int
) -> None:
    """However far the newest are read before the index is asked."""
    monkeypatch.setattr(search, "PER_PAGE", 2)
    monkeypatch.setattr(search, "READ_THROUGH", read_through)
    lead = somebody("li", Role.LEAD)
    said = ["路灯不亮", "停水", "停水", "停水", "门口路灯坏了", "路灯不亮", "停水", "路灯太亮"]
    made = [Ticket(created_at=now(), summary=one) for one in said]
    session.add_all(made)
    session.flush()
    found: list[int] = []
    before: int | None = None
    while True:
        page = search.find(search.Wanted(words="路灯", before=before), lead)
        found += [one.id for one in page.tickets]
        before = page.older
        if before is None:
            break
    holding = [one.id for one in made if one.summary is not None and "路灯" in one.summary]
    assert found == holding[::-1]
