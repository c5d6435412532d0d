"""Who did, saw or heard what: one line for each.

An act is recorded each time.  A **look** is one person reading or hearing one thing: a caller's
screen pop, a ticket or draft, a call with its transcript, a sentence that a search found in it, a
recording, all calls of one number, what a caller said before he gave up, the audit log itself.
However often a browser asks meanwhile (pieces of a sound, a reload, the next page of a list), it is
one look until it has been over for a while, and one entry."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask import has_request_context, request
from flask_login import current_user
from sqlalchemy import func, select

from infra.clock import now
from infra.db import session
from models import AuditEntry
from web.languages import _l

ONE_LOOK = timedelta(minutes=10)
# Beside the hash of a look: nothing else of ours locks by two numbers.
LOOK_LOCK = 7
LOOKS = {
    "caller.shown": _l("看到来电人"),
    "call.viewed": _l("查看通话"),
    "call.quoted": _l("查到通话中的话"),
    "call.searched_by_number": _l("按号码查找通话"),
    "recording.heard": _l("听录音"),
    "ticket.viewed": _l("查看工单"),
    "ticket.draft_viewed": _l("查看草稿"),
    "missed_contact.viewed": _l("查看未接来电"),
    "follow_up.viewed": _l("查看回访"),
    "attachment.opened": _l("打开附件"),
    "audit.viewed": _l("查看审计日志"),
    "erasure.viewed": _l("查看个人信息删除"),
    "protection.viewed": _l("查看未成年人个案"),
    "limitation.viewed": _l("查看骚扰来电记录"),
    "telephone.viewed": _l("查看话机号码"),
}
ACTS = {
    "signed_in": _l("登录"),
    "signed_out": _l("退出"),
    "changed_password": _l("修改密码"),
    "reset_password": _l("重置密码"),
    "added_staff": _l("添加人员"),
    "changed_name": _l("修改姓名"),
    "changed_roles": _l("修改角色"),
    "changed_unit": _l("修改成员单位"),
    "changed_leader": _l("修改分管领导"),
    "changed_monitoring": _l("修改监听权限"),
    "changed_skills": _l("修改技能"),
    "changed_languages": _l("修改通话语言"),
    "disabled_staff": _l("停用人员"),
    "enabled_staff": _l("启用人员"),
    "dialled": _l("外呼"),
    "rang_back": _l("回拨"),
    "recording.paused": _l("暂停录音"),
    "rang_outside": _l("三方通话呼叫外部方"),
    "consulted": _l("咨询同事"),
    "monitored": _l("监听通话"),
    "took_over": _l("接管通话"),
    "put_away": _l("设置座席状态"),
    "telephone.named": _l("登记话机号码"),
    "telephone.approved": _l("批准话机号码"),
    "telephone.removed": _l("删除话机号码"),
    "telephone.switched": _l("切换话机接听"),
    "duty.made": _l("安排单位值班"),
    "duty.removed": _l("删除单位值班"),
    "duty.imported": _l("导入单位值班"),
    "panic.pressed": _l("紧急求助"),
    "panic.taken": _l("接手紧急求助"),
    "recovery.taken": _l("情绪休整"),
    "recovery.given": _l("批准情绪休整"),
    "released": _l("释放卡住的座席"),
    "reskilled": _l("调整技能"),
    "reskill.undone": _l("撤销技能调整"),
    "caller.moved": _l("将排队来电移到其他专席"),
    "caller.preferred": _l("优先接听排队来电"),
    "announcement.began": _l("发布高峰公告"),
    "announcement.ended": _l("停止高峰公告"),
    "alert.rule_changed": _l("修改告警条件"),
    "alert.seen": _l("知悉告警"),
    "alert.muted": _l("静音告警"),
    "transferred": _l("直接转接"),
    "relayed": _l("经热线致电市民"),
    "wrote_caution": _l("写下提示"),
    "missed_contact.handled": _l("处理未接来电"),
    "callback.cancelled": _l("取消回呼"),
    "callback.rules_changed": _l("修改专席的回呼规则"),
    "staffing.goal_changed": _l("修改话务目标"),
    "shift.made": _l("安排班次"),
    "shift.removed": _l("删除班次"),
    "shift.week_copied": _l("复制一周排班"),
    "shift.imported": _l("导入排班"),
    "shift.exported": _l("导出排班"),
    "text.sent_again": _l("重新发送短信"),
    "recording.fetched_again": _l("重新取回录音"),
    "calendar.changed": _l("修改工作日历"),
    "calendar.loaded": _l("载入官方日历"),
    "escalation.seen": _l("查看超时提醒"),
    "line.changed": _l("修改专席设置"),
    "policy.changed": _l("修改时限"),
    "policy.removed": _l("删除时限"),
    "legal_limit.changed": _l("修改法定时限"),
    "quiet_hours.changed": _l("修改值班手机免打扰时段"),
    "peer.added": _l("新增交换平台"),
    "exchange.sent_again": _l("重新发送交换工单"),
    "rule.changed": _l("修改职责目录"),
    "rule.approved": _l("采纳职责条目"),
    "rule.ended": _l("终止职责条目"),
    "tickets.exported": _l("导出工单"),
    "ticket.printed": _l("打印工单"),
    "job.again": _l("重做后台任务"),
    "lesson.asked": _l("要求学习"),
    "scores.set": _l("修改评分表"),
    "scores.changed": _l("加减分"),
    "follow_up.alarm_seen": _l("处理回访警报"),
    "api_key.made": _l("创建接口密钥"),
    "api_key.revoked": _l("吊销接口密钥"),
    "duty_phone.added": _l("添加值班手机"),
    "duty_phone.removed": _l("删除值班手机"),
    "endpoint.added": _l("添加接收地址"),
    "endpoint.rotated": _l("更换签名密钥"),
    "endpoint.switched_on": _l("启用接收地址"),
    "endpoint.switched_off": _l("停用接收地址"),
    "endpoint.tried": _l("发送测试推送"),
    "endpoint.replayed": _l("批量重新推送"),
    "delivery.replayed": _l("重新推送"),
    "norm.changed": _l("修改办理标准"),
    "erasure.looked_up": _l("为删除查找来电号码"),
    "erasure.asked": _l("申请删除个人信息"),
    "erasure.approved": _l("批准删除个人信息"),
    "erasure.refused": _l("不批准删除个人信息"),
    "erasure.cancelled": _l("撤回删除申请"),
    "erasure.done": _l("个人信息删除完毕"),
    "risk.judged": _l("评估未成年人风险"),
    "protection.reported": _l("记录强制报告"),
    "protection.reviewed": _l("复核未成年人个案"),
    "protection.visited": _l("跟踪未成年人个案"),
    "strike.reported": _l("报告骚扰来电"),
    "limitation.asked": _l("申请限制来电"),
    "limitation.approved": _l("批准限制来电"),
    "limitation.withdrawn": _l("撤回限制来电的申请"),
    "limitation.refused": _l("不批准限制来电"),
    "appeal.recorded": _l("记录对限制的申诉"),
    "appeal.decided": _l("处理对限制的申诉"),
    "hold.placed": _l("法定留置"),
    "hold.lifted": _l("解除法定留置"),
    "article.written": _l("写知识"),
    "article.edited": _l("修改知识"),
    "article.approved": _l("审核知识"),
    "article.expired": _l("知识失效"),
    "article.challenged": _l("指出知识有误"),
}
ACTIONS = LOOKS | ACTS
SUBJECTS = {
    "person": _l("来电人"),
    "number": _l("来电号码"),
    "call": _l("通话"),
    "announcement": _l("高峰公告"),
    "alert": _l("告警"),
    "recording": _l("录音"),
    "ticket": _l("工单编号"),
    "draft": _l("草稿"),
    "missed_contact": _l("未接来电"),
    "callback": _l("回呼"),
    "line": _l("专席"),
    "shift": _l("班次"),
    "outgoing": _l("外呼"),
    "text_message": _l("短信"),
    "article": _l("知识"),
    "score_item": _l("评分表"),
    "lesson": _l("学习"),
    "calendar": _l("工作日历"),
    "policy": _l("时限"),
    "rule": _l("职责条目"),
    "unit": _l("成员单位"),
    "api_key": _l("接口密钥"),
    "attachment": _l("附件"),
    "follow_up": _l("回访"),
    "endpoint": _l("接收地址"),
    "staff": _l("工作人员"),
    "job": _l("任务"),
    "norm": _l("办理标准"),
    "erasure": _l("个人信息删除"),
    "hold": _l("法定留置"),
    "limitation": _l("限制来电"),
    "protection": _l("未成年人个案"),
    "audit": _l("审计日志"),
}


def record(action: str, subject_kind: str, subject_id: object, **detail: Any) -> None:
    """Write an entry in the transaction of what it tells of."""
    session.add(
        AuditEntry(
            at=now(),
            by_id=_who(),
            action=action,
            subject_kind=subject_kind,
            subject_id=str(subject_id),
            address=request.remote_addr if has_request_context() else None,
            detail=detail,
        )
    )


def look(
    action: str,
    subject_kind: str,
    subject_id: object,
    *,
    lasting: timedelta = timedelta(),
    **detail: Any,
) -> None:
    """Record a look, unless it is the one that goes on; ``lasting`` is how long it takes."""
    looks(action, subject_kind, [subject_id], lasting=lasting, **detail)


def looks(
    action: str,
    subject_kind: str,
    subject_ids: Iterable[object],
    *,
    lasting: timedelta = timedelta(),
    **detail: Any,
) -> None:
    """A page that shows several things: a look at each of them."""
    shown = [str(one) for one in subject_ids]
    # A player asks for several pieces at once: only one of those requests may find nothing.
    same = f"{_who()} {action} {subject_kind} {' '.join(shown)}"
    session.execute(select(func.pg_advisory_xact_lock(LOOK_LOCK, func.hashtext(same))))
    begun = session.scalars(
        select(AuditEntry.subject_id).where(
            AuditEntry.by_id == _who(),
            AuditEntry.action == action,
            AuditEntry.subject_kind == subject_kind,
            AuditEntry.subject_id.in_(shown),
            AuditEntry.at > now() - ONE_LOOK - lasting,
        )
    ).all()
    for one in dict.fromkeys(shown):
        if one not in begun:
            record(action, subject_kind, one, **detail)


def _who() -> int | None:
    known = has_request_context() and current_user.is_authenticated
    return current_user.id if known else None
