"""What runs with every sentence, every second or at every look at a desk reads no table whole:
after a year there are twelve million calls in it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask, g
from sqlalchemy import event, insert, text

import channels.sweeps
import followups.planning
import queues.sweeps
import recordings.sweeps
import tickets.sweeps
import tickets.timekeeping
from agent_desk import picture, recovery
from analytics import board, scene, watching
from assist import alerts
from channels.api import events, reading, sent
from dispatching import queue
from infra.clock import now
from infra.db import session
from models import (
    ApiKey,
    Call,
    CallStatus,
    Disposition,
    Kind,
    Line,
    Party,
    Person,
    Role,
    StaffMember,
    Ticket,
    TicketState,
)
from queues import announcing, each_second, limiting, panicking, reskilling, returning, vanishing
from recordings import arrivals, calls, rung
from telephony import attempts, orders, outbound
from tests.places import a_line, a_unit, an_agent
from tests.visitors import somebody
from tickets import chasing, clusters, escalations, lit, pieces, search
from tickets.wanted import Wanted
from units import duty_rota, inbox
from web import shell
from workforce import arrivals as arrivals_counted
from workforce import expecting, kept_times, staffing

GROWING = (
    "addition",
    "alert",
    "announcement_heard",
    "assignment",
    "call",
    "call_event",
    "callback",
    "chase",
    "consult",
    "asking",
    "dial",
    "dial_attempt",
    "duty_ring",
    "escalation",
    "carrier_order",
    "delivery",
    "exchange",
    "legal_clock",
    "linkage",
    "limitation",
    "follow_up",
    "follow_up_alarm",
    "half_hour",
    "key_press",
    "missed_contact",
    "monitor",
    "notice",
    "offer",
    "outside",
    "panic",
    "place",
    "promise",
    "protection",
    "protection_visit",
    "recording",
    "recovery",
    "reply",
    "request",
    "reskill",
    "seat_stretch",
    "strike",
    "telephone_ring",
    "text_message",
    "ticket",
    "ticket_event",
    "utterance",
)
COUNTED = {shell.MISSED, shell.FOLLOW_UPS, shell.FLOOR, shell.TICKETS}
DAY = date(2026, 8, 10)
SENTENCE = arrivals.Sentence("CA-x", Party.CITIZEN, False, "GT-x", 1, None, "路灯坏了", None)


def as_a_unit() -> datetime:
    """A unit's key is there; returns the present."""
    g.api_key = ApiKey(unit_id=1)
    return now()


def a_clerk() -> StaffMember:
    return somebody("unit", Role.UNIT, unit=a_unit())


def a_lead() -> StaffMember:
    return somebody("li", Role.LEAD)


# What the list of tickets is narrowed by, and of which index it is.
NARROWED: dict[str, dict[str, object]] = {
    "tickets of days": {"first": DAY, "last": DAY},
    "words in tickets of days": {"first": DAY, "words": "路灯", "after": (now(), 9)},
    "a month by its number": {"number": pieces.read("202608")},
    "the end of a number": {"number": pieces.read("123")},
    "tickets of a line": {"line": "fund"},
}
INDEXES = dict(
    zip(
        NARROWED,
        [
            *("submitted_at_id", "submitted_at_id", "submitted_at_id"),
            *("serial_id", "line_id_id"),
        ],
        strict=True,
    )
)
WORK: dict[str, Callable[[], object]] = {
    "a sentence": lambda: arrivals.hear(SENTENCE),
    "the end of an agent's leg": lambda: vanishing.agent_leg_over("CA-x", requeue_url=""),
    "a look at a desk": lambda: returning.lost_by(an_agent("wang")),
    "an agent's own calls": lambda: picture.recent(an_agent("wang")),
    "each second": queues.sweeps.tick,
    "what each second may have due": lambda: each_second.move((True,) * len(each_second.PARTS)),
    "alarms of the floor": panicking.open_ones,
    "a rest at a desk": lambda: recovery.of(an_agent("wang")),
    "how soon units were found": lambda: duty_rota.figures([1]),
    "orders": orders.carry_out_due,
    "the next to ring": outbound.dial_due,
    "whom nothing was heard of": attempts.settle_due,
    "what may be rung no more": outbound.lapse_due,
    "those who connect": lambda: queues.sweeps.look_into_stuck(queues.sweeps.Addresses("", "")),
    "recordings": recordings.sweeps.run,
    "words in calls": lambda: calls.find(calls.Wanted(words="路灯 阳明路"), by=a_lead()),
    "whom the robot rang": lambda: rung.find(1),
    "follow-ups": followups.planning.run,
    "tickets": tickets.sweeps.run,
    "deadlines": tickets.timekeeping.each_minute,
    "outbox": channels.sweeps.run,
    "a pull of a unit's system": lambda: reading.page(
        sent.AssignmentsWanted(updated_since=as_a_unit())
    ),
    "its stream": lambda: as_a_unit() and events.page(sent.EventsWanted(after=0)),
    "an inbox": lambda: inbox.page(inbox.Wanted([1, 2]), an_agent("wang").staff),
    "red lights": lambda: inbox.page(inbox.Wanted([1], light="red"), an_agent("wang").staff),
    "all that a unit was told": lambda: inbox.notices(a_clerk(), 31, after=1),
    **{
        f"{light} tickets": lambda light=light: search.find(
            Wanted(light=light, after=(now(), 1)), by=a_lead()
        )
        for light in lit.LIGHTS
    },
    **{
        name: lambda asked=asked: search.find(Wanted(**asked), by=a_lead())
        for name, asked in NARROWED.items()
    },
    "what leads are told": lambda: (escalations.unseen(6), escalations.everything(31, 1)),
    "what a unit has done": lambda: inbox.page(
        inbox.Wanted([1], tab="done"), an_agent("wang").staff
    ),
    "tabs of an inbox": lambda: (
        inbox.counts([1, 2]),
        inbox.notices(a_clerk()),
    ),
    "the dispatcher's queue": lambda: (queue.tickets("waiting", None), queue.counts()),
    "requests and replies": lambda: (queue.requests(), queue.replies()),
    "clusters": clusters.found,
    "what is called about": chasing.most_chased,
    "dangers": board.emergencies,
    "talks and who listens": lambda: (scene.talks(), scene.listeners(), scene.callers()),
    "alerts": lambda: (watching.watch(), alerts.live(), alerts.since(now(), 9)),
    "what leads have lent and told": lambda: (reskilling.of_all(), announcing.coming()),
    "what the menu counts": lambda: shell.counts(COUNTED, leads=True),
    "arrivals and forecasts": lambda: (arrivals_counted.count(), expecting.run()),
    "seats short": lambda: staffing.today(None),
    "who kept to his shift": lambda: kept_times.on_day(DAY),
    "who is limited as he calls": lambda: (
        limiting.of_person(1, now()),
        limiting.is_protected(Person(id=1, number_fingerprint="-", minor=False)),
        limiting.standing(1),
    ),
    "missed callers": search.unhandled_contacts,
}


