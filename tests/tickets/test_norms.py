"""What a city sets on the page 办理标准 holds from then on."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, update

from analytics import ranking, snapshots
from followups import survey
from infra import within
from infra.clock import now
from infra.db import commit, session
from models import (
    CodeAttempt,
    DialPurpose,
    Norm,
    Request,
    RequestState,
    Role,
    Supervision,
    WorkDay,
)
from staff import norms
from staff.norms import NormInvalid
from telephony.windows import all_rules, rules
from tests.handled import Town
from tests.visitors import browser_of, somebody
from tickets import (
    calendar,
    closing,
    codes,
    handling,
    provisional,
    requests,
    returns,
    supervising,
)
from tickets.closing import TooLate
from tickets.returns import WindowClosed

DAY = timedelta(days=1).total_seconds()


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


@pytest.fixture
def boss(town):
    return somebody("boss", Role.ADMIN)


def test_every_number_has_bounds_around_its_default():
    for name, one in norms.NORMS.items():
        assert one.least <= one.default <= one.most, name
        assert one.group in norms.GROUPS and len(name) <= Norm.name.type.length
        assert one.measure in norms.MEASURES


def test_urges_lead_to_supervision_as_set(town, boss):
    one = town.signed()
    norms.change("urges_to_supervise", 2, by=boss)
    for _time in range(2):
        assert session.scalars(select(Supervision)).all() == []
        supervising.urge(one.ticket, by=None, call=None, words="")
    assert session.scalars(select(Supervision.because)).all() == ["repeats"]


def test_a_unit_returns_within_the_window_as_set(town, boss, time):
    one, other = town.signed(), town.signed()
    norms.change("return_within", 5, by=boss)
    commit()
    time.forward(4 * DAY)
    asked = requests.ask_return(
        one, by=town.people["urban"], code="duty", reason="x", basis="y", suggested=None
    )
    assert asked.state is RequestState.APPLIED
    norms.change("return_within", 1, by=boss)
    with pytest.raises(WindowClosed):
        returns.insist_may_return(other)


def test_the_next_return_is_arbitrated_as_set(town, boss):
    one = town.signed()
    one.ticket.returns = 1
    assert not returns.is_disputed(one.ticket)
    norms.change("returns_before_arbitration", 1, by=boss)
    assert returns.is_disputed(one.ticket)


def test_a_closed_ticket_is_begun_again_as_long_as_set(town, boss, time):
    one = town.signed()
    ticket = one.ticket
    answer = handling.Answer(
        public="已修好。", facts_true=True, solved="yes", contacted_at=None, no_contact="夜间"
    )
    reply = handling.reply(one, answer, by=town.people["urban"])
    closing.accept_reply(reply, by=town.people["song"])
    closing.close(ticket, by=None, because="satisfied")
    commit()
    time.forward(20 * DAY)
    with pytest.raises(TooLate, match="15 天"):
        closing.reopen(ticket, by=town.people["li"], because="review")
    norms.change("reopened_within", 30, by=boss)
    assert closing.reopen(ticket, by=town.people["li"], because="review").round.number == 2


def test_the_longest_extension_is_as_set(town, boss):
    one = town.signed()
    norms.change("longest_extension", 20, by=boss)
    requests.ask_extension(one, by=town.people["urban"], days=20, reason="x")
    assert session.scalars(select(Request.wanted)).one()["days"] == 20


def test_a_date_over_days_without_a_notice_says_so(town, time):
    """Of 2027 no notice is out: what runs into it may move; what runs in minutes does not."""
    calendar.seed((2026, 2027))
    session.execute(
        update(WorkDay).values(provisional=WorkDay.day >= date(2027, 1, 1)),
        execution_options={"synchronize_session": False},
    )
    within.forget(calendar.KEPT)
    sure = town.signed()
    urgent = town.signed(urgency="urgent")
    commit()
    time.forward((date(2026, 12, 30) - now().date()).days * DAY)
    late, at_night = town.signed(), town.signed(urgency="urgent")
    commit()
    found = [provisional.is_provisional(one) for one in (sure, urgent, late, at_night)]
    assert found == [False, False, True, False]
    for path in (f"/inbox/{late.id}", f"/inbox/{sure.id}"):
        told = "按暂定日历" in town.browser("urban").get(path).text
        assert told is (path == f"/inbox/{late.id}")
    assert "按暂定日历" in town.browser("li").get(f"/tickets/{late.ticket.number}").text


def test_who_may_be_rung_when_is_as_set(app, boss):
    at_noon = now().replace(hour=4, minute=30)  # half past twelve in the city
    assert not rules(DialPurpose.FOLLOW_UP).open_at(at_noon)
    with pytest.raises(NormInvalid, match="不能早于"):
        norms.change("follow_up_opens_2", 11 * 60, by=boss)
    norms.change("follow_up_closes_1", 13 * 60, by=boss)
    assert rules(DialPurpose.FOLLOW_UP).open_at(at_noon)
    norms.change("follow_up_attempts", 7, by=boss)
    assert rules(DialPurpose.FOLLOW_UP).attempts == 7
    assert rules(DialPurpose.CALLBACK) == all_rules()[DialPurpose.CALLBACK]


def test_two_windows_without_a_pause_are_one(app, boss):
    """Nobody is kept from ringing in the last minutes before the second begins."""
    norms.change("follow_up_closes_1", 14 * 60, by=boss)
    just_before = now().replace(hour=5, minute=58)
    assert rules(DialPurpose.FOLLOW_UP).next_time(just_before) == just_before


def test_wrong_codes_are_counted_as_set(town, boss):
    ticket = town.signed().ticket
    visitor = codes.Visitor("somewhere")
    norms.change("codes_of_address", 2, by=boss)
    for _time in range(2):
        assert not codes.exhausted(visitor)
        codes.opened(ticket.number, "wrong", by=visitor)
    assert codes.exhausted(visitor)
    norms.change("codes_of_address_within", 5, by=boss)
    session.execute(update(CodeAttempt).values(at=now() - timedelta(minutes=6)))
    assert not codes.exhausted(visitor)


def test_who_is_satisfied_is_as_set(app, boss):
    assert survey.satisfied(3)
    norms.change("least_satisfied", 4, by=boss)
    assert not survey.satisfied(3) and survey.satisfied(4)


def test_the_lists_are_as_long_as_set(app, boss):
    ranked = [SimpleNamespace(ranked=True, total=n) for n in range(9, 0, -1)]
    assert len(ranking.red_list(ranked)) == 5 and len(ranking.black_list(ranked)) == 4
    norms.change("listed", 2, by=boss)
    assert [one.total for one in ranking.red_list(ranked)] == [9, 8]
    assert [one.total for one in ranking.black_list(ranked)] == [1, 2]


def test_figures_counted_by_another_number_are_counted_anew(town, boss, time):
    month = now().date().replace(day=1)
    town.signed()
    snapshots.count(month.isoformat())
    assert snapshots.standing(month).at is not None
    time.forward(60)
    norms.change("listed", 4, by=boss)
    assert snapshots.standing(month).at is not None
    norms.change("dispatched_within", 1, by=boss)
    assert snapshots.standing(month).at is None
    assert "登记后 1 分钟内" in town.browser("li").get("/figures/dispatched_in_time").text


def test_the_administrator_writes_a_time_of_day(town, boss):
    page = browser_of(town.app, boss)
    done = page.post("/norms/relay_until", amount="22:30")
    assert done.status_code == 302 and 'value="22:30"' in page.get("/norms").text
    assert norms.clock("relay_until").hour == 22
    for wrong in ("25:00", "9", "24:01", "09:60", ""):
        refused = page.post("/norms/relay_until", amount=wrong)
        assert refused.status_code == 409 and "09:30 这样的时刻" in refused.text
