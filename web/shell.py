"""The shell of every page: security headers, CSRF, how times look, errors that say what to do."""

from collections.abc import Sequence, Set
from datetime import datetime, timedelta

from flask import Flask, Response, current_app, jsonify, render_template, request, url_for
from flask_login import current_user
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from sqlalchemy import Select, func, select
from sqlalchemy.exc import (
    DataError,
    DisconnectionError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from config import Settings
from infra.clock import now
from infra.db import roll_back, session
from infra.localtime import local
from models import Escalation, FollowUpAlarm, IllegalMove, MissedContact, Role
from web import intake, problems
from web.access import BY_KEY
from web.languages import _, _l
from web.menu import grouped
from web.refusals import Refused

SESSION = timedelta(hours=12)
MISSED = "tickets.missed"
FOLLOW_UPS = "follow_ups.queue"
FLOOR, TICKETS = "analytics.floor", "tickets.everything"
# (endpoint, name, roles): what each role finds in the bar above.
PLACES: tuple[tuple[str, str, tuple[Role, ...]], ...] = (
    ("agent_desk.desk", _l("座席桌面"), (Role.AGENT,)),
    (FLOOR, _l("现场"), (Role.LEAD, Role.ADMIN)),
    ("lines.listing", _l("专席"), (Role.LEAD, Role.ADMIN)),
    ("protections.listing", _l("未成年人个案"), (Role.LEAD,)),
    ("limits.listing", _l("骚扰来电"), (Role.LEAD, Role.ADMIN)),
    (MISSED, _l("未接"), (Role.AGENT, Role.LEAD)),
    ("callbacks.listing", _l("回呼"), (Role.LEAD, Role.QA)),
    (
        TICKETS,
        _l("工单"),
        (Role.AGENT, Role.LEAD, Role.QA, Role.DISPATCHER, Role.UNIT),
    ),
    (FOLLOW_UPS, _l("回访"), (Role.AGENT, Role.LEAD, Role.QA)),
    (
        "figures.overview",
        _l("指标"),
        (Role.LEAD, Role.QA, Role.DISPATCHER, Role.UNIT, Role.ADMIN),
    ),
    ("workforce.today", _l("排班"), (Role.LEAD, Role.ADMIN)),
    ("shifts.own", _l("我的排班"), (Role.AGENT,)),
    ("traffic.page", _l("话务报表"), (Role.LEAD, Role.QA, Role.ADMIN)),
    ("linkage.page", _l("联动"), (Role.DISPATCHER, Role.LEAD)),
    ("exchange.page", _l("交换"), (Role.DISPATCHER, Role.LEAD)),
    ("dispatching.waiting", _l("派单"), (Role.DISPATCHER, Role.LEAD, Role.QA)),
    ("meetings.listing", _l("会商会"), (Role.DISPATCHER, Role.LEAD)),
    ("rules.listing", _l("职责目录"), (Role.DISPATCHER, Role.LEAD, Role.ADMIN)),
    ("units.listing", _l("收件箱"), (Role.UNIT,)),
    ("telephones.page", _l("话机座席"), (Role.ADMIN,)),
    ("duty.page", _l("值班表"), (Role.UNIT, Role.ADMIN)),
    ("tickets.failed_texts", _l("失败短信"), (Role.LEAD, Role.ADMIN)),
    ("replay.listing", _l("通话记录"), (Role.AGENT, Role.LEAD, Role.QA)),
    ("assist.articles", _l("知识"), (Role.AGENT, Role.LEAD, Role.QA)),
    ("assist.learning", _l("学习"), (Role.LEAD, Role.ADMIN)),
    ("admin.people_list", _l("人员"), (Role.ADMIN,)),
    ("api_keys.page", _l("接口密钥"), (Role.ADMIN,)),
    ("exchange.peers_page", _l("交换平台"), (Role.ADMIN,)),
    ("outgoing.page", _l("通知发送"), (Role.ADMIN,)),
    ("audit_log.page", _l("审计日志"), (Role.ADMIN,)),
    ("clocks.days", _l("工作日历"), (Role.ADMIN, Role.LEAD, Role.DISPATCHER)),
    ("clocks.limits", _l("时限"), (Role.ADMIN, Role.LEAD, Role.DISPATCHER)),
    ("norms.page", _l("办理标准"), (Role.ADMIN, Role.LEAD, Role.DISPATCHER, Role.QA)),
    ("erasing.listing", _l("个人信息删除"), (Role.LEAD, Role.ADMIN)),
    ("verification.page", _l("历史核验"), (Role.ADMIN, Role.LEAD)),
    ("failed_jobs.page", _l("后台任务"), (Role.ADMIN,)),
)
# Of more than this the bar only says that they are more.
MOST_COUNTED = 99
WORDS = {
    400: _l("请求有误"),
    401: _l("请先登录"),
    403: _l("没有权限"),
    404: _l("没有找到"),
    405: _l("请求方式有误"),
    409: _l("内容已被改变，请刷新后再试"),
    413: _l("内容太大"),
    415: _l("内容的格式不受支持"),
    429: _l("操作过于频繁，请稍后再试"),
    500: _l("系统出错，请稍后再试；若反复出现，请联系管理员"),
    503: _l("数据库暂时无法访问，请稍后再试；通话不受影响"),
}

csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    settings: Settings = app.config["SETTINGS"]
    app.config |= {
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.production,
        # Its port tells one installation on a machine from another.
        "SESSION_COOKIE_NAME": f"hotline_{settings.port}",
        "PERMANENT_SESSION_LIFETIME": SESSION,
        "WTF_CSRF_TIME_LIMIT": None,
        "MAX_CONTENT_LENGTH": 1 << 20,
    }
    behind_proxies(app, settings.trusted_proxies)
    intake.init_app(app)
    csrf.init_app(app)
    app.after_request(_guard)
    app.context_processor(_context)
    app.add_template_filter(date_and_time, "local")
    app.add_template_filter(time_of_day, "clock_time")
    app.add_template_filter(to_the_second, "local_second")
    app.add_template_filter(lasting, "lasting")
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(Refused, _not_done)
    app.register_error_handler(IllegalMove, _conflict)
    app.register_error_handler(IntegrityError, _conflict)
    app.register_error_handler(DataError, _unkept)
    for lost in (OperationalError, InterfaceError, DisconnectionError):
        app.register_error_handler(lost, _database_away)
    app.register_error_handler(Exception, _failed)


def behind_proxies(app: Flask, count: int) -> None:
    """Whose request it is, as our own proxies say; anybody can write the header himself."""
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]


