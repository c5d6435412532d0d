"""What the whole hotline of one machine holds while nobody calls: shared pages counted once."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Report
from benchmarks.running import PORT, ROOT, wait_for

GOAL_MB = 900
# Caches and pools are filled by the first sweeps.
IDLE = 40


def run(report: Report) -> None:
    folder = Path(tempfile.mkdtemp(prefix="hotline-bench-"))
    folder.chmod(0o755)
    command = [sys.executable, "-m", "local", "--port", str(PORT), "--var", str(folder)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{PORT}/readyz", server)
        time.sleep(IDLE)
        held = sum(proportional_kb(one) for one in family(server.pid))
        report.say("idle_pss_mb", held / 1024, "MB", at_most=GOAL_MB)
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def family(oldest: int) -> set[int]:
    """A process and all that came of it."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # After the name, which may contain anything: state, parent.
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    family = {oldest}
    while more := {one for one, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def proportional_kb(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
