"""Who may find and hear which call, and that every listening is written down."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, select

from infra.clock import now
from infra.db import session
from infra.privacy import fingerprint
from models import (
    AuditEntry,
    Call,
    CallEvent,
    CallStatus,
    Direction,
    Disposition,
    Party,
    Person,
    Recording,
    RecordingState,
    Role,
    Utterance,
)
from recordings.jobs import fetch
from tests.places import a_unit, an_agent
from tests.recordings.conftest import CarrierReports
from tests.recordings.sounds import MediaServer, wav
from tests.visitors import Browser, browser_of, somebody
from tickets import completion

PATH = "/2010-04-01/Accounts/AC/Recordings/RE1"
SOUND = wav(10, [(1, 3)], [(4, 5)])


@pytest.fixture
def recording(a_call: Call, reports: CarrierReports, media: MediaServer) -> Recording:
    media.files[PATH + ".wav"] = SOUND
    reports.says(Party.CITIZEN, "阳明路的路灯坏了", 1)
    reports.recording(media.url + PATH, status="in-progress")
    kept = session.scalars(select(Recording)).one()
    fetch(kept.id)
    return kept


@pytest.fixture
def lead(app: Flask, time: object) -> Browser:
    return browser_of(app, somebody("li", Role.LEAD))


def _actions() -> list[str]:
    session.expire_all()
    return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_the_replay_page_shows_words_sound_and_why(recording: Recording, lead: Browser) -> None:
    why = {"step": "line", "level": 4, "idle_s": 35, "waited_s": 6, "eligible": 3, "priority": 0}
    session.add(CallEvent(call_id=recording.call_id, at=now(), name="offered", detail={"why": why}))
    page = lead.get(f"/calls/{recording.call_id}").get_data(as_text=True)
    assert "阳明路的路灯坏了" in page
    assert "本专席 · 等级 4 · 空闲 35 秒 · 市民已等 6 秒 · 候选 3 人" in page
    assert f"/recordings/{recording.id}/audio" in page
    assert "13812345678" not in page
    assert _actions() == ["call.viewed"]


def test_one_character_is_not_looked_for_and_that_is_said(lead: Browser) -> None:
    page = lead.get("/calls?words=灯").get_data(as_text=True)
    assert "“灯”太短：请至少输入两个字" in page


@pytest.mark.parametrize(
    ("over", "tapped", "reported", "words", "awaits"),
    [
        (False, True, False, "通话仍在进行，正在录音", True),
        (False, True, True, "通话仍在进行，正在录音", True),
        (False, False, False, "接通座席后开始录音", True),
        (True, True, False, "通话已结束，正在取回录音", True),
        (True, True, True, "正在取回录音", True),
        (True, False, False, "市民在接通座席之前离开", False),
    ],
)
def test_a_page_without_sound_says_why_and_whether_it_comes(
    a_call: Call, reports: CarrierReports, lead: Browser, over, tapped, reported, words, awaits
) -> None:
    if not over:
        a_call.status, a_call.ended_at, a_call.disposition = "talking", None, None
    a_call.tapped_at = now() if tapped else None
    if reported:
        reports.recording("http://elsewhere/1", status="in-progress")
    page = lead.get(f"/calls/{a_call.id}").get_data(as_text=True)
    assert words in page
    assert ("data-progress=" in page) is awaits
    told = lead.get(f"/calls/{a_call.id}/progress").get_json()["progress"]
    assert (told is not None) is awaits


def test_a_recording_that_is_late_is_said_to_be_late(a_call: Call, lead: Browser) -> None:
    a_call.ended_at = now() - timedelta(minutes=1)
    address = f"/calls/{a_call.id}"
    soon = lead.get(f"{address}/progress").get_json()["progress"]
    a_call.ended_at = now() - timedelta(minutes=5)
    late = lead.get(f"{address}/progress").get_json()["progress"]
    assert late not in (None, soon), "the page loads itself again"
    page = lead.get(address).get_data(as_text=True)
    assert "可能在运营商处丢失" in page and f'data-progress="{late}"' in page


def test_a_recording_that_never_came_is_not_awaited_for_ever(a_call: Call, lead: Browser) -> None:
    a_call.ended_at = now() - timedelta(hours=1)
    page = lead.get(f"/calls/{a_call.id}").get_data(as_text=True)
    assert "运营商一直没有报告" in page
    assert "data-progress=" not in page


def test_who_was_served_by_himself_did_not_leave(a_call: Call, lead: Browser) -> None:
    a_call.tapped_at = a_call.answered_at = a_call.agent_id = None
    a_call.disposition = Disposition.SELF_SERVED
    page = lead.get(f"/calls/{a_call.id}").text
    assert "市民在语音导航中自助办结" in page and "没有与座席通话" in page
    assert "离开" not in page and "还没有" not in page and "回放" not in page


def test_a_call_out_is_marked_and_was_reached_not_answered(a_call: Call, lead: Browser) -> None:
    rows = lead.get("/calls").text.split("<tbody>")[1]
    assert 'title="来电">↙' in rows and "已接听" in rows
    a_call.direction = Direction.OUT
    session.add(
        CallEvent(call_id=a_call.id, at=now(), name="ended", detail={"disposition": "answered"})
    )
    rows = lead.get("/calls").text.split("<tbody>")[1]
    # Both are found by one word of the filter.
    assert '<option value="answered" >已接通</option>' in lead.get("/calls").text
    assert 'title="外呼">↗' in rows and "已接通" in rows and "已接听" not in rows
    page = lead.get(f"/calls/{a_call.id}").text
    assert page.count("已接通") == 2 and "已接听" not in page


def test_a_call_without_sound_offers_no_replay(a_call: Call, lead: Browser) -> None:
    rows = lead.get("/calls").text.split("<tbody>")[1]
    assert "详情</a>" in rows and "回放</a>" not in rows


def test_the_waveform_has_the_citizen_first(recording: Recording, lead: Browser) -> None:
    drawn = lead.get(f"/recordings/{recording.id}/waveform").get_json()
    assert drawn["duration"] == 10
    assert [one["party"] for one in drawn["channels"]] == ["citizen", "agent"]
    assert len(drawn["channels"][0]["peaks"]) == 1000


def test_the_sound_comes_in_pieces_and_one_listening_is_audited_once(
    recording: Recording, lead: Browser, time: object
) -> None:
    url = f"/recordings/{recording.id}/audio"
    whole = lead.get(url)
    assert (whole.status_code, whole.data) == (200, SOUND)
    piece = lead.get(url, headers={"Range": "bytes=100-199"})
    assert (piece.status_code, piece.data) == (206, SOUND[100:200])
    assert piece.headers["Content-Range"] == f"bytes 100-199/{len(SOUND)}"
    assert _actions() == ["recording.heard"]
    time.forward(3600)
    lead.get(url, headers={"Range": "bytes=0-"})
    assert _actions() == ["recording.heard"] * 2


def test_an_agent_hears_his_own_calls_only(
    app: Flask, recording: Recording, a_call: Call, time: object
) -> None:
    own = browser_of(app, a_call.agent.staff)
    other = browser_of(app, an_agent("zhao").staff)
    assert own.get(f"/calls/{a_call.id}").status_code == 200
    for path in (
        f"/calls/{a_call.id}",
        f"/recordings/{recording.id}/audio",
        f"/recordings/{recording.id}/waveform",
    ):
        assert other.get(path).status_code == 403
    assert "回放</a>" in own.get("/calls").get_data(as_text=True)
    assert "回放</a>" not in other.get("/calls").get_data(as_text=True)


def test_what_he_told_the_menu_is_read_where_nobody_answered(a_call: Call, lead: Browser) -> None:
    a_call.answered_at, a_call.disposition = None, Disposition.ABANDONED
    page = lead.get(f"/calls/{a_call.id}").text
    assert "还没有转写内容" in page
    a_call.speech = "阳明路12号着火了"
    page = lead.get(f"/calls/{a_call.id}").text
    assert "阳明路12号着火了" in page
    assert "还没有转写内容" not in page


def test_of_calls_nobody_answered_an_agent_sees_what_waits_to_be_rung_back_only(
    a_call: Call, app: Flask
) -> None:
    """Not whom a colleague did not reach, nor who needed nobody."""
    other = browser_of(app, somebody("qian", Role.AGENT))
    a_call.answered_at, a_call.disposition = None, Disposition.NOT_REACHED
    assert other.get(f"/calls/{a_call.id}").status_code == 403
    a_call.disposition = Disposition.ABANDONED
    completion.remember_missed(a_call)
    assert other.get(f"/calls/{a_call.id}").status_code == 200


@pytest.mark.parametrize("role", [Role.UNIT, Role.DISPATCHER, Role.ADMIN])
def test_other_roles_hear_nothing(app: Flask, recording: Recording, role: Role) -> None:
    visitor = browser_of(app, somebody("x", role, unit=a_unit()))
    assert visitor.get("/calls").status_code == 403
    assert visitor.get(f"/recordings/{recording.id}/audio").status_code == 403


def test_a_stranger_is_sent_to_sign_in(app: Flask, recording: Recording) -> None:
    answer = app.test_client().get(f"/recordings/{recording.id}/audio")
    assert answer.status_code in (302, 401)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("words=路灯", True),
        ("words=路灯 阳明路", True),
        ("words=公积金", False),
        ("words=灯坏", True),
        ("words=灯路", False),
        ("words=灯", True),
        ("words=100%25", False),
        ("line=general", False),
        ("result=answered", True),
        ("result=abandoned", False),
        ("result=nonsense", True),
        ("from=2000-01-01&to=2000-01-02", False),
        ("from=2000-01-01", True),
    ],
)
def test_calls_are_found_by_what_is_known(
    recording: Recording, lead: Browser, query: str, found: bool
) -> None:
    page = lead.get(f"/calls?{query}").get_data(as_text=True)
    assert ("回放</a>" in page) is found


def test_calls_in_danger_are_marked(a_call: Call, lead: Browser) -> None:
    assert "紧急" not in lead.get("/calls").text + lead.get(f"/calls/{a_call.id}").text
    a_call.emergency = "着火"
    assert "紧急 · 着火" in lead.get("/calls").text
    assert "着火</span>" in lead.get(f"/calls/{a_call.id}").text


def test_a_number_is_found_without_being_in_an_address(
    recording: Recording, a_call: Call, lead: Browser
) -> None:
    person = Person(
        number="13812345678",
        number_fingerprint=fingerprint("13812345678"),
        number_masked="138****5678",
        first_seen=now(),
    )
    session.add(person)
    session.flush()
    a_call.person_id = person.id
    answer = lead.post("/calls/by-number", number=" +8613812345678 ")
    assert answer.headers["Location"] == f"/calls?person={person.id}"
    assert "138****5678" in lead.get(answer.headers["Location"]).get_data(as_text=True)
    assert lead.post("/calls/by-number", number="999").headers["Location"] == "/calls"


def test_what_was_given_up_may_be_fetched_again(
    recording: Recording, lead: Browser, work: Callable[[], None]
) -> None:
    recording.state, recording.storage_key, recording.checksum = RecordingState.FAILED, None, None
    assert lead.get(f"/recordings/{recording.id}/audio").status_code == 404
    page = lead.get(f"/calls/{recording.call_id}").get_data(as_text=True)
    assert "重新取回" in page
    assert lead.post(f"/recordings/{recording.id}/again").status_code == 302
    work()
    assert recording.state is RecordingState.STORED


def _heard_words(page: str) -> list[str]:
    return re.findall(r'<td class="text">(.+?)</td>', page)


def test_a_search_shows_the_sentence_that_was_found_with_its_words_marked(
    a_call: Call, reports: CarrierReports, lead: Browser
) -> None:
    reports.says(Party.CITIZEN, "您好，<路灯>的事", 1)
    reports.says(Party.CITIZEN, "阳明路的路灯坏了", 2)
    reports.says(Party.AGENT, "阳明路，好的", 1, leg="CA-agent")
    page = lead.get("/calls?words=路灯 阳明路").text
    assert _heard_words(page) == [
        '<span class="dim">市民：</span><mark>阳明路</mark>的<mark>路灯</mark>坏了'
    ]
    assert _actions() == ["call.quoted"]
    (only,) = _heard_words(lead.get("/calls?words=路灯").text)
    assert "&lt;<mark>路灯</mark>&gt;" in only
    assert "说过的话</th>" not in lead.get("/calls").text


def test_a_long_sentence_is_cut_around_its_words(
    a_call: Call, reports: CarrierReports, lead: Browser
) -> None:
    reports.says(Party.CITIZEN, f"{'前' * 200}路灯{'后' * 200}", 1)
    (only,) = _heard_words(lead.get("/calls?words=路灯").text)
    assert "…前" in only and "<mark>路灯</mark>后" in only and only.endswith("后…")
    assert len(only) < 150


def test_the_sentences_of_a_page_are_one_question_to_the_database(
    app: Flask, a_call: Call, lead: Browser
) -> None:
    for nth in range(5):
        call = Call(sid=f"CA{nth}", number_masked="138****5678", started_at=now(), ended_at=now())
        call.status, call.disposition = CallStatus.ENDED, Disposition.ANSWERED
        session.add(call)
        session.flush()
        said = {"party": Party.CITIZEN, "at": now(), "text": "路灯坏了", "sequence": 1}
        session.add(Utterance(call_id=call.id, transcription=f"GT{nth}", **said))
    asked: list[str] = []

    def listen(_con: object, _cur: object, statement: str, *_rest: object) -> None:
        if "DISTINCT ON (utterance.call_id)" in statement:
            asked.append(statement)

    event.listen(app.extensions["engine"], "before_cursor_execute", listen)
    page = lead.get("/calls?words=路灯").text
    event.remove(app.extensions["engine"], "before_cursor_execute", listen)
    assert page.count("<mark>路灯</mark>") == 5
    assert len(asked) == 1


def test_whom_the_hotline_rang_of_one_person_is_audited_like_his_calls(
    a_call: Call, lead: Browser
) -> None:
    person = Person(
        number="13812345678",
        number_fingerprint=fingerprint("13812345678"),
        number_masked="138****5678",
        first_seen=now(),
    )
    session.add(person)
    session.flush()
    lead.get("/calls/rung")
    assert _actions() == []
    page = lead.get(f"/calls/rung?person={person.id}").text
    assert "只看这位市民的通话" in page
    (entry,) = session.scalars(select(AuditEntry)).all()
    told = (entry.action, entry.subject_kind, entry.subject_id)
    assert told == ("call.searched_by_number", "person", str(person.id))


def test_the_tabs_say_which_list_is_shown(a_call: Call, lead: Browser) -> None:
    for path, name in (("/calls", "来电和外呼"), ("/calls/rung", "自动外呼")):
        tabs = re.search(r'<nav class="tabs".*?</nav>', lead.get(path).text, re.S)[0]
        assert re.findall(r'aria-current="page">([^<]+)', tabs) == [name]
