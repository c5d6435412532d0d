"""one announcement at a time, and what a monitor's states mean"""

from alembic import op
import sqlalchemy as sa


revision = '20261201leads'
down_revision = '20261201partners'
branch_labels = None
depends_on = None

NOT_ANY_MORE = 'ended_at IS NULL'
MONITOR = {
    'claimed_at': 'leg IS NULL OR claimed_at IS NOT NULL',
    'joined_at': "state <> 'joined' OR joined_at IS NOT NULL",
    'ends_after': 'ended_at >= asked_at',
}


def upgrade() -> None:
    op.add_column('line', sa.Column('announced_until', sa.DateTime(timezone=True), nullable=True))
    # Of those that overlap the newest counts.
    op.execute(
        'UPDATE announcement SET ended_at = now(), ended_by_id = by_id WHERE ended_at IS NULL AND'
        ' EXISTS (SELECT FROM announcement AS newer WHERE newer.ended_at IS NULL AND'
        ' newer.line_id = announcement.line_id AND newer.id > announcement.id AND'
        ' newer.from_at < announcement.until_at AND announcement.from_at < newer.until_at)'
    )
    op.execute(
        'UPDATE line SET announced_until = (SELECT max(until_at) FROM announcement WHERE'
        ' announcement.line_id = line.id AND ended_at IS NULL)'
    )
    op.execute(
        'ALTER TABLE announcement ADD CONSTRAINT ex_announcement_once EXCLUDE USING gist'
        " (int4range(line_id, line_id, '[]') WITH &&, tstzrange(from_at, until_at) WITH &&)"
        f' WHERE ({NOT_ANY_MORE})'
    )
    for name, check in MONITOR.items():
        op.create_check_constraint(op.f(f'ck_monitor_{name}'), 'monitor', check)
    op.create_check_constraint(op.f('ck_reskill_reason'), 'reskill', 'length(reason) > 0')


def downgrade() -> None:
    op.drop_constraint(op.f('ck_reskill_reason'), 'reskill', type_='check')
    for name in MONITOR:
        op.drop_constraint(op.f(f'ck_monitor_{name}'), 'monitor', type_='check')
    op.drop_constraint(op.f('ex_announcement_once'), 'announcement')
    op.drop_column('line', 'announced_until')