def test_words_are_found_by_their_pairs_of_characters(app):
    """Not by walking through some other index from end to end: the planner may choose it of
    itself, with as many rows as make the choice a choice."""
    a_year_of_calls(5000)
    line = "INSERT INTO utterance (call_id, party, transcription, sequence, at, text, source)"
    many = "SELECT id, 'citizen', 'GT', id, now(), '第' || id || '句话' || md5(id::text), 'live'"
    session.execute(text(f"{line} {many} FROM call"))
    # As the database's own housekeeping does.
    session.execute(text("SELECT gin_clean_pending_list('ix_utterance_pairs')"))
    session.execute(text("ANALYZE call, utterance"))
    asked = statements(app, WORK["words in calls"])
    assert any("word_pairs" in statement for statement, _ in asked)
    for statement, given in asked:
        if "word_pairs" in statement:
            found = plan(statement, given)
            assert "ix_utterance_pairs" in found, f"{statement}\n{found}"


def test_an_agents_newest_calls_are_found_without_those_of_years(app):
    """Neither his own are sorted nor everybody's walked through."""
    wang, zhao = an_agent("wang"), an_agent("zhao")
    a_year_of_calls(2000, agent_id=wang.staff_id)
    a_year_of_calls(8000, agent_id=zhao.staff_id)
    session.execute(text("ANALYZE call"))
    with app.test_request_context():
        asked = statements(app, lambda: picture.recent(wang))
    found = [plan(*one) for one in asked if "FROM call" in one[0]]
    assert found and all("ix_call_agent_id_id" in one for one in found), "\n".join(found)


@pytest.mark.parametrize("name", NARROWED)
def test_what_the_list_is_narrowed_by_has_an_index_in_its_order(app, name):
    """A page is read from where it begins, not gathered from all that there is."""
    a_year_of_tickets(5000, a_line("fund"))
    session.execute(text("ANALYZE ticket"))
    asked = [one for one in statements(app, WORK[name]) if "FROM ticket" in one[0]]
    assert asked
    for statement, given in asked:
        found = plan(statement, given)
        assert f"ix_ticket_{INDEXES[name]}" in found, found


@pytest.mark.parametrize("name", WORK)
def test_no_table_that_grows_is_read_whole(app, time, name):
    asked = statements(app, WORK[name])
    assert asked
    session.rollback()
    # In a small table reading it whole is cheapest: the planner may not, where it can help it.
    session.execute(text("SET LOCAL enable_seqscan = off"))
    for statement, given in asked:
        found = plan(statement, given)
        for table in GROWING:
            assert f"Seq Scan on {table} " not in found, f"{statement}\n{found}"


def a_year_of_calls(count: int, **known: object) -> None:
    at = now()
    over = {"status": CallStatus.ENDED, "ended_at": at, "disposition": Disposition.ANSWERED}
    common = {"number_masked": "-", "started_at": at} | over | known
    session.execute(insert(Call), [common | {"sid": f"CA-{uuid4()}"} for _ in range(count)])


def a_year_of_tickets(count: int, line: Line) -> None:
    """One of fifty came in on this line."""
    common = {"query_code": "1", "query_code_hash": "-", "kind": Kind.HELP, "summary": "路灯不亮"}
    common |= {"state": TicketState.PENDING_DISPATCH}
    began = datetime(2026, 1, 1, tzinfo=UTC)
    rows = []
    for n in range(count):
        at = began + n * timedelta(days=365) / count
        number = f"{at:%Y%m%d}-{n:06d}"
        own = {"number": number, "created_at": at, "submitted_at": at}
        rows.append(common | own | {"line_id": None if n % 50 else line.id})
    session.execute(insert(Ticket), rows)


def statements(app: Flask, work: Callable[[], object]) -> list[tuple[str, object]]:
    """What the work asks of the database."""
    asked: list[tuple[str, object]] = []

    def listen(_connection, _cursor, statement, given, _context, _many) -> None:
        if statement.lstrip().startswith(("SELECT", "UPDATE")):
            asked.append((statement, given))

    engine = app.extensions["engine"]
    event.listen(engine, "before_cursor_execute", listen)
    work()
    event.remove(engine, "before_cursor_execute", listen)
    return asked


def plan(statement: str, given: object) -> str:
    rows = session.connection().exec_driver_sql(f"EXPLAIN {statement}", given)
    return "\n".join(rows.scalars())
