"""a citizens own ticket"""

from alembic import op
import sqlalchemy as sa


revision = 'e61cca9812b8'
down_revision = 'f35f5f46fb7e'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('addition',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('facts', 'pressed', name='additionkind', native_enum=False, length=16), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('words', sa.LargeBinary(), nullable=False),
    sa.CheckConstraint("kind IN ('facts', 'pressed')", name=op.f('ck_addition_kind')),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_addition_ticket_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_addition'))
    )
    op.create_index(op.f('ix_addition_ticket_id'), 'addition', ['ticket_id'], unique=False)
    op.add_column('code_attempt', sa.Column('address', sa.String(length=64), nullable=True))
    op.alter_column('code_attempt', 'call_id',
               existing_type=sa.INTEGER(),
               nullable=True)
    op.create_check_constraint(
        op.f('ck_code_attempt_by'), 'code_attempt', '(call_id IS NULL) <> (address IS NULL)'
    )
    op.create_index('ix_code_attempt_address_at', 'code_attempt', ['address', 'at'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_code_attempt_address_at', table_name='code_attempt')
    op.drop_constraint(op.f('ck_code_attempt_by'), 'code_attempt')
    # Before there was a page every attempt was of a call.
    op.execute('DELETE FROM code_attempt WHERE call_id IS NULL')
    op.alter_column('code_attempt', 'call_id',
               existing_type=sa.INTEGER(),
               nullable=False)
    op.drop_column('code_attempt', 'address')
    op.drop_index(op.f('ix_addition_ticket_id'), table_name='addition')
    op.drop_table('addition')
