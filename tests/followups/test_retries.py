"""Over days, by text message, by people: nobody is lost, and nobody unreached counts."""

import re
from collections import Counter

import pytest
from sqlalchemy import select

from analytics.indicators import INDICATORS
from analytics.measuring import Period, by_unit, whole
from followups import double_check, exemptions, outcome, people, planning
from infra.clock import now
from infra.db import commit, session
from infra.localtime import local
from models import (
    AlarmKind,
    AskedBy,
    Asking,
    Assignment,
    Dial,
    FollowUp,
    FollowUpAlarm,
    FollowUpResult,
    FollowUpState,
    Kind,
    Norm,
    Solved,
    SuperviseKind,
    Supervision,
    TextMessage,
    TicketState,
)
from tests.followups.conftest import follow_up_of
from tests.followups.test_spoken import CONTACTED, IDENTITY, SOLVED
from tests.tickets.conftest import a_person
from tests.visitors import TOKEN, browser_of
from tests.web.test_shown_again import chosen
from tickets import closing, history, supervising
from tickets.history import note

GOOD = {"contacted": "true", "solved": "yes", "satisfied": "5"}
BAD = {"contacted": "true", "solved": "no", "satisfied": "1", "reason": "还是不亮"}


def exhausted(hotline) -> None:
    """The telephone rings three times on two days, and nobody answers."""
    citizen = hotline.citizen(busy=True)
    hotline.until(lambda: len(citizen.rung) == 1)
    hotline.later(6)
    hotline.later(20)
    assert len(citizen.rung) == 3
    planning.run()


def texted(hotline, ticket) -> str:
    """The address in the text message that he has got."""
    exhausted(hotline)
    assert follow_up_of(ticket).state is FollowUpState.TEXTED
    query = select(TextMessage).where(TextMessage.key.like("follow_up:%"))
    return re.search(r"http://hotline.test(/f/\S+)", session.scalars(query).one().body)[1]


class Public:
    """Somebody with the link."""

    def __init__(self, app, path: str) -> None:
        self.client, self.path = app.test_client(), path

    def reads(self):
        return self.client.get(self.path)

    def sends(self, **form: str):
        token = TOKEN.search(self.reads().text)[1]
        return self.client.post(self.path, data={"csrf_token": token, **form})


def test_who_answers_never_is_texted_and_then_counts_in_no_ratio(hotline):
    ticket = hotline.answered()
    texted(hotline, ticket)
    hotline.later(71)
    assert ticket.state is TicketState.PENDING_FOLLOW_UP
    hotline.later(2)
    follow_up = follow_up_of(ticket)
    assert (follow_up.result, follow_up.final_rating) == (FollowUpResult.UNREACHABLE, None)
    assert ticket.state is TicketState.CLOSED and history.verify(ticket) is None
    # The robot rang him three times: tried, and not reached.
    month = Period.month(local(follow_up.done_at).date())
    for code, numbers in (("followed_up", (1, 1)), ("reached", (0, 1)), ("satisfied", (0, 0))):
        figure = whole(by_unit(INDICATORS[code], month))
        assert (figure.numerator, figure.denominator) == numbers, code


@pytest.mark.parametrize("refuses", [True, False])
def test_a_bad_rating_counts_though_nobody_reaches_him_once_more(hotline, refuses):
    hotline.city.ticking = False
    ticket = hotline.answered()
    follow_up = follow_up_of(ticket)
    said = Asking(
        follow_up_id=follow_up.id,
        way=AskedBy.ROBOT,
        at=now(),
        reached=True,
        contacted=True,
        solved=Solved.YES,
        satisfied=1,
    )
    session.add(said)
    session.flush()
    outcome.conclude(follow_up, said)
    assert (follow_up.state, follow_up.final_rating) == (FollowUpState.PERSON, 1)
    if refuses:
        outcome.refuse(follow_up, by=hotline.lead)
    else:
        for _day in range(3):
            outcome.not_reached(follow_up, by=hotline.lead)
            hotline.city.pass_time(25 * 3600)
        assert follow_up_of(ticket).state is FollowUpState.TEXTED
        hotline.city.pass_time(72 * 3600)
        planning.run()
    ended = follow_up_of(ticket)
    assert (ended.result, ended.final_rating) == (FollowUpResult.REACHED, 1)
    assert ticket.state is TicketState.CLOSED


