"""The benchmark's own eyes: what a ticket that ended wrongly, or was told twice, looks like."""

import pytest
from sqlalchemy import text

from benchmarks import replayed
from infra.clock import now
from infra.db import session
from models import Notice, TextMessage, TicketState
from tests.tickets.clerks import replied
from tickets import closing, history

T = TicketState


@pytest.mark.parametrize(
    ("names", "ends"),
    [
        (["submitted", "dispatched", "signed", "replied", "reply_accepted", "closed"], T.CLOSED),
        (["submitted", "dispatched", "recalled", "dispatched"], T.DISPATCHED),
        (["submitted", "merged", "separated"], T.PENDING_DISPATCH),
    ],
)
def test_a_legal_history_leads_there(names, ends):
    assert ends in replayed.states_after(names)


@pytest.mark.parametrize(
    "names",
    [
        ["submitted", "closed"],
        ["submitted", "dispatched", "dispatched", "dispatched", "closed"],
        ["submitted", "voided", "dispatched"],
        ["submitted", "dispatched", "signed", "resumed"],
    ],
)
def test_an_illegal_one_leads_nowhere(names):
    assert replayed.states_after(names) & {T.CLOSED, T.DISPATCHED, T.MERGED} == set()


@pytest.fixture
def closed(ticket, assignment, clerk, zhao):
    ticket.needs_reply = False
    closing.accept_reply(replied(assignment, clerk), by=zhao)
    session.flush()
    assert ticket.state is T.CLOSED and replayed.illegal_ends() == 0
    return ticket


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE ticket SET state = 'dispatched'",
        "UPDATE round SET closed_at = NULL",
        "UPDATE assignment SET state = 'signed', ended_at = NULL",
        "INSERT INTO supervision (ticket_id, unit_id, kind, because, words, at)"
        " SELECT ticket_id, unit_id, 'system', 'overdue', '', now() FROM assignment",
    ],
)
def test_what_is_left_open_or_elsewhere_is_no_legal_end(closed, wrong):
    session.execute(text(wrong))
    assert replayed.illegal_ends() == 1


def test_a_state_that_no_link_tells_of_is_no_legal_end(closed):
    history.note(closed, "suspended")
    session.flush()
    assert replayed.illegal_ends() == 1


def test_one_thing_is_told_once_whatever_the_keys_say(closed, assignment):
    known = replayed.told_twice()
    assert known == 0
    for n in range(2):
        session.add(
            Notice(
                key=f"other:{n}",
                name="nearly",
                ticket_id=closed.id,
                unit_id=assignment.unit_id,
                detail={"n": n},
                created_at=now(),
            )
        )
        session.add(
            TextMessage(
                key=f"text:{n}",
                ticket_id=closed.id,
                number="13812345678",
                number_masked="138****5678",
                body="一样的话",
                next_at=now(),
                created_at=now(),
            )
        )
    session.flush()
    assert replayed.told_twice() == 2
    session.add(
        Notice(
            key="later",
            name="dispatched",
            ticket_id=closed.id,
            unit_id=assignment.unit_id,
            detail={},
            created_at=now().replace(year=2030),
        )
    )
    session.flush()
    assert replayed.told_twice() == 3, "told of a part that it never had"
