"""What a lead's page shows besides figures: talks, callers, alerts, what is told and lent."""

from typing import Any

from flask import url_for

from analytics import scene
from assist import advice, alerts
from infra.clock import now
from infra.db import session
from models import Alert, AlertKind, Announcement, Call, Monitor, Reskill, Role, Seat
from queues import announcing, monitoring, reskilling
from staff.access import current_staff
from web.languages import _, named, told

Json = dict[str, Any]
SHARES = {AlertKind.SERVICE_LEVEL, AlertKind.ABANDONED}


def around() -> Json:
    """For leads alone: who administers may see the figures, and steers nobody."""
    if not current_staff().may(Role.LEAD):
        return {"talks": {}, "callers": [], "alerts": [], "announcements": [], "reskills": []}
    listening = scene.listeners()
    return {
        "talks": {
            agent: _talk(call, listening.get(call.id, [])) for agent, call in scene.talks().items()
        },
        "callers": [_caller(one) for one in scene.callers()],
        "alerts": [shown(one) for one in alerts.live()],
        "announcements": [_announcement(one) for one in announcing.coming()],
        "reskills": [_reskill(one) for one in reskilling.of_all()],
    }


def shown(one: Alert) -> Json:
    muted = one.muted_until is not None and one.muted_until > now()
    return {
        "id": one.id,
        "kind": one.kind,
        "words": words(one),
        "since": one.began_at.isoformat(),
        "seen_by": one.seen_by.name if one.seen_by else None,
        "muted": muted,
        "call": one.call_id,
        "agent": one.call.agent_id if one.call is not None else None,
    }


def words(one: Alert) -> str:
    """Where, what, and how much."""
    if one.call is not None:
        agent = session.get(Seat, one.call.agent_id) if one.call.agent_id else None
        name = f"{agent.staff.name} {agent.number}" if agent is not None else ""
        if one.keyword in alerts.RISKS:
            level = _(alerts.RISKS[one.keyword].label)
            return _("举手：%(name)s，未成年人风险%(level)s", name=name, level=level)
        if one.keyword:
            return _("举手：%(name)s，通话中出现“%(word)s”", name=name, word=one.keyword)
        return _("举手：%(name)s 求助", name=name)
    where = named(one.line) if one.line is not None else ""
    return f"{where} · {_(one.kind.label)} {value(one.kind, one.value or 0.0)}"


def value(kind: AlertKind, measured: float) -> str:
    if kind in SHARES:
        return f"{measured:.0%}"
    if kind is AlertKind.LONGEST_WAIT:
        return _("%(seconds)s 秒", seconds=round(measured))
    return _("%(times)s 次", times=round(measured))


def _talk(call: Call, listening: list[Monitor]) -> Json:
    return {
        "call": call.id,
        "number": told(call.number_masked),
        "line": named(call.line) if call.line is not None else "",
        "emergency": advice.shown(call.emergency),
        "held": call.held_since is not None,
        # Who was dialled is in no conference.
        "open": monitoring.may(call),
        "leads": [_lead(one) for one in listening],
        "to": url_for("replay.replay", call_id=call.id),
    }


def _lead(one: Monitor) -> Json:
    return {"name": one.by.name, "mode": one.mode, "unseen": one.unseen}


def _caller(one: scene.CallerRow) -> Json:
    return {
        "call": one.call_id,
        "number": told(one.number),
        "line": one.line.id,
        "line_name": named(one.line),
        "language": one.language,
        "since": one.since.isoformat(),
        "emergency": advice.shown(one.emergency),
        "preferred": one.preferred,
        "because": one.because,
        "to": url_for("replay.replay", call_id=one.call_id),
    }


def _announcement(one: Announcement) -> Json:
    return {
        "id": one.id,
        "line": one.line_id,
        "line_name": named(one.line),
        "words": one.words,
        "from": one.from_at.isoformat(),
        "until": one.until_at.isoformat(),
    }


def _reskill(one: Reskill) -> Json:
    return {
        "id": one.id,
        "agent": one.staff_id,
        "line_name": named(one.line),
        "level": one.level or 0,
        "before": one.level_before or 0,
        "until": one.expires_at.isoformat(),
        "reason": one.reason,
        "by": one.by.name,
    }
