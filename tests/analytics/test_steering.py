"""A lead steers: states after the talk, seats that are stuck, skills, callers in line, surges."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from infra.clock import now
from infra.db import commit, roll_back, session
from models import (
    Activity,
    Announcement,
    AuditEntry,
    CallStatus,
    Place,
    Promise,
    Reskill,
    ReskillEnd,
    Role,
    Seat,
    Skill,
)
from queues import presence, releasing
from tests.agent_desk.talks import Agent, call_of, events_of, talking
from tests.analytics.leads import Lead
from tests.places import a_line
from tests.statements import statements
from tests.visitors import browser_of, somebody

WHY = "支援高峰"


@pytest.fixture
def lines(app, time):
    found = {code: a_line(code, rank=rank) for rank, code in enumerate(("general", "housing"))}
    commit()
    return found


@pytest.fixture
def wang(city, lines) -> Agent:
    return Agent.comes(city, "wang", lines["general"])


@pytest.fixture
def lead(city, lines) -> Lead:
    return Lead.comes(city)


def waits(city, number: str | None = None):
    """Somebody who has asked for a person and waits in the general line."""
    citizen = city.citizen(number) if number else city.citizen()
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请直接说出"))
    citizen.presses("0")
    city.until(lambda: place_of(citizen) is not None and place_of(citizen).heard_at is not None)
    return citizen


def later(city, seconds: float) -> None:
    """A while in which nobody calls, then seconds in which the clock ticks."""
    city.ticking = False
    city.pass_time(seconds)
    city.ticking = True
    city.pass_time(2)


def place_of(citizen) -> Place | None:
    mine = select(Place).where(Place.call_id == call_of(citizen).id).order_by(Place.id.desc())
    return session.scalars(mine).first()


def audited(action: str) -> list[dict]:
    found = select(AuditEntry.detail).where(AuditEntry.action == action)
    return list(session.scalars(found.order_by(AuditEntry.id)))


# States.


@pytest.mark.parametrize("desired", ["break", "offline"])
def test_after_the_talk_he_is_where_his_lead_put_him(city, wang, lead, desired):
    citizen = city.citizen()
    call = talking(citizen, wang)
    lead.does("put", agent=wang.id, desired=desired, reason="超时用餐")
    assert wang.activity is Activity.TALKING and wang.hears(citizen)
    seat = wang.shows["seat"]
    assert (seat["put_by"], seat["put_reason"]) == ("lead", "超时用餐")
    refused = wang.asks("choose", desired="ready")
    assert refused.status_code == 409 and "班长" in refused.get_json()["error"]
    wang.does("finish", call=call.id)
    wang.does("wrapped")
    assert session.get_one(Seat, wang.id).desired == desired
    next_one = waits(city)
    city.pass_time(5)
    assert wang.rings is None
    wang.does("choose", desired="ready")
    assert wang.shows["seat"]["put_by"] is None
    city.until(lambda: wang.rings is not None)
    assert next_one.connected
    assert audited("put_away") == [{"now": desired, "because": "超时用餐"}]


@pytest.mark.parametrize("how", ["two clicks", "opened anew"])
def test_what_his_lead_has_decided_is_not_undone_before_it_counts(city, wang, lead, how):
    citizen = city.citizen()
    call = talking(citizen, wang)
    lead.does("put", agent=wang.id, desired="break", reason="超时用餐")
    if how == "two clicks":
        wang.does("choose", desired="offline")
    else:
        # As a desk that is opened after it was away.
        presence.sit_down(session.get_one(Seat, wang.id))
        commit()
    assert wang.asks("choose", desired="ready").status_code == 409
    assert wang.shows["seat"]["put_reason"] == "超时用餐"
    wang.does("finish", call=call.id)
    wang.does("wrapped")
    wang.does("choose", desired="ready")
    assert wang.shows["seat"]["put_by"] is None


def test_a_lead_says_why(lead, wang):
    for body in ({"reason": " "}, {"reason": "x" * 101}, {"reason": "x", "desired": "ready"}):
        asked = {"agent": wang.id, "desired": "break"} | body
        assert lead.asks("put", **asked).status_code == 422
    assert lead.asks("put", agent=999, desired="break", reason="x").status_code == 404


# Stuck seats.


def test_a_seat_whose_leg_lives_is_not_freed(city, wang, lead):
    citizen = city.citizen()
    talking(citizen, wang)
    refused = lead.asks("release", agent=wang.id, reason="卡住")
    assert refused.status_code == 409 and "还在通话" in refused.get_json()["error"]
    assert wang.hears(citizen) and wang.activity is Activity.TALKING
    city.exchange.faults.rest = 1.0
    refused = lead.asks("release", agent=wang.id, reason="卡住")
    assert refused.status_code == 409 and "没有答复" in refused.get_json()["error"]


def test_a_seat_whose_leg_is_dead_is_freed_and_the_citizen_is_first_in_line(city, wang, lead):
    citizen = city.citizen()
    call = talking(citizen, wang)
    leg = call.agent_leg
    city.ticking = False
    city.exchange.faults.only, city.exchange.faults.drop = "/voice/status", 1.0
    wang.phone.phone.hangs_up()
    city.pass_time(5)
    assert wang.activity is Activity.TALKING
    lead.does("release", agent=wang.id, reason="浏览器崩溃")
    assert wang.activity is Activity.WRAP_UP  # as after any talk that broke off
    assert lead.asks("release", agent=wang.id, reason="x").status_code == 409
    assert wang.activity is Activity.WRAP_UP
    assert call_of(citizen).status is CallStatus.WAITING and citizen.connected
    assert audited("released") == [{"leg": leg, "because": "浏览器崩溃"}]


def test_what_was_proven_stays_though_the_seat_is_needed(city, lines, wang, lead, monkeypatch):
    """His own line is dead, and its citizen first in line, whatever else holds the seat."""
    citizen = city.citizen()
    talking(citizen, wang)
    city.ticking = False
    city.exchange.faults.only, city.exchange.faults.drop = "/voice/status", 1.0
    wang.phone.phone.hangs_up()
    city.pass_time(5)
    monkeypatch.setattr(releasing, "_needed", lambda _staff_id: True)
    refused = lead.asks("release", agent=wang.id, reason="浏览器崩溃")
    assert refused.status_code == 409
    assert call_of(citizen).status is CallStatus.WAITING


def test_the_routing_lock_is_the_first_word_of_each_part(app, city, wang, lead):
    citizen = city.citizen()
    talking(citizen, wang)
    city.ticking = False
    city.exchange.faults.only, city.exchange.faults.drop = "/voice/status", 1.0
    wang.phone.phone.hangs_up()
    city.pass_time(5)
    with statements(app) as heard:
        assert lead.asks("release", agent=wang.id, reason="x").status_code == 200
    locks = [one for one in heard if "pg_advisory_xact_lock" in one or "FOR UPDATE" in one]
    assert "pg_advisory_xact_lock" in locks[0]
    # Nothing that was locked or written in one part is held when the next takes the routing lock.
    parts = [n for n, one in enumerate(heard) if "pg_advisory_xact_lock" in one]
    assert len(parts) == 2


def test_a_seat_without_any_call_is_freed(lead, wang):
    seat = session.get_one(Seat, wang.id)
    seat.activity = Activity.CONNECTING
    commit()
    lead.does("release", agent=wang.id, reason="卡住")
    assert wang.activity is Activity.IDLE
    assert lead.asks("release", agent=wang.id, reason="卡住").status_code == 409


# Skills.


def test_a_skill_that_is_lent_serves_who_waits_already_within_a_second(city, lines, lead):
    li = Agent.comes(city, "li", lines["housing"])
    lines["general"].certified = True
    commit()
    citizen = waits(city)
    city.pass_time(20)
    assert li.rings is None
    asked = {"agent": li.id, "line": lines["general"].id, "level": 4, "minutes": 60, "reason": WHY}
    lead.does("reskill", **asked)
    assert li.rings is not None and li.rings.call_id == call_of(citizen).id


def test_what_is_lent_comes_back_by_itself_and_by_undoing(city, lines, wang, lead):
    general = lines["general"].id
    asked = {"agent": wang.id, "line": general, "minutes": 10, "reason": WHY}
    lead.does("reskill", **asked, level=5)
    lead.does("reskill", **asked, level=0)
    assert session.get(Skill, (wang.id, general)) is None
    later(city, 601)
    session.expire_all()
    assert session.get(Skill, (wang.id, general)).level == 3
    lead.does("reskill", **asked, level=1)
    (live,) = [one for one in session.scalars(select(Reskill)) if one.ended_at is None]
    lead.does(f"reskill/{live.id}/undo")
    lead.does(f"reskill/{live.id}/undo")
    assert session.get(Skill, (wang.id, general)).level == 3
    ends = session.scalars(select(Reskill.outcome).order_by(Reskill.id)).all()
    assert ends == [ReskillEnd.REPLACED, ReskillEnd.EXPIRED, ReskillEnd.UNDONE]
    assert len(audited("reskilled")) == 3 and len(audited("reskill.undone")) == 1


def test_a_reskill_back_to_where_it_began_leaves_none(lines, wang, lead):
    asked = {"agent": wang.id, "line": lines["general"].id, "minutes": 10, "reason": WHY}
    assert lead.asks("reskill", **asked, level=3).status_code == 409
    lead.does("reskill", **asked, level=5)
    lead.does("reskill", **asked, level=3)
    live = select(Reskill).where(Reskill.ended_at.is_(None))
    assert session.scalars(live).all() == []
    assert session.get(Skill, (wang.id, lines["general"].id)).level == 3


@pytest.mark.parametrize("wrong", [{"level": 6}, {"minutes": 0}, {"minutes": 1441}, {"line": "x"}])
def test_what_cannot_be_lent_is_refused(lines, wang, lead, wrong):
    asked = {"agent": wang.id, "line": lines["general"].id, "level": 1, "minutes": 5, "reason": "x"}
    assert lead.asks("reskill", **(asked | wrong)).status_code == 422


def test_what_the_administrator_sets_is_not_undone_by_the_clock(app, city, lines, wang, lead):
    asked = {"agent": wang.id, "line": lines["housing"].id, "minutes": 10, "reason": WHY}
    lead.does("reskill", **asked, level=2)
    admin = browser_of(app, somebody("root", Role.ADMIN))
    form = {"name": "wang", "role": "agent", f"line-{lines['housing'].id}": "5"}
    admin.post(f"/admin/people/{wang.id}", **form)
    later(city, 601)
    session.expire_all()
    assert session.get(Skill, (wang.id, lines["housing"].id)).level == 5


def test_the_administrators_page_leaves_lent_what_it_does_not_change(app, city, lines, wang, lead):
    """Another person's name is mended on it, or another line; drawn before or after the loan."""
    housing, general = lines["housing"].id, lines["general"].id
    asked = {"agent": wang.id, "line": housing, "minutes": 10, "reason": WHY}
    lead.does("reskill", **asked, level=2)
    admin = browser_of(app, somebody("root", Role.ADMIN))
    page = admin.get(f"/admin/people/{wang.id}").text
    assert f'name="was-{housing}" value="2"' in page and "临时调整" in page
    form = {"name": "wang", "role": "agent", f"line-{general}": "5", f"was-{general}": "3"}
    for shown in ("2", ""):
        loan = {f"line-{housing}": shown, f"was-{housing}": shown}
        admin.post(f"/admin/people/{wang.id}", **form, **loan)
    session.expire_all()
    assert session.get(Skill, (wang.id, housing)).level == 2
    later(city, 601)
    session.expire_all()
    assert session.get(Skill, (wang.id, housing)) is None
    assert session.get(Skill, (wang.id, general)).level == 5


