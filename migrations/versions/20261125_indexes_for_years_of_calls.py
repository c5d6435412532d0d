"""indexes for years of calls"""

import sqlalchemy as sa
from alembic import op

revision = "8d14f0b6a2c9"
down_revision = "a3401c847a11"
branch_labels = None
depends_on = None

WORDLESS = sa.text("state = 'stored' AND transcript_state <> 'done'")


def upgrade() -> None:
    op.create_index("ix_call_agent_leg", "call", ["agent_leg"])
    op.create_index("ix_offer_agent_leg", "offer", ["agent_leg"])
    op.create_index("ix_offer_agent_id_id", "offer", ["agent_id", "id"])
    op.drop_index("ix_offer_agent_id", "offer")
    op.drop_index("ix_recording_wordless", "recording")
    op.create_index(
        "ix_recording_wordless",
        "recording",
        ["transcript_state", "next_at"],
        postgresql_where=WORDLESS,
    )


def downgrade() -> None:
    op.drop_index("ix_recording_wordless", "recording")
    op.create_index("ix_recording_wordless", "recording", ["id"], postgresql_where=WORDLESS)
    op.create_index("ix_offer_agent_id", "offer", ["agent_id"])
    op.drop_index("ix_offer_agent_id_id", "offer")
    op.drop_index("ix_offer_agent_leg", "offer")
    op.drop_index("ix_call_agent_leg", "call")
