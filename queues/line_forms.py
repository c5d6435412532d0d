"""What the forms of a line's page say, as values that a change of the line keeps."""

import re
from collections.abc import Callable
from datetime import time
from typing import Any

from flask import request
from sqlalchemy import select

from infra.db import session
from models import Line, Otherwise, Seat
from queues import line_settings, steps
from staff.people import LANGUAGES
from web import asked, forms
from web.languages import _
from web.refusals import Refused

Values = dict[str, Any]
Read = Callable[[], Values]

MOST_STEPS = 5
LONGEST_STEP_S = 600
WEEKDAYS = range(1, 8)
PRIORITIES = (-30, 60)
MOST_WAITING = 5000
LONGEST_REASON, LONGEST_REASON_EN = 60, 120
END_OF_DAY = "24:00"


def seen() -> int | None:
    """The last change that the page showed; 0: none."""
    return forms.number("seen", _("版本"), least=0) if request.form.get("seen") else None


def hours() -> Values:
    """Around the clock, or from when until when on each weekday; a day left empty is closed."""
    rests = "rests_on_holidays" in request.form
    if "always" in request.form:
        return {"hours": None, "rests_on_holidays": rests}
    days = {}
    for weekday in WEEKDAYS:
        begins, ends = _time(f"begins-{weekday}"), _time(f"ends-{weekday}")
        if not begins and not ends:
            continue
        if ends == "00:00":
            ends = END_OF_DAY
        if not (begins and ends and begins < ends):
            raise forms.Wrong(_("每天的开始须早于结束；跨夜请分为当天到 24:00 和次日从 00:00"))
        days[str(weekday)] = [begins, ends]
    if not days:
        raise forms.Wrong(_("请至少填写一天的服务时间，或者点“改为全天”；要停止服务请用“暂停服务”"))
    return {"hours": days, "rests_on_holidays": rests}


def reason() -> tuple[str, str | None]:
    chinese = forms.words("reason", _("原因"), most=LONGEST_REASON)
    english = forms.words("reason_en", _("英文原因"), most=LONGEST_REASON_EN, needed=False)
    return chinese.rstrip("。."), english.rstrip(".") or None


def rules() -> Values:
    full = request.form.get("most_waiting", "").strip()
    found = {
        "most_waiting": forms.number("most_waiting", _("最多排队"), most=MOST_WAITING)
        if full
        else None,
        "when_closed": forms.one_of("when_closed", Otherwise, _("不在服务时间")),
        "when_full": forms.one_of("when_full", Otherwise, _("排队已满")),
        "when_nobody": forms.one_of("when_nobody", Otherwise, _("无人在线")),
        "priority": _priority(),
        "group": forms.words("group", _("专席组"), most=16, needed=False),
        "certified": "certified" in request.form,
    }
    if Otherwise.WAIT in (found["when_closed"], found["when_full"]):
        raise forms.Wrong(_("请选择转综合专席或列入回电"))
    return found


def relaxed() -> Values:
    """The least level, and the steps; ``usual`` gives up what was set."""
    least = forms.number("least_level", _("最低等级"), most=5)
    if "usual" in request.form:
        return {"least_level": least, "steps": None}
    found = [_step(nth) for nth in range(MOST_STEPS) if request.form.get(f"where-{nth}")]
    return {"least_level": least, "steps": sorted(found, key=lambda one: int(one["after"]))}


def partner() -> Values:
    """A pool of another city; without a name none."""
    name = forms.words("partner_name", _("协作城市"), most=32, needed=False)
    if not name:
        return dict.fromkeys(("partner_name", "partner_number", "partner_after_s"))
    number = re.sub(r"[\s-]", "", forms.words("partner_number", _("电话号码"), most=24))
    if not re.fullmatch(r"\+?[0-9]{3,19}", number):
        raise forms.Wrong(_("电话号码只能用数字，可以 + 开头，例如 079112345"))
    after = forms.number("partner_after_s", _("等待秒数"), least=10, most=3600)
    return {"partner_name": name, "partner_number": number, "partner_after_s": after}


def seats(line: Line) -> Values:
    """Levels, certificates and languages of the seats that the form shows."""
    found: Values = {}
    known = {seat.staff_id: seat for seat in session.scalars(select(Seat))}
    for staff_id in forms.numbers("seat"):
        level = request.form.get(f"level-{staff_id}", "")
        if level and level not in "12345":
            raise forms.Wrong(_("等级应为 1 到 5"))
        until = asked.day_in(request.form, f"until-{staff_id}") if line.certified else None
        wanted = {"level": int(level), "until": until.isoformat() if until else None}
        found[f"{line_settings.SKILL}{staff_id}"] = wanted if level else None
        if staff_id in known:
            found |= _spoken(known[staff_id])
    return found


def _spoken(seat: Seat) -> Values:
    """Nothing where the form leaves it as it was shown: another line's page, or the person's, may
    have changed it meanwhile.  Raises Refused where both have."""
    wanted = _languages(seat.staff_id)
    shown = request.form.get(f"spoke-{seat.staff_id}")
    if shown is not None and shown.split() == wanted:
        return {}
    if shown is not None and shown.split() != seat.languages:
        raise Refused(_("%(name)s的语言刚被别人改过：请核对后再保存", name=seat.staff.name))
    return {f"{line_settings.SPEAKS}{seat.staff_id}": wanted}


def _languages(staff_id: int) -> list[str]:
    given = request.form.getlist(f"language-{staff_id}")
    chosen = [one for one in LANGUAGES if one in given]
    if not chosen:
        raise forms.Wrong(_("每个座席至少要会一种语言"))
    return chosen


def _step(nth: int) -> Values:
    where = forms.one_of(f"where-{nth}", steps.Where, _("放宽到"))
    after = forms.number(f"after-{nth}", _("等待秒数"), least=0, most=LONGEST_STEP_S)
    step: Values = {"after": after, "where": where.value}
    if where is not steps.Where.ANY:
        step["level"] = forms.number(f"level-{nth}", _("等级"), most=5)
    if where is steps.Where.LINES:
        step["lines"] = [one[:32] for one in request.form.getlist(f"lines-{nth}")]
    return step


def _priority() -> int:
    value = request.form.get("priority", "").strip()
    least, most = PRIORITIES
    if not re.fullmatch(r"-?[0-9]{1,3}", value) or not least <= int(value) <= most:
        label = _("优先")
        raise forms.Wrong(
            _("%(label)s应为 %(least)s 到 %(most)s", label=label, least=least, most=most)
        )
    return int(value)


def _time(name: str) -> str:
    value = request.form.get(name, "").strip()[:5]
    if value in ("", END_OF_DAY):
        return value
    try:
        return time.fromisoformat(value).strftime("%H:%M")
    except ValueError:
        raise forms.Wrong(_("时间应为 08:30 的形式")) from None
