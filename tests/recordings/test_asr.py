"""Recordings without live words are transcribed by the engine of the settings, once it is there."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import select

from config import SettingInvalid
from infra.db import commit, session
from models import Call, Party, Recording, Role, Seat, Source, Ticket, TranscriptState, Utterance
from recordings import archive, asr, gaps, sweeps
from recordings.jobs import fetch
from tests import services
from tests.recordings.conftest import CarrierReports
from tests.recordings.sounds import MediaServer, wav
from tests.tickets.conftest import a_complaint
from tests.visitors import browser_of, somebody
from tickets import lifecycle
from tickets import sweeps as tickets_sweeps
from tickets.fields import Typed

PATH = "/2010-04-01/Accounts/AC/Recordings/RE1"


@dataclass
class Recogniser:
    """An engine with OpenAI's interface that answers with prepared segments, in order."""

    answers: list[object] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)
    url: str = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.heard.append(handler.rfile.read(int(handler.headers["Content-Length"])))
        answer = self.answers.pop(0) if self.answers else None
        body = json.dumps({"segments": answer}).encode()
        handler.send_response(503 if answer is None else 200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


@pytest.fixture
def recogniser() -> Iterator[Recogniser]:
    engine = Recogniser()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            engine.answer(self)

        def log_message(self, *_ignored: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    engine.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield engine
    server.shutdown()
    server.server_close()


@pytest.fixture
def install(app: Flask, media: MediaServer, recogniser: Recogniser) -> Callable[[], None]:
    def now_there() -> None:
        app.config["SETTINGS"] = replace(
            app.config["SETTINGS"], asr_engine=f"openai:{recogniser.url}#a-model"
        )

    return now_there


@pytest.fixture
def recording(a_call: Call, reports: CarrierReports, media: MediaServer) -> int:
    media.files[PATH + ".wav"] = wav(6, [(1, 2)], [(3, 4)])
    reports.recording(media.url + PATH, status="in-progress")
    return session.scalars(select(Recording.id)).one()


CITIZEN = [{"start": 1.0, "end": 2.0, "text": " 路灯坏了 ", "avg_logprob": -0.1}]
AGENT = [{"start": 3.0, "end": 4.0, "text": "已经记下", "avg_logprob": -0.2}]


def test_each_channel_is_its_partys_words(
    recording: int, install: Callable[[], None], recogniser: Recogniser
) -> None:
    install()
    recogniser.answers = [CITIZEN, AGENT]
    fetch(recording)
    fetch(recording)
    said = session.scalars(select(Utterance).order_by(Utterance.offset_s)).all()
    assert [(one.party, one.text, one.offset_s, one.source) for one in said] == [
        (Party.CITIZEN, "路灯坏了", 1.0, Source.ASR),
        (Party.AGENT, "已经记下", 3.0, Source.ASR),
    ]
    assert said[0].confidence == pytest.approx(0.905, abs=0.001)
    assert len(recogniser.heard) == 2
    assert b"a-model" in recogniser.heard[0]


def test_an_english_call_is_heard_in_english(
    recording: int, install: Callable[[], None], recogniser: Recogniser
) -> None:
    session.scalars(select(Call)).one().language = "en"
    commit()
    install()
    recogniser.answers = [CITIZEN, AGENT]
    fetch(recording)
    assert all(b'name="language"\r\n\r\nen\r\n' in body for body in recogniser.heard)


def test_a_recording_waits_for_an_engine_and_is_swept_when_there_is_one(
    recording: int,
    install: Callable[[], None],
    recogniser: Recogniser,
    time: object,
    work: Callable[[], None],
) -> None:
    fetch(recording)
    row = session.get_one(Recording, recording)
    assert row.transcript_state is TranscriptState.WAITING_FOR_ENGINE
    time.forward(3600)
    assert sweeps.run() == 0
    install()
    recogniser.answers = [CITIZEN, AGENT]
    assert sweeps.run() == 1
    work()
    assert session.get_one(Recording, recording).transcript_state is TranscriptState.DONE


def test_of_live_words_that_were_lost_nothing_is_missing_in_what_the_engine_heard(
    recording: int,
    reports: CarrierReports,
    app: Flask,
    install: Callable[[], None],
    recogniser: Recogniser,
) -> None:
    reports.says(Party.CITIZEN, "路灯", 4, final=False)
    fetch(recording)
    call = session.scalars(select(Call)).one()
    lead = browser_of(app, somebody("li", Role.LEAD))
    assert gaps.of(call.id).at_end and "等待语音识别引擎" in lead.get(f"/calls/{call.id}").text
    install()
    recogniser.answers = [CITIZEN, AGENT]
    fetch(recording)
    assert "未能转写" not in lead.get(f"/calls/{call.id}").text


def test_an_engine_that_fails_is_asked_again(
    recording: int, install: Callable[[], None], recogniser: Recogniser
) -> None:
    install()
    with pytest.raises(asr.EngineError):
        fetch(recording)
    row = session.get_one(Recording, recording)
    assert row.transcript_state is TranscriptState.WAITING_FOR_ENGINE
    assert "没有给出结果" in row.transcript_error
    recogniser.answers = [CITIZEN, AGENT]
    fetch(recording)
    assert session.get_one(Recording, recording).transcript_state is TranscriptState.DONE


def test_while_an_engine_hears_no_other_worker_begins_the_same(
    recording: int, install: Callable[[], None], time: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    install()
    swept = []

    class Slow:
        def transcribe(self, _wav: Path, _language: str) -> list[list[asr.Segment]]:
            time.forward(1800)
            swept.append(sweeps.run())
            return [[], []]

    monkeypatch.setattr(asr, "engine", lambda _settings: Slow())
    fetch(recording)
    assert swept == [0]


@pytest.mark.parametrize("broken", ["lost", "no sound"])
def test_a_file_that_cannot_be_heard_is_told_and_left_alone_for_a_day(
    app: Flask, recording: int, install: Callable[[], None], time: object, broken: str
) -> None:
    fetch(recording)
    row = session.get_one(Recording, recording)
    file = app.config["SETTINGS"].var_dir / "recordings" / row.storage_key
    row.peaks = None
    file.unlink() if broken == "lost" else file.write_bytes(b"RIFF and nothing else")
    install()
    with pytest.raises(archive.Unreadable):
        fetch(recording)
    row = session.get_one(Recording, recording)
    assert "录音文件不在存储中或无法解析" in row.transcript_error and row.error
    time.forward(12 * 3600)
    assert sweeps.run() == 0
    time.forward(13 * 3600)
    assert sweeps.run() == 1


@pytest.mark.parametrize("wrong", ["magic:1", "openai:", "openai:http://x", "faster-whisper"])
def test_an_unknown_engine_stops_the_start_with_its_name(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(SettingInvalid, match="ASR_ENGINE"):
        services.settings("postgresql://", "redis://", tmp_path, ASR_ENGINE=wrong)


def test_an_engine_that_is_not_installed_is_waited_for_and_says_what_to_do(
    app: Flask, recording: int, tmp_path: Path, time: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app.config["SETTINGS"]
    model = tmp_path / "model"
    app.config["SETTINGS"] = replace(settings, asr_engine=f"faster-whisper:{model}")
    monkeypatch.setattr(asr.importlib.util, "find_spec", lambda _name: None)
    fetch(recording)
    row = session.get_one(Recording, recording)
    assert row.transcript_state is TranscriptState.WAITING_FOR_ENGINE
    assert "pip install faster-whisper" in row.transcript_error
    monkeypatch.setattr(asr.importlib.util, "find_spec", lambda _name: object())
    fetch(recording)
    assert f"ASR_ENGINE：{model}" in session.get_one(Recording, recording).transcript_error
    time.forward(3600)
    assert sweeps.run() == 0
    model.mkdir()
    assert sweeps.run() == 1


class Whisper(ModuleType):
    """The library as far as we use it: it loads a folder, or says why not."""

    def __init__(self) -> None:
        super().__init__("faster_whisper")
        self.loaded: list[tuple[str, dict[str, object]]] = []
        self.broken = False

    def WhisperModel(self, path: str, **how: object) -> "Whisper":
        if self.broken:
            raise RuntimeError(f"Unable to open file 'model.bin' in model '{path}'")
        self.loaded.append((path, how))
        return self

    def transcribe(self, wav: str, **_how: object) -> tuple[Iterator[object], None]:
        segment = SimpleNamespace(start=1.0, end=2.0, text=" 路灯坏了 ", avg_logprob=-0.1)
        return iter([segment]), None


def test_a_local_model_is_loaded_once_and_its_errors_are_told(
    app: Flask, recording: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Whisper()
    monkeypatch.setitem(sys.modules, "faster_whisper", library)
    library.__spec__ = ModuleSpec("faster_whisper", None)
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(settings, asr_engine=f"faster-whisper:{tmp_path}")
    library.broken = True
    with pytest.raises(asr.EngineError):
        fetch(recording)
    row = session.get_one(Recording, recording)
    assert row.transcript_state is TranscriptState.WAITING_FOR_ENGINE
    assert "Unable to open file 'model.bin'" in row.transcript_error
    library.broken = False
    fetch(recording)
    ((path, how),) = library.loaded
    assert path == str(tmp_path) and how["local_files_only"] is True
    texts = session.scalars(select(Utterance.text)).all()
    assert texts == ["路灯坏了", "路灯坏了"]


@pytest.fixture
def empty_draft(recording: int, time: object, work: Callable[[], None]) -> Ticket:
    """A call that nobody wrote down, and whose words nobody knew when its draft was made."""
    fetch(recording)
    time.forward(600)
    tickets_sweeps.run()
    work()
    (draft,) = session.scalars(select(Ticket))
    assert draft.completed_at is not None and draft.summary is None
    return draft


@pytest.fixture
def words_come_late(
    empty_draft: Ticket,
    install: Callable[[], None],
    recogniser: Recogniser,
    time: object,
    work: Callable[[], None],
) -> Callable[[], None]:
    def come() -> None:
        install()
        said = "我要投诉，阳明路12号的路灯坏了没人修"
        recogniser.answers = [[{**CITIZEN[0], "text": said}], AGENT]
        time.forward(3600)
        assert sweeps.run() == 1
        work()

    return come


def test_words_that_come_late_complete_the_draft(
    empty_draft: Ticket, words_come_late: Callable[[], None]
) -> None:
    words_come_late()
    assert "路灯" in empty_draft.summary
    assert (empty_draft.kind, empty_draft.address) == ("complaint", "阳明路12号")
    assert empty_draft.origins["address"]["sentence"].startswith("我要投诉")
    assert empty_draft.is_draft


def test_late_words_leave_alone_what_the_agent_typed(
    empty_draft: Ticket, words_come_late: Callable[[], None]
) -> None:
    lifecycle.type_in(empty_draft, Typed(summary="路灯不亮，已核实"))
    words_come_late()
    assert empty_draft.summary == "路灯不亮，已核实"
    assert empty_draft.address == "阳明路12号"


def test_late_words_change_nothing_that_was_submitted(
    empty_draft: Ticket, agent: Seat, place: None, words_come_late: Callable[[], None]
) -> None:
    typed = a_complaint(address="中山路1号")
    lifecycle.submit(empty_draft, by=agent.staff, typed=typed)
    words_come_late()
    assert (empty_draft.address, empty_draft.summary) == ("中山路1号", typed.summary)
