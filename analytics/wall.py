"""Tiles for the floor: how today goes, and where the connect rate of 24 hours is going."""

from datetime import timedelta

from flask import Blueprint, render_template, url_for

from analytics import rolling, tallies
from analytics.formulas import CONNECT_GOAL, FORMULAS, LEFT_OUT, measure
from analytics.scope import By, Scope
from infra.clock import now
from infra.localtime import start_of_day
from models import Role
from staff.access import requires

bp = Blueprint("wall", __name__, template_folder="templates")

HOUR = timedelta(hours=1)
TODAY = ("sl3", "abandoned", "asa")


@bp.get("/traffic/wall")
@requires(Role.LEAD, Role.ADMIN)
def tiles() -> str:
    """A fragment, asked for by the floor's page again and again."""
    at = now()
    today = tallies.whole(tallies.tallies(Scope(start_of_day(at), at, By.DAY)))
    hour = tallies.whole(tallies.tallies(Scope(at - HOUR, at, By.DAY)))
    return render_template(
        "traffic/tiles.html",
        outlook=rolling.outlook(),
        goal=CONNECT_GOAL,
        tiles=[
            *(measure(FORMULAS[code], today) for code in TODAY),
            measure(FORMULAS["occupancy"], hour),
        ],
        reasons=LEFT_OUT,
        report=url_for("traffic.page"),
    )
