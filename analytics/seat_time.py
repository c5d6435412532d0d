"""The seats' time: how long they were with citizens, and how long free for them."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import text

from analytics.formulas import Tally
from analytics.scope import By, Key, Scope
from infra.clock import now
from infra.db import session
from infra.localtime import CITY

# What a period finds under way had begun as the last before it.  Idle time counts as long as the
# desk is proved to have been there; where nothing proves it, not at all.
TIME = """
WITH near AS (
  SELECT * FROM seat_stretch WHERE began_at >= :start AND began_at < :end
  UNION ALL
  SELECT before.* FROM seat CROSS JOIN LATERAL (
    SELECT * FROM seat_stretch WHERE agent_id = seat.staff_id AND began_at < :start
    ORDER BY began_at DESC, id DESC LIMIT 1
  ) AS before
), cut AS (
  SELECT near.agent_id, near.activity = 'idle' AS free, GREATEST(near.began_at, :start) AS since,
    LEAST(:end, near.ended_at, CASE WHEN near.activity = 'idle' THEN COALESCE(
      CASE WHEN near.ended_at IS NULL THEN seat.lease_until ELSE near.here_until END,
      near.began_at
    ) END) AS until
  FROM near JOIN seat ON seat.staff_id = near.agent_id
  WHERE (near.activity IN ('talking', 'wrap_up')
    OR (near.activity = 'idle' AND near.desired = 'ready'))
    AND (CAST(:agent AS integer) IS NULL OR near.agent_id = :agent)
), hours AS (
  SELECT agent_id, free, hour AT TIME ZONE :zone AS hour,
    LEAST(until, hour + interval '1 hour') - GREATEST(since, hour) AS lasted
  FROM cut CROSS JOIN LATERAL
    generate_series(date_trunc('hour', since, 'UTC'), until, interval '1 hour') AS hour
  WHERE until > since
)
SELECT {key} AS key, sum(lasted) FILTER (WHERE NOT free) AS busy,
  sum(lasted) FILTER (WHERE free) AS free
FROM hours GROUP BY 1
"""
HOURS = {
    By.HOUR: "CAST(extract(hour FROM hour) AS integer)",
    By.DAY: "CAST(hour AS date)",
    By.AGENT: "agent_id",
}
OF_TIME = {by: text(TIME.format(key=HOURS.get(by, "CAST(NULL AS integer)"))) for by in By}


def tallies(scope: Scope) -> Iterable[tuple[Key, Tally]]:
    """No line's in particular: who is free is so for several."""
    if scope.lines is not None:
        return []
    given = {
        "start": scope.start,
        "end": min(scope.end, now()),
        "agent": scope.agent_id,
        "zone": str(CITY),
    }
    rows = session.execute(OF_TIME[scope.by], given)
    nothing = timedelta()
    return [(row.key, Tally(busy=row.busy or nothing, free=row.free or nothing)) for row in rows]
