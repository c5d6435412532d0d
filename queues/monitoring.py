"""监听: a lead in somebody's talk, who listens, whispers to the agent, or speaks to all.

His browser places a leg of its own, which the carrier lets in muted; only an order, given once he
is in, lets anybody hear him.  His leg neither begins nor ends a conference, and is let go when the
talk is over, or broke off."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, select

from infra import apart
from infra.clock import now
from infra.db import session
from infra.events import publish
from models import (
    MOST_MONITORS,
    Activity,
    Call,
    CallStatus,
    Direction,
    Monitor,
    MonitorEnd,
    MonitorMode,
    MonitorState,
    OrderState,
    Seat,
    StaffMember,
)
from queues import panicking
from queues.holding import MOVED
from queues.journal import desk_of, note
from telephony import orders

# A browser's leg is there within a moment, or never.
COMES_WITHIN = timedelta(seconds=15)
# Tells a lead's page that his own part in a talk has changed.
MONITOR = "monitor-moved"


class NotThere(Exception):
    """The talk is not one that can be listened to now."""

    permanent = True


class Busy(Exception):
    """He talks at his own seat: he has one voice."""

    permanent = False


class Full(Exception):
    """So many listen already."""

    permanent = True


def may(call: Call) -> bool:
    """A talk in a conference; whom an agent dialled he is connected with directly."""
    return call.status is CallStatus.TALKING and call.direction is not Direction.OUT


def talks(by: StaffMember) -> bool:
    """Whether he is in a call of his own, or on his way into one."""
    seat = session.get(Seat, by.id, populate_existing=True)
    return seat is not None and seat.activity in (Activity.CONNECTING, Activity.TALKING)


def let_go(by: StaffMember) -> None:
    """He begins to talk at his own seat; the caller holds the routing lock, and no call's yet."""
    monitor = of_lead(by)
    if monitor is None:
        return
    session.get_one(Call, monitor.call_id, with_for_update=True, populate_existing=True)
    session.refresh(monitor)
    if monitor.ended_at is None:
        leave(monitor)


def begin(call: Call, mode: MonitorMode, *, by: StaffMember, unseen: bool = False) -> Monitor:
    """His leg is expected from now on; raises NotThere, Busy and Full.

    The caller holds the routing lock, so that he begins to talk nowhere else meanwhile, and the
    locks of this call and of the one in which he is: slots are taken one after the other."""
    before = of_lead(by)
    if before is not None and before.call_id == call.id:
        return before
    if not may(call) or call.agent_id == by.id:
        raise NotThere
    if talks(by):
        raise Busy
    if before is not None:
        leave(before)
        session.flush()  # of one lead the schema allows one
    taken = {one.slot for one in of_call(call)}
    slot = next((one for one in range(1, MOST_MONITORS + 1) if one not in taken), None)
    if slot is None:
        raise Full
    monitor = Monitor(
        call=call,
        by=by,
        slot=slot,
        mode=mode,
        unseen=unseen and by.monitors_unseen and mode is not MonitorMode.BARGE,
        asked_at=now(),
    )
    session.add(monitor)
    session.flush()  # his browser names it
    note(call, "monitor_began", lead=by.id, mode=mode, unseen=monitor.unseen)
    return monitor


def claim(monitor_id: int, *, leg: str, by: StaffMember) -> Call | None:
    """His leg has arrived; a repeat answers alike.  None: it is too late.  The caller holds the
    routing lock."""
    monitor = session.get(Monitor, monitor_id)
    if monitor is None or monitor.by_id != by.id:
        return None
    # Whoever ends the talk holds the call's lock, and may have let him go meanwhile.
    session.get_one(Call, monitor.call_id, with_for_update=True, populate_existing=True)
    session.refresh(monitor)
    if monitor.state is MonitorState.ENDED or not may(monitor.call) or talks(by):
        return None
    if monitor.leg is None:
        monitor.move_to(MonitorState.CONNECTING)
        monitor.leg, monitor.claimed_at = leg, now()
    return monitor.call if monitor.leg == leg else None


def join(call: Call, leg: str) -> bool:
    """He is in the conference, muted; what he asked for is ordered now.  False: it is not his leg
    that joined."""
    monitor = of_leg(leg)
    if monitor is None or monitor.call_id != call.id:
        return False
    if monitor.state is MonitorState.CONNECTING:
        monitor.move_to(MonitorState.JOINED)
        monitor.joined_at = now()
        if monitor.mode is not MonitorMode.LISTEN:
            _order(monitor)
        _takes_alarm(monitor)
        _tell(monitor)
    return True


