"""What the migrations build is what the models say, from an empty database on."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session, load_only

from models import Ticket, TicketEvent, TicketState
from tickets import history

ROOT = Path(__file__).resolve().parent.parent


def alembic(url: str, *words: str) -> str:
    command = [sys.executable, "-m", "alembic", "-x", f"url={url}", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def url(settings) -> str:
    """An empty database."""
    base, _, _ = settings.database_url.rpartition("/")
    with create_engine(settings.database_url, isolation_level="AUTOCOMMIT").connect() as server:
        server.execute(text("DROP DATABASE IF EXISTS migrated"))
        server.execute(text("CREATE DATABASE migrated"))
    return f"{base}/migrated"


def test_the_migrations_build_what_the_models_say(url):
    alembic(url, "upgrade", "head")
    assert "No new upgrade operations detected" in alembic(url, "check")
    alembic(url, "downgrade", "base")
    alembic(url, "upgrade", "head")


BEFORE_LIFE_CYCLES = """
INSERT INTO ticket (id, channel, kind, summary, urgency, confidential, needs_reply, state,
  created_at, submitted_at, number, query_code, query_code_hash, origins)
VALUES (1, 'phone', 'help', '路灯不亮', 'normal', false, true, 'submitted',
  now(), now(), '20261125-000001', '', '', '{}'),
  (2, 'phone', NULL, NULL, 'normal', false, true, 'draft', now(), NULL, NULL, NULL, NULL, '{}');
INSERT INTO ticket_event (ticket_id, at, name, detail) VALUES
  (1, now(), 'completed_by_software', '{"fields": ["summary", "地址"]}'), (2, now(), 'noted', '{}'),
  (1, now(), 'submitted', '{}')
"""


def test_what_happened_before_chains_were_kept_is_chained(url):
    alembic(url, "upgrade", "a3401c847a11")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(BEFORE_LIFE_CYCLES))
    alembic(url, "upgrade", "head")
    with Session(engine) as session:
        plain = load_only(Ticket.id, Ticket.state, Ticket.head_seq, Ticket.head_hash)
        first, draft = session.scalars(select(Ticket).options(plain).order_by(Ticket.id))
        assert (first.state, draft.state) == (TicketState.PENDING_DISPATCH, TicketState.DRAFT)
        assert first.head_seq == 2
        for ticket in (first, draft):
            links = session.scalars(
                select(TicketEvent)
                .where(TicketEvent.ticket_id == ticket.id)
                .order_by(TicketEvent.seq)
            ).all()
            assert history.flaw(ticket, links) is None
    engine.dispose()


BEFORE_OWN_CLOCKS = """
INSERT INTO unit (id, code, name, kind, active, duties)
VALUES (1, 'urban', '城管局', 'bureau', true, '');
INSERT INTO ticket (id, channel, kind, summary, urgency, confidential, needs_reply, state,
  created_at, submitted_at, number, query_code, query_code_hash, origins, wanted_by,
  merged_into_id, sensitive, returns, minor, head_seq, head_hash)
SELECT id, 'phone', 'help', '路灯不亮', urgency, false, true, state, now(), now(), number, '', '',
  '{}', wanted_by, into_id, 0, 0, false, 0, ''
FROM (VALUES
  (1, 'urgent', 'pending_dispatch', 'A', timestamptz '2026-12-01T08:00Z', NULL),
  (2, 'urgent', 'merged', 'B', NULL, 1),
  (3, 'expedite', 'pending_dispatch', 'C', timestamptz '2026-12-02T08:00Z', NULL),
  (4, 'normal', 'merged', 'D', NULL, 3),
  (5, 'urgent', 'pending_dispatch', 'E', NULL, NULL)
) rows (id, urgency, state, number, wanted_by, into_id);
INSERT INTO ticket_event (ticket_id, seq, at, name, detail, payload_hash, hash) VALUES
  (1, 1, now(), 'clock_taken_over',
   '{"before": {"urgency": "normal", "wanted_by": "2026-12-05T08:00:00+00:00"}}', '', '');
INSERT INTO round (id, ticket_id, number, opened_at, because) VALUES (1, 1, 1, now(), '');
INSERT INTO assignment (id, ticket_id, round_id, unit_id, part, level, state, advice, forced,
  dispatched_at, limits, late, ended_at)
VALUES (1, 1, 1, 1, 'assist', 1, 'recalled', '', false, now(), '{}', '{}', now());
INSERT INTO supervision (id, ticket_id, unit_id, kind, because, words, at) VALUES
  (1, 1, 1, 'system', 'overdue', '', now() - interval '1 day'),
  (2, 3, 1, 'system', 'overdue', '', now());
INSERT INTO work_day (day, works, name, source, provisional, changed_at) VALUES
  ('2026-12-15', false, '', 'notice', false, now()),
  ('2025-12-31', false, '', 'notice', false, now()),
  ('2026-01-01', false, '', 'notice', false, now()),
  ('2026-03-03', false, '', 'manual', false, now());
"""


def test_what_ran_by_anothers_clock_keeps_its_own_from_now_on(url):
    alembic(url, "upgrade", "20261129merged")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(BEFORE_OWN_CLOCKS))
    alembic(url, "upgrade", "head")
    with engine.connect() as connection:

        def found(query: str) -> list[tuple[object, ...]]:
            return [tuple(row) for row in connection.execute(text(query))]

        clocks = found("SELECT id, own_urgency, date(own_wanted_by) FROM ticket ORDER BY id")
        assert clocks == [
            (1, "normal", date(2026, 12, 5)),
            (2, None, None),
            (3, "expedite", date(2026, 12, 2)),
            (4, None, None),
            (5, None, None),
        ]
        assert found("SELECT id FROM supervision WHERE ended_at IS NULL") == [(2,)]
        years = found("SELECT notice_year FROM work_day ORDER BY day")
        assert years == [(2026,), (2026,), (None,), (2026,)]
    engine.dispose()
