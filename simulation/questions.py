"""What is asked of the rows of a simulated day; the rules that they must keep at any moment."""

# Which of the clock's other chores have something to do now; of the pass it says so itself.
DUE = """
SELECT
    EXISTS (SELECT FROM carrier_order WHERE state = 'pending' AND next_at <= %(at)s),
    EXISTS (SELECT FROM call WHERE status = 'connecting' AND connecting_since <= %(at)s)
    OR EXISTS (SELECT FROM consult WHERE state = 'connecting')
    OR EXISTS (SELECT FROM monitor WHERE state = 'connecting'),
    EXISTS (SELECT FROM dial WHERE state = 'waiting' AND next_at <= %(at)s)
    OR EXISTS (SELECT FROM dial_attempt WHERE state <> 'ended' AND look_at <= %(at)s)
"""

SEATS = """
SELECT seat.staff_id, desired, activity, offer.id,
    coalesce(call.id, consult.call_id, outside.call_id)
FROM seat
LEFT JOIN offer ON offer.agent_id = seat.staff_id AND offer.state = 'ringing'
LEFT JOIN call ON call.agent_id = seat.staff_id AND call.status IN ('connecting', 'talking')
LEFT JOIN consult ON consult.agent_id = seat.staff_id AND consult.state = 'joined'
LEFT JOIN outside ON outside.by_id = seat.staff_id AND outside.state = 'joined'
ORDER BY seat.staff_id
"""

FLOOR = """
SELECT array(SELECT id FROM call WHERE status = 'talking' AND direction <> 'out' ORDER BY id),
    array(SELECT call_id FROM place WHERE left_at IS NULL ORDER BY call_id)
"""

# After each second in which no chore was killed nothing of this may be there.
LATE = """
SELECT 'an offer rings past its deadline', id FROM offer
WHERE state = 'ringing' AND deadline <= %(at)s
UNION ALL
SELECT 'a wrap-up goes on past its end', staff_id FROM seat
WHERE activity = 'wrap_up' AND wrap_up_until <= %(at)s
UNION ALL
SELECT 'a skill is lent past its end', id FROM reskill
WHERE ended_at IS NULL AND expires_at <= %(at)s
UNION ALL
SELECT 'a lead is expected whose leg did not come', id FROM monitor
WHERE state = 'asked' AND asked_at <= %(at)s - interval '15 seconds'
UNION ALL
SELECT 'a partner city is rung without end', id FROM place
WHERE left_at IS NULL AND diverting_since <= %(at)s - interval '4 minutes'
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
WHERE left_at IS NULL AND heard_at IS NOT NULL AND diverting_since IS NULL
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
AND NOT EXISTS (
    SELECT FROM consult WHERE agent_id = staff_id
    AND state = CASE activity WHEN 'talking' THEN 'joined' ELSE 'connecting' END)
AND NOT EXISTS (
    SELECT FROM outside JOIN call ON call.id = outside.call_id
    WHERE outside.by_id = staff_id AND outside.state = 'joined' AND call.status = 'ended')
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
WHERE (offer.state = 'ringing'
       AND call.status <> CASE kind WHEN 'consult' THEN 'talking' ELSE 'waiting' END)
OR (offer.state = 'claimed'
    AND call.status <> CASE kind WHEN 'consult' THEN 'talking' ELSE 'connecting' END)
UNION ALL
SELECT 'a colleague is asked in a talk that is over, or not his who asked', consult.id FROM consult
JOIN call ON call.id = consult.call_id
WHERE consult.state <> 'ended' AND (call.status <> 'talking' OR call.agent_id <> consult.by_id)
UNION ALL
SELECT 'a lead is in a talk that is over', monitor.id FROM monitor
JOIN call ON call.id = monitor.call_id
WHERE monitor.state <> 'ended' AND call.status <> 'talking'
UNION ALL
SELECT 'somebody outside is in a talk that is over', outside.id FROM outside
JOIN call ON call.id = outside.call_id
WHERE outside.state <> 'ended' AND call.status <> 'talking'
AND NOT (kind = 'police' AND outside.state = 'joined' AND call.status = 'ended')
UNION ALL
SELECT 'an agent has two talks', consult.agent_id FROM consult
JOIN call ON call.agent_id = consult.agent_id AND call.status IN ('connecting', 'talking')
WHERE consult.state <> 'ended'
UNION ALL
SELECT 'a desk rings for somebody for whom a partner city is rung', offer.id FROM offer
JOIN place ON place.call_id = offer.call_id AND left_at IS NULL
WHERE offer.state IN ('ringing', 'claimed') AND diverting_since IS NOT NULL
"""

# An older caller of the same line, language and priority who could have had this offer.
OVERTAKEN = """
SELECT older.call_id FROM offer
JOIN place mine ON mine.call_id = offer.call_id AND mine.left_at IS NULL
JOIN place older ON older.line_id = mine.line_id AND older.language = mine.language
    AND older.priority = mine.priority AND older.left_at IS NULL
    AND older.heard_at IS NOT NULL AND older.age_from < mine.age_from
    AND older.meant_for_id IS NULL
JOIN line ON line.id = mine.line_id
WHERE offer.id = %(offer)s AND offer.why ->> 'step' NOT IN ('returned', 'transferred', 'consult')
AND (offer.why ->> 'step' = 'line' AND line.steps IS NULL OR older.entered_at <= mine.entered_at)
AND NOT EXISTS (SELECT FROM offer other
                WHERE other.call_id = older.call_id AND other.state IN ('ringing', 'claimed'))
"""

