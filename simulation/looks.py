"""What can be seen of the hotline's rows from outside, on a connection that no trouble reaches."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import tuple_row

# Which of the clock's chores have something to do now.
DUE = """
SELECT
    EXISTS (SELECT FROM offer JOIN seat ON seat.staff_id = offer.agent_id
            WHERE offer.state = 'ringing' AND (deadline <= %(at)s OR lease_until <= %(at)s))
    OR EXISTS (SELECT FROM seat WHERE activity = 'wrap_up' AND wrap_up_until <= %(at)s)
    OR (EXISTS (SELECT FROM seat WHERE desired = 'ready' AND activity = 'idle'
                AND lease_until > %(at)s
                AND (resting_until IS NULL OR resting_until <= %(at)s))
        AND EXISTS (SELECT FROM place WHERE left_at IS NULL AND heard_at IS NOT NULL
                    AND NOT EXISTS (SELECT FROM offer WHERE offer.call_id = place.call_id
                                    AND state IN ('ringing', 'claimed'))))
    OR EXISTS (SELECT FROM callback WHERE state IN ('in_line', 'dialling'))
    OR EXISTS (SELECT FROM callback WHERE state = 'scheduled' AND due_at <= %(at)s),
    EXISTS (SELECT FROM carrier_order WHERE state = 'pending' AND next_at <= %(at)s),
    EXISTS (SELECT FROM call WHERE status = 'connecting' AND connecting_since <= %(at)s),
    EXISTS (SELECT FROM dial WHERE state = 'waiting' AND next_at <= %(at)s)
    OR EXISTS (SELECT FROM dial_attempt WHERE state <> 'ended' AND look_at <= %(at)s)
"""

SEATS = """
SELECT seat.staff_id, desired, activity, offer.id, call.id
FROM seat
LEFT JOIN offer ON offer.agent_id = seat.staff_id AND offer.state = 'ringing'
LEFT JOIN call ON call.agent_id = seat.staff_id AND call.status IN ('connecting', 'talking')
ORDER BY seat.staff_id
"""

# Right after a pass nothing of this may be there.
LATE = """
SELECT 'an offer rings past its deadline', id FROM offer
WHERE state = 'ringing' AND deadline <= %(at)s
UNION ALL
SELECT 'a wrap-up goes on past its end', staff_id FROM seat
WHERE activity = 'wrap_up' AND wrap_up_until <= %(at)s
UNION ALL
SELECT 'a kept place is in line with nobody who stands for it', id FROM callback
WHERE state = 'in_line' AND NOT EXISTS (
    SELECT FROM call WHERE callback_id = callback.id AND direction = 'back' AND status <> 'ended')
UNION ALL
SELECT 'somebody stands in line for whom nobody is rung any more', call.id FROM call
JOIN callback ON callback.id = call.callback_id
WHERE direction = 'back' AND status <> 'ended' AND sid LIKE 'callback:%%'
AND callback.ended_at IS NOT NULL
UNION ALL
SELECT 'a ready seat and a caller whom it serves have not met', call_id FROM place
WHERE left_at IS NULL AND heard_at IS NOT NULL
AND NOT EXISTS (SELECT FROM offer
                WHERE offer.call_id = place.call_id AND state IN ('ringing', 'claimed'))
AND EXISTS (SELECT FROM seat JOIN skill USING (staff_id)
            JOIN line ON line.id = skill.line_id
            WHERE skill.line_id = place.line_id AND skill.level >= line.least_level
            AND place.language = ANY (seat.languages)
            AND desired = 'ready' AND activity = 'idle' AND lease_until > %(at)s
            AND (resting_until IS NULL OR resting_until <= %(at)s))
"""

# Never, whatever has happened.
TORN = """
SELECT 'a seat rings without an offer', staff_id FROM seat
WHERE activity = 'ringing' AND NOT EXISTS (
    SELECT FROM offer WHERE agent_id = staff_id AND state = 'ringing')
UNION ALL
SELECT 'an offer rings at a seat that does not', offer.id FROM offer
JOIN seat ON seat.staff_id = offer.agent_id
WHERE offer.state = 'ringing' AND seat.activity <> 'ringing'
UNION ALL
SELECT 'a seat is busy without a call', staff_id FROM seat
WHERE activity IN ('connecting', 'talking') AND NOT EXISTS (
    SELECT FROM call WHERE agent_id = staff_id AND status::text = activity::text)
