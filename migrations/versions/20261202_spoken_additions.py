"""what a citizen adds by key 9 keeps its sound"""

import sqlalchemy as sa
from alembic import op

revision = "20261202takes"
down_revision = "20261202panics"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("recording", sa.Column("take", sa.String(16), nullable=True))
    op.add_column("addition", sa.Column("take", sa.String(16), nullable=True))
    op.add_column("addition", sa.Column("call_id", sa.Integer(), nullable=True))
    op.create_foreign_key(op.f("fk_addition_call_id_call"), "addition", "call", ["call_id"], ["id"])
    op.create_index(op.f("ix_addition_call_id"), "addition", ["call_id"])
    op.create_check_constraint(
        op.f("ck_addition_take"), "addition", "take IS NULL OR call_id IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_addition_take"), "addition")
    op.drop_index(op.f("ix_addition_call_id"), "addition")
    op.drop_constraint(op.f("fk_addition_call_id_call"), "addition")
    op.drop_column("addition", "call_id")
    op.drop_column("addition", "take")
    op.drop_column("recording", "take")
