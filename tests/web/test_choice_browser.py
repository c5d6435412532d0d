"""Long selects in a browser: one types into them, and they remain the form's fields."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from infra import db
from infra.db import session
from models import Topic, Unit, UnitKind
from tests.browsers import Browsers
from tests.handled import Town
from tests.opening import TELEPHONE, Opens, fits, opening

pytestmark = pytest.mark.browser


@pytest.fixture
def town(app: Flask, time: object) -> Town:
    made = Town(app)
    session.add_all(
        Unit(code=code, name=name, kind=UnitKind.BUREAU)
        for code, name in (
            ("gjj", "市住房公积金管理中心"),
            ("gjjt", "公交集团"),
            ("wjw", "市卫健委"),
            ("yhj", "银行监管局"),
        )
    )
    session.add(Topic(code="fund_loan", name="公积金贷款"))
    db.commit()
    return made


@pytest.fixture
def opens(all_browsers: Browsers, app: Flask) -> Iterator[Opens]:
    with opening(app, all_browsers.of()) as opens_page:
        yield opens_page


def box(page: Page, name: str) -> str:
    return f"select[name={name}] + .ts-wrapper"


def offered(page: Page) -> list[str]:
    return page.locator(".ts-dropdown:visible .option").all_inner_texts()


def test_a_character_of_two_readings_is_found_by_the_one_that_is_meant(town, opens) -> None:
    page = opens(town.people["zhao"], "/tickets")
    page.locator(f"{box(page, 'unit')} input").focus()
    page.keyboard.type("yinhang")
    expect(page.locator(".ts-dropdown:visible .option.active")).to_have_text("银行监管局")


@pytest.mark.parametrize("typed", ["公积金", "gongjijin", "gjjgl"])
def test_a_unit_is_found_by_what_is_typed(town: Town, opens: Opens, typed: str) -> None:
    page = opens(town.people["zhao"], "/tickets")
    page.locator(f"{box(page, 'unit')} input").focus()
    page.keyboard.type(typed)
    expect(page.locator(".ts-dropdown:visible .option.active")).to_have_text("市住房公积金管理中心")
    assert offered(page) == ["市住房公积金管理中心"]
    page.keyboard.press("Enter")
    expect(page.locator("select[name=unit]")).to_have_value("gjj")
    expect(page.locator(f"{box(page, 'unit')} .item")).to_have_text("市住房公积金管理中心")
    assert page.url.endswith("/tickets")
    page.get_by_role("button", name="查找").click()
    page.wait_for_url("**unit=gjj**")
    expect(page.locator(f"{box(page, 'unit')} .item")).to_have_text("市住房公积金管理中心")


def test_arrows_walk_the_groups_and_escape_leaves_all_as_it_was(town: Town, opens: Opens) -> None:
    page = opens(town.people["zhao"], "/tickets")
    field = page.get_by_role("combobox", name="承办单位")
    field.focus()
    expect(field).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Enter")
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".ts-dropdown:visible .optgroup-header")).to_have_text(
        ["市直部门", "公用企业"]
    )
    for key in ("ArrowDown", "ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
    active = page.locator(".ts-dropdown:visible .option.active")
    expect(active).to_have_text("城管局")
    expect(field).to_have_attribute("aria-activedescendant", active.get_attribute("id") or "?")
    page.keyboard.press("Escape")
    expect(page.locator(".ts-dropdown:visible")).to_have_count(0)
    expect(page.locator("select[name=unit]")).to_have_value("")
    page.keyboard.type("没有这个单位")
    expect(page.locator(".ts-dropdown:visible")).to_have_text("没有符合的")


def test_what_is_typed_and_not_chosen_is_no_part_of_the_form(town: Town, opens: Opens) -> None:
    page = opens(town.people["zhao"], "/tickets?unit=urban")
    page.locator(f"{box(page, 'unit')} input").focus()
    page.keyboard.type("gjj")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="查找").click()
    page.wait_for_url("**topic=**")
    expect(page.locator("select[name=unit]")).to_have_value("urban")


def test_several_units_are_chosen_one_after_the_other(town: Town, opens: Opens) -> None:
    number = town.ticket().number
    db.commit()
    page = opens(town.people["zhao"], f"/dispatch/{number}")
    other = page.locator(f"{box(page, 'other')} input")
    other.focus()
    page.keyboard.type("wjw")
    page.keyboard.press("Enter")
    expect(page.locator("input[name=lead][value=other]")).to_be_checked()
    page.locator("summary", has_text="协办与知会").click()
    page.locator(f"{box(page, 'assist')} input").focus()
    for typed in ("gjj", "dian", "jiaotong"):
        page.keyboard.type(typed)
        expect(page.locator(".ts-dropdown:visible .option.active")).to_have_count(1)
        page.keyboard.press("Enter")
    expect(page.locator(f"{box(page, 'assist')} .item")).to_have_count(3)
    page.locator(f"{box(page, 'assist')} .item", has_text="交通局").locator(".remove").click()
    page.get_by_role("button", name="派单", exact=True).click()
    expect(page.locator(".notice[data-kind=done]")).to_contain_text("已派给市卫健委")
    page = opens(town.people["zhao"], f"/tickets/{number}")
    for name in ("市卫健委", "供电公司"):
        expect(page.get_by_text(name).first).to_be_visible()
    expect(page.get_by_text("交通局")).to_have_count(0)
    session.expire_all()
    assert session.scalar(select(Unit.name).where(Unit.code == "wjw")) == "市卫健委"


def test_on_a_telephone_the_list_stays_on_the_screen(town: Town, opens: Opens) -> None:
    page = opens(town.people["zhao"], "/tickets", TELEPHONE)
    page.locator(f"{box(page, 'unit')} .ts-control").click()
    place = page.locator(".ts-dropdown:visible").bounding_box()
    assert place is not None
    assert place["x"] >= 0
    assert place["x"] + place["width"] <= TELEPHONE["width"]
    assert place["y"] + place["height"] <= TELEPHONE["height"]
    assert fits(page)


def test_without_scripts_it_is_a_select_in_groups(town: Town, app: Flask) -> None:
    said = town.browser("zhao").get("/tickets").text
    assert '<optgroup label="市直部门">' in said
    assert said.index(">城管局<") < said.index(">交通局<") < said.index('label="公用企业"')
