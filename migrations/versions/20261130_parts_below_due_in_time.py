"""no part is due later than the one that it was handed down from"""

from alembic import op

revision = "20261130below"
down_revision = "20261201stretches"
branch_labels = None
depends_on = None

FUNCTION = """
CREATE OR REPLACE FUNCTION due_no_later_than_above() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM assignment below JOIN assignment above ON above.id = below.parent_id
             WHERE (below.id = NEW.id OR above.id = NEW.id)
               AND below.ended_at IS NULL AND below.due_at > above.due_at) THEN
    RAISE EXCEPTION 'a part is due later than the one that it was handed down from'
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$
"""
GUARD = """
CREATE CONSTRAINT TRIGGER assignment_due_in_time
AFTER INSERT OR UPDATE OF due_at, parent_id ON assignment
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION due_no_later_than_above()
"""


def upgrade() -> None:
    op.execute(FUNCTION)
    op.execute(GUARD)


def downgrade() -> None:
    op.execute("DROP TRIGGER assignment_due_in_time ON assignment")
    op.execute("DROP FUNCTION due_no_later_than_above()")
