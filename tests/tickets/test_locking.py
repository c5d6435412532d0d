"""Whoever waits for a ticket's lock sees what the one before him has made of it."""

import threading
import time as seconds

import pytest
from sqlalchemy import select, text

from followups import people, planning
from infra.db import commit, roll_back, session, transaction
from models import Solved, Topic
from tickets import closing, feed, handling, locking

ANSWER = handling.Answer(public="已修好", facts_true=True, solved=Solved.YES, no_contact="未接通")


@pytest.fixture
def given(assignment, clerk):
    handling.sign(assignment, by=clerk)
    return handling.reply(assignment, ANSWER, by=clerk)


@pytest.fixture
def asked(given, zhao):
    closing.accept_reply(given, by=zhao)
    return planning.begun(given.assignment.ticket)


def meanwhile(app, look, change):
    """What ``look`` returns that has to wait for the ticket until ``change`` is committed."""
    seen = []

    def wait() -> None:
        with app.app_context(), transaction():
            seen.append(look())

    change()
    waiting = threading.Thread(target=wait)
    waiting.start()
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    until = seconds.monotonic() + 1.5
    while not session.scalar(waits) and seconds.monotonic() < until:
        seconds.sleep(0.01)
    assert session.scalar(waits), "nobody waits: the ticket was not locked"
    commit()
    waiting.join(5)
    return seen[0]


def test_an_assignment_is_read_as_it_was_left(app, assignment, clerk):
    commit()
    one = assignment.id

    def sign():
        handling.sign(locking.assignment(one), by=clerk)
        session.flush()

    def look():
        found = locking.assignment(one)
        return found.signed_at is not None, found.ticket.state

    assert meanwhile(app, look, sign) == (True, "processing")


def test_a_reply_is_read_as_it_was_left(app, given, zhao):
    commit()
    one = given.id

    def accept():
        closing.accept_reply(locking.reply(one), by=zhao)
        session.flush()

    def look():
        found = locking.reply(one)
        return found.verdict, found.assignment.state, found.assignment.ticket.state

    assert meanwhile(app, look, accept) == ("passed", "accepted", "pending_follow_up")


def test_a_follow_up_is_read_as_it_was_left(app, asked, zhao):
    commit()
    one = asked.id

    def take():
        people.take(people.locked(one), by=zhao)
        session.flush()

    def look():
        return locking.follow_up(one).taken_by_id

    assert meanwhile(app, look, take) == zhao.id


def test_what_the_ticket_is_about_is_read_as_it_was_left(app, ticket):
    session.add(Topic(code="road", name="道路"))
    commit()
    number, road = ticket.number, session.scalars(select(Topic).where(Topic.code == "road")).one()

    def another():
        locking.ticket(number).topic_id = road.id
        session.flush()

    def look():
        return locking.ticket(number).topic.code

    assert meanwhile(app, look, another) == "road"


@pytest.mark.parametrize("of", ["assignment", "reply", "follow_up", "request", "exchange"])
def test_what_is_not_there_is_said_to_be_not_there(assignment, of):
    with pytest.raises(locking.NotThere):
        getattr(locking, of)(987654)


def test_whoever_locks_has_marked_his_place(assignment, asked):
    commit()
    ids, number = (assignment.id, asked.id), assignment.ticket.number
    for lock in (
        lambda: locking.assignment(ids[0]),
        lambda: locking.follow_up(ids[1]),
        lambda: locking.ticket(number),
    ):
        roll_back()
        assert session.scalar(feed.LOWEST_MARK) is None
        lock()
        assert session.scalar(feed.LOWEST_MARK) == feed.newest()
