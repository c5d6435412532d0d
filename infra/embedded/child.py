"""Starting and ending a child process that must not outlive us."""

import ctypes
import os
import pwd
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)
STOP_WITHIN = 10.0
UNPRIVILEGED = "nobody"


class CannotStart(Exception):
    """An embedded service did not start; the message says what to do or where to look."""


def start(
    command: list[str],
    log: Path,
    *,
    drop_root: bool = False,
    env: Mapping[str, str] | None = None,
    when_orphaned: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start ``command`` with its output in ``log``; the kernel ends it when we die."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(os.environ if env is None else env),
            # No threads run yet where children are started.
            preexec_fn=bound(drop_root=drop_root, when_orphaned=when_orphaned),  # noqa: PLW1509
        )


def stop(child: subprocess.Popen[bytes], how: int = signal.SIGTERM) -> None:
    if child.poll() is not None:
        return
    child.send_signal(how)
    try:
        child.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def owner() -> tuple[int, int] | None:
    """Who runs a server that refuses to run as root; None when we are not root."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam(UNPRIVILEGED)
    return nobody.pw_uid, nobody.pw_gid


def bound(
    *, drop_root: bool = False, when_orphaned: signal.Signals = signal.SIGTERM
) -> Callable[[], None]:
    """What a child does before it becomes its program: it leads a group, and ends with us."""
    other = owner() if drop_root else None

    def prepare() -> None:
        # A terminal's Ctrl-C is for the parent, which stops its children in order.
        os.setpgid(0, 0)
        if other is not None:
            os.setgroups([])
            os.setgid(other[1])
            os.setuid(other[0])
        end_with_parent(when_orphaned)

    return prepare


def end_with_parent(how: signal.Signals) -> None:
    """From now on the kernel sends us this signal when the process that started us ends."""
    LIBC.prctl(PR_SET_PDEATHSIG, how)


def last_words(log: Path) -> str:
    """The last line of a log: most often the reason."""
    try:
        lines = log.read_text(errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
