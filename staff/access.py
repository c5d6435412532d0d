"""Doors for staff: who is there, and whether his role may come in."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from math import ceil
from typing import ParamSpec, TypeVar, cast

from flask import Flask, Request, abort, current_app, g, redirect, request, url_for
from flask import session as cookie
from flask_login import LoginManager, current_user, login_user, logout_user
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from infra import rates
from infra.clock import now
from infra.db import once_more, session
from models import ApiKey, Role, Scope, StaffMember
from staff import keys
from web.access import BY_KEY
from web.languages import _

P = ParamSpec("P")
R = TypeVar("R")

# A session ends when nothing was asked for so long, and at the latest after a long shift.
IDLE = timedelta(hours=1)
LONGEST = timedelta(hours=12)
# The cookie is sent anew only now and then.
SEEN_EVERY = timedelta(minutes=1)
ALLOWED_BEFORE_CHANGE = {"staff.password", "staff.sign_out"}


def init_app(app: Flask) -> None:
    manager = LoginManager(app)
    manager.user_loader(_load)
    manager.request_loader(_load_by_key)
    manager.unauthorized_handler(_to_sign_in)


def requires(*roles: Role) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Only members of staff with one of these roles; others are sent to sign in, or refused."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            if not current_user.is_authenticated:
                return cast(R, _to_sign_in())
            staff = current_staff()
            _seen()
            if staff.must_change_password and request.endpoint not in ALLOWED_BEFORE_CHANGE:
                return cast(R, _to_new_password())
            if not staff.may(*roles):
                abort(403, _("您的角色不能打开此页面；如确需使用，请联系管理员调整角色"))

            def answer() -> R:
                given = view(*args, **kwargs)
                # What the database refuses is told by an error page; after the answer it is too
                # late.
                session.flush()
                return given

            # A file can be read but once.
            return answer() if request.files else once_more(answer)

        checked.access = " ".join(roles)  # type: ignore[attr-defined]
        return checked

    return decorate


def with_key(scope: Scope) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Only a unit's own system with a key for this scope, and no more often than it may."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            key = current_key()
            wait = rates.wait_for(f"key:{key.id}", key.per_minute, now())
            if wait:
                raise _too_often(key, max(1, ceil(wait)))
            if scope not in key.scopes:
                abort(403, _("这个密钥没有“%(scope)s”权限", scope=_(scope.label)))
            keys.used(key)
            answer = view(*args, **kwargs)
            session.flush()
            return answer

        checked.access = f"{BY_KEY}{scope}"  # type: ignore[attr-defined]
        return checked

    return decorate


def _too_often(key: ApiKey, seconds: int) -> TooManyRequests:
    """Says how much is let through, too: whoever reads it in a log can set his system right."""
    told = _(
        "请求过于频繁，这次没有处理：每分钟最多 %(minute)s 次，其中可连续 %(burst)s 次；"
        "请在 %(seconds)s 秒后再试",
        minute=key.per_minute,
        burst=rates.burst(key.per_minute),
        seconds=seconds,
    )
    return TooManyRequests(told, retry_after=seconds)


def current_key() -> ApiKey:
    """The key that came with this request; 401 without a good one."""
    if "api_key" not in g:
        given = request.authorization
        token = given.token if given is not None and given.type == "bearer" else None
        try:
            g.api_key = keys.recognise(token or "")
        except keys.NotRecognised as error:
            abort(401, str(error))
    found: ApiKey = g.api_key
    return found


def current_staff() -> StaffMember:
    """Who is signed in; only behind ``requires``."""
    return cast(StaffMember, current_user._get_current_object())


def admit(staff: StaffMember) -> None:
    """Begin his session in this browser; nothing of an earlier one is left."""
    cookie.clear()
    cookie["begun"] = cookie["seen"] = now().timestamp()
    login_user(staff)


def dismiss() -> None:
    """End the session in this browser."""
    logout_user()
    cookie.clear()


def _load(token: str) -> StaffMember | None:
    """A session is good as long as its epoch is: a reset or a new password ends all of them."""
    if _needs_key():
        # A browser's cookie says nothing about who sends a key.
        return None
    name, _, epoch = token.partition(":")
    if not (token.isascii() and name.isdecimal() and epoch.isdecimal()) or _over():
        return None
    staff = session.get(StaffMember, int(name))
    if staff is None or staff.disabled_at is not None or staff.session_epoch != int(epoch):
        return None
    return staff


def _load_by_key(_request: Request) -> StaffMember | None:
    return current_key().staff if _needs_key() else None


def _needs_key() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return str(getattr(view, "access", "")).startswith(BY_KEY)


def _to_sign_in() -> Response:
    if request.accept_mimetypes.best == "application/json" or request.path.startswith("/live"):
        abort(401, _("登录已过期，请重新登录"))
    # A form that was sent cannot be sent again by following a link.
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("staff.sign_in_page", next=back))


def _to_new_password() -> Response:
    if request.is_json or request.accept_mimetypes.best == "application/json":
        abort(403, _("请先修改一次性密码"))
    return redirect(url_for("staff.password"))


def _over() -> bool:
    at = now().timestamp()
    begun: float = cookie.get("begun", 0)
    seen: float = cookie.get("seen", 0)
    return at - seen > IDLE.total_seconds() or at - begun > LONGEST.total_seconds()


def _seen() -> None:
    at = now().timestamp()
    if at - cookie["seen"] > SEEN_EVERY.total_seconds():
        cookie["seen"] = at
