"""minors: risk, mandatory reports, visits"""

import sqlalchemy as sa
from alembic import op

revision = '20261202protections'
down_revision = '20261202limits'
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def _column(name: str, kind: sa.types.TypeEngine, *, null: bool = False) -> sa.Column:
    return sa.Column(name, kind, nullable=null)


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f'{other}.id'], name=op.f(f'fk_{table}_{column}'))


def _together(table: str, one: str, other: str, name: str) -> sa.CheckConstraint:
    rule = f'({one} IS NULL) = ({other} IS NULL)'
    return sa.CheckConstraint(rule, name=op.f(f'ck_{table}_{name}'))


def upgrade() -> None:
    op.create_table(
        'protection',
        _column('id', sa.Integer()),
        _column('call_id', sa.Integer()),
        _column('ticket_id', sa.Integer()),
        _column('by_id', sa.Integer()),
        _column('at', AT),
        _column('risks', sa.ARRAY(sa.String())),
        _column('level', sa.String(16)),
        _column('notice_due_at', AT),
        _column('noticed_at', AT, null=True),
        _column('reviewed_at', AT, null=True),
        _column('reviewed_by_id', sa.Integer(), null=True),
        _column('review', sa.LargeBinary(), null=True),
        sa.CheckConstraint(
            "level IN ('red', 'orange', 'yellow')", name=op.f('ck_protection_level')
        ),
        _together('protection', 'reviewed_at', 'reviewed_by_id', 'reviewed'),
        _together('protection', 'reviewed_at', 'review', 'review'),
        sa.CheckConstraint('reviewed_by_id <> by_id', name=op.f('ck_protection_two_persons')),
        _key('protection', 'call_id', 'call'),
        _key('protection', 'ticket_id', 'ticket'),
        _key('protection', 'by_id', 'staff'),
        _key('protection', 'reviewed_by_id', 'staff'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_protection')),
        sa.UniqueConstraint('call_id', name=op.f('uq_protection_call_id')),
        sa.UniqueConstraint('ticket_id', name=op.f('uq_protection_ticket_id')),
    )
    op.create_index(op.f('ix_protection_at'), 'protection', ['at'])
    op.create_index(
        'ix_protection_unreviewed',
        'protection',
        ['id'],
        postgresql_where=sa.text('reviewed_at IS NULL'),
    )
    op.create_table(
        'mandatory_report',
        _column('id', sa.Integer()),
        _column('protection_id', sa.Integer()),
        _column('receiver', sa.String(16)),
        _column('at', AT),
        _column('by_id', sa.Integer()),
        _column('what', sa.LargeBinary()),
        _column('person', sa.LargeBinary()),
        _column('receipt', sa.LargeBinary()),
        sa.CheckConstraint(
            "receiver IN ('civil_affairs', 'police', 'education')",
            name=op.f('ck_mandatory_report_receiver'),
        ),
        _key('mandatory_report', 'protection_id', 'protection'),
        _key('mandatory_report', 'by_id', 'staff'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mandatory_report')),
    )
    op.create_index(
        op.f('ix_mandatory_report_protection_id'), 'mandatory_report', ['protection_id']
    )
    op.create_table(
        'protection_visit',
        _column('id', sa.Integer()),
        _column('protection_id', sa.Integer()),
        _column('due_at', AT),
        _column('done_at', AT, null=True),
        _column('done_by_id', sa.Integer(), null=True),
        _column('found', sa.LargeBinary(), null=True),
        _together('protection_visit', 'done_at', 'done_by_id', 'done'),
        _together('protection_visit', 'done_at', 'found', 'found'),
        _key('protection_visit', 'protection_id', 'protection'),
        _key('protection_visit', 'done_by_id', 'staff'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_protection_visit')),
        sa.UniqueConstraint(
            'protection_id', 'due_at', name=op.f('uq_protection_visit_protection_id_due_at')
        ),
    )
    op.create_index(
        'ix_protection_visit_due',
        'protection_visit',
        ['due_at'],
        postgresql_where=sa.text('done_at IS NULL'),
    )


def downgrade() -> None:
    for table in ('protection_visit', 'mandatory_report', 'protection'):
        op.drop_table(table)
