"""``script/bench [name]``."""

import sys
from collections.abc import Callable

from benchmarks import assist, memory, offer, routing, voice
from benchmarks.figures import Report
from local import CannotServe

BENCHES: dict[str, Callable[[Report], None]] = {
    "voice": voice.run,
    "routing": routing.run,
    "offer": offer.run,
    "assist": assist.run,
    "memory": memory.run,
}


def main() -> None:
    wanted = sys.argv[1:] or list(BENCHES)
    unknown = [name for name in wanted if name not in BENCHES]
    if unknown:
        sys.exit(f"no such bench: {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    missed: list[str] = []
    for name in wanted:
        report = Report(name)
        try:
            BENCHES[name](report)
        except CannotServe as error:
            sys.exit(str(error))
        missed += [f"{name}: {one}" for one in report.missed]
    if missed:
        sys.exit("goals missed:\n" + "\n".join(missed))


if __name__ == "__main__":
    main()
