"""contacts of units with citizens, and an index for what units have done"""

from alembic import op
import sqlalchemy as sa

revision = '20261125contact'
down_revision = '20261125calendar'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('contact',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('assignment_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('way', sa.Enum('phone', 'visit', 'message', name='contactway', native_enum=False, length=16), nullable=False),
    sa.Column('reached', sa.Boolean(), nullable=False),
    sa.Column('words', sa.LargeBinary(), nullable=False),
    sa.CheckConstraint("way IN ('phone', 'visit', 'message')", name=op.f('ck_contact_way')),
    sa.ForeignKeyConstraint(['assignment_id'], ['assignment.id'], name=op.f('fk_contact_assignment_id')),
    sa.ForeignKeyConstraint(['by_id'], ['staff.id'], name=op.f('fk_contact_by_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contact'))
    )
    op.create_index(op.f('ix_contact_assignment_id'), 'contact', ['assignment_id'], unique=False)
    op.create_index('ix_assignment_done', 'assignment', ['unit_id', 'ended_at', 'id'], unique=False, postgresql_where=sa.text('ended_at IS NOT NULL'))


def downgrade() -> None:
    op.drop_index('ix_assignment_done', table_name='assignment', postgresql_where=sa.text('ended_at IS NOT NULL'))
    op.drop_index(op.f('ix_contact_assignment_id'), table_name='contact')
    op.drop_table('contact')
