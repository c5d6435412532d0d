"""who has joined a talk, or answers a question, has the time at which he did"""

from alembic import op


revision = '20261130checks'
down_revision = 'cc2bac45f176'
branch_labels = None
depends_on = None

CHECKS = (
    ('consult', 'claimed', "state <> 'connecting' OR claimed_at IS NOT NULL"),
    ('consult', 'joined_at', "state <> 'joined' OR joined_at IS NOT NULL"),
    ('outside', 'joined_at', "state <> 'joined' OR joined_at IS NOT NULL"),
)


def upgrade() -> None:
    for table, name, rule in CHECKS:
        op.create_check_constraint(op.f(f'ck_{table}_{name}'), table, rule)


def downgrade() -> None:
    for table, name, _rule in reversed(CHECKS):
        op.drop_constraint(op.f(f'ck_{table}_{name}'), table)
