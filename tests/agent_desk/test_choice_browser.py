"""Choosing topic and unit at the desk by typing, while software fills the same form."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from infra.db import commit, session
from models import Ticket, Topic, Unit, UnitKind
from tests.agent_desk.sitting import Sitting
from tickets import lifecycle

pytestmark = pytest.mark.browser


@pytest.fixture
def units(lines) -> dict[str, Unit]:
    names = {"gjj": "市住房公积金管理中心", "cgj": "市城管局"}
    made = {code: Unit(code=code, name=name, kind=UnitKind.BUREAU) for code, name in names.items()}
    session.add_all(
        [
            *made.values(),
            *(
                Topic(code=code, name=name, line=lines["general"])
                for code, name in [("street_light", "路灯"), ("fund", "公积金")]
            ),
        ]
    )
    commit()
    return made


@pytest.fixture
def talking(units, sits) -> Sitting:
    agent = sits().is_here()
    agent.ready()
    offer = agent.is_rung_by("+8613812345678")
    # The page shows the empty form first; the ticket itself is there when it has been asked for.
    with agent.page.expect_response(lambda it: it.url.endswith("/ticket")):
        agent.answers(offer)
    return agent


def box(page: Page, name: str):
    return page.locator(f"#{name} + .ts-wrapper")


def filled(unit: Unit) -> Ticket:
    """What the software finds out meanwhile, and a word that it did."""
    session.expire_all()
    ticket = session.scalars(select(Ticket)).one()
    ticket.unit = unit
    ticket.origins = {"unit": {"by": "software", "sentence": "公积金", "confidence": 0.95}}
    commit()
    return ticket


def heard_of(topic: str) -> None:
    session.expire_all()
    ticket = session.scalars(select(Ticket)).one()
    ticket.topic = session.scalars(select(Topic).where(Topic.name == topic)).one()
    ticket.origins = {"topic": {"by": "software", "sentence": topic, "confidence": 0.95}}
    commit()


def looks_again(page: Page) -> None:
    with page.expect_response(lambda it: it.url.endswith("/ticket")):
        page.evaluate("document.dispatchEvent(new CustomEvent('live:open'))")


def test_a_topic_is_typed_and_saved_and_the_keys_of_the_desk_work_inside(talking: Sitting) -> None:
    page = talking.page
    page.get_by_role("combobox", name="事项类别").focus()
    page.keyboard.type("ludeng")
    expect(page.locator(".ts-dropdown:visible .option.active")).to_have_text("路灯")
    with page.expect_response(
        lambda it: it.url.endswith("/ticket") and it.request.method == "POST"
    ):
        page.keyboard.press("Enter")
    expect(box(page, "topic").locator(".item")).to_have_text("路灯")
    page.keyboard.press("Alt+2")
    expect(page.locator("#minor")).to_be_checked()
    page.keyboard.press("F8")
    page.keyboard.press("F9")
    expect(page.locator("#missing li").first).to_have_text("请填写诉求类型")
    expect(page.locator("#missing")).not_to_contain_text("事项类别")
    session.expire_all()
    assert session.scalars(select(Ticket.topic_id)).one() is not None


def test_enter_in_a_closed_box_submits_nothing(talking: Sitting) -> None:
    page = talking.page
    page.get_by_role("combobox", name="承办单位").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".ts-dropdown:visible .option").first).to_be_visible()
    expect(page.locator("#missing li")).to_have_count(0)


def test_what_software_fills_in_is_shown_in_the_box(talking: Sitting, units) -> None:
    page = talking.page
    filled(units["gjj"])
    looks_again(page)
    expect(box(page, "unit").locator(".item")).to_have_text("市住房公积金管理中心")
    expect(page.locator("label:has(#unit)")).to_have_attribute("data-by", "software")


def test_a_box_in_which_the_agent_types_is_left_alone(talking: Sitting, units) -> None:
    page = talking.page
    page.get_by_role("combobox", name="承办单位").focus()
    page.keyboard.type("cheng")
    filled(units["gjj"])
    looks_again(page)
    expect(page.locator(".ts-dropdown:visible .option.active")).to_have_text("市城管局")
    page.keyboard.press("Enter")
    expect(page.locator("#unit")).to_have_value("cgj")
    expect(box(page, "unit").locator(".item")).to_have_text("市城管局")


def test_a_turn_to_another_matter_is_said_and_one_click_keeps_the_former(talking: Sitting) -> None:
    page, told = talking.page, talking.page.locator("#matter")
    for topic in ("路灯", "公积金"):
        expect(told).to_be_hidden()
        heard_of(topic)
        looks_again(page)
    expect(told).to_contain_text("市民转到另一事项：原为“路灯”，现为“公积金”")
    with page.expect_response(
        lambda it: it.url.endswith("/ticket") and it.request.method == "POST"
    ):
        page.get_by_role("button", name="保留原事项").click()
    expect(told).to_be_hidden()
    expect(box(page, "topic").locator(".item")).to_have_text("路灯")
    session.expire_all()
    kept = session.scalars(select(Ticket)).one()
    assert (kept.topic.name, kept.origins["topic"]) == ("路灯", {"by": "agent"})


def test_a_turn_that_is_agreed_to_or_taken_back_is_not_said_any_more(talking: Sitting) -> None:
    page, told = talking.page, talking.page.locator("#matter")
    for topic, said in [("路灯", False), ("公积金", True), ("路灯", False), ("公积金", True)]:
        heard_of(topic)
        looks_again(page)
        expect(told).to_be_visible() if said else expect(told).to_be_hidden()
    page.get_by_role("button", name="知道了").click()
    looks_again(page)
    expect(told).to_be_hidden()
    expect(box(page, "topic").locator(".item")).to_have_text("公积金")


def test_a_submitted_ticket_locks_the_box_and_the_next_citizen_finds_it_empty(
    talking: Sitting, units, wang
) -> None:
    page = talking.page
    ticket = filled(units["gjj"])
    ticket.kind, ticket.summary = "praise", "话务员很热情"
    lifecycle.submit(ticket, by=wang.staff)
    commit()
    looks_again(page)
    field = page.locator("#unit-ts-control")
    expect(field).to_be_disabled()
    locked = page.locator("#summary").evaluate("(one) => getComputedStyle(one).backgroundColor")
    for name in ("topic", "unit"):
        expect(box(page, name).locator(".ts-control")).to_have_css("background-color", locked)
    page.keyboard.press("F2")
    page.click("#wrapped")
    expect(page.locator("#ticket")).to_be_hidden()
    expect(box(page, "unit").locator(".item")).to_have_text("")
    expect(field).to_be_enabled()
