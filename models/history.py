"""What happened to a ticket: written once, chained by hashes, never changed."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import DDL, ForeignKey, String, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.city import Unit
from models.staff import StaffMember
from models.ticket import Ticket


class TicketEvent(Base):
    """One link: its hash covers the previous link, so that none can be changed or left out.

    The detail holds codes and ids, never what belongs to a person.  Should something have to be
    erased all the same, detail and salt go and the payload's hash stays: the chain still holds."""

    __tablename__ = "ticket_event"
    __table_args__ = (UniqueConstraint("ticket_id", "seq"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    seq: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)
    # None is the software itself.
    by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    name: Mapped[str] = mapped_column(String(48))
    detail: Mapped[dict[str, Any] | None]
    salt: Mapped[str | None] = mapped_column(String(32))
    payload_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    ticket: Mapped[Ticket] = relationship()
    by: Mapped[StaffMember | None] = relationship()
    unit: Mapped[Unit | None] = relationship()


class ChainDigest(Base):
    """One number over the heads of all chains at the end of a day, to be kept elsewhere too."""

    __tablename__ = "chain_digest"

    day: Mapped[date] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    tickets: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    # The chains that grew on that day were computed anew: how many, and which did not hold, why.
    checked: Mapped[int] = mapped_column(default=0)
    broken: Mapped[dict[str, Any]] = mapped_column(default=dict)


# The database refuses what no verb does: a link is only added, or stripped of its payload.
ONLY_ADDED = """
CREATE OR REPLACE FUNCTION ticket_event_is_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.detail IS NULL AND NEW.salt IS NULL
     AND (NEW.id, NEW.ticket_id, NEW.seq, NEW.at, NEW.name, NEW.payload_hash, NEW.hash)
       = (OLD.id, OLD.ticket_id, OLD.seq, OLD.at, OLD.name, OLD.payload_hash, OLD.hash)
     AND (NEW.by_id, NEW.unit_id) IS NOT DISTINCT FROM (OLD.by_id, OLD.unit_id) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'the history of a ticket is only added to';
END $$
"""
GUARD = """
CREATE TRIGGER ticket_event_only_added BEFORE UPDATE OR DELETE ON ticket_event
FOR EACH ROW EXECUTE FUNCTION ticket_event_is_only_added()
"""
for statement in (ONLY_ADDED, GUARD):
    event.listen(TicketEvent.__table__, "after_create", DDL(statement))  # type: ignore[no-untyped-call]
