"""Every figure once more, by a second and simple method: lists of Python, one thing at a time.

The database counts what hypothesis deals (calls over midnight and over the hour, short abandons,
transfers, callbacks, messages, danger, who needed no person, desks that were away), and both must
say exactly the same of every part."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import delete

from analytics.formulas import FORMULAS, SERVICE_LEVELS, SHORT, Tally, measure
from analytics.scope import By, Scope
from analytics.tallies import tallies
from infra.clock import now
from infra.db import session
from infra.localtime import CITY, midnight
from models import SeatStretch
from recordings.promise import PROMISE
from tests.analytics.dealt import (
    SECOND,
    SERIAL,
    World,
    dealt_calls,
    dealt_offers,
    dealt_stretches,
)
from tests.analytics.simple_count import Part, counted, left_out, ratios
from tests.places import a_line, an_agent

OF_CALLERS = ("sl1", "sl2", "sl2c", "sl3", "sl4", "sl5", "connect", "abandoned", "asa")


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    calls=some.lists(dealt_calls, min_size=1, max_size=12),
    offers=some.lists(dealt_offers, max_size=10),
    stretches=some.lists(dealt_stretches, max_size=12),
    leases=some.lists(some.sampled_from([None, -50000, -1, 20]), min_size=3, max_size=3),
    by=some.sampled_from(By),
    since=some.sampled_from([-7200, 0, 0, 0, 1800, 36000]),
    lasts=some.sampled_from([3600, 86400, 86400, 100000]),
    lines=some.sampled_from([None, None, {0}, {1, 2}]),
    agent=some.sampled_from([None, None, None, 1]),
)
def test_every_figure_is_what_a_simple_count_gives(
    app, time, calls, offers, stretches, leases, by, since, lasts, lines, agent
):
    with session.begin_nested() as attempt:
        zero = midnight(now().astimezone(CITY).date())
        known = [a_line(f"line{next(SERIAL)}") for _ in range(3)]
        agents = [an_agent(f"agent{next(SERIAL)}") for _ in range(3)]
        for seat, lease in zip(agents, leases, strict=True):
            seat.lease_until = None if lease is None else now() + lease * SECOND
        session.flush()
        session.execute(delete(SeatStretch))
        world = World(zero)
        for one in calls:
            world.a_call(one, known)
        for one in offers:
            world.an_offer(one, agents)
        world.some_stretches(stretches, agents)
        scope = Scope(
            zero + since * SECOND,
            zero + (since + lasts) * SECOND,
            by,
            None if lines is None else frozenset(known[one].id for one in lines),
            None if agent is None else agents[agent].staff_id,
        )
        compare(counted(world, scope, agents), tallies(scope))
        attempt.rollback()
    session.expire_all()


def compare(simple: dict[object, Part], told) -> None:
    for key in {*simple, *told}:
        part = simple.get(key, Part())
        for code, pair in ratios(part).items():
            found = measure(FORMULAS[code], told.get(key, Tally()))
            assert (found.numerator, found.denominator) == pair, (key, code)
            if code in OF_CALLERS:
                assert found.excluded == left_out(part, code), (key, code)


def test_the_formulas_name_the_promise_that_is_counted():
    assert timedelta(seconds=15) == PROMISE
    assert all("15 秒" in one.text for one in SERVICE_LEVELS)
    assert timedelta(seconds=5) == SHORT
