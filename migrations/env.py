"""Alembic's way to the database: the same URL and the same models as the application."""

import os
from typing import Literal

from alembic import context
from sqlalchemy import create_engine, pool

from infra.privacy import Sealed
from models import Base


def in_plain_types(kind: str, item: object, _context: object) -> str | Literal[False]:
    """A migration must not change when the code does: an encrypted column is bytes."""
    return "sa.LargeBinary()" if kind == "type" and isinstance(item, Sealed) else False


def run() -> None:
    url = context.get_x_argument(as_dictionary=True).get("url") or os.environ["DATABASE_URL"]
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        # Two servers that start at once must not both migrate.
        connection.exec_driver_sql("SELECT pg_advisory_lock(54322)")
        context.configure(
            connection=connection, target_metadata=Base.metadata, render_item=in_plain_types
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
