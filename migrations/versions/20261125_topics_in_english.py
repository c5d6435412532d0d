"""topics have an English name, too"""

import sqlalchemy as sa
from alembic import op

revision = "20261125topics"
down_revision = "20261125waits"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("topic", sa.Column("name_en", sa.String(64)))


def downgrade() -> None:
    op.drop_column("topic", "name_en")
