"""A seat that was put to rest learns at once that somebody in danger waits; nobody rings it."""

from playwright.sync_api import expect
from sqlalchemy import func, select

from infra.db import commit, session
from models import Desired, Offer, Seat
from tests.agent_desk.sitting import Sitting

WAITS = "一个紧急来电正在等待，示闲即可接听"


def test_a_desk_at_rest_says_that_somebody_in_danger_waits(sits, city) -> None:
    agent: Sitting = sits().is_here()
    agent.ready()
    agent.is_rung_by("13812345678")
    rests(agent)
    agent.citizen.hangs_up()
    city.pass_time(2)
    commit()
    waits = agent.page.locator("#danger-waits")
    expect(agent.page.locator("#break-none")).to_have_text("小休 · 两次未接")
    expect(waits).to_have_text("")
    before = session.scalar(select(func.count(Offer.id)))

    in_danger = city.citizen("13912345678")
    in_danger.dials("12345")
    city.until(lambda: in_danger.hears("请直接说出"))
    in_danger.says("我家着火了")
    city.pass_time(5)
    commit()
    expect(waits).to_have_text(WAITS)
    assert session.scalar(select(func.count(Offer.id))) == before, "perhaps nobody is there"

    in_danger.hangs_up()
    city.pass_time(2)
    commit()
    expect(waits).to_have_text("")


def rests(agent: Sitting) -> None:
    """Two offers that nobody answers."""

    def resting() -> bool:
        session.expire_all()
        return session.get_one(Seat, agent.seat.staff_id).desired is Desired.BREAK

    agent.city.until(resting, 60)
    commit()
