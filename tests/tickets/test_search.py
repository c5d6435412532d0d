"""Tickets are found by words, days, lines and pieces of their numbers, page by page."""

import html
import re
from datetime import datetime

import pytest
from flask import Flask

from infra.clock import now
from infra.db import session
from models import Kind, Role, Ticket, TicketState
from tests.places import a_line
from tests.tickets.conftest import a_person, ended
from tests.visitors import browser_of, somebody
from tickets import lifecycle, pieces, search
from tickets.wanted import Wanted

LINKED = re.compile(r'<td class="num"><a href="/tickets/([^"]+)"')


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
        page = search.find(Wanted(words="路灯", before=before), lead)
        found += [one.id for one in page.tickets]
        before = page.older
        if before is None:
            break
    holding = [one.id for one in made if one.summary is not None and "路灯" in one.summary]
    assert found == holding[::-1]


@pytest.fixture
def numbered(app: Flask) -> dict[str, Ticket]:
    """Tickets of three days, by their numbers; the city's day begins at 16:00 UTC."""
    general, fund = a_line(), a_line("fund")
    made = {}
    for moment, number, line in (
        ("2026-10-31T15:59:59Z", "20261031-000123", general),
        ("2026-10-31T16:00:00Z", "20261101-000001", general),
        ("2026-11-24T02:00:00Z", "20261124-000123", fund),
        ("2026-11-24T03:00:00Z", "20261124-001234", general),
        ("2025-11-24T03:00:00Z", "20251124-000123", fund),
    ):
        made[number] = Ticket(
            created_at=datetime.fromisoformat(moment),
            submitted_at=datetime.fromisoformat(moment),
            number=number,
            query_code="1",
            query_code_hash="-",
            kind=Kind.HELP,
            summary="路灯不亮" if line is fund else "停水",
            state=TicketState.PENDING_DISPATCH,
            line_id=line.id,
        )
    session.add_all(made.values())
    session.flush()
    return made


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("20261124-000123", ["20261124-000123"]),
        ("20261124000123", ["20261124-000123"]),
        (" 20261124 - 000123 ", ["20261124-000123"]),
        ("20261124", ["20261124-001234", "20261124-000123"]),
        ("20261124-", ["20261124-001234", "20261124-000123"]),
        ("20261124-00", ["20261124-001234", "20261124-000123"]),
        ("2026112400", ["20261124-001234", "20261124-000123"]),
        ("20261124-123", ["20261124-000123"]),
        ("2025", ["20251124-000123"]),
        ("202610", ["20261031-000123"]),
        ("2026110", ["20261101-000001"]),
        ("123", ["20251124-000123", "20261124-000123", "20261031-000123"]),
        ("000123", ["20251124-000123", "20261124-000123", "20261031-000123"]),
        ("1234", ["20261124-001234"]),
        ("-123", ["20251124-000123", "20261124-000123", "20261031-000123"]),
        ("1124-123", ["20251124-000123", "20261124-000123"]),
        ("31-123", ["20261031-000123"]),
        ("20261399-12", []),
    ],
)
def test_a_number_is_found_by_what_is_typed_of_it(
    numbered: dict[str, Ticket], typed: str, found: list[str]
) -> None:
    page = search.find(Wanted(number=pieces.read(typed)), somebody("li", Role.LEAD))
    assert [one.number for one in page.tickets] == found


@pytest.mark.parametrize(
    "typed", ["-", "路灯", "2026-11-24", "123456789012345", "2026a", "0-1234567"]
)
def test_what_no_number_holds_is_said(app: Flask, typed: str) -> None:
    lead = browser_of(app, somebody("li", Role.LEAD))
    page = lead.get("/tickets", query_string={"number": typed}).text
    assert "不能按" in page and f'name="number" value="{typed}"' in page


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("from=2026-11-01", ["20261124-001234", "20261124-000123", "20261101-000001"]),
        ("to=2026-10-31", ["20261031-000123", "20251124-000123"]),
        ("from=2026-10-31&to=2026-11-01", ["20261101-000001", "20261031-000123"]),
        ("from=2026-11-02&number=202611", ["20261124-001234", "20261124-000123"]),
        ("from=2026-12-01&number=202611", []),
        ("line=fund", ["20251124-000123", "20261124-000123"]),
        ("line=fund&from=2026-01-01", ["20261124-000123"]),
        ("line=fund&number=2026", ["20261124-000123"]),
        ("line=elsewhere", []),
        ("words=停水&to=2026-11-01", ["20261101-000001", "20261031-000123"]),
    ],
)
def test_the_list_is_narrowed_by_days_and_lines(
    app: Flask, numbered: dict[str, Ticket], asked: str, found: list[str]
) -> None:
    page = browser_of(app, somebody("li", Role.LEAD)).get(f"/tickets?{asked}").text
    assert LINKED.findall(page) == found


@pytest.mark.parametrize("read_through", [1, 3, 1000])
def test_a_list_by_days_goes_on_page_by_page(
    app: Flask,
    numbered: dict[str, Ticket],
    monkeypatch: pytest.MonkeyPatch,
    read_through: int,
) -> None:
    """Also with words, however far the newest are read before the index is asked."""
    monkeypatch.setattr(search, "PER_PAGE", 1)
    monkeypatch.setattr(search, "READ_THROUGH", read_through)
    browser = browser_of(app, somebody("li", Role.LEAD))
    found, path = [], "/tickets?from=2026-10-01&words=停水"
    while path:
        page = browser.get(path).text
        found += LINKED.findall(page)
        further = re.search(r'rel="next" href="([^"]+)"', page)
        path = "/tickets" + html.unescape(further[1]) if further else ""
    assert found == ["20261124-001234", "20261101-000001", "20261031-000123"]


def test_a_ticket_keeps_the_line_on_which_its_call_came_in(app: Flask) -> None:
    """Also after the caller was transferred to another."""
    call = ended(a_person("13800005678"), line=a_line("fund"))
    ticket = lifecycle.draft(call)
    call.line = a_line("elsewhere")
    assert lifecycle.draft(call).line_id == ticket.line_id != call.line.id
