"""From dispatch to close: units sign, return, ask, answer; nothing falls between two desks."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from infra.clock import now
from infra.db import session
from models import (
    Assignment,
    AssignmentState,
    DispatchRule,
    IllegalMove,
    Kind,
    Notice,
    Part,
    Supervision,
    TicketEvent,
    TicketState,
    Topic,
)
from tests.tickets.clerks import DONE, replied, returned
from tests.tickets.conftest import a_complaint
from tickets import (
    arbitration,
    closing,
    deadlines,
    dispatch,
    handling,
    history,
    ladder,
    lifecycle,
    proposals,
    recalling,
    requests,
    returns,
    supervising,
)
from tickets.handling import NotYet


def names(ticket) -> list[str]:
    links = select(TicketEvent.name).where(TicketEvent.ticket_id == ticket.id)
    return list(session.scalars(links.order_by(TicketEvent.seq)))


def test_a_ticket_goes_to_its_unit_comes_back_and_is_closed(ticket, assignment, clerk, zhao, time):
    assert ticket.state is TicketState.DISPATCHED
    time.forward(600)
    given = replied(assignment, clerk)
    assert ticket.state is TicketState.PENDING_AUDIT
    closing.accept_reply(given, by=zhao)
    assert ticket.state is TicketState.PENDING_FOLLOW_UP
    closing.close(ticket, by=None, because="satisfied")
    closing.close(ticket, by=None, because="satisfied")
    assert (ticket.state, ticket.closed_at) == (TicketState.CLOSED, now())
    assert names(ticket) == [
        "submitted",
        "dispatched",
        "signed",
        "replied",
        "reply_accepted",
        "awaits_follow_up",
        "closed",
    ]
    assert history.verify(ticket) is None


def test_one_unit_leads_and_the_schema_knows_it_too(ticket, assignment, units, zhao):
    with pytest.raises(IllegalMove):
        dispatch.dispatch(ticket, units["power"], by=zhao)
    with pytest.raises(DatabaseError), session.begin_nested():
        session.add(
            Assignment(
                ticket_id=ticket.id,
                round_id=assignment.round_id,
                unit=units["power"],
                dispatched_at=now(),
            )
        )
        session.flush()


def test_who_assists_must_answer_before_the_hotline_checks(ticket, units, zhao, clerk):
    lead = dispatch.dispatch(
        ticket,
        units["urban"],
        by=zhao,
        beside={units["power"]: Part.ASSIST, units["roads"]: Part.INFO},
    )
    helper, told = session.scalars(
        select(Assignment).where(Assignment.id != lead.id).order_by(Assignment.id)
    )
    handling.sign(told, by=None)
    assert told.state is AssignmentState.ACCEPTED
    replied(lead, clerk)
    assert ticket.state is TicketState.PROCESSING
    replied(helper, None)
    assert ticket.state is TicketState.PENDING_AUDIT


def test_an_answer_that_is_none_goes_back_and_the_date_stays(ticket, assignment, clerk, zhao):
    due = assignment.due_at
    given = replied(assignment, clerk)
    closing.refuse_reply(given, by=zhao, remarks="答非所问")
    assert (ticket.state, assignment.due_at) == (TicketState.PROCESSING, due)
    assert assignment.replied_at is None
    again = handling.reply(assignment, DONE, by=clerk)
    closing.accept_reply(again, by=zhao)
    assert ticket.state is TicketState.PENDING_FOLLOW_UP


def test_a_return_needs_its_basis_and_is_dispatched_anew(ticket, assignment, units, clerk, zhao):
    returned(assignment, clerk, zhao, suggested=units["power"])
    assert (ticket.state, ticket.unit) == (TicketState.PENDING_DISPATCH, None)
    # Who returned it is not asked again, whom it suggested is.
    assert [one.lead for one in proposals.propose(ticket)] == [units["power"]]
    again = dispatch.dispatch(ticket, units["power"], by=zhao)
    assert again.round_id == assignment.round_id
    with pytest.raises(DatabaseError), session.begin_nested():
        session.execute(text("UPDATE request SET basis = ''"))


def test_the_third_return_is_arbitrated_and_proposes_a_rule(ticket, assignment, units, clerk, zhao):
    returned(assignment, clerk, zhao)
    second = dispatch.dispatch(ticket, units["power"], by=zhao)
    returned(second, None, zhao)
    third = dispatch.dispatch(ticket, units["roads"], by=zhao)
    asked = requests.ask_return(
        third, by=None, code="非职责", reason="不归我局", basis="三定", suggested=units["urban"]
    )
    assert asked.arbitration
    with pytest.raises(NotYet):
        requests.approve(asked, by=zhao, lead=True)
    arbitration.arbitrate(asked, units["roads"], by=zhao, decision="由交通局承办")
    assert third.forced and third.state is AssignmentState.SIGNED
    rule = session.scalars(select(DispatchRule)).one()
    assert (rule.candidate, rule.lead) == (True, units["roads"])
    assert session.scalars(select(Supervision.because)).all() == ["forced"]
    with pytest.raises(NotYet):
        requests.ask_return(
            third, by=None, code="非职责", reason="再退", basis="三定", suggested=None
        )


def test_after_the_window_a_unit_keeps_the_ticket(ticket, assignment, clerk, time):
    handling.sign(assignment, by=clerk)
    time.forward(timedelta(days=6).total_seconds())
    with pytest.raises(returns.WindowClosed):
        requests.ask_return(
            assignment, by=clerk, code="非职责", reason="晚了", basis="三定", suggested=None
        )


def test_an_extension_moves_the_date_only_when_it_is_approved(ticket, assignment, clerk, zhao):
    handling.sign(assignment, by=clerk)
    before = assignment.due_at
    asked = requests.ask_extension(assignment, 5, by=clerk, reason="等配件")
    assert assignment.due_at == before
    requests.approve(asked, by=zhao)
    assert assignment.due_at > before and ticket.due_at == assignment.due_at
    assert assignment.due_at_original == before
    again = requests.ask_extension(assignment, 5, by=clerk, reason="还没到")
    with pytest.raises(NotYet):
        requests.approve(again, by=zhao)


def test_no_time_is_added_after_the_answer(ticket, assignment, clerk, zhao):
    """What was late would be in time by it."""
    handling.sign(assignment, by=clerk)
    asked = requests.ask_extension(assignment, 3, by=clerk, reason="等配件")
    before = assignment.due_at
    handling.reply(assignment, DONE, by=clerk)
    with pytest.raises(deadlines.Answered):
        requests.approve(asked, by=zhao)
    assert (assignment.due_at, ticket.due_at) == (before, before)


def test_a_sub_unit_answers_to_the_unit_above(ticket, assignment, units, clerk, zhao):
    handling.sign(assignment, by=clerk)
    with pytest.raises(NotYet):
        handling.delegate(
            assignment, units["station"], by=clerk, due_at=assignment.due_at + timedelta(days=1)
        )
    child = handling.delegate(assignment, units["station"], by=clerk, due_at=assignment.due_at)
    replied(child, None)
    assert ticket.state is TicketState.PROCESSING
    handling.reply(assignment, DONE, by=clerk)
    assert ticket.state is TicketState.PENDING_AUDIT


def test_a_bad_answer_begins_a_second_round_with_a_shorter_clock(ticket, assignment, clerk, zhao):
    closing.accept_reply(replied(assignment, clerk), by=zhao)
    again = closing.rehandle(ticket, by=None, because="unsatisfied")
    assert again.round.number == 2 and ticket.state is TicketState.REHANDLING
    assert again.due_at < assignment.due_at_original + timedelta(days=3)
    closing.accept_reply(replied(again, clerk), by=zhao)
    closing.close(ticket, by=None, because="satisfied")
    assert history.verify(ticket) is None


def test_a_closed_ticket_is_opened_again_within_fifteen_days(ticket, assignment, clerk, zhao, time):
    closing.accept_reply(replied(assignment, clerk), by=zhao)
    closing.close(ticket, by=None, because="satisfied")
    time.forward(timedelta(days=14).total_seconds())
    again = closing.reopen(ticket, by=zhao, because="又坏了")
    closing.accept_reply(replied(again, clerk), by=zhao)
    closing.close(ticket, by=None, because="satisfied")
    time.forward(timedelta(days=16).total_seconds())
    with pytest.raises(closing.TooLate):
        closing.reopen(ticket, by=zhao, because="又坏了")


def test_three_urges_are_a_supervision_and_a_call_counts_once(ticket, assignment, a_call):
    assert supervising.urge(ticket, call=a_call, by=None) == 1
    assert supervising.urge(ticket, call=a_call, by=None) == 1
    supervising.urge(ticket, call=None, by=None)
    assert session.scalars(select(Supervision)).all() == []
    supervising.urge(ticket, call=None, by=None)
    assert session.scalars(select(Supervision.because)).all() == ["repeats"]


def test_the_ladder_tells_each_step_once(ticket, assignment, time):
    for _ in range(14):
        time.forward(timedelta(days=1).total_seconds())
        ladder.climb()
        ladder.climb()
    told = session.scalars(select(Notice.key).order_by(Notice.id)).all()
    steps = [key.split(":")[2] for key in told if key.startswith("assignment")]
    assert sorted(steps) == ["dispatched", "late_respond", "late_sign", "nearly", "overdue"]
    assert sorted(session.scalars(select(Supervision.because))) == ["long_overdue", "overdue"]


def test_a_changed_or_missing_link_is_found(ticket, assignment):
    assert history.verify(ticket) is None
    with pytest.raises(DatabaseError), session.begin_nested():
        session.execute(text("UPDATE ticket_event SET name = 'signed' WHERE seq = 2"))
    with pytest.raises(DatabaseError), session.begin_nested():
        session.execute(text("DELETE FROM ticket_event WHERE seq = 2"))
    session.execute(text("ALTER TABLE ticket_event DISABLE TRIGGER ALL"))
    session.execute(text("UPDATE ticket_event SET detail = '{}' WHERE seq = 2"))
    session.expire_all()
    assert history.verify(ticket).why == "the payload was changed"
    session.execute(text("DELETE FROM ticket_event WHERE seq = 2"))
    session.execute(text("ALTER TABLE ticket_event ENABLE TRIGGER ALL"))
    session.expire_all()
    assert "missing" in history.verify(ticket).why


def test_what_was_erased_leaves_the_chain_whole(ticket, assignment):
    assert history.erase_payloads([ticket.id]) == 2
    session.expire_all()
    assert history.verify(ticket) is None
    assert list(history.verify_all()) == []


def test_the_directory_is_asked_before_the_topic(ticket, units, zhao):
    topic = session.scalars(select(Topic)).one()
    today = now().date()

    def rule(lead, **known):
        session.add(
            DispatchRule(
                topic_id=topic.id, lead=units[lead], valid_from=today, changed_at=now(), **known
            )
        )

    rule("power", condition=["路灯"], legal_basis="城市照明条例")
    rule("roads", valid_to=today)
    rule("station", candidate=True)
    session.flush()
    proposed = proposals.propose(ticket)
    assert [one.lead.code for one in proposed] == ["power", "roads", "urban"]
    assert "城市照明条例" in proposed[0].why


def test_praise_is_not_asked_about(a_call, wang, units, zhao, clerk):
    ticket = lifecycle.submit(lifecycle.draft(a_call), by=wang, typed=a_complaint(kind="praise"))
    assert ticket.kind is Kind.PRAISE
    given = replied(dispatch.dispatch(ticket, units["urban"], by=zhao), clerk)
    closing.accept_reply(given, by=zhao)
    assert ticket.state is TicketState.CLOSED


def test_each_late_unit_is_supervised_for_itself_until_its_own_part_is_over(
    ticket, assignment, units, clerk, zhao, time
):
    """Who assists and who is below are pressed and released like who leads."""
    handling.sign(assignment, by=clerk)
    below = handling.delegate(assignment, units["station"], by=clerk, due_at=assignment.due_at)
    assists = [
        dispatch.join(ticket, units[one], Part.ASSIST, by=zhao) for one in ("power", "roads")
    ]
    asked = requests.ask_return(
        assists[0], by=clerk, code="-", reason="不归我局", basis="三定方案", suggested=None
    )
    for _ in range(14):
        time.forward(timedelta(days=1).total_seconds())
        ladder.climb()
    assert pressed(ticket) == {"urban": 2, "station": 2, "power": 2, "roads": 2}
    requests.approve(asked, by=zhao)
    assert pressed(ticket) == {"urban": 2, "station": 2, "roads": 2}
    recalling.recall(assists[1], by=zhao, because="changed")
    assert pressed(ticket) == {"urban": 2, "station": 2}
    replied(below, clerk)
    closing.accept_reply(handling.reply(assignment, DONE, by=clerk), by=zhao)
    assert pressed(ticket) == {} and history.verify(ticket) is None


def pressed(ticket) -> dict[str, int]:
    """By unit, how often it is pressed about this ticket at present."""
    open_ones = select(Supervision).where(
        Supervision.ticket_id == ticket.id, Supervision.ended_at.is_(None)
    )
    return dict(Counter(one.unit.code for one in session.scalars(open_ones)))


def test_a_second_round_that_is_given_to_another_unit_keeps_its_shorter_clock(
    ticket, assignment, clerk, units, zhao, time
):
    """And stays what it is: handled again."""
    closing.accept_reply(replied(assignment, clerk), by=zhao)
    again = closing.rehandle(ticket, by=None, because="unsatisfied")
    time.forward(600)
    returned(again, clerk, zhao)
    assert ticket.state is TicketState.PENDING_DISPATCH
    other = dispatch.dispatch(ticket, units["power"], by=zhao)
    assert other.due_at == deadlines.due_again(ticket, units["power"], now()).handle
    assert other.due_at < deadlines.due_of(ticket, units["power"], now()).handle
    assert (ticket.state, ticket.due_at) == (TicketState.REHANDLING, other.due_at)
    beside = dispatch.join(ticket, units["roads"], Part.ASSIST, by=zhao)
    assert beside.due_at == other.due_at
    given = replied(other, None)
    replied(beside, None)
    assert given.verdict is None and ticket.state is TicketState.PENDING_AUDIT
