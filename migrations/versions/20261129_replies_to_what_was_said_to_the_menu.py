"""Replies to what was said to the menu: such a showing has no utterance."""

import sqlalchemy as sa
from alembic import op

revision = "20261129menusaid"
down_revision = "20261128relayed"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("article_shown", "utterance_id", existing_type=sa.INTEGER(), nullable=True)
    op.create_index(
        "uq_article_shown_menu",
        "article_shown",
        ["call_id", "agent_id", "article_id"],
        unique=True,
        postgresql_where=sa.text("utterance_id IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("uq_article_shown_menu", table_name="article_shown")
    op.execute("DELETE FROM article_shown WHERE utterance_id IS NULL")
    op.alter_column("article_shown", "utterance_id", existing_type=sa.INTEGER(), nullable=False)
