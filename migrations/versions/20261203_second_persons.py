"""appeals are decided by somebody else; what a minor's case owes is told once"""

import sqlalchemy as sa
from alembic import op

revision = '20261203secondpersons'
down_revision = '20261203rests'
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
CHECKS = {
    'ck_appeal_answer': '(decided_by_id IS NULL) = (answer IS NULL)',
    'ck_appeal_two_persons': 'decided_by_id <> by_id',
}


def upgrade() -> None:
    # What was decided before stands as it is; what is written from now on is held against it.
    for name, rule in CHECKS.items():
        op.create_check_constraint(op.f(name), 'appeal', rule, postgresql_not_valid=True)
    op.add_column('protection', sa.Column('told_at', AT, nullable=True))
    op.add_column('protection_visit', sa.Column('told_at', AT, nullable=True))
    op.create_index(
        'ix_protection_unnoticed',
        'protection',
        ['notice_due_at'],
        postgresql_where=sa.text('noticed_at IS NULL'),
    )
    # The key for danger is a code, which each page puts into its own words.
    op.execute("UPDATE call SET emergency = 'key' WHERE emergency = '按键：生命危险'")


def downgrade() -> None:
    op.execute("UPDATE call SET emergency = '按键：生命危险' WHERE emergency = 'key'")
    op.drop_index('ix_protection_unnoticed', table_name='protection')
    op.drop_column('protection_visit', 'told_at')
    op.drop_column('protection', 'told_at')
    for name in CHECKS:
        op.drop_constraint(op.f(name), 'appeal', type_='check')
