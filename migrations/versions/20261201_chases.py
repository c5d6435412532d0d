"""calls about tickets that are open already"""

import sqlalchemy as sa
from alembic import op

revision = '20261201chases'
down_revision = '20261201linechecks'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'chase',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('call_id', sa.Integer(), nullable=False),
        sa.Column('ticket_id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('by_id', sa.Integer(), nullable=True),
        sa.Column('words', sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(['by_id'], ['staff.id'], name=op.f('fk_chase_by_id')),
        sa.ForeignKeyConstraint(['call_id'], ['call.id'], name=op.f('fk_chase_call_id')),
        sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_chase_ticket_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_chase')),
        sa.UniqueConstraint('call_id', 'ticket_id', name=op.f('uq_chase_call_id_ticket_id')),
    )
    op.create_index(op.f('ix_chase_at'), 'chase', ['at'])
    op.create_index(op.f('ix_chase_ticket_id'), 'chase', ['ticket_id'])


def downgrade() -> None:
    op.drop_table('chase')
