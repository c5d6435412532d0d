"""The answer to a question that a caller was asked is one attempt, however often it is told."""

import sqlalchemy as sa
from alembic import op

revision = "20261130question"
down_revision = "20261129merged"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("code_attempt", sa.Column("question", sa.String(length=32), nullable=True))
    op.create_index(
        "uq_code_attempt_question", "code_attempt", ["call_id", "question"], unique=True
    )


def downgrade() -> None:
    op.drop_index("uq_code_attempt_question", table_name="code_attempt")
    op.drop_column("code_attempt", "question")
