"""own clock"""

import sqlalchemy as sa
from alembic import op

revision = "20261130ownclock"
down_revision = "20261129merged"
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
OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.add_column("ticket", sa.Column("own_urgency", sa.String(16)))
    op.add_column("ticket", sa.Column("own_wanted_by", sa.DateTime(timezone=True)))
    op.create_check_constraint(
        op.f("ck_ticket_own_urgency"), "ticket", f"own_urgency IN {URGENCIES}"
    )
    op.create_check_constraint(
        op.f("ck_ticket_own_clock"), "ticket", "own_wanted_by IS NULL OR own_urgency IS NOT NULL"
    )
    op.execute(OWN_CLOCKS)
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