def test_a_loan_is_prolonged_and_leads_back_all_the_same(city, lines, wang, lead):
    asked = {"agent": wang.id, "line": lines["general"].id, "level": 5, "reason": WHY}
    lead.does("reskill", **asked, minutes=5)
    later(city, 200)
    lead.does("reskill", **asked, minutes=5)
    later(city, 200)
    session.expire_all()
    assert session.get(Skill, (wang.id, lines["general"].id)).level == 5
    later(city, 110)
    session.expire_all()
    assert session.get(Skill, (wang.id, lines["general"].id)).level == 3


# Callers in line.


def resting(city, line) -> Agent:
    """Signed on for the line, and not free for a while."""
    agent = Agent.comes(city, "li", line)
    session.get_one(Seat, agent.id).resting_until = now() + timedelta(hours=1)
    commit()
    return agent


def test_a_caller_is_moved_and_keeps_his_place(city, lines, lead):
    li = resting(city, lines["housing"])
    citizen = waits(city)
    city.pass_time(40)
    before = place_of(citizen).age_from
    younger = waits(city)
    lead.does("move", call=call_of(younger).id, line=lines["housing"].id, reason="咨询住房")
    lead.does("move", call=call_of(citizen).id, line=lines["housing"].id, reason="咨询住房")
    place = place_of(citizen)
    assert (place.age_from, place.line_id) == (before, lines["housing"].id)
    li.does("choose", desired="ready")
    assert li.rings.call_id == call_of(citizen).id
    assert "moved" in events_of(call_of(citizen))
    assert [one["line"] for one in audited("caller.moved")] == ["housing", "housing"]


