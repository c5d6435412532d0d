"""whose calls have no agent"""

from alembic import op
import sqlalchemy as sa


revision = '20261128relayed'
down_revision = '20261128legal'
branch_labels = None
depends_on = None

AGENT = "status NOT IN ('connecting', 'talking') OR agent_id IS NOT NULL"


def upgrade() -> None:
    op.add_column('call', sa.Column('relayed', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.execute("UPDATE call SET relayed = true WHERE id IN (SELECT call_id FROM relay)")
    op.drop_constraint(op.f('ck_call_agent'), 'call', type_='check')
    op.create_check_constraint(op.f('ck_call_agent'), 'call', f"{AGENT} OR relayed")
    op.create_check_constraint(op.f('ck_call_relayed'), 'call', "NOT relayed OR (agent_id IS NULL AND direction = 'out')")


def downgrade() -> None:
    op.drop_constraint(op.f('ck_call_relayed'), 'call', type_='check')
    op.drop_constraint(op.f('ck_call_agent'), 'call', type_='check')
    op.create_check_constraint(op.f('ck_call_agent'), 'call', f"{AGENT} OR direction = 'out'")
    op.drop_column('call', 'relayed')
