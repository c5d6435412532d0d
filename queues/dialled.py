"""The carrier's reports of whom the hotline rings by itself, whatever for.

A leg that we placed may have become a call that waits or talks: with the leg that is over, too."""

from flask import Blueprint

from infra.db import serialise_routing, transaction
from queues import calls, routing, talk, telephoning, vanishing
from queues.doors import absolute
from telephony import attempts, outbound
from telephony.webhook import signed
from telephony.words import words

bp = Blueprint("dialled", __name__, url_prefix=outbound.DOOR)


@bp.post("/<int:attempt_id>/status")
@signed
def status(attempt_id: int) -> tuple[str, int]:
    asked = words()
    if asked.status not in attempts.RESULTS:
        attempts.report(attempt_id, asked.leg, asked.status)
        return "", 204
    if telephoning.is_telephone(asked.leg):
        # Transactions of their own: who is left behind is asked of the carrier, and the end of a
        # talk may hold its call's lock without the routing lock.  A telephone carries no more.
        with transaction():
            vanishing.agent_leg_over(asked.leg, requeue_url=absolute("queues.requeue"))
        attempts.report(attempt_id, asked.leg, asked.status)
        return "", 204
    serialise_routing()
    attempts.report(attempt_id, asked.leg, asked.status)
    vanishing.outside_over(asked.leg, requeue_url=absolute("queues.requeue"))
    call = calls.of_leg(asked.leg, lock=True)
    if call is not None:
        talk.end(call)
        routing.run()
    return "", 204


@bp.post("/<int:attempt_id>/nature")
@signed
def nature(attempt_id: int) -> tuple[str, int]:
    """Who picked up: a person, a machine, a fax."""
    asked = words()
    attempts.report_nature(attempt_id, asked.leg, asked.answered_by)
    return "", 204