def test_a_person_tries_at_different_hours_before_nobody_is_to_be_had(app, hotline):
    hotline.city.ticking = False
    ticket = hotline.answered(sensitive=1)
    follow_up = follow_up_of(ticket)
    assert follow_up.state is FollowUpState.PERSON
    for _day in range(4):
        outcome.not_reached(follow_up, by=hotline.lead)
        hotline.city.pass_time(24 * 3600)
    assert follow_up_of(ticket).state is FollowUpState.PERSON, "always at the same hour"
    page = browser_of(app, hotline.lead).get(f"/follow-ups/{follow_up.id}").text
    assert "这个钟点已拨打过" in page
    for _hour in range(2):
        hotline.city.pass_time(3600)
        outcome.not_reached(follow_up, by=hotline.lead)
    commit()
    assert follow_up_of(ticket).state is not FollowUpState.PERSON


def test_the_text_tells_nothing_of_the_matter(hotline):
    ticket = hotline.answered()
    texted(hotline, ticket)
    query = select(TextMessage.body).where(TextMessage.key.like("follow_up:%"))
    body = session.scalars(query).one()
    assert ticket.number in body and "路灯" not in body and "城管" not in body


@pytest.mark.parametrize(
    ("steps", "told", "never"),
    [
        (("hear 联系过您吗", "hang up"), "感谢接听回访电话，回访尚未完成", "未能接通"),
        (("hear 市民本人", "say 他不在家"), "感谢接听回访电话，回访尚未完成", "未能接通"),
        (None, "未能接通您的电话", "感谢接听"),
    ],
)
def test_the_text_says_whether_somebody_picked_up(hotline, steps, told, never):
    ticket = hotline.answered()
    first = IDENTITY if steps and "联系过" in steps[0] else ()
    citizen = hotline.citizen(*first, *steps) if steps else hotline.citizen(busy=True)
    hotline.until(lambda: len(citizen.rung) == 1 and not citizen.connected)
    hotline.city.pass_time(5)
    hotline.later(6)
    hotline.until(lambda: not citizen.connected)
    hotline.later(20)
    hotline.until(lambda: follow_up_of(ticket).state is FollowUpState.TEXTED)
    query = select(TextMessage.body).where(TextMessage.key.like("follow_up:%"))
    body = session.scalars(query).one()
    assert told in body and never not in body
    assert "路灯" not in body


def test_by_the_text_he_rates_and_may_change_it_for_fifteen_days(app, hotline):
    ticket = hotline.answered()
    visitor = Public(app, texted(hotline, ticket))
    assert "路灯" not in visitor.reads().text
    refused = visitor.sends(contacted="true", reason="灯<还>不亮", pressed="1")
    assert refused.status_code == 422 and "请回答全部三个问题" in refused.text
    assert "灯&lt;还&gt;不亮</textarea>" in refused.text
    assert [chosen(refused.text, one) for one in ("contacted", "solved", "pressed")] == [
        ["true"], [], ["1"],
    ]  # fmt: skip
    without = visitor.client.post(visitor.path, data=BAD)
    assert without.status_code == 400 and "请再提交一次" in without.text
    assert chosen(without.text, "satisfied") == ["1"] and "还是不亮</textarea>" in without.text
    assert visitor.sends(**GOOD).status_code == 200
    session.expire_all()
    assert ticket.state is TicketState.CLOSED
    assert visitor.sends(**BAD).status_code == 200
    follow_up = session.scalars(select(FollowUp).where(FollowUp.ticket_id == ticket.id)).first()
    assert (follow_up.first_rating, follow_up.final_rating) == (5, 1)
    assert ticket.state is TicketState.REHANDLING
    hotline.later(16 * 24)
    assert visitor.reads().status_code == 410


def test_who_answers_too_late_keeps_his_words_and_is_told_why(app, hotline):
    ticket = hotline.answered()
    visitor = Public(app, texted(hotline, ticket))
    token = TOKEN.search(visitor.reads().text)[1]
    hotline.later(73)
    late = visitor.client.post(visitor.path, data={"csrf_token": token, **BAD})
    assert late.status_code == 410 and "评价已截止" in late.text and "12345" in late.text
    assert "还是不亮</textarea>" in late.text and "提交评价" not in late.text