def test_nobody_is_moved_to_where_nobody_is(city, lines, lead):
    citizen = waits(city)
    asked = {"call": call_of(citizen).id, "line": lines["housing"].id, "reason": "x"}
    refused = lead.asks("move", **asked)
    assert refused.status_code == 409 and "在线" in refused.get_json()["error"]
    assert place_of(citizen).line_id == lines["general"].id


def test_who_is_protected_stays_where_seats_are_certified(city, lines, lead):
    resting(city, lines["housing"])
    lines["general"].certified = True
    commit()
    citizen = waits(city)
    asked = {"call": call_of(citizen).id, "line": lines["housing"].id, "reason": "x"}
    refused = lead.asks("move", **asked)
    assert refused.status_code == 409 and "资格" in refused.get_json()["error"]


def test_what_was_promised_of_the_old_line_is_over_and_he_is_told_anew(city, lines, lead, wang):
    wang.does("choose", desired="offline")
    resting(city, lines["housing"])
    others, citizen = [waits(city) for _ in range(2)], waits(city)
    city.pass_time(20)
    before = place_of(citizen)
    lead.does("prefer", call=call_of(citizen).id, reason="行动不便")
    lead.does("move", call=call_of(citizen).id, line=lines["housing"].id, reason="x")
    after = place_of(citizen)
    assert after.id != before.id and after.age_from == before.age_from
    assert after.preferred_at is not None and after.priority == 30 and after.heard_at is not None
    city.pass_time(40)
    old, new = (
        session.scalars(select(Promise).where(Promise.place_id == one.id)).all()
        for one in (before, after)
    )
    assert old and all(one.gone_at is not None for one in old)
    assert new and new[0].ahead == 0
    assert all(one.connected for one in others)


