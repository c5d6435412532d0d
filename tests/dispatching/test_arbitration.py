"""Units send a ticket back: the third time a lead names who has it, and nobody argues again."""

import pytest
from sqlalchemy import select

from infra import db
from infra.db import session
from models import (
    Assignment,
    AssignmentState,
    DispatchRule,
    Part,
    Request,
    RequestState,
    Supervision,
    Ticket,
    TicketState,
)
from tests.handled import Town, newest
from tests.tickets.clerks import DONE
from tickets import closing, dispatch, handling, history, proposals

DUTY = {"code": "duty", "reason": "不归我", "basis": "三定方案第三条"}


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


def returned(town: Town, ticket: Ticket, code: str, **said: str) -> None:
    """Dispatched to the unit, which sends it back, and the dispatcher agrees."""
    dispatcher = town.browser("zhao")
    dispatcher.post(f"/dispatch/{ticket.number}/assignments", lead="other", other=code)
    town.browser(code).post(f"/inbox/{newest(Assignment).id}/return", **DUTY | said)
    dispatcher.post(f"/dispatch/requests/{newest(Request).id}/approval")


def disputed(town: Town, **said: str) -> Request:
    """Returned by two units, and the third asks to return it."""
    ticket = town.ticket()
    returned(town, ticket, "urban")
    returned(town, ticket, "power", suggested="roads")
    town.browser("zhao").post(f"/dispatch/{ticket.number}/assignments", lead="roads")
    town.browser("roads").post(f"/inbox/{newest(Assignment).id}/return", **DUTY | said)
    return newest(Request)


def arbitrated(town: Town, asked: Request, unit: str) -> None:
    answer = town.browser("li").post(
        f"/dispatch/requests/{asked.id}/arbitration", unit=unit, decision="路灯随道路管理"
    )
    assert answer.status_code == 302


def test_only_a_lead_arbitrates_and_must_name_the_unit(town):
    asked = disputed(town)
    dispatcher, lead = town.browser("zhao"), town.browser("li")
    page = dispatcher.get("/dispatch/requests").text
    assert "第 2 次退单" in dispatcher.get(f"/dispatch/{asked.ticket.number}").text
    assert "须由班长审批" in page and "仲裁并派单" not in page
    path = f"/dispatch/requests/{asked.id}"
    assert dispatcher.post(f"{path}/arbitration", unit="urban", decision="x").status_code == 403
    for door in ("approval", "refusal"):
        refused = lead.post(f"{path}/{door}", decision="由交通局承办")
        assert refused.status_code == 409 and "指定承办单位" in refused.text
    page = lead.get("/dispatch/requests").text
    assert "由谁承办" in page and "供电公司 退单已同意" in page and "建议承办：交通局" in page
    nobody = lead.post(f"{path}/arbitration", decision="路灯随道路管理")
    assert "请选择承办单位" in nobody.text and "路灯随道路管理</textarea>" in nobody.text
    assert "请填写仲裁意见" in lead.post(f"{path}/arbitration", unit="urban").text
    assert asked.state is RequestState.APPLIED


def test_whoever_is_named_has_it_at_once_and_cannot_return_it(town):
    asked = disputed(town)
    arbitrated(town, asked, "urban")
    given, ticket = newest(Assignment), asked.ticket
    assert (given.unit.code, given.part, given.forced) == ("urban", Part.LEAD, True)
    assert (ticket.state, ticket.unit) == (TicketState.DISPATCHED, town.units["urban"])
    assert asked.state is RequestState.APPROVED
    assert asked.assignment.state is AssignmentState.RETURNED
    assert session.scalars(select(Supervision.because)).all() == ["forced"]
    clerk = town.browser("urban")
    page = clerk.get(f"/inbox/{given.id}").text
    assert "仲裁由城管局承办" in page and "申请退单</button>" not in page
    refused = clerk.post(f"/inbox/{given.id}/return", **DUTY)
    assert refused.status_code == 409 and "本单位须承办" in refused.text
    assert "仲裁指定承办单位" in town.browser("zhao").get(f"/dispatch/{ticket.number}").text
    assert history.verify(ticket) is None


def test_it_stays_with_who_is_named_after_a_bad_answer(town):
    asked = disputed(town)
    arbitrated(town, asked, "urban")
    given, clerk = newest(Assignment), town.people["urban"]
    handling.sign(given, by=clerk)
    reply = handling.reply(given, DONE, by=clerk)
    closing.accept_reply(reply, by=town.people["song"])
    again = closing.rehandle(given.ticket, by=None, because="unsatisfied")
    db.commit()
    refused = town.browser("urban").post(f"/inbox/{again.id}/return", **DUTY)
    assert refused.status_code == 409 and "仲裁已指定本单位承办" in refused.text


