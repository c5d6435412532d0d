"""Databases of one machine: killed, and in places where their user may not go."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infra.embedded import child, postgres
from infra.embedded.postgres import Postgres


@pytest.fixture
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="hotline-embedded-"))
    yield folder
    shutil.rmtree(folder)


def remembered(server: Postgres) -> list[tuple[int]]:
    with psycopg.connect(server.url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS seen (it int)")
        connection.execute("INSERT INTO seen VALUES (1)")
        return connection.execute("SELECT count(*) FROM seen").fetchall()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's database has another owner")
def test_a_checkout_that_only_root_may_enter_has_its_database_elsewhere(place, monkeypatch):
    elsewhere, checkout = place / "elsewhere", place / "root"
    elsewhere.mkdir(mode=0o755)
    checkout.mkdir(mode=0o700)
    place.chmod(0o755)
    monkeypatch.setattr(postgres, "ELSEWHERE", elsewhere)
    reachable = postgres._open_to_all
    # The programs lie in such a checkout too.
    monkeypatch.setattr(
        postgres,
        "_open_to_all",
        lambda folder: "site-packages" not in str(folder) and reachable(folder),
    )
    for starts in (1, 2):
        server = Postgres(checkout / "postgres", fast=True)
        server.start()
        assert remembered(server) == [(starts,)]
        server.stop()
    assert (checkout / "postgres").is_symlink()
    assert {one.name.rpartition("-")[0] for one in elsewhere.iterdir()} == {
        "hotline-data",
        "hotline-postgres",
    }


def test_a_first_start_that_was_killed_in_the_middle_is_begun_anew(place):
    place.chmod(0o755)
    half = place / "postgres" / "data.partial"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    server = Postgres(place / "postgres", fast=True)
    server.start()
    assert remembered(server) == [(1,)]
    server.stop()


def test_why_it_did_not_start_is_in_the_message(place):
    place.chmod(0o755)
    broken = place / "postgres" / "data"
    broken.mkdir(parents=True)
    server = Postgres(place / "postgres", fast=True)
    with pytest.raises(child.CannotStart, match=r"PostgreSQL 未能启动：.+ \(did not start\)"):
        server.start()
