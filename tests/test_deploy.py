"""The examples of docs/deploy are right: an operator copies them without reading our code."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from honcho.environ import parse_procfile

from config import REQUIRED_IN_PRODUCTION

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "docs" / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))


def command(unit: Path) -> str:
    (found,) = re.findall(
        r"^ExecStart=/srv/hotline/.venv/bin/(.*)$", unit.read_text(), re.MULTILINE
    )
    return str(found)


def test_every_process_has_a_unit_that_starts_the_same_program():
    processes = parse_procfile((ROOT / "Procfile").read_text()).processes
    assert {f"hotline-{name}.service" for name in processes} == {one.name for one in UNITS}
    assert all(one.name in (DEPLOY / "hotline.target").read_text() for one in UNITS)
    for unit in UNITS:
        told = processes[unit.stem.removeprefix("hotline-")]
        words = shlex.split(command(unit))
        assert words[0] in told and words[2] in told and words[-1] in told


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_takes_the_units(tmp_path):
    for one in [*UNITS, DEPLOY / "hotline.target"]:
        here = one.read_text().replace("/srv/hotline/.venv/bin", str(Path(sys.executable).parent))
        (tmp_path / one.name).write_text(here)
    # It resolves what the units name; only what it says of ours is a fault of ours.
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, tmp_path.iterdir())],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )
    assert [line for line in done.stderr.splitlines() if "hotline" in line] == []


def test_the_example_of_the_settings_names_all_that_production_requires():
    named = set(re.findall(r"^([A-Z_]+)=", (DEPLOY / "hotline.env").read_text(), re.MULTILINE))
    assert set(REQUIRED_IN_PRODUCTION) <= named


@pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx here")
def test_nginx_takes_the_example(tmp_path):
    name = "/CN=hotline.example.gov.cn"
    key, pem = tmp_path / "key", tmp_path / "pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", name]
    subprocess.run([*make, "-keyout", key, "-out", pem], check=True, capture_output=True)
    example = (DEPLOY / "nginx.conf").read_text()
    example = example.replace("/etc/ssl/hotline.pem", str(pem))
    example = example.replace("/etc/ssl/private/hotline.key", str(key))
    whole = f"pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}} http {{ {example} }}"
    (tmp_path / "nginx.conf").write_text(whole)
    asked = ["nginx", "-t", "-q", "-c", str(tmp_path / "nginx.conf")]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
