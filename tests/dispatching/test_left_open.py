"""What a unit still asks for when its part is over falls with it, whichever way it ended."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from infra import db
from infra.db import session
from models import Assignment, AssignmentState, Request, RequestKind, RequestState, TicketState
from tests.handled import Town, newest
from tests.tickets.clerks import DONE
from tickets import closing, handling, requests

DUTY = {"code": "duty", "reason": "不归我", "basis": "三定方案第三条"}
SUSPEND = {"reason": "须等管网改造", "until": "2026-12-30"}


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


def states() -> dict[RequestKind, RequestState]:
    session.expire_all()
    return {one.kind: one.state for one in session.scalars(select(Request))}


def forgetful(town: Town) -> Assignment:
    """Signed by a unit that asks for three things and then gives the ticket back."""
    one, clerk = town.signed(), town.browser("urban")
    for door, said in (
        ("suspension", SUSPEND),
        ("co-handling", {"unit": "roads", "reason": "占道"}),
    ):
        asked = clerk.post(f"/inbox/{one.id}/{door}", **said)
        assert asked.status_code == 302, asked.text
    clerk.post(f"/inbox/{one.id}/return", **DUTY)
    return one


def test_what_a_unit_forgot_does_not_act_on_the_next_units_handling(town):
    one = forgetful(town)
    dispatcher, lead = town.browser("zhao"), town.browser("li")
    suspension = session.scalars(select(Request).where(Request.kind == "suspension")).one()
    dispatcher.post(f"/dispatch/requests/{newest(Request).id}/approval")
    assert states() == {
        RequestKind.SUSPENSION: RequestState.CANCELLED,
        RequestKind.CO_HANDLING: RequestState.CANCELLED,
        RequestKind.RETURN: RequestState.APPROVED,
    }
    dispatcher.post(f"/dispatch/{one.ticket.number}/assignments", lead="other", other="power")
    given = newest(Assignment)
    town.browser("power").post(f"/inbox/{given.id}/signature")
    late = lead.post(f"/dispatch/requests/{suspension.id}/approval")
    assert late.status_code == 409
    assert one.ticket.state is TicketState.PROCESSING
    assert "已撤销" in town.browser("zhao").get(f"/dispatch/{one.ticket.number}").text


@pytest.mark.parametrize("kind", ["suspension", "co-handling"])
def test_nothing_is_granted_to_whoever_has_it_in_hand_no_longer(town, kind):
    one, clerk = town.signed(), town.browser("urban")
    said = SUSPEND if kind == "suspension" else {"unit": "roads", "reason": "占道"}
    clerk.post(f"/inbox/{one.id}/{kind}", **said)
    handling.reply(one, DONE, by=town.people["urban"])
    db.commit()
    refused = town.browser("li").post(f"/dispatch/requests/{newest(Request).id}/approval")
    assert refused.status_code == 409 and "不再承办" in refused.text
    assert one.ticket.state is TicketState.PENDING_AUDIT


def test_with_the_answer_passed_only_what_is_of_its_round_stays_open(town):
    one, clerk = town.signed(), town.people["urban"]
    requests.ask_extension(one, 3, by=clerk, reason="等配件")
    requests.ask_for(one, RequestKind.EXCLUSION, by=clerk, reason="不合理", basis="条例")
    given = handling.reply(one, DONE, by=clerk)
    closing.accept_reply(given, by=town.people["song"])
    db.commit()
    assert states() == {
        RequestKind.EXTENSION: RequestState.CANCELLED,
        RequestKind.EXCLUSION: RequestState.APPLIED,
    }


def test_with_the_unit_above_those_below_ask_for_nothing_more(town):
    one = town.signed()
    earlier = one.due_at - timedelta(days=3)
    child = handling.delegate(one, town.units["station"], by=None, due_at=earlier)
    handling.sign(child, by=None)
    requests.ask_extension(child, 1, by=None, reason="等配件")
    given = handling.reply(one, DONE, by=town.people["urban"])
    db.commit()
    town.browser("song").post(f"/dispatch/replies/{given.id}/acceptance")
    assert states() == {RequestKind.EXTENSION: RequestState.CANCELLED}
    assert child.state is AssignmentState.RECALLED


def test_the_database_lets_nothing_stay_open_of_what_was_given_back(town):
    one = town.signed()
    requests.ask_extension(one, 3, by=town.people["urban"], reason="等配件")
    db.commit()
    session.execute(update(Assignment).values(state="recalled", ended_at=one.signed_at))
    with pytest.raises(DBAPIError, match="still asks"):
        session.commit()
