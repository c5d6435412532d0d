"""One look, one entry: not one for each piece that a browser asks for, and never none."""

import re
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from infra import db
from infra.db import session
from models import (
    AuditEntry,
    Call,
    MissedContact,
    Recording,
    RecordingState,
    Role,
    StaffMember,
)
from recordings.store import store
from staff import audit
from tests.recordings.sounds import wav
from tests.visitors import browser_of
from tests.web.city import NUMBER, OTHER, City, ringing

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def a_city(app, time, tmp_path) -> City:
    city = City(app)
    sound = tmp_path / "sound.wav"
    sound.write_bytes(wav(10, [(1, 3)], [(4, 5)]))
    store().put("x.wav", sound)
    recording = session.get(Recording, 1)
    recording.state, recording.storage_key, recording.checksum = RecordingState.STORED, "x.wav", "y"
    recording.duration_s = 10
    return city


def entries() -> list[tuple[str, str, str]]:
    session.expire_all()
    rows = session.execute(
        select(AuditEntry.action, AuditEntry.subject_kind, AuditEntry.subject_id)
        .where(AuditEntry.action.in_(audit.LOOKS))
        .order_by(AuditEntry.id)
    )
    return [tuple(row) for row in rows]


LOOKS = [
    (Role.LEAD, "/calls/1", ("call.viewed", "call", "1")),
    (Role.QA, "/recordings/1/audio", ("recording.heard", "recording", "1")),
    (Role.LEAD, "/calls?person=1", ("call.searched_by_number", "person", "1")),
    (Role.UNIT, f"/tickets/{OTHER}", ("ticket.viewed", "ticket", OTHER)),
    (Role.DISPATCHER, f"/tickets/{NUMBER}", ("ticket.viewed", "ticket", NUMBER)),
    (Role.LEAD, "/drafts/2", ("ticket.draft_viewed", "draft", "2")),
    (Role.AGENT, "/calls/1/ticket", ("ticket.draft_viewed", "draft", "1")),
    (Role.ADMIN, "/admin/audit", ("audit.viewed", "audit", "all")),
    (Role.ADMIN, "/admin/audit?who=wang", ("audit.viewed", "audit", "who=wang")),
    (Role.ADMIN, "/admin/audit/sign-ins", ("audit.viewed", "audit", "sign-ins all")),
    (Role.AGENT, "/missed", ("missed_contact.viewed", "missed_contact", "1")),
]


@pytest.mark.parametrize(("role", "path", "entry"), LOOKS, ids=lambda value: str(value)[:30])
def test_a_look_is_written_down_once_however_often_the_browser_asks(
    a_city, time, role, path, entry
):
    browser = a_city.browsers()[role]
    for pieces in ({}, {"Range": "bytes=0-99"}, {"Range": "bytes=100-"}, {"HX-Request": "true"}):
        assert browser.get(path, headers=pieces).status_code < 400
    assert entries() == [entry]
    time.forward(3600)
    browser.get(path)
    assert entries() == [entry, entry]


NO_LOOKS = [
    (Role.LEAD, "/tickets"),
    (Role.LEAD, "/calls"),
    (Role.LEAD, "/recordings/1/waveform"),
    (Role.LEAD, "/floor/figures"),
    (Role.LEAD, "/texts/failed"),
    (Role.AGENT, "/knowledge/1"),
    (Role.ADMIN, "/admin/people/1"),
    (Role.UNIT, "/tickets/no-such-ticket"),
    (Role.UNIT, "/calls/1"),
]


@pytest.mark.parametrize(("role", "path"), NO_LOOKS, ids=lambda value: str(value)[:30])
def test_masked_lists_and_what_was_not_shown_are_no_looks(a_city, role, path):
    a_city.browsers()[role].get(path)
    assert entries() == []


def test_a_screen_pop_is_one_look_from_ringing_to_the_end(a_city, time):
    call = ringing(a_city).call_id
    browser = a_city.browsers()[Role.AGENT]
    for _ in range(3):
        browser.get("/desk/state")
        time.forward(15 * 60)
    assert entries() == [("caller.shown", "call", str(call))]


