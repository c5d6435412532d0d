"""partner cities: who is on the way there, and line settings that only the forms refused"""

from alembic import op
import sqlalchemy as sa

revision = '20261201partners'
down_revision = '607ab4efdfcf'
branch_labels = None
depends_on = None

PLACE = {
    'diverting': 'diverting_since IS NULL OR (partner_tried_at IS NOT NULL AND heard_at IS NULL)',
    'partner_rung': 'partner_rung_at IS NULL OR diverting_since IS NOT NULL',
    'diverting_left': 'left_at IS NULL OR diverting_since IS NULL',
}


def upgrade() -> None:
    op.add_column('place', sa.Column('partner_rung_at', sa.DateTime(timezone=True), nullable=True))
    # Who is on his way there now comes back as one whose partner did not answer.
    op.execute('UPDATE place SET diverting_since = NULL WHERE diverting_since IS NOT NULL')
    for name, rule in PLACE.items():
        op.create_check_constraint(op.f(f'ck_place_{name}'), 'place', rule)


def downgrade() -> None:
    for name in PLACE:
        op.drop_constraint(op.f(f'ck_place_{name}'), 'place')
    op.drop_column('place', 'partner_rung_at')
