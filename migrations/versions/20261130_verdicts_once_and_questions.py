"""a reply is checked once, what is given back asks for nothing, and a first word has its time"""

import sqlalchemy as sa
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
# What nobody decided before its unit's part was over falls with it.
FORGOTTEN = """
UPDATE request SET state = 'cancelled', decided_at = now() FROM assignment
WHERE assignment.id = assignment_id AND request.state = 'applied'
  AND assignment.state IN ('returned', 'recalled')
"""
ASKS_NO_MORE = """
CREATE OR REPLACE FUNCTION withdrawn_asks_no_more() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM request JOIN assignment ON assignment.id = assignment_id
             WHERE assignment_id = NEW.id AND request.state = 'applied'
               AND request.kind NOT IN ('exclusion', 'score_appeal')
               AND assignment.state IN ('returned', 'recalled')) THEN
    RAISE EXCEPTION 'a withdrawn assignment still asks for something';
  END IF;
  RETURN NULL;
END $$
"""
WITHDRAWN = """
CREATE CONSTRAINT TRIGGER assignment_asks_no_more AFTER UPDATE OF state ON assignment
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state IN ('returned', 'recalled'))
EXECUTE FUNCTION withdrawn_asks_no_more()
"""
# A date before the dispatch was typed by a unit's own system with its reply: it counts from that.
TYPED = "UPDATE assignment SET contacted_at = replied_at WHERE contacted_at < dispatched_at"
TYPED_AHEAD = "UPDATE reply SET contacted_at = at WHERE contacted_at > at"
CHECKS = (
    ("assignment", "contacted_after", "contacted_at >= dispatched_at"),
    ("reply", "contacted_before", "contacted_at <= at"),
)
# Whom a unit may not speak to it owes no first word.
NO_WORD = """
UPDATE assignment SET respond_due_at = NULL FROM ticket LEFT JOIN person ON person.id = person_id
WHERE ticket.id = ticket_id AND contacted_at IS NULL AND ended_at IS NULL
  AND respond_due_at IS NOT NULL
  AND (NOT needs_reply OR confidential OR kind = 'report' OR person_id IS NULL
    OR ticket.minor OR person.minor)
"""


OPEN_QUESTION = sa.text("kind = 'question' AND ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "remark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('question', 'answer')", name=op.f("ck_remark_kind")),
        sa.CheckConstraint(
            "(kind = 'question') = (due_at IS NOT NULL)", name=op.f("ck_remark_due")
        ),
        sa.CheckConstraint("kind = 'question' OR ended_at IS NULL", name=op.f("ck_remark_ended")),
        sa.ForeignKeyConstraint(["by_id"], ["staff.id"], name=op.f("fk_remark_by_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_remark_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remark")),
    )
    op.create_index(op.f("ix_remark_ticket_id"), "remark", ["ticket_id"])
    op.create_index("ix_remark_due", "remark", ["due_at"], postgresql_where=OPEN_QUESTION)
    op.create_index(
        "uq_remark_question_open",
        "remark",
        ["ticket_id"],
        unique=True,
        postgresql_where=OPEN_QUESTION,
    )
    op.create_index(
        "uq_remark_answer",
        "remark",
        ["ticket_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'answer'"),
    )
    op.execute(NO_WORD)
    op.execute(TYPED)
    op.execute(TYPED_AHEAD)
    for table, name, rule in CHECKS:
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule)
    op.execute(FORGOTTEN)
    op.execute(ASKS_NO_MORE)
    op.execute(WITHDRAWN)
    op.execute(CHECKED_ONCE)
    op.execute(GUARD)


def downgrade() -> None:
    op.drop_table("remark")
    for table, name, _rule in CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
    op.execute("DROP TRIGGER assignment_asks_no_more ON assignment")
    op.execute("DROP FUNCTION withdrawn_asks_no_more()")
    op.execute("DROP TRIGGER reply_checked_once ON reply")
    op.execute("DROP FUNCTION reply_is_checked_once()")