def test_who_answers_by_text_what_has_ended_otherwise_keeps_his_words(app, hotline):
    ticket = hotline.answered()
    visitor = Public(app, texted(hotline, ticket))
    closing.close(ticket, by=hotline.lead, because="lead")
    commit()
    refused = visitor.sends(**BAD)
    assert refused.status_code == 409 and "状态已变" in refused.text
    assert chosen(refused.text, "satisfied") == ["1"]


def test_a_link_that_was_made_up_opens_nothing(app, hotline):
    texted(hotline, hotline.answered())
    assert Public(app, "/f/made-up").reads().status_code == 404


def test_who_is_pressed_can_say_so(app, hotline):
    ticket = hotline.answered()
    Public(app, texted(hotline, ticket)).sends(**GOOD, pressed="1")
    assert session.scalars(select(FollowUpAlarm.kind)).one() is AlarmKind.PRESSED


def test_a_rating_that_turns_after_the_units_call_raises_an_alarm(app, hotline):
    ticket = hotline.answered()
    visitor = Public(app, texted(hotline, ticket))
    visitor.sends(**BAD)
    hotline.city.pass_time(5)
    note(ticket, "contacted", by=hotline.clerk, unit=hotline.unit)
    commit()
    visitor.sends(**GOOD)
    alarm = session.scalars(select(FollowUpAlarm)).one()
    assert (alarm.kind, alarm.detail) == (AlarmKind.FLIPPED, {"before": 1, "after": 5})


def test_a_rating_that_turns_by_itself_raises_none(app, hotline):
    ticket = hotline.answered()
    visitor = Public(app, texted(hotline, ticket))
    visitor.sends(**BAD)
    visitor.sends(**GOOD)
    assert session.scalars(select(FollowUpAlarm)).all() == []


def test_a_landline_gets_no_text_and_is_closed_once_tried_enough(hotline):
    person = a_person("079186661234")
    ticket = hotline.answered(person)
    landline = hotline.city.citizen("+8679186661234")
    landline.busy = True
    hotline.until(lambda: len(landline.rung) == 1)
    hotline.later(6)
    hotline.later(20)
    planning.run()
    assert follow_up_of(ticket).result is FollowUpResult.UNREACHABLE


@pytest.mark.parametrize(
    ("why", "prepare"),
    [
        ("confidential", lambda h: {"confidential": True}),
        ("confidential", lambda h: {"kind": Kind.REPORT}),
        ("sensitive", lambda h: {"sensitive": 1}),
        ("opted_out", lambda h: setattr(h.person, "no_robot", True) or {}),
        ("elderly", lambda h: setattr(h.person, "elderly", True) or {}),
    ],
)
def test_some_are_asked_by_people_alone(hotline, why, prepare):
    citizen = hotline.citizen()
    ticket = hotline.answered(**prepare(hotline))
    hotline.city.pass_time(30)
    follow_up = follow_up_of(ticket)
    assert (follow_up.state, follow_up.why) == (FollowUpState.PERSON, why)
    assert citizen.rung == [] and session.query(Dial).count() == 0


@pytest.mark.parametrize("how", ["person", "ticket"])
def test_nobody_asks_a_minor(hotline, how):
    citizen = hotline.citizen()
    hotline.person.minor = how == "person"
    ticket = hotline.answered(minor=how == "ticket")
    hotline.city.pass_time(30)
    follow_up = follow_up_of(ticket)
    assert (follow_up.state, follow_up.result) == (FollowUpState.DONE, FollowUpResult.EXEMPT)
    assert ticket.state is TicketState.CLOSED and citizen.rung == []


def supervised(hotline, ticket) -> None:
    supervising.supervise(ticket, hotline.unit, SuperviseKind.WRITTEN, "media", by=hotline.lead)


def test_supervised_tickets_are_asked_about_by_people(hotline):
    """Supervised while they are handled: that ends as the reply passes, and still counts."""
    ticket = hotline.answered(before_reply=lambda one: supervised(hotline, one))
    assert session.scalars(select(Supervision.ended_at)).all() != [None]
    follow_up = follow_up_of(ticket)
    assert (follow_up.state, follow_up.why) == (FollowUpState.PERSON, "supervised")
    citizen = hotline.citizen(busy=True)
    hotline.city.pass_time(60)
    assert citizen.rung == []


