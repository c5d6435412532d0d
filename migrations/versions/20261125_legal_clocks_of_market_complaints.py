"""legal clocks of market complaints"""

from alembic import op
import sqlalchemy as sa


revision = "20261125market"
down_revision = "20261125exchange"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('legal_limit',
    sa.Column('step', sa.Enum('accept', 'mediate', 'verify', 'inform', name='legalstep', native_enum=False, length=16), nullable=False),
    sa.Column('within', sa.String(length=12), nullable=False),
    sa.Column('more', sa.String(length=12), nullable=True),
    sa.CheckConstraint("within ~ '^[1-9][0-9]{0,4} (min|wh|wd)$'", name=op.f('ck_legal_limit_within')),
    sa.CheckConstraint("more ~ '^[1-9][0-9]{0,4} (min|wh|wd)$'", name=op.f('ck_legal_limit_more')),
    sa.CheckConstraint("step IN ('accept', 'mediate', 'verify', 'inform')", name=op.f('ck_legal_limit_step')),
    sa.PrimaryKeyConstraint('step', name=op.f('pk_legal_limit'))
    )
    op.create_table('legal_clock',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('step', sa.Enum('accept', 'mediate', 'verify', 'inform', name='legalstep', native_enum=False, length=16), nullable=False),
    sa.Column('begins_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('within', sa.String(length=12), nullable=False),
    sa.Column('more', sa.String(length=12), nullable=True),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('extended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('red_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_by_id', sa.Integer(), nullable=True),
    sa.Column('outcome', sa.Boolean(), nullable=True),
    sa.Column('words', sa.String(), nullable=False),
    sa.CheckConstraint("outcome OR words <> ''", name=op.f('ck_legal_clock_words')),
    sa.CheckConstraint("step IN ('accept', 'mediate', 'verify', 'inform')", name=op.f('ck_legal_clock_step')),
    sa.CheckConstraint('(done_at IS NULL) = (outcome IS NULL)', name=op.f('ck_legal_clock_outcome')),
    sa.CheckConstraint('extended_at IS NULL OR more IS NOT NULL', name=op.f('ck_legal_clock_extended')),
    sa.ForeignKeyConstraint(['done_by_id'], ['staff.id'], name=op.f('fk_legal_clock_done_by_id')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_legal_clock_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_legal_clock')),
    sa.UniqueConstraint('ticket_id', 'step', name=op.f('uq_legal_clock_ticket_id_step'))
    )
    op.create_index('ix_legal_clock_due', 'legal_clock', ['due_at'], unique=False, postgresql_where=sa.text('done_at IS NULL AND red_at IS NULL'))
    op.create_index('ix_legal_clock_open', 'legal_clock', ['id'], unique=False, postgresql_where=sa.text('done_at IS NULL'))
    op.add_column('ticket', sa.Column('split_from_id', sa.Integer(), nullable=True))
    op.create_unique_constraint(op.f('uq_ticket_split_from_id'), 'ticket', ['split_from_id'])
    op.create_foreign_key(op.f('fk_ticket_split_from_id'), 'ticket', 'ticket', ['split_from_id'], ['id'])
    op.add_column('topic', sa.Column('market', sa.Boolean(), server_default=sa.text('false'), nullable=False))


def downgrade() -> None:
    op.drop_column('topic', 'market')
    op.drop_constraint(op.f('fk_ticket_split_from_id'), 'ticket', type_='foreignkey')
    op.drop_constraint(op.f('uq_ticket_split_from_id'), 'ticket', type_='unique')
    op.drop_column('ticket', 'split_from_id')
    op.drop_index('ix_legal_clock_open', table_name='legal_clock', postgresql_where=sa.text('done_at IS NULL'))
    op.drop_index('ix_legal_clock_due', table_name='legal_clock', postgresql_where=sa.text('done_at IS NULL AND red_at IS NULL'))
    op.drop_table('legal_clock')
    op.drop_table('legal_limit')
