"""consultation meetings and their agendas"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '20261125meetings'
down_revision = '20261125follow'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('meeting',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('planned_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('place', sa.String(length=120), nullable=False),
    sa.Column('units', postgresql.ARRAY(sa.String()), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by_id', sa.Integer(), nullable=True),
    sa.Column('held_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('minutes', sa.String(), nullable=False),
    sa.CheckConstraint("(held_at IS NULL) = (minutes = '')", name=op.f('ck_meeting_held')),
    sa.CheckConstraint("title <> ''", name=op.f('ck_meeting_title')),
    sa.ForeignKeyConstraint(['made_by_id'], ['staff.id'], name=op.f('fk_meeting_made_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_meeting'))
    )
    op.create_index(op.f('ix_meeting_planned_at'), 'meeting', ['planned_at'], unique=False)
    op.create_table('meeting_ticket',
    sa.Column('meeting_id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('lead_id', sa.Integer(), nullable=True),
    sa.Column('decision', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['lead_id'], ['unit.id'], name=op.f('fk_meeting_ticket_lead_id')),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_meeting_ticket_meeting_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_meeting_ticket_ticket_id')),
    sa.PrimaryKeyConstraint('meeting_id', 'ticket_id', name=op.f('pk_meeting_ticket'))
    )
    op.create_index(op.f('ix_meeting_ticket_ticket_id'), 'meeting_ticket', ['ticket_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_meeting_ticket_ticket_id'), table_name='meeting_ticket')
    op.drop_table('meeting_ticket')
    op.drop_index(op.f('ix_meeting_planned_at'), table_name='meeting')
    op.drop_table('meeting')
