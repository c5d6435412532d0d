"""Signing many, and signing what is signed: what was not done is told, by whom it was and when."""

import pytest

from infra.db import session
from infra.localtime import local
from models import AssignmentState, Role
from tests.handled import Town
from tests.visitors import browser_of, somebody


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


def signatures(clerk, *ids):
    return clerk.client.post(
        "/inbox/signatures", data={"csrf_token": clerk._token(), "assignment": list(ids)}
    )


def test_an_unknown_one_among_many_stops_none_of_the_others(town):
    mine, clerk = town.given(), town.browser("urban")
    answer = signatures(clerk, str(mine.id), "999999")
    assert (answer.status_code, answer.location) == (302, "/inbox")
    session.expire_all()
    assert mine.state is AssignmentState.SIGNED
    page = clerk.get("/inbox").text
    assert "已签收 1 张" in page and "有 1 张不存在或已不在贵单位办理" in page


def test_whoever_signs_second_reads_who_signed_and_when(town):
    one, clerk = town.given(), town.browser("urban")
    clerk.post(f"/inbox/{one.id}/signature")
    session.expire_all()
    at = f"{local(one.signed_at):%Y-%m-%d %H:%M}"
    other = browser_of(town.app, somebody("other", Role.UNIT, unit=town.units["urban"]))
    again = other.post(f"/inbox/{one.id}/signature")
    told = f"{town.people['urban'].name} 已于 {at} 签收"
    assert again.status_code == 409 and told in again.text
    signatures(other, str(one.id))
    assert told in other.get("/inbox").text
