"""A unit and those below it, three levels deep: who may refuse, take back, and hand down what."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from infra import db
from infra.clock import now
from infra.db import session
from models import (
    AssignmentState,
    ContactWay,
    Notice,
    RecallReason,
    Reply,
    Role,
    Solved,
    Unit,
    UnitKind,
)
from tests.handled import Town
from tests.tickets.clerks import DONE, replied
from tests.visitors import browser_of, somebody
from tickets import below, closing, dispatch, handling, history, recalling, story
from tickets.handling import Answer, NotYet, NotYours

A = AssignmentState


@pytest.fixture
def town(app, time) -> Town:
    town = Town(app)
    town.units["team"] = Unit(
        code="team", name="抢修队", kind=UnitKind.SERVICE, parent=town.units["station"]
    )
    session.add(town.units["team"])
    session.flush()
    return town


@pytest.fixture
def three(town):
    """Urban management, its station, and the team of that."""
    upper = town.signed()
    middle = handling.delegate(upper, town.units["station"], by=None, due_at=upper.due_at)
    handling.sign(middle, by=None)
    lower = handling.delegate(middle, town.units["team"], by=None, due_at=middle.due_at)
    db.commit()
    return upper, middle, lower


def test_whoever_is_directly_above_refuses_an_answer_and_nobody_else(town, three):
    upper, middle, lower = three
    given = replied(lower, None)
    with pytest.raises(NotYours):
        below.refuse_reply(given, by=None, unit_id=upper.unit_id, remarks="不清楚")
    with pytest.raises(NotYet, match="由路灯所审核"):
        closing.refuse_reply(given, by=town.people["song"], remarks="不清楚")
    with pytest.raises(NotYet, match="由路灯所审核"):
        closing.accept_reply(given, by=town.people["song"])
    below.refuse_reply(given, by=None, unit_id=middle.unit_id, remarks="不清楚")
    assert (lower.state, lower.replied_at, given.remarks) == (A.REPLY_REJECTED, None, "不清楚")
    assert "below_refused" in session.scalars(select(Notice.name)).all()
    with pytest.raises(NotYet):
        below.refuse_reply(given, by=None, unit_id=middle.unit_id, remarks="再退")
    assert handling.reply(lower, DONE, by=None).verdict is None
    assert history.verify(upper.ticket) is None


def test_who_has_answered_himself_reaches_below_no_more(three):
    _upper, middle, lower = three
    given = replied(lower, None)
    handling.reply(middle, DONE, by=None)
    for late in (
        lambda: below.refuse_reply(given, by=None, unit_id=middle.unit_id, remarks="x"),
        lambda: below.take_back(lower, by=None, unit_id=middle.unit_id, because="x"),
    ):
        with pytest.raises(NotYet, match="本单位已反馈"):
            late()


@pytest.mark.parametrize("answered", [False, True])
def test_what_is_taken_back_goes_with_all_below_it_and_is_handled_by_the_unit(
    town, three, answered
):
    upper, middle, lower = three
    if answered:
        replied(lower, None)
    with pytest.raises(NotYours):
        below.take_back(lower, by=None, unit_id=upper.unit_id, because="自办")
    with pytest.raises(NotYet, match="由城管局收回"):
        recalling.recall(middle, by=town.people["zhao"], because=RecallReason.CHANGED)
    below.take_back(middle, by=None, unit_id=upper.unit_id, because="自办")
    assert [one.state for one in three] == [A.SIGNED, A.RECALLED, A.RECALLED]
    assert lower.ended_at == middle.ended_at == now()
    with pytest.raises(NotYet):
        below.take_back(middle, by=None, unit_id=upper.unit_id, because="再收")
    # It may be handed down anew, and be returned.
    handling.delegate(upper, town.units["station"], by=None, due_at=upper.due_at)
    db.commit()


def test_only_a_part_in_hand_is_handed_down_to_a_unit_that_works(town, three):
    upper, middle, lower = three
    handling.sign(lower, by=None)
    town.units["yard"] = Unit(
        code="yard", name="车队", kind=UnitKind.SERVICE, parent=town.units["station"], active=False
    )
    session.add(town.units["yard"])
    session.flush()
    with pytest.raises(dispatch.UnitClosed):
        handling.delegate(middle, town.units["yard"], by=None, due_at=middle.due_at)
    with pytest.raises(NotYours):
        handling.delegate(upper, town.units["team"], by=None, due_at=upper.due_at)
    town.units["yard"].active = True
    handling.reply(middle, DONE, by=None)
    with pytest.raises(NotYet):
        handling.delegate(middle, town.units["yard"], by=None, due_at=middle.due_at)


def test_no_part_is_due_after_the_one_above_whatever_writes_it(three):
    upper, _middle, lower = three
    later = upper.due_at + timedelta(minutes=1)
    lower.due_at = later
    session.flush()
    with pytest.raises(IntegrityError, match="due later"):
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    session.rollback()
    upper.due_at = upper.due_at - timedelta(minutes=1)
    session.flush()
    with pytest.raises(IntegrityError, match="due later"):
        session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    session.rollback()


def test_a_word_with_the_citizen_below_is_the_first_word_of_those_above(town, three):
    upper, middle, lower = three
    handling.sign(lower, by=None)
    handling.contact(lower, by=None, way=ContactWay.PHONE, words="约明早")
    assert upper.contacted_at == middle.contacted_at == lower.contacted_at == now()
    page = town.browser("urban").get(f"/inbox/{upper.id}").text
    assert "抢修队 电话" in page and "没有联系市民的原因" not in page
    answer = {"facts_true": "yes", "solved": "yes", "public": "已修好。"}
    assert town.browser("urban").post(f"/inbox/{upper.id}/reply", **answer).status_code == 302
    session.expire_all()
    given = session.scalars(select(Reply).where(Reply.assignment_id == upper.id)).one()
    assert given.contact_way == "phone" and given.contacted_at is not None


def test_an_answer_of_a_unit_below_is_taken_over_by_one_click(town):
    upper = town.signed()
    part = handling.delegate(upper, town.units["station"], by=None, due_at=upper.due_at)
    answer = Answer(
        public="已更换<灯>头。",
        facts_true=True,
        solved=Solved.PARTLY,
        why_not="缺配件",
        no_contact="夜间修复",
        internal="工号 7",
    )
    given, clerk = replied(part, None, answer), town.browser("urban")
    db.commit()
    page = clerk.get(f"/inbox/{upper.id}").text
    assert f"?adopt={given.id}#reply" in page and "缺配件" not in page.partition('id="reply"')[2]
    form = clerk.get(f"/inbox/{upper.id}?adopt={given.id}").text.partition('id="reply"')[2]
    assert "已更换&lt;灯&gt;头。</textarea>" in form and "工号 7</textarea>" in form
    assert 'value="缺配件"' in form and 'value="partly" required checked' in form
    stranger = town.signed("power")
    assert (
        "灯"
        not in (town.browser("power").get(f"/inbox/{stranger.id}?adopt={given.id}").text)
        .partition('id="reply"')[2]
        .partition("</form>")[0]
    )


def test_a_clerk_refuses_and_takes_back_on_the_page(town):
    upper = town.signed()
    part = handling.delegate(upper, town.units["station"], by=None, due_at=upper.due_at)
    given, clerk = replied(part, None), town.browser("urban")
    db.commit()
    path = f"/inbox/{upper.id}/below/{part.id}"
    assert clerk.post(f"{path}/refusal", reply=str(given.id)).status_code == 409
    clerk.post(f"{path}/refusal", reply=str(given.id), remarks="请补照片")
    assert part.state is A.REPLY_REJECTED
    again = clerk.post(f"{path}/refusal", reply=str(given.id), remarks="请补照片")
    assert again.status_code == 409 and "已有结论" in again.text
    other = browser_of(town.app, somebody("p2", Role.UNIT, unit=town.units["power"]))
    assert other.post(f"{path}/withdrawal", because="x").status_code in (404, 409)
    clerk.post(f"{path}/withdrawal", because="自办")
    session.expire_all()
    assert (part.state, upper.state) == (A.RECALLED, A.SIGNED)


def test_the_map_shows_what_was_handed_down_and_each_follow_up(town, three, time):
    upper, middle, lower = three
    time.forward(3600)
    replied(lower, None)
    time.forward(3600)
    handling.reply(middle, DONE, by=None)
    time.forward(3600)
    given = handling.reply(upper, DONE, by=None)
    time.forward(3600)
    closing.accept_reply(given, by=town.people["song"])
    time.forward(7200)
    closing.rehandle(upper.ticket, by=None, because="unsatisfied")
    session.flush()
    hops = [(hop.what, hop.unit, hop.depth, hop.lasted) for hop in story.of(upper.ticket).hops]
    hour = timedelta(hours=1)
    assert hops == [
        ("待签收", "城管局", 0, timedelta(0)),
        ("办理", "城管局", 0, 3 * hour),
        ("下派待签", "路灯所", 1, timedelta(0)),
        ("下派办理", "路灯所", 1, 2 * hour),
        ("下派待签", "抢修队", 2, hour),
        ("下派办理", "抢修队", 2, timedelta(0)),
        ("审核", "", 0, hour),
        ("回访", "", 0, 2 * hour),
        ("待签收", "城管局", 0, timedelta(0)),
    ]
