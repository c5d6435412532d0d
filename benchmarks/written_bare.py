"""The rows of a city's month written again with nothing decided: what the database alone costs.

The same rows in as many transactions, into tables with the same columns, checks, indexes and
foreign keys, by statements that are written out.  With each link of history go its ticket's head,
an update of each row that the link names, and a part of the rows that its ticket left behind."""

import time
from collections import defaultdict, deque
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from sqlalchemy import TextClause, text

from infra.db import session, transaction

# A row comes after those that it points to.
OF_TICKET = {
    "round": "SELECT id, ticket_id FROM round",
    "assignment": "SELECT id, ticket_id FROM assignment",
    "legal_clock": "SELECT id, ticket_id FROM legal_clock",
    "request": "SELECT id, ticket_id FROM request",
    "contact": "SELECT c.id, a.ticket_id FROM contact c"
    " JOIN assignment a ON a.id = c.assignment_id",
    "reply": "SELECT r.id, a.ticket_id FROM reply r JOIN assignment a ON a.id = r.assignment_id",
    "supervision": "SELECT id, ticket_id FROM supervision",
    "urge": "SELECT id, ticket_id FROM urge",
    "notice": "SELECT id, ticket_id FROM notice WHERE ticket_id IS NOT NULL",
    "text_message": "SELECT id, ticket_id FROM text_message WHERE ticket_id IS NOT NULL",
    "dial": "SELECT d.id, f.ticket_id FROM dial d JOIN follow_up f ON f.dial_id = d.id",
    "follow_up": "SELECT id, ticket_id FROM follow_up",
    "asking": "SELECT k.id, f.ticket_id FROM asking k JOIN follow_up f ON f.id = k.follow_up_id",
}
TABLES = ("ticket", "ticket_event", *OF_TICKET)
# What a later link of history changes of a row that it names.
CHANGED = {"assignment": "state", "request": "state", "reply": "verdict", "follow_up": "state"}

# What the database reckons by itself is written by nobody.
COLUMNS = text(
    "SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position)"
    " FROM information_schema.columns"
    " WHERE table_schema = 'public' AND table_name = :table AND is_generated = 'NEVER'"
)
CHANGE = {
    table: text(f"UPDATE bare.{table} SET {column} = {column} WHERE id = :id")
    for table, column in CHANGED.items()
}
MOVE = text("UPDATE bare.ticket SET head_seq = :seq, head_hash = CAST(:seq AS text) WHERE id = :id")
# The transaction that wrote a link is the one that its row names: links are never changed.
LINKS = text("SELECT id, ticket_id, seq, detail, xmin::text AS by FROM ticket_event ORDER BY id")
FOREIGN_KEYS = text(
    "SELECT conrelid::regclass::text AS of, confrelid::regclass::text AS to,"
    " pg_get_constraintdef(oid) AS said FROM pg_constraint"
    " WHERE contype = 'f' AND connamespace = 'public'::regnamespace"
)


def seconds() -> float:
    """How long it takes."""
    with transaction():
        _make_tables()
        links = session.execute(LINKS).all()
        rows: dict[int, deque[tuple[str, int]]] = defaultdict(deque)
        for table, owned in OF_TICKET.items():
            for row_id, ticket_id in session.execute(text(owned)):
                rows[ticket_id].append((table, row_id))
        write = {table: _writing(table) for table in TABLES}
    written: set[tuple[str, int]] = set()
    began = time.perf_counter()
    for _by, together in groupby(links, key=lambda link: link.by):
        with transaction():
            for link in together:
                _write_with(link, rows[link.ticket_id], written, write)
    return time.perf_counter() - began


def _make_tables() -> None:
    session.execute(text("CREATE SCHEMA bare"))
    for table in TABLES:
        session.execute(text(f"CREATE TABLE bare.{table} (LIKE public.{table} INCLUDING ALL)"))
    for key in session.execute(FOREIGN_KEYS).all():
        if key.of in TABLES:
            into = f"bare.{key.to}" if key.to in TABLES else f"public.{key.to}"
            said = key.said.replace(f"REFERENCES {key.to}(", f"REFERENCES {into}(")
            session.execute(text(f"ALTER TABLE bare.{key.of} ADD {said}"))


def _writing(table: str) -> TextClause:
    """The ids are what differs from time to time: nothing is built anew."""
    columns = session.scalar(COLUMNS, {"table": table})
    return text(
        f"INSERT INTO bare.{table} ({columns}) SELECT {columns} FROM public.{table} WHERE id = :id"
    )


def _write_with(
    link: Any,
    rows: deque[tuple[str, int]],
    written: set[tuple[str, int]],
    write: Mapping[str, TextClause],
) -> None:
    if link.seq == 1:
        session.execute(write["ticket"], {"id": link.ticket_id})
    for table in CHANGED:
        if (table, link.detail.get(table)) in written:
            session.execute(CHANGE[table], {"id": link.detail[table]})
    # Spread over the links: a quarter of what is left with each.
    for _n in range(-(-len(rows) // 4)):
        table, row_id = rows.popleft()
        session.execute(write[table], {"id": row_id})
        written.add((table, row_id))
    session.execute(write["ticket_event"], {"id": link.id})
    session.execute(MOVE, {"id": link.ticket_id, "seq": link.seq})