UNION ALL
SELECT 'a call has an agent who is not with it', call.id FROM call
JOIN seat ON seat.staff_id = call.agent_id
WHERE call.status IN ('connecting', 'talking') AND seat.activity::text <> call.status::text
UNION ALL
SELECT 'a call that waits or connects has no place', id FROM call
WHERE status IN ('waiting', 'connecting') AND turned_away IS DISTINCT FROM 'diverted'
AND NOT EXISTS (
    SELECT FROM place WHERE place.call_id = call.id AND left_at IS NULL)
UNION ALL
SELECT 'a place of a call that waits no more', place.id FROM place
JOIN call ON call.id = place.call_id
WHERE left_at IS NULL AND call.status NOT IN ('waiting', 'connecting')
UNION ALL
SELECT 'an offer of a call that is elsewhere', offer.id FROM offer
JOIN call ON call.id = offer.call_id
WHERE (offer.state = 'ringing' AND call.status <> 'waiting')
OR (offer.state = 'claimed' AND call.status <> 'connecting')
"""

# An older caller of the same line, language and priority who could have had this offer.
OVERTAKEN = """
SELECT older.call_id FROM offer
JOIN place mine ON mine.call_id = offer.call_id AND mine.left_at IS NULL
JOIN place older ON older.line_id = mine.line_id AND older.language = mine.language
    AND older.priority = mine.priority AND older.left_at IS NULL
    AND older.heard_at IS NOT NULL AND older.age_from < mine.age_from
JOIN line ON line.id = mine.line_id
WHERE offer.id = %(offer)s AND offer.why ->> 'step' <> 'returned'
AND (offer.why ->> 'step' = 'line' AND line.steps IS NULL OR older.entered_at <= mine.entered_at)
AND NOT EXISTS (SELECT FROM offer other
                WHERE other.call_id = older.call_id AND other.state IN ('ringing', 'claimed'))
"""

# What leads have set holds for everybody who is not in danger: whoever asks after the line was
# closed is not on it, it holds no more than it has room for, and nobody below its level is offered.
SET = """
SELECT 'a closed line has taken a caller in', call.id FROM call
JOIN place ON place.call_id = call.id JOIN line ON line.id = place.line_id
WHERE call.person_due_at > line.closed_since AND call.emergency IS NULL
UNION ALL
SELECT 'a line holds more than it has room for', line.id FROM line
WHERE most_waiting < (
    SELECT count(*) FROM place JOIN call ON call.id = place.call_id
    WHERE place.line_id = line.id AND left_at IS NULL AND call.emergency IS NULL
    AND NOT EXISTS (SELECT FROM place before
                    WHERE before.call_id = call.id AND before.id < place.id))
UNION ALL
SELECT 'an offer to a seat below the level of the line', offer.id FROM offer
JOIN call ON call.id = offer.call_id JOIN line ON line.id = call.line_id
JOIN skill ON skill.line_id = line.id AND skill.staff_id = offer.agent_id
WHERE offer.state = 'ringing' AND offer.why ->> 'step' = 'line' AND call.emergency IS NULL
AND skill.level < line.least_level AND NOT EXISTS (
    SELECT FROM jsonb_to_recordset(coalesce(line.steps, '[]'))
        AS step ("where" text, "after" integer, level integer)
    WHERE step."where" = 'line' AND step.level <= skill.level
    AND step."after" <= (offer.why ->> 'waited_s')::integer)
"""

# All that a webhook which comes twice must leave as it is.
STATE = """
SELECT md5(concat_ws('|',
    (SELECT string_agg(concat_ws(',', id, status, agent_id, agent_leg, disposition, epoch,
                                 answered_at, rating), ';' ORDER BY id)
     FROM call WHERE id > %(call)s),
    (SELECT string_agg(concat_ws(',', id, state, agent_id), ';' ORDER BY id)
     FROM offer WHERE call_id > %(call)s),
    (SELECT string_agg(concat_ws(',', staff_id, desired, activity, missed), ';' ORDER BY staff_id)
     FROM seat),
    (SELECT string_agg(concat_ws(',', id, age_from, priority, left_at), ';' ORDER BY id)
     FROM place WHERE call_id > %(call)s),
    (SELECT string_agg(concat_ws(',', id, key), ';' ORDER BY id)
     FROM carrier_order WHERE call_id > %(call)s),
    (SELECT string_agg(concat_ws(',', id, state, tried, age_from, due_at, dial_id), ';' ORDER BY id)
     FROM callback)))
