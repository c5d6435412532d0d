"""Pages in Chinese, English one click away, and nothing forgotten in either."""

import ast
import re
from pathlib import Path

import pytest

from infra.db import session
from models import Role, StaffMember
from staff import passwords
from tests.visitors import TOKEN, browser_of, somebody
from web import catalogue

ROOT = Path(__file__).resolve().parent.parent.parent
HAN = re.compile(r"[\u3400-\u9fff]")
PLACE = re.compile(r"%\((\w+)\)s")
# Packages whose pages and messages are all in both languages.
DONE = ["web", "staff", "tickets", "recordings", "assist", "analytics", "agent_desk", "channels"]
DONE += ["dispatching", "followups", "units"]
MARKS = {"_", "_l", "N_"}
ELSEWHERE = {
    "web/vendor.py",  # speaks on the console, in both languages at once
    # These know what citizens say, or write to them.
    *(
        "tickets/reading.py",
        "tickets/demands.py",
        "tickets/kinds.py",
        "tickets/turning.py",
        "tickets/places.py",
        "tickets/lifecycle.py",
        "tickets/writing.py",
    ),
    *("assist/emergency.py", "assist/matter.py"),
    *("assist/redaction.py", "assist/training.py"),
}


def files(pattern: str) -> list[Path]:
    found = [path for name in DONE for path in sorted((ROOT / name).glob(pattern))]
    return [path for path in found if "vendor" not in path.parts and shown(path) not in ELSEWHERE]


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_catalogue_knows_what_the_sources_say():
    """A sentence that it does not know stays Chinese on an English page."""
    said = {one.id: {name for name, _ in one.locations} for one in catalogue.extracted() if one.id}
    kept = {one.id: {name for name, _ in one.locations} for one in catalogue.committed() if one.id}
    assert said == kept, "run script/translate and fill in what it names"


def test_every_sentence_has_its_english():
    for one in catalogue.committed():
        if one.id:
            assert one.string and not one.fuzzy, f"no English: {one.id}"
            assert not HAN.search(one.string), one.id
            assert set(PLACE.findall(one.id)) == set(PLACE.findall(one.string)), one.id


@pytest.mark.parametrize("path", files("**/templates/**/*.html"), ids=shown)
def test_templates_say_everything_through_the_catalogue(path):
    text = re.sub(r"\{#.*?#\}|>中文<", "", path.read_text(), flags=re.S)
    text = re.sub(r"""\b_\(\s*("[^"]*"|'[^']*')""", "", text)
    assert HAN.findall(text) == [], "write {{ _('…') }}"


@pytest.mark.parametrize("path", files("**/templates/**/*.html"), ids=shown)
def test_templates_name_topics_in_the_language_of_the_page(path):
    assert "topic.name" not in path.read_text(), "write topic|named"


@pytest.mark.parametrize("path", files("**/static/**/*.js"), ids=shown)
def test_scripts_say_everything_through_the_catalogue(path):
    text = re.sub(r"//.*|/\*.*?\*/", "", path.read_text())
    text = re.sub(r"""\b_\(\s*("[^"]*"|'[^']*')""", "", text)
    assert HAN.findall(text) == [], 'import { _ } from "/static/words.js" and write _("…")'


@pytest.mark.parametrize("path", files("**/*.py"), ids=shown)
def test_pages_messages_are_marked_for_the_catalogue(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    marked = {
        id(argument)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in MARKS
        for argument in call.args
    }
    plain = [
        f"{node.lineno}: {node.value}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and HAN.search(node.value)
        and id(node) not in marked
    ]
    assert plain == [], "write _('…'), or _l('…') where nobody is there yet"


def choose(client, language, back):
    token = TOKEN.search(client.get(back).text)[1]
    form = {"language": language, "back": back, "csrf_token": token}
    return client.post("/language", data=form)


def test_english_is_one_click_away_before_sign_in_and_after(app, client, time):
    wang = somebody("wang", Role.AGENT)
    wang.password_hash = passwords.hash_password("correct horse")
    assert 'lang="zh-CN"' in client.get("/sign-in").text
    answer = choose(client, "en", "/sign-in?next=/tickets")
    assert answer.headers["Location"] == "/sign-in?next=/tickets"
    page = client.get("/sign-in").text
    assert '<html lang="en">' in page and "12345 Hotline" in page
    token = TOKEN.search(page)[1]
    form = {"login": "wang", "password": "correct horse", "csrf_token": token}
    assert client.post("/sign-in", data=form).status_code == 302
    assert '<html lang="en">' in client.get("/password").text


def test_a_member_finds_his_language_again_at_another_browser(app, time):
    wang = somebody("wang", Role.AGENT)
    choose(browser_of(app, wang).client, "en", "/password")
    assert session.get(StaffMember, wang.id).language == "en"
    assert '<html lang="en">' in browser_of(app, wang).get("/password").text


@pytest.mark.parametrize("back", ["//evil.test", "https://evil.test/", "/\t/evil.test", "x", ""])
def test_the_switch_leads_nowhere_else(app, client, back):
    token = TOKEN.search(client.get("/sign-in").text)[1]
    form = {"language": "en", "back": back, "csrf_token": token}
    assert client.post("/language", data=form).headers["Location"] == "/"


def test_an_unknown_language_is_refused(app, client):
    assert choose(client, "fr", "/sign-in").status_code == 400
