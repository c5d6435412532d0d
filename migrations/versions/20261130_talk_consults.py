"""talk consults"""

from alembic import op
import sqlalchemy as sa


revision = 'f32925891c52'
down_revision = '4f29113fe593'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('consult',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('call_id', sa.Integer(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=False),
    sa.Column('agent_id', sa.Integer(), nullable=False),
    sa.Column('offer_id', sa.Integer(), nullable=False),
    sa.Column('question', sa.String(length=200), nullable=False),
    sa.Column('state', sa.Enum('ringing', 'connecting', 'joined', 'ended', name='consultstate', native_enum=False, length=16), nullable=False),
    sa.Column('outcome', sa.Enum('completed', 'cancelled', 'declined', 'missed', 'left', 'call_over', name='consultend', native_enum=False, length=16), nullable=True),
    sa.Column('leg', sa.String(length=64), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('joined_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('held_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('holds', sa.Integer(), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name=op.f('ck_consult_ended_at')),
    sa.CheckConstraint("(state = 'ended') = (outcome IS NOT NULL)", name=op.f('ck_consult_outcome_final')),
    sa.CheckConstraint("held_since IS NULL OR state = 'joined'", name=op.f('ck_consult_held')),
    sa.CheckConstraint("outcome IN ('completed', 'cancelled', 'declined', 'missed', 'left', 'call_over')", name=op.f('ck_consult_outcome')),
    sa.CheckConstraint("state IN ('ringing', 'connecting', 'joined', 'ended')", name=op.f('ck_consult_state')),
    sa.CheckConstraint("state NOT IN ('connecting', 'joined') OR leg IS NOT NULL", name=op.f('ck_consult_leg')),
    sa.CheckConstraint('agent_id <> by_id', name=op.f('ck_consult_another')),
    sa.ForeignKeyConstraint(['agent_id'], ['seat.staff_id'], name=op.f('fk_consult_agent_id')),
    sa.ForeignKeyConstraint(['by_id'], ['seat.staff_id'], name=op.f('fk_consult_by_id')),
    sa.ForeignKeyConstraint(['call_id'], ['call.id'], name=op.f('fk_consult_call_id')),
    sa.ForeignKeyConstraint(['offer_id'], ['offer.id'], name=op.f('fk_consult_offer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consult')),
    sa.UniqueConstraint('offer_id', name=op.f('uq_consult_offer_id'))
    )
    op.create_index(op.f('ix_consult_call_id'), 'consult', ['call_id'], unique=False)
    op.create_index(op.f('ix_consult_leg'), 'consult', ['leg'], unique=False)
    op.create_index('ix_consult_by_live', 'consult', ['by_id'], unique=False, postgresql_where=sa.text("state <> 'ended'"))
    op.create_index('uq_consult_agent_live', 'consult', ['agent_id'], unique=True, postgresql_where=sa.text("state <> 'ended'"))
    op.create_index('uq_consult_call_live', 'consult', ['call_id'], unique=True, postgresql_where=sa.text("state <> 'ended'"))
    op.add_column('offer', sa.Column('kind', sa.Enum('call', 'consult', name='offerkind', native_enum=False, length=16), server_default='call', nullable=False))
    op.create_check_constraint(op.f('ck_offer_kind'), 'offer', "kind IN ('call', 'consult')")
    op.add_column('place', sa.Column('meant_for_id', sa.Integer(), nullable=True))
    op.create_index('ix_place_meant', 'place', ['meant_for_id'], unique=False, postgresql_where=sa.text('meant_for_id IS NOT NULL AND left_at IS NULL'))
    op.create_foreign_key(op.f('fk_place_meant_for_id'), 'place', 'seat', ['meant_for_id'], ['staff_id'])


def downgrade() -> None:
    op.drop_constraint(op.f('fk_place_meant_for_id'), 'place', type_='foreignkey')
    op.drop_index('ix_place_meant', table_name='place', postgresql_where=sa.text('meant_for_id IS NOT NULL AND left_at IS NULL'))
    op.drop_column('place', 'meant_for_id')
    op.drop_constraint(op.f('ck_offer_kind'), 'offer')
    op.drop_column('offer', 'kind')
    op.drop_index('uq_consult_call_live', table_name='consult', postgresql_where=sa.text("state <> 'ended'"))
    op.drop_index('uq_consult_agent_live', table_name='consult', postgresql_where=sa.text("state <> 'ended'"))
    op.drop_index('ix_consult_by_live', table_name='consult', postgresql_where=sa.text("state <> 'ended'"))
    op.drop_index(op.f('ix_consult_leg'), table_name='consult')
    op.drop_index(op.f('ix_consult_call_id'), table_name='consult')
    op.drop_table('consult')
