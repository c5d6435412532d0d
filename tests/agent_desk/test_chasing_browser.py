"""The citizen calls about his ticket: one key urges it, and the form is no second one."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from infra.db import commit, session
from models import Addition, District, Ticket, Topic, Unit, UnitKind, Urge
from queues import calls
from tests.tickets.conftest import a_complaint, ended
from tickets import lifecycle

pytestmark = pytest.mark.browser
NUMBER = "+8613812345678"


@pytest.fixture
def ticket(lines, wang) -> Ticket:
    """Of an earlier call of his."""
    unit = Unit(code="urban", name="城管局", kind=UnitKind.BUREAU)
    session.add_all(
        [unit, District(code="donghu", name="东湖区"), Topic(code="street_light", name="路灯")]
    )
    call = ended(calls.person_of(NUMBER), agent=wang)
    made = lifecycle.submit(lifecycle.draft(call), by=wang.staff, typed=a_complaint())
    commit()
    return made


def test_alt_4_urges_the_open_ticket_and_what_he_added_is_kept(ticket, sits):
    agent = sits().is_here()
    agent.ready()
    agent.answers(agent.is_rung_by(NUMBER))
    page = agent.page
    expect(page.locator("#chase-number")).to_have_text(ticket.number)
    page.fill("#summary", "第三盏也坏了")
    page.keyboard.press("Alt+6")
    expect(page.locator("#chased-as")).to_contain_text(ticket.number)
    expect(page.locator("#chase")).to_be_hidden()
    expect(page.locator("#submit-row")).to_be_hidden()
    expect(page.locator("#ticket-done")).to_be_hidden()
    session.expire_all()
    assert session.scalars(select(Urge.ticket_id)).all() == [ticket.id]
    assert session.scalars(select(Addition.words)).all() == ["第三盏也坏了"]
    commit()
    page.click("#take-up")
    expect(page.locator("#submit-row")).to_be_visible()
    expect(page.locator("#chased")).to_be_hidden()
    expect(page.locator("#summary")).to_be_enabled()
