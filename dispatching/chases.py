"""Which tickets their citizens call about again and again."""

from flask import Blueprint, render_template

from dispatching import queue
from dispatching.page import DISPATCHES
from staff.access import requires
from tickets import chasing, wording

bp = Blueprint("chased", __name__, template_folder="templates")


@bp.get("/dispatch/chases")
@requires(*DISPATCHES)
def listing() -> str:
    return render_template(
        "dispatching/chases.html",
        found=chasing.most_chased(),
        counts=queue.counts(),
        tabs=queue.TABS,
        **wording.TERMS,
    )
