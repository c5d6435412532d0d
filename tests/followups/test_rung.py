"""Whom the robot rang and did not reach is on the list beside the calls."""

import re

import pytest

from models import FollowUpState, Role
from tests.followups.conftest import follow_up_of
from tests.tickets.conftest import a_person
from tests.visitors import browser_of, somebody

ROW = re.compile(r"<tr>.*?</tr>", re.DOTALL)


@pytest.fixture
def rung(hotline):
    """He declines, does not answer, and has his machine answer; another has not been rung yet."""
    ticket = hotline.answered()
    citizen = hotline.citizen(busy=True)
    hotline.until(lambda: len(citizen.rung) == 1)
    citizen.busy, citizen.answers = False, False
    hotline.later(6)
    citizen.answers, citizen.nature = True, "machine"
    hotline.later(20)
    hotline.until(lambda: follow_up_of(ticket).state is FollowUpState.TEXTED)
    hotline.answered(a_person("13900000000"))
    return ticket


def rows(page: str) -> list[str]:
    return ROW.findall(page)[1:]


def test_each_ringing_is_listed_with_its_end(hotline, rung):
    lead = browser_of(hotline.city.app, somebody("li", Role.LEAD))
    assert "/calls/rung" in lead.get("/calls").text
    found = rows(lead.get("/calls/rung").text)
    ends = ["语音信箱", "未接听", "拒接或占线"]
    assert len(found) == 3
    for row, end in zip(found, ends, strict=True):
        assert end in row and "138****5678" in row and "智能回访" in row
        assert f'href="/follow-ups/{follow_up_of(rung).id}"' in row
    assert "13812345678" not in lead.get("/calls/rung").text
    assert lead.get(f"/follow-ups/{follow_up_of(rung).id}").status_code == 200


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ("result=busy", 1),
        ("result=talked", 0),
        ("result=nonsense", 3),
        ("from=2026-03-03", 1),
        ("to=2026-03-02", 2),
        ("person=1", 3),
        ("person=2", 0),
        ("page=2", 0),
    ],
)
def test_it_is_searched_by_day_end_and_citizen(hotline, rung, asked, count):
    qa = browser_of(hotline.city.app, somebody("gu", Role.QA))
    assert len(rows(qa.get(f"/calls/rung?{asked}").text)) == count


def test_agents_have_no_list_of_whom_others_rang(hotline, rung):
    agent = browser_of(hotline.city.app, somebody("sun", Role.AGENT))
    assert agent.get("/calls/rung").status_code == 403
    assert "/calls/rung" not in agent.get("/calls").text
