"""what an agent was before his rest; the proof of life of his own page"""

import sqlalchemy as sa
from alembic import op

revision = '20261203rests'
down_revision = '20261202protections'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('seat', sa.Column('page_until', sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        'recovery', sa.Column('before', sa.String(16), nullable=False, server_default='ready')
    )
    op.alter_column('recovery', 'before', server_default=None)
    op.add_column('recovery', sa.Column('before_reason', sa.String(32), nullable=True))
    op.create_check_constraint(
        op.f('ck_recovery_before'), 'recovery', "before IN ('ready', 'break', 'offline')"
    )
    op.execute('UPDATE recovery SET ended_at = began_at WHERE ended_at < began_at')
    op.create_check_constraint(op.f('ck_recovery_ended_begun'), 'recovery', 'ended_at >= began_at')


def downgrade() -> None:
    op.drop_constraint(op.f('ck_recovery_ended_begun'), 'recovery')
    op.drop_constraint(op.f('ck_recovery_before'), 'recovery')
    op.drop_column('recovery', 'before_reason')
    op.drop_column('recovery', 'before')
    op.drop_column('seat', 'page_until')
