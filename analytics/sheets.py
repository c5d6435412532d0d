"""Setting the score sheet of a group, and points given or taken by hand."""

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from analytics import snapshots
from analytics.indicators import INDICATORS
from infra.clock import now
from infra.db import session
from models import ScoreChange, ScoreItem, StaffMember, Unit, UnitGroup
from staff import audit
from web.languages import _
from web.refusals import Refused

MOST_POINTS = 150
LONGEST_REASON = 200


class Unacceptable(Refused):
    """What was typed cannot be kept; the message says what to change."""


def set_item(group: UnitGroup, typed: Mapping[str, str], *, by: StaffMember) -> None:
    """Set or, with no points, remove an indicator's line.  Raises Unacceptable."""
    indicator = typed.get("indicator", "")
    if indicator not in INDICATORS or not INDICATORS[indicator].of_units:
        raise Unacceptable(_("请选择指标"))
    item = session.scalar(
        select(ScoreItem).where(ScoreItem.unit_group == group, ScoreItem.indicator == indicator)
    )
    if not typed.get("points", "").strip():
        _note_set(group, indicator, typed)
        if item is not None:
            session.delete(item)
        return
    points = _number(typed, "points", _("分值"), most=MOST_POINTS)
    zero, full = (_share(typed, "zero_at", _("零分值")), _share(typed, "full_at", _("满分值")))
    floor = _share(typed, "floor", _("保底"))
    if points <= 0:
        raise Unacceptable(_("分值应大于 0；留空则删除此项"))
    if zero == full:
        raise Unacceptable(_("零分值和满分值不能相同"))
    if floor == 1:
        raise Unacceptable(_("保底应小于 100%"))
    item = item or ScoreItem(unit_group=group, indicator=indicator)
    item.points, item.zero_at, item.full_at, item.floor = points, zero, full, floor
    item.changed_at, item.changed_by_id = now(), by.id
    session.add(item)
    _note_set(group, indicator, typed)


def change(month: date, typed: Mapping[str, str], *, by: StaffMember) -> None:
    """Give or take points for a month that is not frozen.  Raises Unacceptable."""
    if snapshots.standing(month).frozen:
        raise Unacceptable(_("该月已定稿，不能再加减分"))
    unit = session.scalar(select(Unit).where(Unit.code == typed.get("unit", "")))
    reason = typed.get("reason", "").strip()
    points = _number(typed, "points", _("分数"), most=MOST_POINTS)
    if unit is None:
        raise Unacceptable(_("请选择成员单位"))
    if not points:
        raise Unacceptable(_("分数不能为 0"))
    if not 0 < len(reason) <= LONGEST_REASON:
        raise Unacceptable(_("请填写理由，%(most)s 字以内", most=LONGEST_REASON))
    session.add(
        ScoreChange(
            month=month, unit_id=unit.id, points=points, reason=reason, at=now(), by_id=by.id
        )
    )
    audit.record("scores.changed", "unit", unit.code, points=points, month=f"{month:%Y-%m}")


def changes_of(group: UnitGroup, month: date) -> Sequence[ScoreChange]:
    found = session.scalars(
        select(ScoreChange)
        .where(ScoreChange.month == month)
        .options(joinedload(ScoreChange.unit), joinedload(ScoreChange.by))
        .order_by(ScoreChange.id.desc())
    )
    return [one for one in found if one.unit.group is group]


def _note_set(group: UnitGroup, indicator: str, typed: Mapping[str, str]) -> None:
    audit.record("scores.set", "score_item", f"{group}:{indicator}", **_typed_words(typed))


def _share(typed: Mapping[str, str], name: str, told: str) -> float:
    """Percent as typed, as a share of one."""
    return _number(typed, name, told, most=100) / 100


def _number(typed: Mapping[str, str], name: str, told: str, *, most: float) -> float:
    try:
        number = float(typed.get(name, "").strip() or 0)
    except ValueError:
        number = most + 1
    # A comparison with NaN is never true.
    if not abs(number) <= most:
        raise Unacceptable(_("%(name)s应为不超过 %(most)s 的数字", name=told, most=most))
    return number


def _typed_words(typed: Mapping[str, str]) -> dict[str, str]:
    return {name: typed.get(name, "")[:16] for name in ("points", "zero_at", "full_at", "floor")}
