"""Sign in and out, one's own password, and the way to one's own page."""

import math

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from models import Role
from staff import audit, parting, sign_in
from staff.access import admit, current_staff, dismiss, requires
from staff.guesses import TooManyAttempts
from web.access import public
from web.languages import _, own_address

bp = Blueprint("staff", __name__, template_folder="templates")

EVERYBODY = tuple(Role)
MINUTE = 60
# Where each role works; the first that exists is where sign-in leads.
HOMES = {
    Role.AGENT: "agent_desk.desk",
    Role.LEAD: "analytics.floor",
    Role.QA: "replay.listing",
    Role.DISPATCHER: "dispatching.waiting",
    Role.UNIT: "units.listing",
    Role.ADMIN: "admin.people_list",
}


@bp.get("/")
@requires(*EVERYBODY)
def home() -> Response:
    staff = current_staff()
    for role, endpoint in HOMES.items():
        if staff.may(role) and endpoint in current_app.view_functions:
            return redirect(url_for(endpoint))
    return redirect(url_for("staff.password"))


@bp.get("/sign-in")
@public
def sign_in_page() -> str | Response:
    if current_user.is_authenticated:
        return redirect(url_for(".home"))
    return render_template("sign_in.html", error=None, login="")


@bp.post("/sign-in")
@public
def enter() -> tuple[str, int] | Response:
    login = request.form.get("login", "")
    try:
        staff = sign_in.sign_in(
            login, request.form.get("password", ""), request.remote_addr or "unknown"
        )
    except sign_in.WrongPassword:
        # 200: an error status would roll the counted attempt back.
        return _refused(login, _("账号或密码不正确，请重新输入"), 200)
    except TooManyAttempts as error:
        return _refused(login, _come_again(error), 429)
    admit(staff)
    audit.record("signed_in", "staff", staff.id)
    return redirect(own_address(request.args.get("next")) or url_for(".home"))


@bp.post("/sign-out")
@requires(*EVERYBODY)
def sign_out() -> Response:
    staff = current_staff()
    parting.leave(staff)
    audit.record("signed_out", "staff", staff.id)
    dismiss()
    return redirect(url_for(".sign_in_page"))


@bp.route("/password", methods=["GET", "POST"])
@requires(*EVERYBODY)
def password() -> str | tuple[str, int] | Response:
    staff = current_staff()
    if request.method == "GET":
        return render_template("password.html", error=None)
    old, new = request.form.get("old", ""), request.form.get("new", "")
    if new != request.form.get("again"):
        return render_template("password.html", error=_("两次输入的新密码不一致")), 400
    try:
        sign_in.change_password(staff, old=old, new=new, address=request.remote_addr or "unknown")
    except sign_in.WrongPassword:
        # 200: an error status would roll the counted attempt back.
        return render_template("password.html", error=_("原密码不正确")), 200
    except TooManyAttempts as error:
        return render_template("password.html", error=_come_again(error)), 429
    except sign_in.PasswordTooWeak:
        return render_template("password.html", error=_("新密码至少 8 位，且不能与原密码相同")), 400
    admit(staff)
    audit.record("changed_password", "staff", staff.id)
    return redirect(url_for(".home"))


def _refused(login: str, error: str, status: int) -> tuple[str, int]:
    return render_template("sign_in.html", error=error, login=login), status


def _come_again(error: TooManyAttempts) -> str:
    seconds = math.ceil(error.wait.total_seconds())
    if seconds < MINUTE:
        return _("输错次数过多，请 %(seconds)s 秒后再试", seconds=seconds)
    minutes = math.ceil(seconds / MINUTE)
    return _("输错次数过多，请 %(minutes)s 分钟后再试，或请管理员重置密码", minutes=minutes)