def test_who_is_preferred_goes_before_who_came_first(city, lines, lead, wang):
    wang.does("choose", desired="offline")
    first, second = waits(city), waits(city)
    for _ in range(2):
        lead.does("prefer", call=call_of(second).id, reason="行动不便")
    assert place_of(second).priority == 30
    wang.does("choose", desired="ready")
    city.until(lambda: wang.rings is not None)
    assert wang.rings.call_id == call_of(second).id
    refused = lead.asks("prefer", call=call_of(second).id, reason="x")
    assert refused.status_code == 409
    assert call_of(first).status is CallStatus.WAITING


# Surges.

SAID = "城东停水正在抢修，预计十八点恢复"


def told(citizen) -> int:
    return sum(SAID in one for one in citizen.heard)


def test_who_waits_and_who_comes_hear_the_announcement_once(city, lines, lead, wang):
    wang.does("choose", desired="offline")
    resting(city, lines["housing"])
    earlier, elsewhere = waits(city), waits(city)
    lead.does("move", call=call_of(elsewhere).id, line=lines["housing"].id, reason="x")
    asked = {"line": lines["general"].id, "words": SAID, "minutes": 30, "after": 0}
    one = lead.does("announcements", **asked)["announcement"]
    later = waits(city)
    city.pass_time(90)
    assert [told(citizen) for citizen in (earlier, later, elsewhere)] == [1, 1, 0]
    assert "announced" in events_of(call_of(later))
    lead.does(f"announcements/{one}/end")
    lead.does(f"announcements/{one}/end")
    after = waits(city)
    city.pass_time(60)
    assert told(after) == 0
    assert len(audited("announcement.ended")) == 1


