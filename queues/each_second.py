"""What becomes due or lapses each second, in this order, and the routing pass after it."""

from queues import (
    diverting,
    duty,
    monitoring,
    offers,
    outside,
    panicking,
    pausing,
    presence,
    recovering,
    reskilling,
    ringback,
    routing,
    telephoning,
    transferring,
)


def move() -> None:
    """The caller holds the routing lock."""
    presence.lapse_due()
    telephoning.move_due()
    offers.lapse_due()
    presence.complete_due_wrap_ups()
    recovering.move_due()
    ringback.move_due()
    duty.climb_due()
    outside.lapse_due()
    monitoring.lapse_due()
    panicking.escalate_due()
    pausing.resume_due()
    reskilling.lapse_due()
    transferring.ring_meant()
    routing.run_in_spite()
    diverting.divert_due()
    telephoning.ring_due()