def change(monitor: Monitor, mode: MonitorMode, *, unseen: bool | None = None) -> None:
    """Who hears him from now on; whom everybody hears nobody overlooks."""
    if unseen is not None:
        monitor.unseen = unseen and monitor.by.monitors_unseen
    if mode is MonitorMode.BARGE:
        monitor.unseen = False
    if monitor.mode is not mode or obeyed(monitor) is OrderState.MOOT:
        monitor.mode = mode
        note(monitor.call, "monitor_changed", lead=monitor.by_id, mode=mode, unseen=monitor.unseen)
        if monitor.joined:
            _order(monitor)
    _takes_alarm(monitor)
    _tell(monitor)


def leave(monitor: Monitor) -> None:
    end(monitor, MonitorEnd.LEFT)


def over(leg: str) -> bool:
    """His leg is over, by himself or by accident: the talk goes on.  False: it was not his, or it
    has become the agent's, be it while this was waiting for the call's lock."""
    monitor = of_leg(leg)
    if monitor is None:
        return False
    # Whoever ends the talk holds the call's lock, and may have let him go meanwhile.
    session.get_one(Call, monitor.call_id, with_for_update=True, populate_existing=True)
    session.refresh(monitor)
    if monitor.outcome is MonitorEnd.TOOK_OVER:
        return False
    if monitor.ended_at is None:
        leave(monitor)
    return True


def end(monitor: Monitor, because: MonitorEnd) -> None:
    if monitor.leg is not None and because is not MonitorEnd.TOOK_OVER:
        orders.hang_up(monitor.call, monitor.leg)
    monitor.move_to(MonitorState.ENDED)
    monitor.outcome, monitor.ended_at = because, now()
    unseen = monitor.unseen
    note(monitor.call, "monitor_ended", lead=monitor.by_id, outcome=because, unseen=unseen)
    _tell(monitor)


def dismiss(call: Call) -> None:
    """The talk is over, or broke off: nobody listens any more."""
    for monitor in of_call(call):
        end(monitor, MonitorEnd.CALL_OVER)


def follow(call: Call) -> None:
    """Another agent has the call: he hears who whispers.  Where there is none, nobody does."""
    for monitor in of_call(call):
        if monitor.joined and monitor.mode is MonitorMode.WHISPER:
            if call.agent_leg is None:
                change(monitor, MonitorMode.LISTEN)
            else:
                _order(monitor)


def of_call(call: Call) -> Sequence[Monitor]:
    mine = Monitor.call_id == call.id
    return session.scalars(select(Monitor).where(mine, Monitor.live()).order_by(Monitor.slot)).all()


def shown_in(call: Call) -> list[Monitor]:
    """Those whom the agent may see."""
    return [one for one in of_call(call) if one.joined and not one.unseen]


def of_lead(staff: StaffMember) -> Monitor | None:
    return _live(Monitor.by_id == staff.id)


def of_leg(leg: str) -> Monitor | None:
    return _live(Monitor.leg == leg)


def lapse_due() -> int:
    """Whose browser placed no leg; the caller holds the routing lock.

    Behind the locks of their calls, as everybody who ends one; where one is taken, somebody is
    busy with that talk, and the next second looks again."""
    late = session.scalars(
        select(Monitor)
        .join(Monitor.call)
        .where(
            Monitor.live(),
            Monitor.state == MonitorState.ASKED,
            Monitor.asked_at <= now() - COMES_WITHIN,
        )
        .order_by(Monitor.call_id)
        .with_for_update(of=[Call, Monitor], skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    return apart.each(late, lambda monitor: end(monitor, MonitorEnd.MISSED))


def obeyed(monitor: Monitor) -> OrderState:
    """How far the carrier is with who hears him; it lets everybody in unheard."""
    if not monitor.joined:
        return OrderState.PENDING
    return orders.obeyed(_key(monitor)) or OrderState.DONE


def _key(monitor: Monitor) -> str:
    return f"{monitor.call_id}:{monitor.leg}:{monitor.mode}:{monitor.changes}"


def _order(monitor: Monitor) -> None:
    monitor.changes += 1
    call, leg, key = monitor.call, monitor.leg or "", _key(monitor)
    match monitor.mode:
        case MonitorMode.WHISPER if call.agent_leg:
            orders.whisper(call, leg, to=call.agent_leg, key=key)
        case MonitorMode.BARGE:
            orders.speak(call, leg, key=key)
        case _:
            orders.listen(call, leg, key=key)


def _takes_alarm(monitor: Monitor) -> None:
    """Who is there and heard has come to help; who only listens, or is unseen, has not."""
    if not monitor.joined or monitor.unseen or monitor.mode is MonitorMode.LISTEN:
        return
    panic = panicking.of_call(monitor.call)
    if panic is not None:
        panicking.take(panic, by=monitor.by)


def _tell(monitor: Monitor) -> None:
    publish(desk_of(monitor.by_id), MONITOR, call=monitor.call_id)
    if monitor.call.agent_id is not None and not monitor.unseen:
        publish(desk_of(monitor.call.agent_id), MOVED, call=monitor.call_id)


def _live(which: ColumnElement[bool]) -> Monitor | None:
    return session.scalar(select(Monitor).where(which, Monitor.live()))
