"""who leaves a message in the queue, and to which machine something was said"""

from alembic import op
import sqlalchemy as sa


revision = '20261201spoken'
down_revision = '20261201leads'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('place', sa.Column('speaks_since', sa.DateTime(timezone=True), nullable=True))
    op.add_column('dial_attempt', sa.Column('told_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('dial_attempt', 'told_at')
    op.drop_column('place', 'speaks_since')
