"""``script/bench [name ...] [--rows N]``."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    assist,
    city_month,
    forecast,
    load,
    memory,
    offer,
    routing,
    simulate,
    tickets,
    voice,
    wait,
)
from benchmarks.figures import Report
from local import CannotServe

BENCHES: dict[str, Callable[[Report, argparse.Namespace], None]] = {
    "voice": lambda report, _asked: voice.run(report),
    "routing": lambda report, _asked: routing.run(report),
    "offer": lambda report, _asked: offer.run(report),
    "load": lambda report, _asked: load.run(report),
    "assist": lambda report, _asked: assist.run(report),
    "forecast": lambda report, _asked: forecast.run(report),
    "memory": lambda report, _asked: memory.run(report),
    "city-month": city_month.run,
    "simulate": simulate.run,
    "wait": wait.run,
    "tickets": lambda report, asked: tickets.run(report, asked.rows, asked.kept),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="script/bench")
    parser.add_argument("name", nargs="*", help="all of them without a name: " + ", ".join(BENCHES))
    parser.add_argument("--rows", type=int, default=tickets.ROWS, help="tickets to look among")
    parser.add_argument(
        "--kept", type=Path, help="folder of the tickets' database, which stays for another run"
    )
    parser.add_argument(
        "--tickets", type=int, default=city_month.TICKETS, help="tickets of the city's month"
    )
    parser.add_argument(
        "--calls", type=int, default=simulate.CALLS, help="simulated calls with faults"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the first simulated day")
    asked = parser.parse_args()
    unknown = [name for name in asked.name if name not in BENCHES]
    if unknown:
        parser.error(f"no such bench: {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    missed: list[str] = []
    for name in asked.name or BENCHES:
        report = Report(name)
        try:
            BENCHES[name](report, asked)
        except CannotServe as error:
            sys.exit(str(error))
        missed += [f"{name}: {one}" for one in report.missed]
    if missed:
        sys.exit("goals missed:\n" + "\n".join(missed))


if __name__ == "__main__":
    main()
