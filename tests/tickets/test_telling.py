"""What a telephone number alone may learn: that there is a ticket, and of some not even that."""

import pytest

from infra.db import session
from models import Kind, Ticket, Topic
from tests.places import a_line
from tests.tickets.conftest import a_complaint
from tickets import lifecycle, telling


def plain(ticket: Ticket) -> None: ...


def confidential(ticket: Ticket) -> None:
    ticket.confidential = True


def report(ticket: Ticket) -> None:
    ticket.kind = Kind.REPORT


def on_another_line(ticket: Ticket) -> None:
    ticket.call.line = a_line("elsewhere")


def on_the_line_of_minors(ticket: Ticket) -> None:
    ticket.call.line = a_line("elsewhere", certified=True)


def about_another_line(ticket: Ticket) -> None:
    ticket.topic = Topic(code="of_a_line", name="某事", line=a_line("its_line"))


def about_minors(ticket: Ticket) -> None:
    ticket.topic = Topic(code="of_a_line", name="某事", line=a_line("its_line", certified=True))


def by_a_minor(ticket: Ticket) -> None:
    ticket.person.minor = True


def by_one_who_says_so(ticket: Ticket) -> None:
    ticket.person, ticket.minor = None, True


def by_nobody_known(ticket: Ticket) -> None:
    ticket.call = ticket.person = ticket.topic = None


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (plain, True),
        (on_another_line, True),
        (about_another_line, True),
        (by_nobody_known, True),
        (confidential, False),
        (report, False),
        (on_the_line_of_minors, False),
        (about_minors, False),
        (by_a_minor, False),
        (by_one_who_says_so, False),
    ],
)
def test_what_may_be_told_by_number_alone(a_call, wang, place, made, told):
    ticket = lifecycle.submit(lifecycle.draft(a_call), by=wang, typed=a_complaint())
    made(ticket)
    session.flush()
    session.refresh(ticket)
    assert telling.by_number_alone(ticket) is told