def test_what_was_pressed_for_in_an_earlier_round_is_over(hotline):
    ticket = hotline.answered(before_reply=lambda one: supervised(hotline, one))
    hotline.later(1)
    again = closing.rehandle(ticket, by=None, because="unsatisfied")
    hotline.later(1)
    hotline.handle(again)
    assert exemptions.why_no_robot(ticket) == ""
    supervised(hotline, ticket)
    session.flush()
    assert exemptions.why_no_robot(ticket) == "supervised"


def test_nobody_can_be_asked_where_no_number_is_known(hotline):
    ticket = hotline.answered()
    other = hotline.answered(a_person("13900000000"))
    session.delete(follow_up_of(other))
    other.person_id = None
    commit()
    planning.run()
    assert follow_up_of(other).result is FollowUpResult.UNREACHABLE
    assert follow_up_of(ticket).state is FollowUpState.ROBOT


def test_planning_twice_plans_once(hotline):
    hotline.answered()
    planning.run()
    planning.run()
    assert session.query(FollowUp).count() == 1 and session.query(Dial).count() == 1


# The people's queue


@pytest.fixture
def follower(app, hotline):
    return browser_of(app, hotline.lead)


def by_people(hotline, **known):
    hotline.person.no_robot = True
    ticket = hotline.answered(**known)
    return ticket, f"/follow-ups/{follow_up_of(ticket).id}"


def test_a_person_asks_and_the_ticket_closes(hotline, follower):
    ticket, path = by_people(hotline)
    assert ticket.number in follower.get("/follow-ups").text
    follower.post(f"{path}/take")
    page = follower.get(path).text
    assert "路灯已修好" in page and "市民不接受智能回访" in page
    assert follower.post(f"{path}/answers", **GOOD).status_code == 302
    follow_up = follow_up_of(ticket)
    assert (follow_up.result, follow_up.final_rating) == (FollowUpResult.REACHED, 5)
    assert ticket.state is TicketState.CLOSED
    asking = session.scalars(select(Asking)).one()
    assert (asking.way, asking.by_id) == (AskedBy.PERSON, hotline.lead.id)
    assert ticket.number not in follower.get("/follow-ups").text
    assert "首次评价：非常满意" in follower.get(f"/tickets/{ticket.number}/follow-ups").text
    refused = follower.post(f"{path}/answers", **BAD, no_robot="1")
    assert refused.status_code == 409 and "这条回访已处理完" in refused.text


@pytest.mark.parametrize(
    ("broken", "status", "told"),
    [
        ({"solved": ""}, 422, "请回答全部三个问题"),
        ({"csrf_token": "expired"}, 400, "请再提交一次"),
        ({"reason": "还是\0不亮"}, 400, "无法保存的字符"),
        ({}, 409, "已由他人领取"),
    ],
)
def test_what_a_follower_has_typed_outlives_a_refusal(app, hotline, follower, broken, status, told):
    _, path = by_people(hotline)
    browser_of(app, hotline.agent.staff).post(f"{path}/take")
    refused = follower.post(f"{path}/answers", **(BAD | {"elderly": "1"} | broken))
    assert refused.status_code == status and told in refused.text
    assert 'role="alert"' in refused.text and "不亮</textarea>" in refused.text
    kept = [chosen(refused.text, one) for one in ("contacted", "satisfied", "elderly")]
    assert kept == [["true"], ["1"], ["1"]]


@pytest.mark.parametrize("to_check", [True, False])
def test_what_he_may_not_read_takes_no_place_in_a_followers_list(hotline, monkeypatch, to_check):
    """More confidential ones wait, and longer, than a list holds."""
    monkeypatch.setattr(people, "MOST", 2)
    secret = [by_people(hotline, confidential=True)[0] for _ in range(3)]
    open_one, _path = by_people(hotline)
    for ticket in (*secret, open_one):
        follow_up_of(ticket).to_check = to_check
        commit()
    listed = people.to_check if to_check else people.waiting
    others, own = hotline.other_agent(), hotline.agent.staff
    assert [one.ticket for one in listed(others)] == [open_one]
    for reads in (own, hotline.lead):
        assert [one.ticket for one in listed(reads)] == secret[:2]


