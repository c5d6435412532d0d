"""What a linked platform sent under a number"""

import sqlalchemy as sa
from alembic import op

revision = "20261129linked"
down_revision = "20261129meeting"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("linkage", sa.Column("peer_sent", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("linkage", "peer_sent")
