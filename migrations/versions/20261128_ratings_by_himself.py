"""ratings by himself"""

from alembic import op
import sqlalchemy as sa


revision = '1802769e119d'
down_revision = '20261125market'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('asking', sa.Column('call_id', sa.Integer(), nullable=True))
    op.create_unique_constraint(op.f('uq_asking_call_id_follow_up_id'), 'asking', ['call_id', 'follow_up_id'])
    op.create_foreign_key(op.f('fk_asking_call_id'), 'asking', 'call', ['call_id'], ['id'])
    op.drop_constraint(op.f('ck_asking_way'), 'asking', type_='check')
    op.create_check_constraint(op.f('ck_asking_way'), 'asking', "way IN ('robot', 'person', 'text', 'web', 'call')")
    op.add_column('follow_up_alarm', sa.Column('round_id', sa.Integer(), nullable=True))
    op.execute(
        'UPDATE follow_up_alarm SET round_id = follow_up.round_id FROM follow_up '
        'WHERE follow_up.id = follow_up_alarm.follow_up_id'
    )
    op.alter_column('follow_up_alarm', 'round_id', nullable=False)
    op.drop_constraint(op.f('uq_follow_up_alarm_follow_up_id_kind'), 'follow_up_alarm', type_='unique')
    op.create_unique_constraint(op.f('uq_follow_up_alarm_round_id_kind'), 'follow_up_alarm', ['round_id', 'kind'])
    op.drop_constraint(op.f('fk_follow_up_alarm_follow_up_id'), 'follow_up_alarm', type_='foreignkey')
    op.create_foreign_key(op.f('fk_follow_up_alarm_round_id'), 'follow_up_alarm', 'round', ['round_id'], ['id'])
    op.drop_column('follow_up_alarm', 'follow_up_id')


def downgrade() -> None:
    op.add_column('follow_up_alarm', sa.Column('follow_up_id', sa.INTEGER(), nullable=True))
    op.execute(
        'UPDATE follow_up_alarm SET follow_up_id = follow_up.id FROM follow_up '
        'WHERE follow_up.round_id = follow_up_alarm.round_id'
    )
    # Before, an alarm was of a question that had been asked.
    op.execute('DELETE FROM follow_up_alarm WHERE follow_up_id IS NULL')
    op.alter_column('follow_up_alarm', 'follow_up_id', nullable=False)
    op.drop_constraint(op.f('fk_follow_up_alarm_round_id'), 'follow_up_alarm', type_='foreignkey')
    op.create_foreign_key(op.f('fk_follow_up_alarm_follow_up_id'), 'follow_up_alarm', 'follow_up', ['follow_up_id'], ['id'])
    op.drop_constraint(op.f('uq_follow_up_alarm_round_id_kind'), 'follow_up_alarm', type_='unique')
    op.create_unique_constraint(op.f('uq_follow_up_alarm_follow_up_id_kind'), 'follow_up_alarm', ['follow_up_id', 'kind'])
    op.drop_column('follow_up_alarm', 'round_id')
    # What he rated by himself came as his message's page brought it.
    op.execute("UPDATE asking SET way = 'text' WHERE way IN ('web', 'call')")
    op.drop_constraint(op.f('ck_asking_way'), 'asking', type_='check')
    op.create_check_constraint(op.f('ck_asking_way'), 'asking', "way IN ('robot', 'person', 'text')")
    op.drop_constraint(op.f('fk_asking_call_id'), 'asking', type_='foreignkey')
    op.drop_constraint(op.f('uq_asking_call_id_follow_up_id'), 'asking', type_='unique')
    op.drop_column('asking', 'call_id')