def test_two_followers_do_not_ring_the_same_citizen(app, hotline, follower):
    _, path = by_people(hotline)
    follower.post(f"{path}/take")
    other = browser_of(app, hotline.agent.staff)
    assert other.post(f"{path}/take").status_code == 409
    hotline.city.ticking = False
    hotline.city.pass_time(31 * 60)
    assert other.post(f"{path}/take").status_code == 302


def test_what_a_person_hears_may_begin_a_new_round(hotline, follower):
    ticket, path = by_people(hotline)
    follower.post(f"{path}/answers", **BAD, elderly="1")
    session.expire_all()
    assert ticket.state is TicketState.REHANDLING and hotline.person.elderly


def test_handled_as_often_as_it_may_be_a_lead_alone_ends_it(app, hotline, follower, monkeypatch):
    ticket, path = by_people(hotline)
    monkeypatch.setattr(outcome.closing, "may_follow", lambda _: False)
    follower.post(f"{path}/answers", **BAD)
    follow_up = follow_up_of(ticket)
    assert (follow_up.state, follow_up.why) == (FollowUpState.PERSON, "handled_often")
    agent = browser_of(app, hotline.agent.staff)
    assert agent.post(f"{path}/end").status_code == 403
    assert follower.post(f"{path}/end").status_code == 302
    follow_up = follow_up_of(ticket)
    assert (follow_up.result, follow_up.final_rating) == (FollowUpResult.REACHED, 1)
    assert ticket.state is TicketState.CLOSED


def test_people_ring_at_three_hours_on_two_days_before_they_give_up(hotline, follower):
    ticket, path = by_people(hotline, confidential=True)
    for hours in (0, 3, 26):
        hotline.city.ticking = False
        hotline.city.pass_time(hours * 3600)
        renewed = browser_of(hotline.city.app, hotline.lead)
        assert follow_up_of(ticket).state is FollowUpState.PERSON
        renewed.post(f"{path}/not-reached")
    assert follow_up_of(ticket).result is FollowUpResult.UNREACHABLE
    assert session.scalars(select(TextMessage).where(TextMessage.key.like("follow%"))).all() == []


def test_who_does_not_want_to_rate_is_in_no_ratio(hotline, follower):
    ticket, path = by_people(hotline)
    follower.post(f"{path}/refused")
    follow_up = follow_up_of(ticket)
    assert (follow_up.result, follow_up.final_rating) == (FollowUpResult.REFUSED, None)
    assert ticket.state is TicketState.CLOSED


def test_an_agent_sees_no_confidential_ticket_of_another(app, hotline):
    _, path = by_people(hotline, confidential=True)
    stranger = browser_of(app, hotline.other_agent())
    assert stranger.get(path).status_code == 403
    assert stranger.post(f"{path}/take").status_code == 403


# Checking the robot


def asked_by_robot(hotline):
    session.merge(Norm(name="double_checked", amount=100))
    commit()
    ticket = hotline.answered()
    hotline.citizen(*IDENTITY, *CONTACTED, *SOLVED, "hear 满意吗", "press 5")
    hotline.until(lambda: ticket.state is TicketState.CLOSED)
    return ticket, f"/follow-ups/{follow_up_of(ticket).id}"


def test_a_check_that_agrees_changes_nothing(hotline, follower):
    ticket, path = asked_by_robot(hotline)
    assert ticket.number in follower.get("/follow-ups").text
    follower.post(f"{path}/answers", **GOOD | {"satisfied": "4"})
    follow_up = follow_up_of(ticket)
    assert (follow_up.agrees, follow_up.final_rating) == (True, 5)
    assert ticket.number not in follower.get("/follow-ups").text


