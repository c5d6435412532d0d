"""Real PostgreSQL and Redis for a test run, in a folder that is gone afterwards."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from config import Settings
from infra.embedded import postgres, redis

ACCOUNT = "AC" + "1" * 32
TOKEN = "a-token-that-only-tests-know"


@contextmanager
def running() -> Iterator[Settings]:
    folder = Path(tempfile.mkdtemp(prefix="hotline-tests-"))
    folder.chmod(0o755)  # the database's user must get through
    try:
        with ExitStack() as stack:
            database = stack.enter_context(postgres.running(folder / "postgres", fast=True))
            bell = stack.enter_context(redis.running(folder / "redis"))
            yield settings(database, bell, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def settings(database_url: str, redis_url: str, folder: Path, **other: str) -> Settings:
    return Settings.read(
        {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "SECRET_KEY": "only for tests, longer than thirty-two bytes",
            "DATA_KEYS": "t1:" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=",
            "SEARCH_PEPPER": "pepper of the tests",
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_API_KEY": "SK" + "2" * 32,
            "TWILIO_API_SECRET": "secret of the tests, longer than thirty-two",
            "TWILIO_APP_SID": "AP" + "3" * 32,
            "TWILIO_API_URL": "http://carrier.test",
            "HOTLINE_NUMBER": "12345",
            "PUBLIC_URL": "http://hotline.test",
            "FALLBACK_URL": "http://fallback.test",
            "VAR_DIR": str(folder / "var"),
            **other,
        }
    )


def environment(found: Settings) -> dict[str, str]:
    """The same settings for a process of its own; nothing of whoever runs the tests."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}",
        "PUBLIC_URL": found.public_url,
        "DATABASE_URL": found.database_url,
        "REDIS_URL": found.redis_url,
        "SECRET_KEY": found.secret_key,
        "DATA_KEYS": ",".join(":".join(pair) for pair in found.data_keys),
        "SEARCH_PEPPER": found.search_pepper,
        "TWILIO_ACCOUNT_SID": found.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_API_KEY": found.twilio_api_key,
        "TWILIO_API_SECRET": found.twilio_api_secret,
        "TWILIO_APP_SID": found.twilio_app_sid,
        "HOTLINE_NUMBER": found.hotline_number,
        "VAR_DIR": str(found.var_dir),
    }
