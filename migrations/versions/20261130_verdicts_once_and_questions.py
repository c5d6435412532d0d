"""a reply is checked once"""

from alembic import op

revision = "20261130verdicts"
down_revision = "20261130checks"
branch_labels = None
depends_on = None

CHECKED_ONCE = """
CREATE OR REPLACE FUNCTION reply_is_checked_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a reply is checked once';
END $$
"""
GUARD = """
CREATE TRIGGER reply_checked_once BEFORE UPDATE ON reply FOR EACH ROW
WHEN (OLD.verdict IS NOT NULL AND (NEW.verdict, NEW.checked_at, NEW.checked_by_id)
  IS DISTINCT FROM (OLD.verdict, OLD.checked_at, OLD.checked_by_id))
EXECUTE FUNCTION reply_is_checked_once()
"""


def upgrade() -> None:
    op.execute(CHECKED_ONCE)
    op.execute(GUARD)


def downgrade() -> None:
    op.execute("DROP TRIGGER reply_checked_once ON reply")
    op.execute("DROP FUNCTION reply_is_checked_once()")
