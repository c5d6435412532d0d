"""What runs with every sentence, every second or at every look at a desk reads no table whole:
after a year there are twelve million calls in it."""

from collections.abc import Callable

import pytest
from sqlalchemy import event, text

import queues.sweeps
import recordings.sweeps
import tickets.sweeps
import tickets.timekeeping
from dispatching import queue
from infra.db import session
from models import Party
from queues import returning, vanishing
from recordings import arrivals
from telephony import orders
from tests.places import an_agent
from tickets import clusters
from units import inbox

GROWING = (
    "assignment",
    "call",
    "call_event",
    "carrier_order",
    "missed_contact",
    "notice",
    "offer",
    "place",
    "promise",
    "recording",
    "reply",
    "request",
    "text_message",
    "ticket",
    "utterance",
)
SENTENCE = arrivals.Sentence("CA-x", Party.CITIZEN, False, "GT-x", 1, None, "路灯坏了", None)
WORK: dict[str, Callable[[], object]] = {
    "a sentence": lambda: arrivals.hear(SENTENCE),
    "the end of an agent's leg": lambda: vanishing.agent_leg_over("CA-x", requeue_url=""),
    "a look at a desk": lambda: returning.lost_by(an_agent("wang")),
    "each second": queues.sweeps.tick,
    "orders": orders.carry_out_due,
    "those who connect": lambda: queues.sweeps.look_into_stuck(queues.sweeps.Addresses("", "")),
    "recordings": recordings.sweeps.run,
    "tickets": tickets.sweeps.run,
    "deadlines": tickets.timekeeping.each_minute,
    "an inbox": lambda: inbox.page(inbox.Wanted([1, 2]), an_agent("wang").staff),
    "red lights": lambda: inbox.page(inbox.Wanted([1], light="red"), an_agent("wang").staff),
    "what a unit has done": lambda: inbox.page(
        inbox.Wanted([1], tab="done"), an_agent("wang").staff
    ),
    "tabs of an inbox": lambda: (inbox.counts([1, 2]), inbox.notices(1)),
    "the dispatcher's queue": lambda: (queue.tickets("waiting", None), queue.counts()),
    "requests and replies": lambda: (queue.requests(), queue.replies()),
    "clusters": clusters.found,
}


@pytest.mark.parametrize("name", WORK)
def test_no_table_that_grows_is_read_whole(app, time, name):
    asked: list[tuple[str, object]] = []

    def listen(_connection, _cursor, statement, given, _context, _many) -> None:
        if statement.lstrip().startswith(("SELECT", "UPDATE")):
            asked.append((statement, given))

    engine = app.extensions["engine"]
    event.listen(engine, "before_cursor_execute", listen)
    WORK[name]()
    event.remove(engine, "before_cursor_execute", listen)
    assert asked
    session.rollback()
    # In a small table reading it whole is cheapest: the planner may not, where it can help it.
    session.execute(text("SET LOCAL enable_seqscan = off"))
    for statement, given in asked:
        rows = session.connection().exec_driver_sql(f"EXPLAIN {statement}", given).scalars().all()
        plan = "\n".join(rows)
        for table in GROWING:
            assert f"Seq Scan on {table}" not in plan, f"{statement}\n{plan}"