@pytest.mark.parametrize(
    ("named", "said", "basis"),
    [
        # Named is who asked, who nobody suggested, or whom the unit suggested with its basis.
        ("roads", {}, "路灯随道路管理"),
        ("urban", {}, "路灯随道路管理"),
        ("power", {"suggested": "power"}, "三定方案第三条"),
    ],
)
def test_an_arbitration_always_proposes_a_rule(town, named, said, basis):
    asked = disputed(town, **said)
    arbitrated(town, asked, named)
    rule = session.scalars(select(DispatchRule)).one()
    assert (rule.candidate, rule.lead.code, rule.legal_basis) == (True, named, basis)
    assert (rule.topic_id, rule.district_id) == (asked.ticket.topic_id, asked.ticket.district_id)
    assert asked.ticket.number in rule.source
    candidates = town.browser("zhao").get("/rules").text
    assert asked.ticket.number in candidates


def test_who_asked_and_is_named_goes_on_with_it(town):
    asked = disputed(town)
    arbitrated(town, asked, "roads")
    assert asked.state is RequestState.REJECTED
    assert asked.assignment.state is AssignmentState.SIGNED and asked.assignment.forced
    assert asked.ticket.state is TicketState.PROCESSING


def test_who_assisted_and_is_named_leads(town):
    ticket = town.ticket()
    returned(town, ticket, "urban")
    returned(town, ticket, "power")
    town.browser("zhao").post(
        f"/dispatch/{ticket.number}/assignments", lead="roads", assist="urban", again="yes"
    )
    leading = session.scalars(
        select(Assignment).where(Assignment.unit == town.units["roads"])
    ).one()
    town.browser("roads").post(f"/inbox/{leading.id}/return", **DUTY)
    arbitrated(town, newest(Request), "urban")
    given = newest(Assignment)
    assert (given.unit.code, given.part) == ("urban", Part.LEAD)
    assert ticket.state is TicketState.DISPATCHED


def test_whom_an_arbitration_named_keeps_such_matters_for_90_days(town, time):
    arbitrated(town, disputed(town), "urban")
    another = town.given("urban")
    clerk = town.browser("urban")
    refused = clerk.post(f"/inbox/{another.id}/return", **DUTY)
    assert refused.status_code == 409 and "90 天内不能再退" in refused.text
    time.forward(91 * 86400)
    later = town.given("urban")
    assert clerk.post(f"/inbox/{later.id}/return", **DUTY).status_code == 302


def test_whom_an_approved_return_suggested_is_proposed_with_its_basis(town):
    ticket = town.ticket()
    returned(town, ticket, "urban", suggested="roads")
    assert [one.lead.code for one in proposals.propose(ticket)] == ["roads"]
    page = town.browser("zhao").get(f"/dispatch/{ticket.number}").text
    assert "城管局退单时建议，依据：三定方案第三条" in page


def test_giving_it_back_to_who_returned_it_must_be_meant(town, time):
    ticket = town.ticket()
    returned(town, ticket, "urban")
    dispatcher = town.browser("zhao")
    path = f"/dispatch/{ticket.number}/assignments"
    warned = dispatcher.post(path, lead="other", other="urban", advice="请再看一次")
    assert warned.status_code == 409 and ticket.state is TicketState.PENDING_DISPATCH
    day = session.scalars(select(Request)).one().decided_at.date()
    assert f"城管局 {day} 退回过这张工单并已同意（依据：三定方案第三条）" in warned.text
    assert 'name="again"' in warned.text and "请再看一次" in warned.text
    assert '<option value="urban" data-name="城管局" selected>' in warned.text
    beside = dispatcher.post(path, lead="other", other="roads", assist="urban")
    assert beside.status_code == 409
    dispatcher.post(path, lead="other", other="urban", again="yes")
    assert ticket.unit is town.units["urban"]


def test_who_was_named_by_arbitration_needs_no_second_word(town):
    asked = disputed(town)
    arbitrated(town, asked, "urban")
    ticket, dispatcher = asked.ticket, town.browser("zhao")
    dispatcher.post(f"/dispatch/assignments/{newest(Assignment).id}/recall", because="changed")
    assert ticket.state is TicketState.PENDING_DISPATCH
    dispatcher.post(f"/dispatch/{ticket.number}/assignments", lead="other", other="urban")
    assert ticket.unit is town.units["urban"]
    kept = town.browser("urban").post(f"/inbox/{newest(Assignment).id}/return", **DUTY)
    assert kept.status_code == 409


