"""What ``script/server`` can be told; read before anything is installed, so of Python alone."""

import argparse
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# web and the four ports after it
HIGHEST = 65535 - 4


def read() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/server",
        description="The whole hotline on one machine, with databases and a carrier of its own.",
        epilog="Settings are environment variables, see docs/operations.md.  Ctrl-C stops all.",
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=os.environ.get("PORT", "5000"),
        help="web; +1 live streams, +2 local carrier, +3 its signalling, +4 fallback (PORT, 5000)",
    )
    parser.add_argument(
        "--var",
        type=Path,
        default=os.environ.get("VAR_DIR", str(ROOT / "var")),
        help="folder of data, recordings and demo keys (VAR_DIR, var)",
    )
    parser.add_argument("--no-seed", action="store_true", help="do not plant the demo city")
    return parser.parse_args()


def _port(value: str) -> int:
    if not (value.isascii() and value.isdecimal()) or not 1 <= int(value) <= HIGHEST:
        raise argparse.ArgumentTypeError(f"端口应在 1 至 {HIGHEST} 之间 (not a port: {value})")
    return int(value)


if __name__ == "__main__":
    read()
