"""What the migrations build is what the models say, from an empty database on."""

import subprocess
import sys
from pathlib import Path

from sqlalchemy import create_engine, text

ROOT = Path(__file__).resolve().parent.parent


def alembic(url: str, *words: str) -> str:
    command = [sys.executable, "-m", "alembic", "-x", f"url={url}", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_migrations_build_what_the_models_say(settings):
    base, _, _ = settings.database_url.rpartition("/")
    with create_engine(settings.database_url, isolation_level="AUTOCOMMIT").connect() as server:
        server.execute(text("DROP DATABASE IF EXISTS migrated"))
        server.execute(text("CREATE DATABASE migrated"))
    url = f"{base}/migrated"
    alembic(url, "upgrade", "head")
    assert "No new upgrade operations detected" in alembic(url, "check")
    alembic(url, "downgrade", "base")
    alembic(url, "upgrade", "head")