def test_it_begins_and_ends_by_itself_and_the_newer_one_counts(city, lines, lead, wang):
    wang.does("choose", desired="offline")
    asked = {"line": lines["general"].id, "minutes": 5}
    lead.does("announcements", **asked | {"minutes": 30}, words="旧的", after=0)
    lead.does("announcements", **asked, words=SAID, after=5)
    early = waits(city)
    city.pass_time(60)
    assert told(early) == 0 and early.hears("旧的")
    city.pass_time(300)
    assert told(early) == 1
    city.pass_time(300)
    late = waits(city)
    city.pass_time(60)
    assert told(late) == 0 and not late.hears("旧的")
    old, new = session.scalars(select(Announcement).order_by(Announcement.id))
    assert old.until_at == new.from_at and old.ended_at is None


def test_one_is_told_at_a_time_on_a_line(app, lines, lead):
    asked = {"line": lines["general"].id, "words": SAID, "minutes": 60, "after": 0}
    twice = [lead.does("announcements", **asked)["announcement"] for _ in range(2)]
    assert len(set(twice)) == 1 and len(audited("announcement.began")) == 1
    lead.does("announcements", **asked | {"words": "以后", "after": 30})
    lead.does("announcements", **asked | {"words": "现在"})
    found = session.scalars(select(Announcement).order_by(Announcement.id)).all()
    assert [one.words for one in found if one.ended_at is None] == ["现在"]
    session.add(
        Announcement(
            line_id=lines["general"].id,
            words="x",
            from_at=now(),
            until_at=now() + timedelta(minutes=1),
            by_id=lead.id,
            at=now(),
        )
    )
    with pytest.raises(IntegrityError):
        session.flush()
    roll_back()


def test_english_callers_hear_the_english_words(city, lines, lead, wang):
    wang.does("choose", desired="offline")
    citizen = city.citizen()
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请直接说出"))
    citizen.presses("#")
    city.pass_time(3)
    citizen.presses("0")
    english = "Water is off in the east until six"
    asked = {"line": lines["general"].id, "words": SAID, "words_en": english, "minutes": 5}
    lead.does("announcements", **asked, after=0)
    city.pass_time(60)
    assert citizen.hears(english) and not citizen.hears(SAID)


@pytest.mark.parametrize("wrong", [{"words": ""}, {"words": "x" * 71}, {"words_en": "x" * 241}])
def test_what_cannot_be_announced_is_refused(lines, lead, wrong):
    asked = {"line": lines["general"].id, "words": "x", "minutes": 5, "after": 0}
    assert lead.asks("announcements", **(asked | wrong)).status_code == 422


def test_only_leads_steer(app, lines, wang):
    asked = {"agent": wang.id, "desired": "break", "reason": "x"}
    assert wang.page.post_json("/floor/put", asked).status_code == 403
    admin = browser_of(app, somebody("root", Role.ADMIN))
    assert admin.post_json("/floor/put", asked).status_code == 403