def test_a_check_that_differs_is_told_to_the_leads_and_counts(hotline, follower):
    ticket, path = asked_by_robot(hotline)
    follower.post(f"{path}/answers", **BAD)
    session.expire_all()
    follow_up = session.scalars(select(FollowUp).order_by(FollowUp.id)).first()
    assert (follow_up.agrees, follow_up.first_rating, follow_up.final_rating) == (False, 5, 1)
    assert ticket.state is TicketState.REHANDLING
    assert "人工复核与智能回访不一致" in follower.get("/follow-ups").text
    alarm = session.scalars(select(FollowUpAlarm)).one()
    follower.post(f"/follow-ups/alarms/{alarm.id}/seen")
    session.expire_all()
    assert alarm.seen_by_id == hotline.lead.id
    assert "人工复核与智能回访不一致" not in follower.get("/follow-ups").text


def test_where_nobody_answers_the_check_says_nothing(hotline, follower):
    ticket, path = asked_by_robot(hotline)
    follower.post(f"{path}/not-reached")
    assert (follow_up_of(ticket).agrees, double_check.trusted()) == (None, True)


def test_a_robot_that_hears_wrong_too_often_is_stopped(app, monkeypatch):
    newest = iter([[True] * 19 + [False], [True] * 18 + [False] * 2, [False] * 19])
    monkeypatch.setattr(double_check, "session", _answering(newest))
    assert [double_check.trusted() for _ in range(3)] == [True, False, True]


def test_one_of_twenty_is_checked_and_always_the_same(hotline):
    ticket = hotline.answered()
    follow_up = follow_up_of(ticket)
    found = Counter()
    for number in range(2000):
        ticket.number = f"20260302-{number:06}"
        found[double_check.sampled(follow_up)] += 1
        assert double_check.sampled(follow_up) is double_check.sampled(follow_up)
    session.rollback()
    assert 60 <= found[True] <= 140


def test_the_first_rating_is_kept(hotline):
    ticket = hotline.answered()
    follow_up = follow_up_of(ticket)
    for rating in (2, 4):
        asking = Asking(
            follow_up_id=follow_up.id, way=AskedBy.TEXT, at=follow_up.opened_at,
            solved=Solved.PARTLY, satisfied=rating,
        )  # fmt: skip
        session.add(asking)
        session.flush()
        outcome.change(follow_up, asking)
    assert (follow_up.first_rating, follow_up.final_rating) == (2, 4)


def _answering(newest):
    class Rows:
        def __init__(self, rows):
            self.all = lambda: rows

    class Session:
        def scalars(self, _query):
            return Rows(next(newest))

    return Session()


def test_one_ticket_that_cannot_be_planned_keeps_no_other_back(hotline, monkeypatch):
    first, second = hotline.answered(), hotline.answered(a_person("13900000000"))
    session.query(FollowUp).delete()
    session.query(Dial).delete()
    commit()
    real = planning.why_no_robot

    def fails(ticket):
        if ticket.id == first.id:
            raise LookupError("a broken row")
        return real(ticket)

    monkeypatch.setattr(planning, "why_no_robot", fails)
    planning.run()
    assert follow_up_of(first) is None and follow_up_of(second) is not None


def test_an_old_round_s_rating_begins_nothing_again(app, hotline):
    ticket = hotline.answered()
    visitor = Public(app, texted(hotline, ticket))
    visitor.sends(**BAD)
    session.expire_all()
    again = session.scalars(select(Assignment).order_by(Assignment.id.desc())).first()
    hotline.handle(again)
    hotline.citizen(*IDENTITY, *CONTACTED, *SOLVED, "hear 满意吗", "press 5", busy=False)
    hotline.later(0.1)
    hotline.until(lambda: ticket.state is TicketState.CLOSED)
    visitor.sends(**BAD | {"satisfied": "2"})
    session.expire_all()
    assert ticket.state is TicketState.CLOSED


def test_a_unit_reads_nothing_of_ratings_in_a_tickets_history(app, hotline):
    ticket = hotline.answered()
    visitor = Public(app, texted(hotline, ticket))
    visitor.sends(**BAD, pressed="1")
    visitor.sends(**GOOD)
    own = browser_of(app, hotline.lead).get(f"/tickets/{ticket.number}").text
    units = browser_of(app, hotline.clerk).get(f"/tickets/{ticket.number}").text
    for words in ("回访得到评价", "市民修改评价", "评价异常", "发送评价短信"):
        assert words in own and words not in units
    assert "退回重办" in units
