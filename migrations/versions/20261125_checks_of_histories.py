"""what was found when a day's histories were computed anew"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '20261125checks'
down_revision = '20261125contact'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('chain_digest', sa.Column('checked', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('chain_digest', sa.Column('broken', postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default='{}'))
    for column in ('checked', 'broken'):
        op.alter_column('chain_digest', column, server_default=None)


def downgrade() -> None:
    op.drop_column('chain_digest', 'broken')
    op.drop_column('chain_digest', 'checked')
