"""talk holds"""

from alembic import op
import sqlalchemy as sa


revision = '4f29113fe593'
down_revision = '20261130ownclock'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('call', sa.Column('held_since', sa.DateTime(timezone=True), nullable=True))
    op.add_column('call', sa.Column('holds', sa.Integer(), server_default=sa.text('0'), nullable=False))
    op.create_check_constraint(
        op.f('ck_call_held'), 'call', "held_since IS NULL OR status = 'talking'"
    )


def downgrade() -> None:
    op.drop_constraint(op.f('ck_call_held'), 'call')
    op.drop_column('call', 'holds')
    op.drop_column('call', 'held_since')