# A seat below the level that the line has at this age, though one that has it is signed on: else
# the next step would be open at once.
BELOW = """
SELECT offer.id FROM offer
JOIN call ON call.id = offer.call_id JOIN line ON line.id = call.line_id
JOIN skill ON skill.line_id = line.id AND skill.staff_id = offer.agent_id
WHERE offer.id = %(offer)s AND offer.why ->> 'step' = 'line' AND call.emergency IS NULL
AND skill.level < line.least_level
AND EXISTS (SELECT FROM skill able JOIN seat USING (staff_id)
            WHERE able.line_id = line.id AND able.level >= line.least_level
            AND desired = 'ready' AND lease_until > %(at)s)
AND NOT EXISTS (
    SELECT FROM jsonb_to_recordset(coalesce(line.steps, '[]'))
        AS step ("where" text, "after" integer, level integer)
    WHERE step."where" = 'line' AND step.level <= skill.level
    AND step."after" <= (offer.why ->> 'waited_s')::integer)
"""

# What leads have set holds for everybody who is not in danger: whoever asks after the line was
# closed is not on it, and it holds no more than it has room for, those aside who have a place of
# their own there or are to be rung back.
SET = """
SELECT 'a closed line has taken a caller in', call.id FROM call
JOIN place ON place.call_id = call.id JOIN line ON line.id = place.line_id
WHERE call.person_due_at > line.closed_since AND call.emergency IS NULL
AND NOT EXISTS (SELECT FROM place before WHERE before.call_id = call.id AND before.id < place.id)
UNION ALL
SELECT 'a line holds more than it has room for', line.id FROM line
WHERE most_waiting < (
    SELECT count(*) FROM place JOIN call ON call.id = place.call_id
    WHERE place.line_id = line.id AND left_at IS NULL AND call.emergency IS NULL
    AND call.direction = 'in' AND place.age_from >= place.entered_at
    AND NOT EXISTS (SELECT FROM place before
                    WHERE before.call_id = call.id AND before.id < place.id))
"""

# All that a webhook which comes twice must leave as it is.
STATE = """
SELECT md5(concat_ws('|',
    (SELECT string_agg(concat_ws(',', id, status, agent_id, agent_leg, disposition, epoch,
                                 answered_at, rating, held_since, turned_away),
                       ';' ORDER BY id)
     FROM call WHERE id > %(call)s),
    (SELECT string_agg(concat_ws(',', id, state, agent_id), ';' ORDER BY id)
     FROM offer WHERE call_id > %(call)s),
    (SELECT string_agg(concat_ws(',', staff_id, desired, activity, missed), ';' ORDER BY staff_id)
     FROM seat),
    (SELECT string_agg(concat_ws(',', id, age_from, priority, left_at, diverting_since,
                                 partner_rung_at), ';' ORDER BY id)
     FROM place WHERE call_id > %(call)s),
    (SELECT string_agg(concat_ws(',', id, state, outcome, leg, held_since), ';' ORDER BY id)
     FROM consult WHERE call_id > %(call)s),
    (SELECT string_agg(concat_ws(',', id, state, outcome, leg, mode), ';' ORDER BY id)
     FROM monitor WHERE call_id > %(call)s),
    (SELECT string_agg(concat_ws(',', id, state, outcome, leg), ';' ORDER BY id)
     FROM outside WHERE call_id > %(call)s),
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
AND NOT EXISTS (SELECT FROM place first WHERE first.call_id = again.id AND first.id < later.id)
"""

LEFT_OVER = """
SELECT 'an offer is still live', id FROM offer WHERE state IN ('ringing', 'claimed')
UNION ALL
SELECT 'a seat is still busy', staff_id FROM seat WHERE activity <> 'idle'
UNION ALL
SELECT 'a place is still held', id FROM place WHERE left_at IS NULL
UNION ALL
SELECT 'an order is still pending', id FROM carrier_order WHERE state = 'pending'
UNION ALL
SELECT 'a colleague is still asked', id FROM consult WHERE state <> 'ended'
UNION ALL
SELECT 'a lead is still in a talk', id FROM monitor WHERE state <> 'ended'
UNION ALL
SELECT 'somebody outside is still in a talk', id FROM outside WHERE state <> 'ended'
UNION ALL
SELECT 'a skill is still lent', id FROM reskill WHERE ended_at IS NULL
"""

# His age is his own, whatever line, agent or city he is sent to.
YOUNGER = """
SELECT 'a caller has grown younger at another place', later.id FROM place later
JOIN place earlier ON earlier.call_id = later.call_id AND earlier.id < later.id
WHERE later.age_from > earlier.age_from
"""
SKILLS = "SELECT staff_id, line_id, level FROM skill ORDER BY 1, 2"

# Who belongs into which conference: by its name its call, the citizen's leg, whether he is on hold,
# his agent's leg, and those of others; of leads also how they are to be heard.
TALKS = """
SELECT call.key::text, call.status::text, call.sid, call.held_since IS NOT NULL, call.agent_leg,
    array_remove(ARRAY[consult.leg, outside.leg], NULL),
    coalesce((SELECT json_object_agg(leg, json_build_array(state, mode, EXISTS (
                  SELECT FROM carrier_order
                  WHERE carrier_order.leg = monitor.leg AND carrier_order.state = 'pending')))
              FROM monitor
              WHERE call_id = call.id AND state <> 'ended' AND leg IS NOT NULL), '{}'),
    coalesce(outside.kind = 'police', false)
FROM call
LEFT JOIN consult ON consult.call_id = call.id AND consult.state <> 'ended'
LEFT JOIN outside ON outside.call_id = call.id AND outside.state <> 'ended'
WHERE call.status IN ('connecting', 'talking') OR outside.state = 'joined'
"""

WAITS = """
SELECT place.entered_at, place.heard_at,
    (SELECT min(claimed_at) FROM offer WHERE offer.call_id = place.call_id), place.left_at
FROM place ORDER BY place.entered_at, place.id
"""
