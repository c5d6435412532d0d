"""What the clock hands on: notices to the outbox, and deliveries that wait."""

from channels import attachments
from channels.api import repeats
from channels.exchange import following
from channels.outgoing import deliveries, spreading
from infra.db import transaction
from tickets import linkage


def run() -> None:
    """Safe to run twice."""
    with transaction():
        linkage.lapse_due()
    with transaction():
        following.run()
    with transaction():
        spreading.spread_due()
    with transaction():
        deliveries.send_waiting()
    with transaction():
        attachments.scan_waiting()
    with transaction():
        deliveries.forget_old()
        repeats.forget_old()