def test_an_assisting_unit_that_loses_its_part_is_followed_by_who_is_named(town):
    ticket = town.ticket()
    returned(town, ticket, "urban")
    returned(town, ticket, "power")
    dispatch.dispatch(
        ticket,
        town.units["roads"],
        by=town.people["zhao"],
        beside={town.units["urban"]: Part.ASSIST},
    )
    db.commit()
    beside = session.scalars(select(Assignment).where(Assignment.part == Part.ASSIST)).one()
    town.browser("urban").post(f"/inbox/{beside.id}/return", **DUTY)
    arbitrated(town, newest(Request), "power")
    given = newest(Assignment)
    assert (given.unit.code, given.part, given.forced) == ("power", Part.ASSIST, True)
    assert ticket.unit is town.units["roads"]
    rule = session.scalars(select(DispatchRule)).one()
    assert (rule.lead.code, rule.assists) == ("roads", ["power"])


def test_who_returned_it_is_not_asked_to_assist_by_mistake(town):
    ticket = town.ticket()
    returned(town, ticket, "urban")
    dispatcher = town.browser("zhao")
    dispatcher.post(f"/dispatch/{ticket.number}/assignments", lead="other", other="roads")
    path = f"/dispatch/{ticket.number}/joined"
    warned = dispatcher.post(path, unit="urban", part="assist")
    assert warned.status_code == 409 and 'name="again"' in warned.text
    assert dispatcher.post(path, unit="urban", part="assist", again="yes").status_code == 302
    assert (newest(Assignment).unit.code, newest(Assignment).part) == ("urban", Part.ASSIST)


def beside_roads(town: Town, ticket: Ticket, part: Part) -> Assignment:
    """Roads lead after two returns, and urban management has a part beside them."""
    returned(town, ticket, "urban")
    returned(town, ticket, "power")
    dispatch.dispatch(
        ticket, town.units["roads"], by=town.people["zhao"], beside={town.units["urban"]: part}
    )
    db.commit()
    return session.scalars(select(Assignment).where(Assignment.part == part)).all()[-1]


def test_who_leads_and_is_named_for_anothers_part_goes_on_alone(town):
    ticket = town.ticket()
    one = beside_roads(town, ticket, Part.ASSIST)
    town.browser("urban").post(f"/inbox/{one.id}/return", **DUTY)
    arbitrated(town, newest(Request), "roads")
    assert (ticket.state, ticket.unit) == (TicketState.DISPATCHED, town.units["roads"])
    in_hand = session.scalars(select(Assignment).where(Assignment.ended_at.is_(None))).all()
    assert [(found.unit.code, found.part, found.forced) for found in in_hand] == [
        ("roads", Part.LEAD, True)
    ]


def test_who_only_had_to_know_and_is_named_leads(town):
    ticket = town.ticket()
    known = beside_roads(town, ticket, Part.INFO)
    town.browser("urban").post(f"/inbox/{known.id}/sign")
    leading = session.scalars(
        select(Assignment).where(Assignment.unit == town.units["roads"])
    ).one()
    town.browser("roads").post(f"/inbox/{leading.id}/return", **DUTY)
    arbitrated(town, newest(Request), "urban")
    given = newest(Assignment)
    assert (given.unit.code, given.part) == ("urban", Part.LEAD)
    assert known.ended_at is not None


def test_nobody_is_pressed_for_what_was_taken_from_him(town):
    ticket = disputed(town).ticket
    arbitrated(town, newest(Request), "urban")
    dispatcher = town.browser("zhao")
    dispatcher.post(f"/dispatch/assignments/{newest(Assignment).id}/recall", because="changed")
    open_ones = select(Supervision).where(Supervision.ended_at.is_(None))
    assert session.scalars(open_ones).all() == []
    dispatcher.post(
        f"/dispatch/{ticket.number}/assignments", lead="other", other="roads", again="yes"
    )
    town.browser("roads").post(f"/inbox/{newest(Assignment).id}/return", **DUTY)
    arbitrated(town, newest(Request), "power")
    assert [one.unit.code for one in session.scalars(open_ones)] == ["power"]


def test_what_has_no_topic_is_no_matter_that_was_arbitrated(town):
    asked = disputed(town)
    asked.ticket.topic_id = None
    arbitrated(town, asked, "urban")
    other = town.given("urban")
    other.ticket.topic_id = None
    db.commit()
    returns = town.browser("urban").post(f"/inbox/{other.id}/return", **DUTY)
    assert returns.status_code == 302


def test_a_sub_unit_that_was_suggested_is_not_proposed(town):
    ticket = town.ticket()
    returned(town, ticket, "urban")
    newest(Request).suggested_unit = town.units["station"]
    session.flush()
    assert proposals.propose(ticket) == []