def exempt_signed(app: Flask) -> None:
    """The carrier proves itself by its signature and a system by its key, which no browser sends by
    itself; a form's token is for people."""
    for view in app.view_functions.values():
        access = str(getattr(view, "access", ""))
        if access == "signed" or access.startswith(BY_KEY):
            csrf.exempt(view)


def date_and_time(moment: datetime | None) -> str:
    return local(moment).strftime("%m-%d %H:%M") if moment else ""


def to_the_second(moment: datetime | None) -> str:
    return local(moment).strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def time_of_day(moment: datetime | None) -> str:
    return local(moment).strftime("%H:%M:%S") if moment else ""


def lasting(seconds: float | timedelta | None) -> str:
    """Minutes and seconds; under a minute only seconds, from an hour on only minutes."""
    if seconds is None:
        return ""
    whole = int(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)
    minutes, rest = divmod(max(0, whole), 60)
    if minutes >= 60:
        hours, minutes = divmod(minutes, 60)
        return _("%(hours)s时%(minutes)s分", hours=hours, minutes=f"{minutes:02}")
    if minutes:
        return _("%(minutes)s分%(seconds)s秒", minutes=minutes, seconds=f"{rest:02}")
    return _("%(seconds)s秒", seconds=rest)


def _context() -> dict[str, object]:
    places = []
    if current_user.is_authenticated:
        places = [
            (endpoint, name)
            for endpoint, name, roles in PLACES
            if endpoint in current_app.view_functions and current_user.may(*roles)
        ]
    leads = current_user.is_authenticated and current_user.may(Role.LEAD, Role.ADMIN)
    return {
        "leads": leads,
        "places": places,
        "menu": grouped(places),
        "stands_below": stands_below([endpoint for endpoint, _name in places]),
        "counts": counts({endpoint for endpoint, _name in places}, leads=leads),
        "settings": current_app.config["SETTINGS"],
        "now": now(),
    }


