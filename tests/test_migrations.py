"""What the migrations build is what the models say, from an empty database on."""

import subprocess
import sys
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
