"""why it was recalled, and whether it was extended"""

import sqlalchemy as sa
from alembic import op

revision = "20261130recalls"
down_revision = "20261130verdicts"
branch_labels = None
depends_on = None

REASONS = "'wrong_unit', 'changed', 'citizen', 'merged'"
# The history says it, where what was recalled has one of these reasons.
TOLD = f"""
UPDATE assignment SET recalled_because = told.because FROM (
  SELECT (detail ->> 'assignment')::integer AS id, detail ->> 'because' AS because
  FROM ticket_event WHERE name = 'recalled'
) AS told
WHERE told.id = assignment.id AND assignment.state = 'recalled' AND told.because IN ({REASONS})
"""
# What was merged was taken back without a word of its own.
MERGED = """
UPDATE assignment SET recalled_because = 'merged' FROM ticket
WHERE ticket.id = assignment.ticket_id AND assignment.state = 'recalled'
  AND assignment.level = 1 AND recalled_because IS NULL AND ticket.merged_into_id IS NOT NULL
"""

EXTENDED = """
UPDATE assignment SET extended = true FROM request
WHERE request.assignment_id = assignment.id AND request.kind = 'extension'
  AND request.state = 'approved'
"""


def upgrade() -> None:
    op.add_column("assignment", sa.Column("recalled_because", sa.String(16), nullable=True))
    op.execute(TOLD)
    op.execute(MERGED)
    op.create_check_constraint(
        op.f("ck_assignment_recalled_because"), "assignment", f"recalled_because IN ({REASONS})"
    )
    op.create_check_constraint(
        op.f("ck_assignment_recalled"),
        "assignment",
        "recalled_because IS NULL OR state = 'recalled'",
    )
    op.add_column(
        "assignment",
        sa.Column("extended", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.execute(EXTENDED)


def downgrade() -> None:
    op.drop_column("assignment", "extended")
    op.drop_constraint(op.f("ck_assignment_recalled"), "assignment")
    op.drop_constraint(op.f("ck_assignment_recalled_because"), "assignment")
    op.drop_column("assignment", "recalled_because")