def stands_below(endpoints: Sequence[str]) -> str | None:
    """The place that the page belongs to: of those whose address its own begins with, the longest.

    A page that has its address elsewhere says ``{% set belongs_to = "…" %}`` at its top."""
    here = f"{request.path}/"
    above = [one for one in endpoints if here.startswith(f"{url_for(one)}/")]
    return max(above, key=lambda one: len(url_for(one)), default=None)


def counts(places: Set[str], *, leads: bool) -> dict[str, tuple[str, str]]:
    """By place: how much waits there for whoever looks, and what it is."""
    counts = {}
    if MISSED in places:
        missed = _up_to_99(select(MissedContact.id).where(MissedContact.handled_at.is_(None)))
        counts[MISSED] = missed, _("%(count)s 位市民等待回电", count=missed)
    if leads and FOLLOW_UPS in places:
        alarms = _up_to_99(select(FollowUpAlarm.id).where(FollowUpAlarm.seen_at.is_(None)))
        counts[FOLLOW_UPS] = alarms, _("%(count)s 条评价异常待查看", count=alarms)
    # Who only administers may read no ticket.
    if leads and {FLOOR, TICKETS} <= places:
        late = _up_to_99(select(Escalation.id).where(Escalation.seen_at.is_(None)))
        counts[FLOOR] = late, _("%(count)s 条超时上报待查看", count=late)
    return counts


def _up_to_99(waiting: Select[int]) -> str:
    """Nothing, a number, or 99+."""
    some = waiting.limit(MOST_COUNTED + 1).subquery()
    count = session.scalar(select(func.count()).select_from(some)) or 0
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count or "")


def _guard(response: Response) -> Response:
    settings: Settings = current_app.config["SETTINGS"]
    connect = ["'self'", "data:", settings.live_url]
    if settings.signal_url:
        connect += [f"ws://{settings.signal_url}", f"wss://{settings.signal_url}"]
    else:
        connect += ["wss://*.twilio.com", "https://*.twilio.com"]
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline';"
        " media-src 'self' blob: data:; frame-ancestors 'none';"
        f" base-uri 'self'; form-action 'self'; connect-src {' '.join(connect)}",
    )
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if response.mimetype in ("text/html", "application/json"):
        # Whoever sits down after sign-out must not find pages by going back.
        response.headers.setdefault("Cache-Control", "no-store")
    if settings.production:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def _refused(error: HTTPException) -> tuple[Response | str, int]:
    status = error.code or 500
    said = error.description if error.description != type(error).description else None
    words = said or str(WORDS.get(status, WORDS[400]))
    if problems.wanted():
        headers = dict(error.get_headers())
        wait = headers.get("Retry-After")
        retry_after = float(wait) if wait else None
        return problems.problem(
            status, words, retry_after=retry_after, allow=headers.get("Allow")
        ), status
    return _told(status, words)


def _expired(_error: CSRFError) -> tuple[Response | str, int]:
    return _told(400, _("页面已过期，请刷新后重新提交"))


def _unkept(error: DataError) -> tuple[Response | str, int]:
    """The same content can never be kept, so a report of the carrier need not come again."""
    roll_back()
    current_app.logger.warning("the database refused a value: %s", type(error.orig).__name__)
    return _told(400, intake.explained(error))


def _not_done(error: Refused) -> tuple[Response | str, int]:
    roll_back()
    return _told(409, str(error))


def _conflict(_error: Exception) -> tuple[Response | str, int]:
    roll_back()
    return _told(409, str(WORDS[409]))


def _database_away(error: SQLAlchemyError) -> tuple[Response | str, int]:
    roll_back()
    current_app.logger.error("database: %s", getattr(error, "orig", error))
    return _told(503, str(WORDS[503]))


def _failed(error: Exception) -> tuple[Response | str, int]:
    roll_back()
    if current_app.testing and not getattr(error, "permanent", False):
        raise error
    if getattr(error, "permanent", False):
        return _told(409, str(WORDS[409]))
    current_app.logger.exception("a page failed", exc_info=error)
    return _told(500, str(WORDS[500]))


def _told(status: int, words: str) -> tuple[Response | str, int]:
    if problems.wanted():
        return problems.problem(status, words, retry_after=1 if status == 503 else None), status
    if request.accept_mimetypes.best == "application/json" or request.is_json:
        return jsonify(error=words), status
    return render_template("error.html", status=status, words=words), status
