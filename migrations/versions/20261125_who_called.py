"""what a citizen says of himself: his name, and that he is under age"""

import sqlalchemy as sa
from alembic import op

revision = "20261125whoc"
down_revision = "20261125outbox"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ticket", sa.Column("citizen_name", sa.LargeBinary(), nullable=True))
    op.add_column(
        "ticket", sa.Column("minor", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.alter_column("ticket", "minor", server_default=None)


def downgrade() -> None:
    op.drop_column("ticket", "minor")
    op.drop_column("ticket", "citizen_name")
