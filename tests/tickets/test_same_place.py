"""The same matter in the same place is a repeat, whoever told of it and from whichever number."""

import pytest

from analytics.indicators import INDICATORS
from analytics.measuring import Figure, Period, by_unit, whole
from benchmarks import plain_count
from infra.clock import now
from infra.db import session
from infra.localtime import local
from tests.tickets.conftest import a_complaint, a_person, ended
from tests.visitors import browser_of
from tickets import lifecycle, same_place


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("阳明路12号", " 阳明路 12 号。", True),
        ("阳明路12号", "阳明路１２号", True),
        ("阳明路12号", "阳明路13号", False),
        ("88 Bayi Avenue", "88 bayi avenue", True),
    ],
)
def test_how_an_address_is_compared(one, other, same):
    assert (same_place.written(one) == same_place.written(other)) is same


@pytest.fixture
def submit(wang, agent, units):
    def submitted(number: str, **typed: object):
        call = ended(a_person(number), agent=agent)
        return lifecycle.submit(lifecycle.draft(call), by=wang, typed=a_complaint(**typed))

    return submitted


def repeated() -> Figure:
    month = Period.month(local(now()).date())
    found = whole(by_unit(INDICATORS["repeated"], month))
    plain = plain_count.plain(session)["repeated"](month.start, month.end)
    assert (found.numerator, found.denominator) == tuple(
        map(sum, zip(*plain.values(), strict=True))
    )
    return found


def test_a_neighbour_from_another_number_repeats_it(submit, time):
    submit("13812345671", address="阳明路12号")
    time.forward(60)
    submit("13812345672", address="阳明路 12号")
    submit("13812345673", address="阳明路13号")
    # A road alone is no place that two matters would share.
    submit("13812345674", address="阳明路")
    submit("13812345675", address="阳明路")
    assert repeated() == Figure(1, 5)


def test_the_agent_sees_it_before_he_makes_one_more(app, submit, wang, agent, time):
    from_first = submit("13812345671", address="阳明路12号")
    submit("13812345672", address="阳明路99号")
    call = ended(a_person("13812345673"), agent=agent)
    draft = lifecycle.draft(call)
    lifecycle.type_in(draft, a_complaint(address="阳明路12号"))
    session.flush()
    told = browser_of(app, wang).get(f"/calls/{call.id}/ticket").get_json()
    assert [one["number"] for one in told["same_place"]] == [from_first.number]
    assert told["open_tickets"] == []
