"""A form that is refused comes back as it was sent: nobody chooses again what he has chosen."""

import re

import pytest

from infra import db
from models import Meeting
from tests.handled import Town, newest

FUTURE = "2099-01-01T09:00"
# Where nothing else is missing.
TOO_LONG = {"words": "长" * 501}


@pytest.fixture
def town(app, time) -> Town:
    return Town(app)


@pytest.fixture
def addresses(town) -> dict[str, str]:
    """Of what the forms below are about: an assignment in hand, and a meeting with its ticket."""
    one, dispatcher = town.signed(), town.browser("zhao")
    dispatcher.post("/meetings", title="路灯归属", at=FUTURE)
    meeting = newest(Meeting)
    dispatcher.post(f"/meetings/{meeting.id}/tickets", number=one.ticket.number)
    db.commit()
    return {"one": f"/inbox/{one.id}", "meeting": f"/meetings/{meeting.id}", "id": one.ticket_id}


def chosen(page: str, field: str) -> list[str]:
    """Of every list and every row of buttons of this name."""
    lists = re.findall(rf'<select[^>]* ?name="{field}"[^>]*>(.*?)</select>', page, re.DOTALL)
    options = [one for options in lists for one in re.findall(r"<option[^>]*>", options)]
    buttons = re.findall(rf'<input[^>]* name="{field}"[^>]*>', page)
    marked = [one for one in options if re.search(r"\sselected\b", one)]
    marked += [one for one in buttons if re.search(r"\schecked\b", one)]
    return [re.search(r'value="([^"]*)"', one)[1] for one in marked]


@pytest.mark.parametrize(
    ("who", "address", "field", "choice"),
    [
        ("urban", "{one}/return", "suggested", ["power"]),
        ("urban", "{one}/delegations", "unit", ["station"]),
        ("urban", "{one}/co-handling", "unit", ["power"]),
        ("urban", "{one}/contacts", "way", ["visit"]),
        ("zhao", "/rules", "assist", ["power", "roads"]),
        ("zhao", "/rules", "district", ["donghu"]),
        ("zhao", "/meetings", "unit", ["power", "roads"]),
        ("zhao", "{meeting}/minutes", "lead-{id}", ["power"]),
    ],
)
def test_what_was_chosen_is_still_chosen(town, addresses, who, address, field, choice) -> None:
    path, field = address.format(**addresses), field.format(**addresses)
    refused = town.browser(who).post(path, **{field: choice}, **TOO_LONG)
    assert refused.status_code == 409, refused.text
    assert set(chosen(refused.text, field)) >= set(choice)
