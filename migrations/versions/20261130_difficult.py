"""difficult tickets and their plans"""

import sqlalchemy as sa
from alembic import op

revision = "20261130difficult"
down_revision = "20261130place"
branch_labels = None
depends_on = None

BEFORE = (
    *("return", "extension", "co_handling", "exclusion", "score_appeal", "supervision", "merge"),
    *("meeting", "suspension"),
)


def upgrade() -> None:
    _allow(*BEFORE, "difficult")
    op.create_table(
        "difficulty",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("plan_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("plan", sa.String(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("planned_by_id", sa.Integer(), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(planned_at IS NULL) = (plan = '')", name=op.f("ck_difficulty_planned")
        ),
        sa.CheckConstraint(
            "(planned_at IS NULL) = (review_on IS NULL)", name=op.f("ck_difficulty_review")
        ),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignment.id"],
            name=op.f("fk_difficulty_assignment_id_assignment"),
        ),
        sa.ForeignKeyConstraint(
            ["planned_by_id"], ["staff.id"], name=op.f("fk_difficulty_planned_by_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_difficulty")),
        sa.UniqueConstraint("assignment_id", name=op.f("uq_difficulty_assignment_id")),
    )
    op.create_index(
        "ix_difficulty_plan_due",
        "difficulty",
        ["plan_due_at"],
        postgresql_where=sa.text("planned_at IS NULL AND missed_at IS NULL"),
    )
    op.create_index(
        "ix_difficulty_review",
        "difficulty",
        ["review_on"],
        postgresql_where=sa.text("review_on IS NOT NULL AND reviewed_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("difficulty")
    op.execute("DELETE FROM request WHERE kind = 'difficult'")
    _allow(*BEFORE)


def _allow(*kinds: str) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("ck_request_kind"), "request", type_="check")
    op.create_check_constraint(op.f("ck_request_kind"), "request", f"kind IN ({listed})")
