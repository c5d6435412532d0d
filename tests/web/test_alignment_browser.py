"""How pages stand in a browser: what is filled in a row stands on one line, and numbers below
their names."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import expect

from infra import db
from infra.clock import now
from models import Peer, PeerKind, Role
from tests.browsers import Browsers
from tests.opening import WIDE, Opens, opening
from tests.web.city import City

pytestmark = pytest.mark.browser

# Boxes that stand beside each other, by a small part at least, end at the same height.
UNEVEN = """
() => [...document.querySelectorAll("main .filters")].flatMap((form) => {
  const pressed = "button, select:not([multiple])";
  const filled = "input:not([type=checkbox], [type=radio], [type=hidden])";
  // Of a long select the box is seen, neither the select behind it nor the input inside.
  const behind = "select.tomselected, .ts-control > input";
  const boxes = [...form.querySelectorAll(`${pressed}, ${filled}, .ts-control`)]
    .filter((one) => one.offsetParent && !one.closest("fieldset") && !one.matches(behind))
    .map((one) => [one.name || one.textContent, one.getBoundingClientRect()]);
  const beside = (a, b) => a.top < b.bottom - 4 && b.top < a.bottom - 4;
  return boxes.flatMap(([name, box], nth) => boxes.slice(nth + 1)
    .filter(([, other]) => beside(box, other) && Math.abs(box.bottom - other.bottom) > 1)
    .map(([other]) => `${name} / ${other}`));
})
"""
# A column's name stands where its values stand, and figures on the right; a link or a code is a
# name.
ASKEW = """
() => [...document.querySelectorAll("main table:not(.month) tbody tr")].flatMap((row) => {
  const heads = [...row.closest("table").querySelectorAll("thead th")];
  if (row.cells.length !== heads.length) return [];
  const right = (one) => ["right", "end"].includes(getComputedStyle(one).textAlign);
  return heads.map((head, nth) => [head, row.cells[nth], row.cells[nth].textContent.trim()])
    .filter(([head, cell, text]) => {
      const figure = /^[−+-]?[\\d.,]+ ?%?$/.test(text) && !cell.querySelector("a,code");
      return text && (right(cell) !== right(head) || (figure && !right(cell)));
    })
    .map(([head, , text]) => `${head.textContent}: ${text}`);
})
"""
# The middle of a row's plain words, and of what is pressed or filled in the same row.
LOW = """
() => {
  const filled = "button, input:not([type=hidden])";
  const middle = ({ top, bottom }) => (top + bottom) / 2;
  return [...document.querySelectorAll(`main tbody tr:has(${filled})`)].flatMap((row) => {
    const at = middle(row.querySelector(filled).getBoundingClientRect());
    return [...row.cells].filter((cell) => !cell.querySelector("form,input,select"))
      .filter((cell) => {
        const words = document.createRange();
        words.selectNodeContents(cell);
        return cell.textContent.trim() && Math.abs(at - middle(words.getBoundingClientRect())) > 3;
      })
      .map((cell) => cell.textContent.trim());
  });
}
"""
PAGES = {
    Role.ADMIN: [
        *("/admin/people", "/admin/people/1", "/admin/audit", "/admin/audit/sign-ins"),
        *("/admin/history", "/admin/keys", "/admin/outbox", "/admin/outbox/endpoints/1"),
        *("/admin/jobs", "/exchanges/peers", "/calendar", "/policies", "/rules"),
        *("/texts/failed", "/knowledge/learning", "/figures", "/figures/scores"),
    ],
    Role.DISPATCHER: [
        *("/dispatch", "/dispatch/requests", "/dispatch/replies", "/exchanges", "/linkages"),
        *("/meetings", "/meetings/1", "/tickets", "/reconciliations"),
    ],
    Role.LEAD: ["/calls", "/calls?words=street", "/calls/rung", "/missed", "/tickets"],
    Role.UNIT: ["/inbox", "/tickets"],
}


@pytest.fixture
def city(app: Flask, time: object) -> City:
    made = City(app)
    db.session.add(Peer(unit_id=made.unit.id, kind=PeerKind.PROVINCE, added_at=now()))
    db.commit()
    return made


@pytest.fixture
def opens(all_browsers: Browsers, app: Flask) -> Iterator[Opens]:
    with opening(app, all_browsers.of()) as opens_page:
        yield opens_page


@pytest.mark.parametrize("role", list(PAGES))
def test_forms_and_tables_stand_straight(city: City, opens: Opens, role: Role) -> None:
    crooked = {}
    for path in PAGES[role]:
        page = opens(city.people[role], path, WIDE)
        expect(page.locator("h1").first).to_be_visible()
        found = [f"{page.evaluate(one)}" for one in (UNEVEN, ASKEW, LOW)]
        if set(found) != {"[]"}:
            crooked[path] = found
        page.context.close()
    assert crooked == {}
