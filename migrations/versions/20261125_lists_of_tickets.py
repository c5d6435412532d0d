"""lists of tickets in the order of their ids, and their words by pairs of characters"""

import sqlalchemy as sa
from alembic import op

revision = "20261125list"
down_revision = '20261125linkage'
branch_labels = None
depends_on = None

def upgrade() -> None:
    op.drop_index("ix_ticket_state_created_at", "ticket")
    op.drop_index("ix_ticket_unit_id_state", "ticket")
    op.drop_index("ix_ticket_topic_id", "ticket")
    op.drop_index("ix_ticket_district_id", "ticket")
    for column in ("state", "unit_id", "topic_id", "district_id"):
        op.create_index(f"ix_ticket_{column}_id", "ticket", [column, "id"])
    op.execute(
        "CREATE OR REPLACE FUNCTION word_pairs(said text, more text) RETURNS text[]"
        " LANGUAGE sql IMMUTABLE PARALLEL SAFE"
        " RETURN word_pairs(coalesce(said, '') || ' ' || coalesce(more, ''))"
    )
    pairs = sa.text("word_pairs(summary, demand)")
    op.create_index("ix_ticket_pairs", "ticket", [pairs], postgresql_using="gin")


def downgrade() -> None:
    op.drop_index("ix_ticket_pairs", "ticket")
    op.execute("DROP FUNCTION word_pairs(text, text)")
    for column in ("state", "unit_id", "topic_id", "district_id"):
        op.drop_index(f"ix_ticket_{column}_id", "ticket")
    op.create_index("ix_ticket_district_id", "ticket", ["district_id"])
    op.create_index("ix_ticket_topic_id", "ticket", ["topic_id"])
    op.create_index("ix_ticket_unit_id_state", "ticket", ["unit_id", "state"])
    op.create_index("ix_ticket_state_created_at", "ticket", ["state", "created_at"])