@pytest.mark.parametrize(
    ("number", "kind"), [("138 1234 5678", "person"), ("13900000000", "number")]
)
def test_a_search_by_number_is_written_down_found_or_not(a_city, number, kind):
    browser = a_city.browsers()[Role.LEAD]
    answer = browser.post("/calls/by-number", number=number)
    browser.get(answer.headers["Location"])
    found = entries()
    assert [one[:2] for one in found] == [("call.searched_by_number", kind)]
    assert "139" not in found[0][2]


def test_pieces_asked_for_at_once_are_one_look(app, a_city):
    browsers = [browser_of(app, a_city.people[Role.QA]) for _ in range(4)]
    db.commit()
    together = Barrier(len(browsers))

    def listen(browser):
        together.wait()
        browser.get("/recordings/1/audio", headers={"Range": "bytes=0-99"})

    threads = [Thread(target=listen, args=(one,)) for one in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(entries()) == 1


def test_what_a_caller_said_before_he_gave_up_is_a_look_each(a_city):
    """A number is masked; words may tell who somebody is."""
    first = session.get(MissedContact, 1)
    other = Call(sid="CA7", number_masked="-", started_at=first.at, line_id=a_city.line.id)
    session.add(other)
    session.flush()
    session.add(
        MissedContact(call_id=other.id, kind=first.kind, number_masked="138****5678", at=first.at)
    )
    lead = a_city.browsers()[Role.LEAD]
    for _ in range(2):
        lead.get("/missed")
    assert entries() == [("missed_contact.viewed", "missed_contact", "1")]


def test_details_are_words_that_lead_to_the_thing_or_to_what_the_log_knows_of_it(a_city):
    browsers = a_city.browsers()
    browsers[Role.AGENT].get("/calls/1/ticket")
    session.query(StaffMember).filter_by(login="admin").one().roles = ["admin"]
    row = browsers[Role.ADMIN].get("/admin/audit?action=ticket.draft_viewed").text
    assert '<a href="/admin/audit?subject=call&amp;id=1">通话 1</a>' in row
    assert "call=1" not in row.partition("<tbody>")[2]
    session.query(StaffMember).filter_by(login="admin").one().roles = ["admin", "lead"]
    row = browsers[Role.ADMIN].get("/admin/audit?action=ticket.draft_viewed").text
    assert '<a href="/calls/1">通话 1</a>' in row


def test_two_people_are_two_looks(a_city):
    for role in (Role.LEAD, Role.QA):
        a_city.browsers()[role].get("/calls/1")
    assert len(entries()) == 2


def test_every_action_has_a_name():
    """The log is read by people: an action that nobody named appears as a word of the code."""
    said = set()
    for path in ROOT.rglob("*.py"):
        if not {"tests", ".venv", "var"} & set(path.parts):
            text = path.read_text(encoding="utf-8")
            said |= set(re.findall(r'audit\.(?:record|looks?)\(\s*"([\w.]+)"', text))
    assert said and said <= set(audit.ACTIONS), said - set(audit.ACTIONS)


FILTERS = [
    ("", 3),
    ("?who=wang", 1),
    ("?who=李", 0),
    ("?action=call.viewed", 2),
    ("?subject=call", 2),
    ("?subject=call&id=1", 2),
    ("?subject=call&id=2", 0),
    ("?from=2026-03-02&to=2026-03-02", 3),
    ("?to=2026-03-01", 0),
]


@pytest.mark.parametrize(("query", "count"), FILTERS)
def test_the_log_is_read_by_person_action_subject_and_day(a_city, query, count):
    browsers = a_city.browsers()
    browsers[Role.LEAD].get("/calls/1")
    browsers[Role.AGENT].get("/calls/1")
    browsers[Role.QA].get("/recordings/1/audio")
    page = browsers[Role.ADMIN].get(f"/admin/audit{query}").text
    assert page.count("<tr>") - (count > 0) == count


def test_the_next_page_begins_where_the_last_ended(a_city):
    for number in range(205):
        audit.record("job.again", "job", number)
    admin = a_city.browsers()[Role.ADMIN]
    seen, query = [], "?action=job.again"
    for _ in range(3):
        page = admin.get(f"/admin/audit{query}").text
        seen += re.findall(r"id=(\d+)\">", page)
        audit.record("job.again", "job", 999)  # what is added meanwhile moves nothing
        found = re.search(r'rel="next" href="(\?[^"]+)"', page)
        query = found[1].replace("&amp;", "&") if found else ""
    assert seen == [str(number) for number in reversed(range(205))]
    assert query == ""
