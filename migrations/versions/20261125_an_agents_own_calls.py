"""an agent's own calls"""

from alembic import op

revision = "20261125owncalls"
down_revision = "20261125waits"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_call_agent_id_id", "call", ["agent_id", "id"])
    op.drop_index("ix_call_agent_id", "call")


def downgrade() -> None:
    op.create_index("ix_call_agent_id", "call", ["agent_id"])
    op.drop_index("ix_call_agent_id_id", "call")
