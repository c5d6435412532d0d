"""What an operator does by hand, as he does it: a process with settings and a terminal."""

import subprocess
import sys
from pathlib import Path

import pytest
from flask import current_app
from sqlalchemy import select, text

from infra.db import commit, session
from models import ChainDigest, Line, Role, StaffMember
from staff import passwords
from tests import services
from tests.handled import Town
from tickets import timekeeping

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def run(app, settings):
    """Run a command in production."""
    env = services.environment(settings) | {"HOTLINE_ENV": "production"}

    def command(*words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        commit()  # a process takes seconds to start, and no transaction may wait for it
        return subprocess.run(
            [sys.executable, "-m", "cli", *words],
            cwd=ROOT,
            env=env,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )

    return command


def test_a_new_installation_gets_its_city_and_its_first_administrator(run):
    assert "专席 9 条" in run("import-city", "seeds/nanchang").stdout
    assert len(session.scalars(select(Line)).all()) == 9
    assert session.scalars(select(StaffMember)).all() == []
    done = run("add-admin", "boss", typed="first password\n")
    assert done.returncode == 0 and "first password" not in done.stdout
    boss = session.scalars(select(StaffMember)).one()
    assert boss.may(Role.ADMIN) and boss.must_change_password
    assert passwords.verify(boss.password_hash, "first password")


def test_histories_are_verified_and_a_changed_one_is_named(run, time):
    town = Town(current_app)
    number = town.given().ticket.id
    time.forward(86400)
    timekeeping.each_hour()
    day = session.scalars(select(ChainDigest.day)).one()
    assert "完整" in run("verify-history", "--day", day.isoformat()).stdout
    session.execute(text("ALTER TABLE ticket_event DISABLE TRIGGER ALL"))
    session.execute(text("UPDATE ticket_event SET detail = '{}', hash = 'x' WHERE seq = 2"))
    session.execute(text("ALTER TABLE ticket_event ENABLE TRIGGER ALL"))
    commit()
    done = run("verify-history", "--day", day.isoformat())
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert f"ticket {number}, link 2: the payload was changed" in done.stdout
    assert "differs from the kept digest" in done.stdout


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        (("add-admin", "boss"), "short\n", "密码至少 8 位"),
        (("add-admin", "Boss!"), "long enough\n", "账号只能用"),
        (("import-city", "docs"), "", "没有"),
        (("seed",), "", "生产环境不能写入演示数据"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(run, words, typed, said):
    refused = run(*words, typed=typed)
    assert refused.returncode != 0 and said in refused.stderr
    assert "Traceback" not in refused.stderr
    assert session.scalars(select(StaffMember)).all() == []
