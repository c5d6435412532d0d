"""What the floor's figures are now, line by line, held against the thresholds of alerts."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from analytics.board import in_line, offered_since
from assist import alerts
from infra.clock import now
from infra.db import session, transaction
from models import Alert, AlertKind, Call, CallStatus, Line, Offer, OfferState
from staff import norms

# Nobody is rung for who called before that: older calls need not be looked at.
LONGEST_WAIT = timedelta(hours=6)

Values = dict[int, float | None]


def watch() -> None:
    """One look; the clock's chore."""
    with transaction():
        at = now()
        rules, live = alerts.rules(), alerts.of_lines()
        lines = session.scalars(select(Line.id).order_by(Line.id)).all()
        for kind, values in _figures(at).items():
            for line_id in lines:
                value = values.get(line_id, _nothing(kind))
                alerts.weigh(rules[kind], line_id, value, live.get((kind, line_id)))
        _lower_hands()


def _figures(at: datetime) -> dict[AlertKind, Values]:
    shares = _shares(at)
    return {
        AlertKind.SERVICE_LEVEL: {line: kept for line, (kept, _lost) in shares.items()},
        AlertKind.ABANDONED: {line: lost for line, (_kept, lost) in shares.items()},
        AlertKind.LONGEST_WAIT: _waits(at),
        AlertKind.MISSED_OFFERS: _missed(at),
    }


def _nothing(kind: AlertKind) -> float | None:
    """Of nobody nothing is missed and nobody waits; a share of no calls is a good one, and ends
    what began when there were some."""
    return {AlertKind.SERVICE_LEVEL: 1.0}.get(kind, 0.0)


def _shares(at: datetime) -> dict[int, tuple[float | None, float | None]]:
    """Answered in time and given up, among those who asked for a person: one of two is no
    trend."""
    found: dict[int, tuple[float | None, float | None]] = {}
    for line_id, day in offered_since(at - norms.span("watched_for")).items():
        offered = day.answered + day.abandoned
        enough = offered >= norms.amount("fewest_watched")
        shares = (day.in_time / offered, day.abandoned / offered) if enough else (None, None)
        found[line_id] = shares if offered else (1.0, 0.0)
    return found


def _waits(at: datetime) -> Values:
    return {line_id: (at - oldest).total_seconds() for line_id, _many, oldest in in_line().values()}


def _missed(at: datetime) -> Values:
    rows = session.execute(
        select(Call.line_id, func.count())
        .join(Offer, Offer.call_id == Call.id)
        .where(
            Call.started_at >= at - LONGEST_WAIT,
            Offer.state == OfferState.MISSED,
            Offer.ended_at >= at - norms.span("watched_for"),
        )
        .group_by(Call.line_id)
    )
    return {line_id or 0: float(many) for line_id, many in rows}


def _lower_hands() -> None:
    """The talk is over, or another's."""
    up = select(Alert).join(Alert.call).where(Alert.live(), Call.status != CallStatus.TALKING)
    for alert in session.scalars(up):
        alerts.end(alert)
