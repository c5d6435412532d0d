"""Every change of a line's settings and of its seats' skills."""

from datetime import datetime
from typing import Any

from sqlalchemy import DDL, CheckConstraint, ForeignKey, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.line import Line
from models.staff import StaffMember


class LineChange(Base):
    """Who changed what of a line, from what to what; only ever added to.

    An undoing is a change too, and a change is undone once."""

    __tablename__ = "line_change"
    __table_args__ = (CheckConstraint("before <> after", name="changes"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"), index=True)
    at: Mapped[datetime]
    # None: the clock, when a certificate has run out, or a command.
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    undoes_id: Mapped[int | None] = mapped_column(ForeignKey("line_change.id"), unique=True)

    line: Mapped[Line] = relationship()
    by: Mapped[StaffMember | None] = relationship()


# The database refuses what no verb does.
ONLY_ADDED = """
CREATE OR REPLACE FUNCTION line_change_is_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the changes of a line are only added to';
END $$
"""
GUARD = """
CREATE TRIGGER line_change_only_added BEFORE UPDATE OR DELETE ON line_change
FOR EACH ROW EXECUTE FUNCTION line_change_is_only_added()
"""
for statement in (ONLY_ADDED, GUARD):
    event.listen(LineChange.__table__, "after_create", DDL(statement))  # type: ignore[no-untyped-call]
