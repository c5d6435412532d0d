"""Days of chance through the real doors, on virtual time: with faults, and as theory has them."""

import logging
import multiprocessing
import os
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev

import structlog
from flask import Flask

from app import create_app
from benchmarks.figures import Report
from infra.embedded import postgres, redis
from models import Base
from queues import erlang
from simulation.day import Day
from simulation.habits import EVERYTHING, IDEAL
from simulation.plan import Outcome, Plan
from simulation.weather import CALM, STORM
from tests import services

CALLS = 10_000
# So many to a database: later calls must not pay for the rows of thousands before them.
CALLS_A_DAY = 2_500
# With faults: 48 seats of four lines that are set, with all that goes on in a talk.
PER_SECOND, SEATS = 0.36, 48
LEADS, PARTNER_AFTER_S = 3, 20
# What the days held of it, by its name in the calls' histories.
HELD = {
    "holds": "held",
    "sent_on": "sent_on",
    "consults": "consult_joined",
    "three_ways_outside": "outside_joined",
    "monitors": "monitor_began",
    "take_overs": "lead_took_over",
    "diverted": "diverted",
}
# As theory has it: one line with three erlangs for five seats, in which a quarter has to wait.  A
# larger or busier one remembers its queues for longer than a batch of these calls lasts.
POOLED_PER_SECOND, POOLED_SEATS, POOLED_SHARE = 3 / 30, 5, 0.2
IDEAL_TALK_S, IDEAL_PATIENCE_S = 30.0, 45.0
# An empty line is no usual one: the first tenth is not counted.
WARM_UP = 0.1
BATCHES, LONG_ENOUGH = 6, 250
# Student's t for 99 % and 5 degrees of freedom.
T_99 = 4.032
LIMIT_S = 15
GOAL_S = 900


def run(report: Report, asked: Namespace) -> None:
    began = time.monotonic()
    outcomes = _play(_stormy(asked.calls, asked.seed) + _pooled(asked.calls))
    seconds = time.monotonic() - began
    _say_faults(report, [one for one in outcomes if not one.plan.pooled])
    report.say("seconds", seconds, "s", at_most=GOAL_S if asked.calls <= CALLS else None)
    for patient, name in ((False, "erlang_a"), (True, "erlang_c")):
        days = [one for one in outcomes if one.plan.pooled]
        (day,) = [one for one in days if _is_patient(one) is patient]
        _say_theory(report, day, name)


def _stormy(calls: int, first: int) -> list[Plan]:
    days = -(-calls // CALLS_A_DAY)
    return [
        Plan(
            _share(calls, days, n),
            PER_SECOND,
            SEATS,
            first + n,
            EVERYTHING,
            STORM,
            set_lines=True,
            leads=LEADS,
            partner_after_s=PARTNER_AFTER_S,
        )
        for n in range(days)
    ]


def _pooled(calls: int) -> list[Plan]:
    """For each formula one long day: a batch is a part of it."""
    many = max(10 * BATCHES, round(calls * POOLED_SHARE))
    ideal = replace(IDEAL, talk_s=IDEAL_TALK_S, patience_s=IDEAL_PATIENCE_S)
    return [
        Plan(many, POOLED_PER_SECOND, POOLED_SEATS, seed, habits, CALM, pooled=True)
        for seed, habits in ((101, ideal), (102, replace(ideal, patience_s=None)))
    ]


def _share(calls: int, days: int, nth: int) -> int:
    return calls // days + (nth < calls % days)


def _play(plans: Sequence[Plan]) -> list[Outcome]:
    """Longest first, each in a process and on a database of its own."""
    longest = sorted(plans, key=lambda plan: -plan.calls)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=context) as pool:
        return list(pool.map(play, longest))


def play(plan: Plan) -> Outcome:
    with _hotline() as app:
        outcome = Day(app, plan).run()
    for violation in outcome.violations:
        print(f"seed {plan.seed}: {violation}", file=sys.stderr, flush=True)
    return outcome


@contextmanager
def _hotline() -> Iterator[Flask]:
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with (
            postgres.running(folder / "postgres", fast=True) as database,
            redis.running(folder) as bell,
        ):
            app = create_app(services.settings(database, bell, folder))
            # Of each fault our processes tell their log; a day has thousands.
            quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
            structlog.configure(wrapper_class=quiet)
            logging.disable(logging.CRITICAL)
            Base.metadata.create_all(app.extensions["engine"])
            yield app
            app.extensions["engine"].dispose()


def _say_faults(report: Report, days: list[Outcome]) -> None:
    calls = sum(one.plan.calls for one in days)
    kinds = {
        "lost": ("lost", "promise"),
        "doubled": ("doubled", "redelivered"),
        "stuck": ("stuck", "torn"),
        "overtaken": ("overtaken",),
        "unset": ("unset",),
    }
    for figure, names in kinds.items():
        found = sum(len(one.of(name)) for one in days for name in names)
        report.say(figure, found, "calls", at_most=0)
    # None of n: with 95 % certainty not more than 3 / n (the rule of three).
    report.say("zeros_upper_bound", 3 / calls, "share of calls")
    report.say("calls", calls, "calls")
    report.say("kills", sum(one.kills for one in days), "processes")
    report.say("connections_cut", sum(one.cuts for one in days), "connections")
    for figure, event in HELD.items():
        report.say(figure, sum(one.events.get(event, 0) for one in days), "times")
    report.say("webhooks_per_call", sum(one.webhooks for one in days) / calls, "webhooks")


def _say_theory(report: Report, day: Outcome, name: str) -> None:
    plan, waits = day.plan, day.waits[round(WARM_UP * len(day.waits)) :]
    talk, patience = plan.habits.talk_s, plan.habits.patience_s
    rate, seats = plan.per_second, plan.seats
    if patience is None:
        theory = erlang.erlang_c(rate, talk, seats)
        level = erlang.answered_within(rate, talk, seats, LIMIT_S)
    else:
        theory = erlang.erlang_a(rate, talk, patience, seats)
        level = erlang.served_within(rate, talk, patience, seats, LIMIT_S)
    in_time = [float(met and waited <= LIMIT_S) for waited, met in waits]
    _compare(report, f"service_level_15s@{name}", "share", in_time, level)
    _compare(report, f"mean_wait_s@{name}", "s", [s for s, _ in waits], theory.mean_wait_s)
    if patience is not None:
        given_up = [float(not met) for _, met in waits]
        _compare(report, f"abandon_rate@{name}", "share", given_up, theory.abandon_rate)


def _compare(report: Report, figure: str, unit: str, values: list[float], expected: float) -> None:
    mean, margin = batch_means(values)
    # Short batches depend on each other, and their interval says too little.
    within = margin if len(values) >= BATCHES * LONG_ENOUGH else None
    report.say(figure, mean, unit, reference=expected, within=within)
    report.say(f"{figure}_ci99", margin, unit)


def batch_means(values: Sequence[float]) -> tuple[float, float]:
    """The mean, and half of its 99 % confidence interval: neighbours resemble each other, so that
    only the means of long batches are taken for independent."""
    size = len(values) // BATCHES
    means = [fmean(values[n * size : (n + 1) * size]) for n in range(BATCHES)]
    return fmean(means), T_99 * stdev(means) / BATCHES**0.5


def _is_patient(day: Outcome) -> bool:
    return day.plan.habits.patience_s is None