"""
# Calls older than so many others are over.
LATELY = 300

ENDS = """
SELECT call.id, call.sid, call.status, call.disposition, call.finished_at IS NOT NULL,
    (SELECT count(*) FROM call_event WHERE call_event.call_id = call.id AND name = 'ended'),
    (SELECT count(*) FROM call_event WHERE call_event.call_id = call.id AND name = 'talking'),
    (SELECT count(*) FROM call_event WHERE call_event.call_id = call.id AND name = 'claimed'),
    call.callback_id
FROM call ORDER BY call.id
"""

# What was promised is kept at the place that he had, once at a time, no more often than allowed.
PROMISES = "SELECT id FROM callback WHERE ended_at IS NULL"
BROKEN_PROMISES = """
SELECT 'a kept place was lost', id FROM callback WHERE ended_at IS NULL
UNION ALL
SELECT 'a kept place is younger than the wait that it is for', callback.id FROM callback
WHERE age_from > (SELECT min(place.age_from) FROM place JOIN call ON call.id = place.call_id
                  WHERE call.callback_id = callback.id AND call.direction = 'in'
                  AND call.id = (SELECT min(id) FROM call asking
                                 WHERE asking.callback_id = callback.id))
UNION ALL
SELECT 'who is rung back is in line at another place than his own', place.id FROM place
JOIN call ON call.id = place.call_id JOIN callback ON callback.id = call.callback_id
WHERE call.direction = 'back' AND place.age_from <> callback.age_from
UNION ALL
SELECT 'somebody is rung more often than allowed', callback.id FROM callback
WHERE tried > 3 OR 3 < (
    SELECT count(*) FROM dial JOIN dial_attempt ON dial_attempt.dial_id = dial.id
    WHERE dial.key LIKE 'callback:' || callback.id || ':%%'
    AND result NOT IN ('not_placed', 'cancelled'))
UNION ALL
SELECT 'a telephone rang twice at once', one.id FROM dial_attempt one
JOIN dial_attempt other ON other.number_fingerprint = one.number_fingerprint AND other.id > one.id
WHERE other.at < one.ended_at - interval '1 second'
UNION ALL
SELECT 'who called again within two minutes lost his place', later.id FROM place later
JOIN call again ON again.id = later.call_id AND again.direction = 'in'
JOIN call before ON before.person_id = again.person_id AND before.id < again.id
    AND before.direction = 'in' AND before.disposition = 'abandoned'
    AND before.answered_at IS NULL AND before.ended_at > later.entered_at - interval '118 seconds'
    AND before.ended_at <= later.entered_at
JOIN place earlier ON earlier.call_id = before.id AND earlier.line_id = later.line_id
WHERE later.age_from > earlier.age_from
"""

LEFT_OVER = """
SELECT 'an offer is still live', id FROM offer WHERE state IN ('ringing', 'claimed')
UNION ALL
SELECT 'a seat is still busy', staff_id FROM seat WHERE activity <> 'idle'
UNION ALL
SELECT 'a place is still held', id FROM place WHERE left_at IS NULL
UNION ALL
SELECT 'an order is still pending', id FROM carrier_order WHERE state = 'pending'
"""

WAITS = """
SELECT place.entered_at, place.heard_at,
    (SELECT min(claimed_at) FROM offer WHERE offer.call_id = place.call_id), place.left_at
FROM place ORDER BY place.entered_at, place.id
"""


@dataclass(frozen=True)
class Due:
    """Which chores have something to do."""

    tick: bool
    orders: bool
    connecting: bool
    dialling: bool


@dataclass(frozen=True)
class SeatSeen:
    staff_id: int
    desired: str
    activity: str
    offer: int | None
    call: int | None


class Eye:
    """Reads, and never writes."""

    def __init__(self, database_url: str) -> None:
        plain = database_url.replace("+psycopg", "")
        self._connection = psycopg.connect(plain, autocommit=True, row_factory=tuple_row)
        self._connection.execute("SET timezone TO 'UTC'")

    def close(self) -> None:
        self._connection.close()

    def due(self, at: datetime) -> Due:
        return Due(*self.rows(DUE, at=at)[0])

    def seats(self) -> list[SeatSeen]:
        return [SeatSeen(*row) for row in self.rows(SEATS)]

    def state(self) -> str:
        newest = self.rows("SELECT coalesce(max(id), 0) FROM call")[0][0]
        return str(self.rows(STATE, call=newest - LATELY)[0][0])

    def rows(self, question: str, **given: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(question, given, prepare=True).fetchall()
