"""The same matter in the same place is a repeat, whoever told of it and from whichever number."""

import pytest
from sqlalchemy import create_engine, select, update

from analytics.indicators import INDICATORS
from analytics.measuring import Figure, Period, by_unit, whole
from benchmarks import plain_count
from infra.clock import now
from infra.db import commit, session
from infra.localtime import local
from models import PlaceWalk, Ticket
from tests.tickets.conftest import a_complaint, a_person, ended
from tests.visitors import browser_of
from tickets import lifecycle, older_places, same_place


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


@pytest.fixture
def older(submit, time):
    """Nine tickets of before there were marks: three have a house, one was erased."""
    addresses = ("阳明路12号", "阳明路", "阳明路 12号", *["阳明路"] * 4, "阳明路12号", "阳明路13号")
    made = [submit(f"1381234560{number}", address=one) for number, one in enumerate(addresses)]
    made[7].erased_at = now()
    session.execute(update(Ticket).values(place_mark=None))
    session.add(PlaceWalk(id=1, before_id=made[-1].id + 1))
    commit()
    return made


def marked(made: list[Ticket]) -> list[int]:
    session.expire_all()
    return [number for number, one in enumerate(made) if one.place_mark is not None]


def test_older_tickets_get_their_marks_in_parts(older, monkeypatch):
    monkeypatch.setattr(older_places, "A_PART", 2)
    assert older_places.go_on()
    commit()
    assert marked(older) == [8]
    # It is killed, and goes on; a newer ticket has its own mark.
    older_places.run()
    assert marked(older) == [0, 2, 8] and older[0].place_mark == older[2].place_mark
    assert session.get(PlaceWalk, 1) is None and not older_places.go_on()


def test_what_somebody_works_on_is_looked_at_again(older, monkeypatch, app):
    monkeypatch.setattr(older_places, "A_PART", 4)
    engine = create_engine(app.config["SETTINGS"].database_url)
    with engine.connect() as other:
        other.execute(select(Ticket.id).where(Ticket.id == older[2].id).with_for_update())
        older_places.run()
        assert marked(older) == [0, 8] and session.get(PlaceWalk, 1).before_id == older[2].id + 1
    engine.dispose()
    older_places.run()
    assert marked(older) == [0, 2, 8] and session.get(PlaceWalk, 1) is None
