"""What the hotline's leads were told of missed targets, and who of them has seen to it."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models import Role
from staff import audit
from staff.access import current_staff, requires
from tickets import escalations, wording
from web import asked, forms

bp = Blueprint("escalations", __name__, template_folder="templates")


@bp.get("/escalations")
@requires(Role.LEAD)
def listing() -> str:
    seen_too = asked.text("seen") == "1"
    find = escalations.everything if seen_too else escalations.unseen
    found = find(escalations.PER_PAGE + 1, asked.number("before"))
    shown = found[: escalations.PER_PAGE]
    return render_template(
        "tickets/escalations.html",
        found=shown,
        older=shown[-1].id if len(found) > escalations.PER_PAGE else None,
        seen_too=seen_too,
        asked=request.args,
        newest={"seen": "1"} if seen_too else {},
        **wording.TERMS,
    )


@bp.post("/escalations/seen")
@requires(Role.LEAD)
def see_page() -> Response:
    """All that a page shows."""
    _see(forms.numbers("escalation")[: escalations.PER_PAGE])
    return redirect(url_for(".listing"))


@bp.post("/escalations/<int:escalation_id>/seen")
@requires(Role.LEAD)
def see(escalation_id: int) -> tuple[str, int]:
    """One, from the floor; again is harmless."""
    _see([escalation_id])
    return "", 204


def _see(ids: list[int]) -> None:
    for one in escalations.see(ids, by=current_staff()):
        audit.record("escalation.seen", "ticket", one.assignment.ticket.number, missed=one.name)
