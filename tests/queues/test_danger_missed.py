"""Who told of danger and reached nobody is not settled by a talk about something else."""

import pytest
from sqlalchemy import select

import tickets.sweeps
from agent_desk import picture
from analytics import board
from infra.db import commit, session
from models import Call, CallStatus, Direction, MissedContact
from tests.places import an_agent
from tests.queues.test_calls import WAIT_FOR_IT, gives_up, lines, offered
from tests.tickets.conftest import a_person, ended
from tickets import completion

__all__ = ["lines"]
NUMBER = "+8613812345678"


def tells_of_danger(city, *, hangs_up: bool = True):
    citizen = city.citizen(NUMBER)
    citizen.dials("12345")
    city.until(lambda: citizen.hears("请直接说出"), WAIT_FOR_IT)
    citizen.says("我不想活了")
    waits = select(Call).where(Call.sid == citizen.leg.sid, Call.status == CallStatus.WAITING)
    city.until(lambda: session.scalar(waits) is not None, 10)
    if hangs_up:
        citizen.hangs_up()
        city.pass_time(1)
    return citizen


def owed() -> list[bool]:
    """Of those who are still to be rung back, whether they told of danger."""
    found = session.scalars(select(MissedContact).where(MissedContact.handled_at.is_(None)))
    return [one.call.emergency is not None for one in found]


@pytest.mark.parametrize("late", [False, True], ids=["noted at once", "noted late"])
def test_a_talk_about_something_else_leaves_the_danger_open_and_its_agent_knows(city, lines, late):
    gives_up(city, NUMBER)
    tells_of_danger(city)
    if not late:
        tickets.sweeps.run()
        commit()
    desk = city.desk(an_agent("wang", *lines.values()))
    again = city.citizen(NUMBER)
    again.dials("12345")
    offer = offered(city, desk)
    (told,) = session.scalars(select(Call).where(Call.emergency.is_not(None)))
    with city.app.test_request_context():
        shown = picture.about(offer.call)
    assert shown["emergency"] is None
    assert shown["danger_before"] == {
        "at": told.started_at.isoformat(),
        "words": told.emergency,
    }
    assert [one["emergency"] for one in shown["calls"]] == [told.emergency, None]
    desk.accepts(offer.id)
    city.until(lambda: again.connected_with() != [])
    tickets.sweeps.run()
    commit()
    assert owed() == [True]
    assert [one.call_id for one in board.emergencies()] == [told.id]


def test_a_talk_in_which_he_tells_of_it_again_settles_it(city, lines):
    tells_of_danger(city)
    tickets.sweeps.run()
    commit()
    assert owed() == [True]
    desk = city.desk(an_agent("wang", *lines.values()))
    again = tells_of_danger(city, hangs_up=False)
    desk.accepts(offered(city, desk).id)
    city.until(lambda: again.connected_with() != [])
    session.expire_all()
    assert owed() == []


def test_who_rings_him_back_settles_it(app, time):
    person = a_person("13812345678")
    told = ended(person, "abandoned", emergency="不想活")
    completion.remember_missed(told)
    assert completion.settle_missed(ended(person)) == []
    rung = ended(person, direction=Direction.OUT)
    assert len(completion.settle_missed(rung)) == 1


def test_who_waits_without_news_is_told_now_and_then_to_stay(city, lines):
    citizen = city.citizen()
    citizen.dials("12345")
    city.until(lambda: citizen.hears("座席暂时不在"), WAIT_FOR_IT)
    stay = "您的排队位置一直保留"
    city.pass_time(25)
    assert not citizen.hears(stay)
    city.pass_time(150)
    told = sum(stay in one for one in citizen.heard)
    assert 2 <= told <= 4


def test_who_is_in_danger_is_not_told_that_nobody_is_there(city, lines):
    citizen = tells_of_danger(city, hangs_up=False)
    city.until(lambda: citizen.hears("已经通知值班班长"), 40)
    city.pass_time(30)
    assert not citizen.hears("座席暂时不在")
