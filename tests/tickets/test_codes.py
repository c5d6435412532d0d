"""Query codes: they open a ticket, and cannot be guessed by whoever has many calls and numbers."""

from itertools import count

import pytest
from sqlalchemy import func, select

from infra.db import session
from models import CodeAttempt, Ticket, TicketEvent
from tests.tickets.conftest import a_complaint, a_person, ended
from tickets import codes, lifecycle

OTHERS = count(13900000000)


@pytest.fixture
def ticket(a_call, wang, place) -> Ticket:
    return lifecycle.submit(lifecycle.draft(a_call), by=wang, typed=a_complaint())


@pytest.fixture
def from_another(agent):
    """A call from a telephone that never called before."""
    return lambda: ended(a_person(str(next(OTHERS))), agent=agent)


def wrong(ticket: Ticket) -> str:
    return "000000" if ticket.query_code != "000000" else "000001"


def test_the_code_opens_the_ticket_however_it_is_spaced(ticket, a_call):
    assert codes.opened(f" {ticket.number} ", f" {ticket.query_code} ", by=a_call) is ticket
    assert codes.opened(ticket.number, wrong(ticket), by=a_call) is None


def test_an_answer_that_the_carrier_repeats_is_one_answer(ticket, a_call):
    for _ in range(10):
        again = codes.opened(ticket.number, wrong(ticket), by=a_call, question="0:1")
        assert again is None
    for _ in range(10):
        again = codes.opened(ticket.number, ticket.query_code, by=a_call, question="1:2")
        assert again is ticket
    assert len(session.scalars(select(CodeAttempt)).all()) == 2


def test_a_ticket_closes_although_each_code_comes_from_another_telephone(
    ticket, from_another, time
):
    for _ in range(5):
        assert codes.opened(ticket.number, wrong(ticket), by=from_another()) is None
    assert codes.opened(ticket.number, ticket.query_code, by=from_another()) is None
    locked = select(func.count()).where(TicketEvent.name == "code_locked")
    assert session.scalar(locked) == 1
    time.forward(31 * 60)
    assert codes.opened(ticket.number, ticket.query_code, by=from_another()) is ticket


def test_a_ticket_that_was_tried_all_day_stays_closed(ticket, from_another, time):
    for _ in range(2):
        for _ in range(5):
            codes.opened(ticket.number, wrong(ticket), by=from_another())
        time.forward(31 * 60)
    assert codes.opened(ticket.number, ticket.query_code, by=from_another()) is None
    time.forward(24 * 3600)
    assert codes.opened(ticket.number, ticket.query_code, by=from_another()) is ticket


def test_a_telephone_that_tries_one_ticket_after_another_is_sent_to_a_person(
    ticket, a_call, from_another, time
):
    for turn in range(5):
        assert not codes.exhausted(a_call)
        assert codes.opened(f"20000101-00000{turn}", "123456", by=a_call) is None
    assert codes.exhausted(a_call)
    assert codes.opened(ticket.number, ticket.query_code, by=a_call) is None
    assert not codes.exhausted(from_another())
    time.forward(24 * 3600 + 1)
    assert codes.opened(ticket.number, ticket.query_code, by=a_call) is ticket


def test_a_ticket_that_does_not_exist_closes_like_one_that_does(from_another, time):
    for _ in range(7):
        assert codes.opened("20000101-000001", "123456", by=from_another()) is None
    assert session.scalar(select(func.count()).select_from(CodeAttempt)) == 5


def test_hidden_numbers_share_what_they_may_try(ticket, from_another, agent, time):
    for attempt in range(codes.OF_ALL_HIDDEN.wrong):
        codes.opened(f"20000101-{attempt:06}", "123456", by=ended(None, agent=agent))
    assert codes.exhausted(ended(None, agent=agent))
    assert not codes.exhausted(from_another())
    time.forward(3601)
    assert not codes.exhausted(ended(None, agent=agent))


def test_so_many_wrong_codes_are_an_attack_whoever_sends_them(ticket, from_another):
    for attempt in range(codes.OF_EVERYBODY.wrong):
        codes.opened(f"20000101-{attempt:06}", "123456", by=from_another())
    assert codes.exhausted(from_another())
    assert codes.opened(ticket.number, ticket.query_code, by=from_another()) is None
