"""Alembic's way to the database: the same URL and the same models as the application."""

import os

from alembic import context
from sqlalchemy import create_engine, pool

from models import Base


def run() -> None:
    url = context.config.get_main_option("sqlalchemy.url") or os.environ["DATABASE_URL"]
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        # Two servers that start at once must not both migrate.
        connection.exec_driver_sql("SELECT pg_advisory_lock(54322)")
        context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
