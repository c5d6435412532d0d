"""The numbers that a city sets itself: terms, windows, thresholds, each with its bounds.

What nobody has set is as it stands here.  Every change is kept: who, when, from what to what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from infra import within
from infra.clock import now
from infra.db import session
from models import Norm, NormChange, StaffMember
from staff import audit
from web.languages import _, _l
from web.refusals import Refused

KEPT = "norms"


class Measure(StrEnum):
    DAYS = "days"
    HOURS = "hours"
    MINUTES = "minutes"
    SECONDS = "seconds"
    WORKING_DAYS = "working_days"
    TIMES = "times"
    PERCENT = "percent"


MEASURES = {
    Measure.DAYS: _l("天"),
    Measure.HOURS: _l("小时"),
    Measure.MINUTES: _l("分钟"),
    Measure.SECONDS: _l("秒"),
    Measure.WORKING_DAYS: _l("个工作日"),
    Measure.TIMES: _l("次（个）"),
    Measure.PERCENT: "%",
}
SPANS = {
    Measure.DAYS: timedelta(days=1),
    Measure.HOURS: timedelta(hours=1),
    Measure.MINUTES: timedelta(minutes=1),
    Measure.SECONDS: timedelta(seconds=1),
}


class NormInvalid(Refused):
    """The number cannot be; the message says why."""


@dataclass(frozen=True)
class Known:
    """What a number is, and between which it must lie."""

    label: Any
    group: str
    measure: Measure
    default: int
    least: int
    most: int


GROUPS = {
    "handling": _l("办理"),
    "returns": _l("退单与延期"),
    "supervising": _l("督办与提醒"),
    "follow_ups": _l("回访与评价"),
    "agents": _l("座席"),
    "duty": _l("单位值班"),
    "keeping": _l("保存期限"),
}
DAYS, HOURS, MINUTES = Measure.DAYS, Measure.HOURS, Measure.MINUTES
WORKING, TIMES, PERCENT = Measure.WORKING_DAYS, Measure.TIMES, Measure.PERCENT
NORMS: dict[str, Known] = {
    "question_waits": Known(_l("等待市民补充"), "handling", WORKING, 3, 1, 30),
    "rehandled_within": Known(_l("重办时限最长"), "handling", WORKING, 3, 1, 30),
    "most_rehandlings": Known(_l("最多重办次数"), "handling", TIMES, 2, 1, 10),
    "reopened_within": Known(_l("办结后可以重新办理"), "handling", DAYS, 15, 1, 90),
    "archived_after": Known(_l("办结后归档"), "handling", DAYS, 30, 1, 365),
    "linkage_answered_within": Known(_l("联动请对方答复"), "handling", MINUTES, 5, 1, 120),
    "alike_within": Known(_l("查找重复诉求"), "handling", DAYS, 30, 1, 365),
    "cluster_within": Known(_l("集中诉求的统计时间"), "handling", DAYS, 7, 1, 90),
    "cluster_of": Known(_l("多少张算集中诉求"), "handling", TIMES, 3, 2, 100),
    "return_within": Known(_l("一般工单退单"), "returns", WORKING, 2, 1, 15),
    "urgent_return_within": Known(_l("紧急工单退单"), "returns", MINUTES, 120, 5, 1440),
    "returns_before_arbitration": Known(_l("退单几次后由班长仲裁"), "returns", TIMES, 2, 1, 10),
    "named_for": Known(_l("仲裁后同类事项不能再退"), "returns", DAYS, 90, 1, 730),
    "longest_extension": Known(_l("延期最长"), "returns", WORKING, 10, 1, 60),
    "longest_extension_hours": Known(_l("按小时的延期最长"), "returns", HOURS, 24, 1, 240),
    "extensions": Known(_l("不须班长批准的延期"), "returns", TIMES, 1, 0, 10),
    "extensions_by_lead": Known(_l("延期最多"), "returns", TIMES, 2, 1, 10),
    "supervised_after": Known(_l("超期后督办"), "supervising", WORKING, 1, 1, 30),
    "jointly_supervised_after": Known(_l("超期后联合督办"), "supervising", WORKING, 3, 1, 60),
    "urges_to_supervise": Known(_l("催办几次转督办"), "supervising", TIMES, 3, 2, 20),
    "urged_again_after": Known(_l("市民再次催办间隔"), "supervising", HOURS, 24, 1, 240),
    "rating_changed_within": Known(_l("市民评价和改评"), "follow_ups", DAYS, 15, 1, 90),
    "pressed_within": Known(_l("办结后可反映被施压"), "follow_ups", DAYS, 15, 1, 90),
    "appealed_within": Known(_l("考核申诉和剔除（次月起）"), "follow_ups", DAYS, 15, 1, 28),
    "asked_times": Known(_l("未接通前至少拨打"), "follow_ups", TIMES, 3, 1, 10),
    "asked_days": Known(_l("未接通前至少几天"), "follow_ups", DAYS, 2, 1, 10),
    "rated_by_text_within": Known(_l("短信评价有效"), "follow_ups", DAYS, 3, 1, 30),
    "taken_for": Known(_l("人工回访领取后保留"), "follow_ups", MINUTES, 30, 5, 240),
    "double_checked": Known(_l("机器人回访的人工复核比例"), "follow_ups", PERCENT, 5, 0, 100),
    "robot_agrees": Known(_l("复核一致率低于此停用机器人"), "follow_ups", PERCENT, 95, 50, 100),
    "fewest_ranked": Known(_l("参加排名的最少评价数"), "follow_ups", TIMES, 10, 1, 1000),
    "duty_rings_for": Known(_l("值班人员振铃后改拨下一位"), "duty", Measure.SECONDS, 20, 10, 60),
    "duty_answers_within": Known(_l("值班电话应答"), "duty", Measure.SECONDS, 60, 10, 300),
    "recovery_lasts": Known(_l("情绪休整"), "agents", MINUTES, 10, 3, 60),
    "recoveries_a_shift": Known(_l("每班次可自行情绪休整"), "agents", TIMES, 2, 1, 20),
    # Source: domain reference 7; a record of looks at least half a year by the law.
    "keep_recordings": Known(_l("录音"), "keeping", DAYS, 730, 30, 36_500),
    "keep_transcripts": Known(_l("通话转写和来电信息"), "keeping", DAYS, 730, 30, 36_500),
    "keep_texts": Known(_l("短信正文和号码"), "keeping", DAYS, 730, 30, 36_500),
    "keep_tickets": Known(_l("工单中的个人信息（办结后）"), "keeping", DAYS, 3650, 365, 36_500),
    "keep_audit": Known(_l("审计日志"), "keeping", DAYS, 1095, 180, 36_500),
}


def amount(name: str) -> int:
    """What holds now."""
    known = NORMS[name]
    return _set().get(name, known.default)


def span(name: str) -> timedelta:
    """What holds now, of a number that is a time."""
    return amount(name) * SPANS[NORMS[name].measure]


def change(name: str, wanted: int, *, by: StaffMember) -> None:
    """Holds from now on, for what is decided from now on.  Raises NormInvalid."""
    known = NORMS[name]
    if not known.least <= wanted <= known.most:
        raise NormInvalid(
            _(
                "%(label)s应为 %(least)s 到 %(most)s",
                label=known.label,
                least=known.least,
                most=known.most,
            )
        )
    row = insert(Norm).values(name=name, amount=known.default)
    session.execute(row.on_conflict_do_nothing())
    held = session.get_one(Norm, name, with_for_update=True, populate_existing=True)
    if held.amount == wanted:
        return
    changed = NormChange(name=name, at=now(), by_id=by.id, was=held.amount, now=wanted)
    session.add(changed)
    audit.record("norm.changed", "norm", name, was=held.amount, now=wanted)
    held.amount = wanted
    within.forget(KEPT)


def changes(limit: int = 50) -> Sequence[NormChange]:
    """The newest first."""
    newest = select(NormChange).options(joinedload(NormChange.by)).order_by(NormChange.id.desc())
    return session.scalars(newest.limit(limit)).all()


def _set() -> dict[str, int]:
    """Read once in a transaction: verbs ask for several."""
    found = within.kept(KEPT)
    if found is None:
        rows = session.execute(select(Norm.name, Norm.amount)).all()
        found = within.keep(KEPT, {row.name: row.amount for row in rows})
    return found  # type: ignore[return-value]
