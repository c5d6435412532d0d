"""Before a ticket is dispatched: is it complete, is it ours, is it a ticket at all."""

from models import StaffMember, Ticket
from telephony.sentences import tongue
from tickets import merging, questions, reasons, sms
from tickets.handling import NotYet
from tickets.history import note
from tickets.messages import queue_text
from web.languages import _

# Source: domain reference 1.3.
REASONS = (*("JURIS", "EMERG", "PARTY", "PROC", "SECRET", "MORAL", "VAGUE", "DUP_DONE", "ABUSE"),)


def pass_review(ticket: Ticket, *, by: StaffMember) -> None:
    ticket.make("pass_review")
    note(ticket, "review_passed", by=by)


def ask_for_more(ticket: Ticket, *, by: StaffMember, what: str) -> None:
    """Whoever took the call, or the citizen, must say more."""
    if not what.strip():
        raise NotYet(_("请写明需要补充什么"))
    ticket.make("ask_for_more")
    questions.ask(ticket, what.strip(), by=by)


def complete(ticket: Ticket, *, by: StaffMember | None) -> None:
    questions.complete(ticket)
    note(ticket, "completed", by=by)


def reject(ticket: Ticket, *, by: StaffMember, reason: str) -> None:
    """Not for the hotline; the citizen is told the lawful way."""
    if reason not in REASONS:
        raise NotYet(_("请选择不予受理的原因"))
    merging.insist_childless(ticket)
    ticket.make("reject")
    note(ticket, "rejected", by=by, reason=reason)
    if ticket.person is not None and sms.reaches(ticket.person):
        his = tongue(ticket.person.language)
        why = his.sentence(f"rejected_{reason.lower()}")
        body = his.sentence("rejected_text", number=ticket.number, why=why)
        queue_text(ticket.person, body, key=f"ticket:{ticket.id}:rejected", ticket=ticket)


def void(ticket: Ticket, *, by: StaffMember, because: str) -> None:
    """A wrong number, a test, a prank: kept, and counted nowhere."""
    if not because.strip():
        raise NotYet(_("请写明作废的原因"))
    merging.insist_childless(ticket)
    ticket.make("void")
    note(ticket, "voided", by=by, remark=reasons.keep(ticket, because, by=by))
