"""own clock"""

import sqlalchemy as sa
from alembic import op

revision = "20261130ownclock"
down_revision = "20261130question"
branch_labels = None
depends_on = None

URGENCIES = "('normal', 'expedite', 'urgent', 'instant')"
# What a master's clock was before the first of those merged into it was sooner.
OWN_CLOCKS = """
UPDATE ticket
SET own_urgency = COALESCE(own.clock ->> 'urgency', urgency),
  own_wanted_by = CASE WHEN own.clock IS NULL THEN wanted_by
    ELSE CAST(own.clock ->> 'wanted_by' AS timestamptz) END
FROM (
  SELECT master.id, (
    SELECT detail -> 'before' FROM ticket_event
    WHERE ticket_id = master.id AND name = 'clock_taken_over' AND detail -> 'before' IS NOT NULL
    ORDER BY seq LIMIT 1
  ) AS clock
  FROM ticket master
  WHERE EXISTS (SELECT FROM ticket child WHERE child.merged_into_id = master.id)
) own
WHERE own.id = ticket.id
"""
# A day in December is the next year's where that year's notice has been loaded.
NOTICE_YEARS = """
UPDATE work_day
SET notice_year = extract(year FROM day) + CASE WHEN extract(month FROM day) = 12 AND EXISTS (
  SELECT FROM work_day other
  WHERE other.source = 'notice' AND extract(month FROM other.day) < 12
    AND extract(year FROM other.day) = extract(year FROM work_day.day) + 1
) THEN 1 ELSE 0 END
WHERE source = 'notice'
"""
# Who assisted, was below another, or was taken out was never released.
RELEASED = """
UPDATE supervision SET ended_at = over.at
FROM (
  SELECT ticket_id, unit_id, max(ended_at) AS at FROM assignment
  GROUP BY ticket_id, unit_id HAVING bool_and(ended_at IS NOT NULL)
) over
WHERE supervision.ended_at IS NULL AND supervision.at <= over.at
  AND supervision.ticket_id = over.ticket_id AND supervision.unit_id = over.unit_id
"""
OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.execute(RELEASED)
    op.add_column("ticket", sa.Column("own_urgency", sa.String(16)))
    op.add_column("ticket", sa.Column("own_wanted_by", sa.DateTime(timezone=True)))
    op.create_check_constraint(
        op.f("ck_ticket_own_urgency"), "ticket", f"own_urgency IN {URGENCIES}"
    )
    op.create_check_constraint(
        op.f("ck_ticket_own_clock"), "ticket", "own_wanted_by IS NULL OR own_urgency IS NOT NULL"
    )
    op.execute(OWN_CLOCKS)
    op.add_column("work_day", sa.Column("notice_year", sa.Integer()))
    op.execute(NOTICE_YEARS)
    op.create_check_constraint(
        op.f("ck_work_day_notice_year"),
        "work_day",
        "(source = 'notice') = (notice_year IS NOT NULL)",
    )
    op.drop_index("uq_supervision_open", table_name="supervision")
    op.create_index(
        "uq_supervision_open",
        "supervision",
        ["ticket_id", "unit_id", "because"],
        unique=True,
        postgresql_where=OPEN,
        postgresql_nulls_not_distinct=True,
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_work_day_notice_year"), "work_day", type_="check")
    op.drop_column("work_day", "notice_year")
    op.drop_constraint(op.f("ck_ticket_own_clock"), "ticket", type_="check")
    op.drop_constraint(op.f("ck_ticket_own_urgency"), "ticket", type_="check")
    op.drop_column("ticket", "own_wanted_by")
    op.drop_column("ticket", "own_urgency")
    # Of one cause only the first may stay open.
    op.execute(
        "UPDATE supervision SET ended_at = at WHERE ended_at IS NULL AND EXISTS ("
        "SELECT FROM supervision earlier WHERE earlier.ticket_id = supervision.ticket_id"
        " AND earlier.because = supervision.because AND earlier.ended_at IS NULL"
        " AND earlier.id < supervision.id)"
    )
    op.drop_index("uq_supervision_open", table_name="supervision")
    op.create_index(
        "uq_supervision_open",
        "supervision",
        ["ticket_id", "because"],
        unique=True,
        postgresql_where=OPEN,
    )
