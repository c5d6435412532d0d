"""The page on which the histories of tickets are shown to hold, day by day or one by one."""

from flask import Blueprint, render_template
from sqlalchemy import select

from infra.db import session
from models import ChainDigest, Role
from staff.access import requires
from tickets import history, lifecycle
from tickets.history import Break
from web import asked
from web.languages import _l

bp = Blueprint("verification", __name__, url_prefix="/admin/history", template_folder="templates")

DAYS = 60
WHY = {
    "link is missing": _l("缺少一条记录"),
    "the payload was changed": _l("内容被改动"),
    "the link was changed": _l("记录被改动"),
    "the newest links are missing": _l("最新的记录缺失"),
}


@bp.get("")
@requires(Role.ADMIN, Role.LEAD)
def page() -> str:
    """A number in the address checks that ticket now; links are read, and nobody's words."""
    number = asked.text("number")
    ticket = lifecycle.by_number(number) if number else None
    broken = history.verify(ticket) if ticket is not None else None
    digests = session.scalars(select(ChainDigest).order_by(ChainDigest.day.desc()).limit(DAYS))
    return render_template(
        "tickets/history.html",
        digests=digests.all(),
        number=number,
        ticket=ticket,
        broken=broken,
        why=_told(broken),
    )


def _told(broken: Break | None) -> str:
    """In the reader's language; the number of a missing link stands beside it anyway."""
    if broken is None:
        return ""
    return str(next((words for why, words in WHY.items() if why in broken.why), broken.why))
