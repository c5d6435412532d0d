"""outbox of notices"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '20261125outbox'
down_revision = '20261125checks'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('duty_phone',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.LargeBinary(), nullable=False),
    sa.Column('number_fingerprint', sa.String(length=64), nullable=False),
    sa.Column('number_masked', sa.String(length=32), nullable=False),
    sa.Column('wants', postgresql.ARRAY(sa.String()), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("wants <@ ARRAY['tickets', 'clocks', 'decisions']::varchar[] AND wants <> '{}'", name=op.f('ck_duty_phone_wants')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_duty_phone_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duty_phone')),
    sa.UniqueConstraint('unit_id', 'number_fingerprint', name=op.f('uq_duty_phone_unit_id_number_fingerprint'))
    )
    op.create_table('endpoint',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('url', sa.String(length=500), nullable=False),
    sa.Column('secret', sa.LargeBinary(), nullable=False),
    sa.Column('old_secret', sa.LargeBinary(), nullable=True),
    sa.Column('old_secret_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('wants', postgresql.ARRAY(sa.String()), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('rests_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("wants <@ ARRAY['tickets', 'clocks', 'decisions']::varchar[] AND wants <> '{}'", name=op.f('ck_endpoint_wants')),
    sa.CheckConstraint('(old_secret IS NULL) = (old_secret_until IS NULL)', name=op.f('ck_endpoint_old_secret')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_endpoint_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_endpoint')),
    sa.UniqueConstraint('unit_id', 'url', name=op.f('uq_endpoint_unit_id_url'))
    )
    op.create_table('delivery',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('notice_id', sa.Integer(), nullable=True),
    sa.Column('endpoint_id', sa.Integer(), nullable=False),
    sa.Column('message_id', sa.String(length=40), nullable=False),
    sa.Column('type', sa.String(length=64), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('state', sa.Enum('pending', 'sent', 'failed', name='deliverystate', native_enum=False, length=16), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('status', sa.Integer(), nullable=True),
    sa.Column('error', sa.String(), nullable=True),
    sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f('ck_delivery_sent')),
    sa.CheckConstraint("state IN ('pending', 'sent', 'failed')", name=op.f('ck_delivery_state')),
    sa.ForeignKeyConstraint(['endpoint_id'], ['endpoint.id'], name=op.f('fk_delivery_endpoint_id')),
    sa.ForeignKeyConstraint(['notice_id'], ['notice.id'], name=op.f('fk_delivery_notice_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery')),
    sa.UniqueConstraint('message_id', name=op.f('uq_delivery_message_id')),
    sa.UniqueConstraint('notice_id', 'endpoint_id', name=op.f('uq_delivery_notice_id_endpoint_id'))
    )
    op.create_index('ix_delivery_created_at', 'delivery', ['created_at'], unique=False)
    op.create_index('ix_delivery_due', 'delivery', ['next_at'], unique=False, postgresql_where=sa.text("state = 'pending'"))
    op.create_index('ix_delivery_endpoint_id_id', 'delivery', ['endpoint_id', 'id'], unique=False)
    op.add_column('notice', sa.Column('spread_at', sa.DateTime(timezone=True), nullable=True))
    # What was told before there was an outbox is not told again.
    op.execute('UPDATE notice SET spread_at = created_at')
    op.create_index('ix_notice_unspread', 'notice', ['id'], unique=False, postgresql_where=sa.text('spread_at IS NULL'))


def downgrade() -> None:
    op.drop_index('ix_notice_unspread', table_name='notice', postgresql_where=sa.text('spread_at IS NULL'))
    op.drop_column('notice', 'spread_at')
    op.drop_index('ix_delivery_endpoint_id_id', table_name='delivery')
    op.drop_index('ix_delivery_due', table_name='delivery', postgresql_where=sa.text("state = 'pending'"))
    op.drop_index('ix_delivery_created_at', table_name='delivery')
    op.drop_table('delivery')
    op.drop_table('endpoint')
    op.drop_table('duty_phone')
