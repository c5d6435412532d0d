"""what was said is found by an index over pairs of characters"""

import sqlalchemy as sa
from alembic import op

revision = "20261125word"
down_revision = "20261125whoc"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION word_pairs(said text) RETURNS text[]"
        " LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE"
        " RETURN ARRAY(SELECT DISTINCT substr(lower(said), at, 2)"
        " FROM generate_series(1, length(said) - 1) AS at)"
    )
    op.create_index(
        "ix_utterance_pairs", "utterance", [sa.text("word_pairs(text)")], postgresql_using="gin"
    )


def downgrade() -> None:
    op.drop_index("ix_utterance_pairs", "utterance")
    op.execute("DROP FUNCTION word_pairs(text)")
