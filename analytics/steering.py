"""The doors by which a lead steers others: states, skills, callers in line, announcements."""

from datetime import timedelta

from flask import Blueprint, Response, abort, jsonify

from analytics import asking
from infra.clock import now
from infra.db import roll_back, serialise_routing, session
from models import (
    LONGEST_ANNOUNCEMENT,
    LONGEST_ENGLISH,
    Announcement,
    Call,
    Desired,
    Reskill,
    Role,
    Seat,
)
from queues import announcing, calls, placing, putting, recovering, releasing, reskilling, routing
from queues.doors import absolute
from queues.releasing import Found
from staff import audit
from staff.access import current_staff, requires
from web.languages import _, _l

bp = Blueprint("steering", __name__, url_prefix="/floor")

AWAY = {Desired.BREAK, Desired.OFFLINE}
# Beside them: a rest after a distressing call, which ends by itself.
RECOVERY = recovering.RECOVERY
LEVELS = range(1, 6)
NOT_FREED = {
    Found.IDLE: _l("座席已空闲，不需要释放"),
    Found.RINGS: _l("正在振铃，12 秒内会自动结束"),
    Found.WRAPS_UP: _l("座席正在整理，会自动结束"),
    Found.ALIVE: _l("运营商确认这条线路还在通话，不能释放"),
    Found.UNKNOWN: _l("运营商没有答复，无法证明线路已断，请稍后再试"),
    Found.NEEDED: _l("还有一方在这通电话中，不能释放"),
}
Nothing = tuple[str, int]
DONE: Nothing = ("", 204)


@bp.post("/put")
@requires(Role.LEAD)
def put() -> Nothing:
    """Break or signed off, at once or after his talk."""
    serialise_routing()
    seat, reason = _seat(), asking.reason()
    desired = asking.body().get("desired")
    if desired == RECOVERY:
        recovering.give(seat, by=current_staff())
        audit.record("recovery.given", "staff", seat.staff_id, because=reason)
    elif desired in AWAY:
        putting.put(seat, Desired(desired), reason, by=current_staff())
        audit.record("put_away", "staff", seat.staff_id, now=desired, because=reason)
    else:
        abort(422, _("请选择小休、离线或情绪休整"))
    routing.run()
    return DONE


@bp.post("/release")
@requires(Role.LEAD)
def release() -> Response:
    """Only with the carrier's word that his leg is dead, which is kept with who has asked."""
    staff_id, reason = asking.number("agent"), asking.reason()
    if session.get(Seat, staff_id) is None:
        abort(404, _("没有这个座席"))
    roll_back()
    proof = releasing.look(staff_id)
    if proof.found is Found.FREED and proof.leg is not None:
        releasing.settle(proof.leg, requeue_url=absolute("queues.requeue"))
    found = releasing.let_go(staff_id) if proof.found is Found.FREED else proof.found
    if found is not Found.FREED:
        abort(409, str(NOT_FREED[found]))
    audit.record("released", "staff", staff_id, leg=proof.leg, because=reason)
    return jsonify(leg=proof.leg)


@bp.post("/reskill")
@requires(Role.LEAD)
def reskill() -> Response:
    """It counts at once, also for who waits already."""
    serialise_routing()
    seat, line, reason, lasts = _seat(), asking.line(), asking.reason(), asking.minutes()
    level = asking.number("level") or None
    if level is not None and level not in LEVELS:
        abort(422, _("等级应为 1 至 5；0 表示暂不接这条专席"))
    try:
        change = reskilling.reskill(seat, line, level, reason, lasts=lasts, by=current_staff())
    except reskilling.Unchanged:
        abort(409, _("他在这条专席已经是这个等级"))
    except reskilling.Uncertified:
        abort(409, _("%(line)s专席须持证上岗：请管理员登记他的证书", line=line.name))
    audit.record(
        "reskilled", "staff", seat.staff_id, line=line.code, now=level or 0, because=reason
    )
    routing.run()
    return jsonify(reskill=change.id)


@bp.post("/reskill/<int:reskill_id>/undo")
@requires(Role.LEAD)
def undo_reskill(reskill_id: int) -> Nothing:
    serialise_routing()
    change = session.get(Reskill, reskill_id)
    if change is None:
        abort(404, _("没有这项技能调整"))
    if change.ended_at is None:
        reskilling.undo(change)
        audit.record("reskill.undone", "staff", change.staff_id, line=change.line.code)
        routing.run()
    return DONE


@bp.post("/move")
@requires(Role.LEAD)
def move() -> Nothing:
    """To another line; how long he has waited already still counts."""
    serialise_routing()
    call, line, reason = _caller(), asking.line(), asking.reason()
    try:
        placing.move(call, line, reason, by=current_staff())
    except placing.NotWaiting:
        abort(409, _("这位市民已在振铃、通话或留言，或已离开"))
    except placing.Protected:
        abort(409, _("这条专席的座席须有资格，排队的市民不能移到没有资格要求的专席"))
    except placing.Unstaffed:
        abort(409, _("目标专席没有座席在线，请另选专席"))
    audit.record("caller.moved", "call", call.id, line=line.code, because=reason)
    routing.run()
    return DONE


@bp.post("/prefer")
@requires(Role.LEAD)
def prefer() -> Nothing:
    serialise_routing()
    call, reason = _caller(), asking.reason()
    try:
        placing.prefer(call, reason, by=current_staff())
    except placing.NotWaiting:
        abort(409, _("这位市民已在振铃、通话或留言，或已离开"))
    audit.record("caller.preferred", "call", call.id, because=reason)
    routing.run()
    return DONE


@bp.post("/announcements")
@requires(Role.LEAD)
def announce() -> Response:
    """From now on, or from so many minutes on; who waits already hears it, too."""
    line, lasts = asking.line(), asking.minutes()
    words, words_en = asking.text("words"), asking.text("words_en")
    if not words:
        abort(422, _("请填写公告内容"))
    if not announcing.fits(words, words_en):
        told = {"most": LONGEST_ANNOUNCEMENT, "letters": LONGEST_ENGLISH}
        abort(
            422,
            _(
                "公告太长，20 秒内说不完：最多 %(most)s 个字（一位数字算两个字），"
                "英文最多 %(letters)s 个字母（一位数字算九个）",
                **told,
            ),
        )
    since = now() + timedelta(minutes=min(asking.number("after"), 24 * 60))
    until = since + lasts
    known = {one.id for one in announcing.of_line(line.id)}
    one = announcing.begin(line, words, words_en, since=since, until=until, by=current_staff())
    if one.id not in known:
        audit.record("announcement.began", "announcement", one.id, line=line.code, words=words)
    return jsonify(announcement=one.id)


@bp.post("/announcements/<int:announcement_id>/end")
@requires(Role.LEAD)
def end_announcement(announcement_id: int) -> Nothing:
    one = session.get(Announcement, announcement_id, with_for_update=True)
    if one is None:
        abort(404, _("没有这条公告"))
    if one.ended_at is None:
        announcing.end(one, by=current_staff())
        audit.record("announcement.ended", "announcement", one.id, line=one.line.code)
    return DONE


def _seat() -> Seat:
    seat = session.get(Seat, asking.number("agent"))
    if seat is None:
        abort(404, _("没有这个座席"))
    return seat


def _caller() -> Call:
    call = calls.by_id(asking.number("call"))
    if call is None:
        abort(404, _("没有这通电话"))
    return call
