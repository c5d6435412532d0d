"""A language model behind a real endpoint helps with drafts; nothing of it is simply believed."""

import json
import subprocess
import sys
import threading
import time as real_time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from assist import llm
from config import SettingInvalid, SettingMissing
from infra.clock import now
from infra.db import session
from models import (
    Call,
    Kind,
    ModelUse,
    Party,
    StaffMember,
    Ticket,
    TicketEvent,
    Topic,
    UseOutcome,
    Utterance,
)
from tests import services
from tests.places import a_line
from tests.tickets.conftest import a_complaint
from tickets import lifecycle, sweeps
from tickets.fields import Typed
from tickets.jobs import complete_from_call, write_draft

SAID = (
    "你好我叫张小明",
    "阳明路12号门口每天黑漆漆的看不见路",
    "已经三天了，麻烦尽快来处理，我的电话13812345678",
)
SUMMARY = "市民反映阳明路12号门口照明缺失已三天，要求尽快处理，联系电话〔电话2〕。"


def answer(summary: str = SUMMARY, *fields: tuple[str, str, int], **other: object) -> str:
    body = {
        "summary": summary,
        "summary_from": 2,
        "fields": [{"field": f, "value": v, "sentence": n} for f, v, n in fields],
        **other,
    }
    return json.dumps(body, ensure_ascii=False)


@dataclass
class Model:
    """A server with OpenAI's interface that gives prepared answers and keeps what it was asked."""

    answers: list[object] = field(default_factory=list)
    asked: list[dict[str, object]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    url: str = ""
    while_thinking: Callable[[], None] = lambda: None

    def reply(self, handler: BaseHTTPRequestHandler) -> None:
        self.keys.append(handler.headers["Authorization"])
        self.asked.append(json.loads(handler.rfile.read(int(handler.headers["Content-Length"]))))
        self.while_thinking()
        given = self.answers.pop(0)
        status, body = given if isinstance(given, tuple) else (200, self._whole(given))
        sent = json.dumps(body).encode() if not isinstance(body, bytes) else body
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(sent)))
        handler.end_headers()
        handler.wfile.write(sent)

    @staticmethod
    def _whole(content: object, **other: object) -> dict[str, object]:
        message = {"role": "assistant", "content": content, **other}
        return {
            "id": "1",
            "object": "chat.completion",
            "created": 1,
            "model": "city-model",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
        }

    def refuses(self) -> None:
        self.answers.append((200, self._whole(None, refusal="我不能处理这个请求")))


@pytest.fixture
def model(app: Flask) -> Iterator[Model]:
    made, settings = Model(), app.config["SETTINGS"]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.reply(self)

        def log_message(self, *_ignored: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    app.config["SETTINGS"] = replace(
        settings, llm_base_url=made.url, llm_api_key="a-key", llm_model="city-model"
    )
    yield made
    app.config["SETTINGS"] = settings
    server.shutdown()
    server.server_close()


@pytest.fixture
def told(a_call: Call, place: None) -> Call:
    for number, words in enumerate(SAID, start=1):
        says(a_call, words, number)
    return a_call


def says(call: Call, words: str, number: int) -> None:
    session.add(
        Utterance(
            call_id=call.id,
            party=Party.CITIZEN,
            transcription="GT1",
            sequence=number,
            at=now(),
            text=words,
        )
    )
    session.flush()


def draft() -> Ticket:
    session.expire_all()
    return session.scalars(select(Ticket)).one()


def use() -> ModelUse:
    session.expire_all()
    return session.scalars(select(ModelUse).order_by(ModelUse.id.desc())).first()


@pytest.fixture
def finished(told: Call, work: Callable[[], None]) -> Callable[[], Ticket]:
    """The call is over and workers do what there is to do."""

    def done() -> Ticket:
        complete_from_call(told.id)
        work()
        return draft()

    return done


def test_the_model_writes_what_the_rules_could_not(
    finished: Callable[[], Ticket], model: Model
) -> None:
    model.answers = [
        answer(SUMMARY, ("topic", "street_light", 2), ("unit", "urban", 2), ("kind", "help", 3))
    ]
    ticket = finished()
    assert ticket.summary == SUMMARY.replace("〔电话2〕", "13812345678")
    assert (ticket.topic.code, ticket.unit.code, ticket.kind) == ("street_light", "urban", "help")
    assert ticket.address == "阳明路12号"  # the rules had it, and keep it
    assert ticket.origins["topic"] == {"by": "software", "sentence": SAID[1], "confidence": 0.5}
    assert ticket.is_draft
    kept = use()
    assert (kept.outcome, kept.model, kept.tokens) == (UseOutcome.TAKEN, "city-model", 120)
    assert kept.prompt.startswith("draft-") and kept.heard == 3
    assert kept.detail["dropped"] == []
    events = session.scalars(select(TicketEvent.name)).all()
    assert "completed_by_model" in events


def test_no_personal_data_leaves_the_house(finished: Callable[[], Ticket], model: Model) -> None:
    model.answers = [answer()]
    finished()
    (asked,) = model.asked
    sent = json.dumps(asked, ensure_ascii=False)
    assert "13812345678" not in sent and "张小明" not in sent
    assert "〔姓名1〕" in sent and "〔电话2〕" in sent
    assert "street_light 路灯" in sent and "urban 城管局" in sent
    assert asked["response_format"] == {"type": "json_object"}
    assert model.keys == ["Bearer a-key"]


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        (("topic", "no_such_topic", 2), "not a topic of the city"),
        (("unit", "no_such_unit", 2), "not a unit of the city"),
        (("district", "东湖区", 2), "a name is not a code"),
        (("kind", "petition", 2), "not a kind"),
        (("topic", "street_light", 9), "no such sentence"),
        (("topic", "street_light", 0), "no such sentence"),
    ],
)
def test_what_does_not_stand_the_checks_is_dropped(
    finished: Callable[[], Ticket], model: Model, claim: tuple[str, str, int], why: str
) -> None:
    model.answers = [answer(SUMMARY, claim)]
    ticket = finished()
    assert claim[0] not in ticket.origins, why
    assert use().detail["dropped"] == [claim[0]]
    assert ticket.summary.startswith("市民反映")


def test_a_place_stands_literally_in_the_sentence_that_is_named(told: Call, model: Model) -> None:
    says(told, "就在老纺织厂宿舍后面", 4)
    complete_from_call(told.id)
    ticket = draft()
    ticket.address, ticket.origins = None, {}
    model.answers = [answer(SUMMARY, ("address", "老纺织厂宿舍", 2))]
    write_draft(told.id)
    assert draft().address is None
    says(told, "嗯对", 5)
    model.answers = [answer(SUMMARY, ("address", "老纺织厂宿舍后面", 4))]
    write_draft(told.id)
    assert draft().address == "老纺织厂宿舍后面"


@pytest.mark.parametrize(
    "summary",
    ["市民反映阳明路12号门口照明缺失已30天。", "市民反映照明缺失，请回电〔电话7〕。"],
    ids=["a number that nobody said", "a code that was never given"],
)
def test_an_invented_summary_is_dropped(
    finished: Callable[[], Ticket], model: Model, summary: str
) -> None:
    model.answers = [answer(summary)]
    assert finished().summary.startswith("阳明路12号")
    assert use().outcome is UseOutcome.NONSENSE


@pytest.mark.parametrize(
    "nonsense",
    [
        "好的，这是整理后的工单：……",
        "```json\n{}\n```",
        "{}",
        "[]",
        "",
        None,
        answer(extra="field"),
        answer(summary_from="2"),
        answer("短"),
        answer(SUMMARY, ("phone", "13812345678", 3)),
    ],
)
def test_nonsense_leaves_the_draft_of_the_rules(
    finished: Callable[[], Ticket], model: Model, nonsense: str | None
) -> None:
    model.answers = [nonsense]
    ticket = finished()
    assert ticket.summary.startswith("阳明路12号") and ticket.address == "阳明路12号"
    assert use().outcome is UseOutcome.NONSENSE
    assert len(model.asked) == 1


@pytest.mark.parametrize("status", [None, 400, 403])
def test_a_refusal_is_kept_and_not_asked_again(
    told: Call, model: Model, status: int | None
) -> None:
    if status is None:
        model.refuses()
    else:
        model.answers = [(status, {"error": {"message": "no"}})]
    complete_from_call(told.id)
    write_draft(told.id)
    write_draft(told.id)
    assert use().outcome is UseOutcome.REFUSED
    assert draft().summary.startswith("阳明路12号")
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        (500, {}),
        (429, {"error": {"message": "slow down"}}),
        (200, {"choices": []}),
        (200, b"<html>"),
    ],
    ids=["500", "429", "no choice", "not json"],
)
def test_a_model_that_is_away_is_asked_again(
    told: Call, model: Model, trouble: tuple[int, object]
) -> None:
    complete_from_call(told.id)
    model.answers = [trouble, answer()]
    with pytest.raises(llm.NoAnswer):
        write_draft(told.id)
    assert (use().outcome, draft().summary[:3]) == (UseOutcome.AWAY, "阳明路")
    write_draft(told.id)
    assert (use().outcome, use().attempts) == (UseOutcome.TAKEN, 2)
    assert draft().summary.startswith("市民反映")


def test_a_model_that_thinks_too_long_is_away(
    told: Call, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llm, "TIMEOUT_S", 0.3)
    complete_from_call(told.id)
    model.while_thinking = lambda: real_time.sleep(1)
    model.answers = [answer()]
    with pytest.raises(llm.NoAnswer, match="APITimeoutError"):
        write_draft(told.id)
    assert use().outcome is UseOutcome.AWAY


def test_no_transaction_is_open_while_the_model_thinks(
    app: Flask, told: Call, model: Model
) -> None:
    """A slow model must not hold a connection, nor the draft that an agent types into."""
    complete_from_call(told.id)
    out = []
    model.while_thinking = lambda: out.append(app.extensions["engine"].pool.checkedout())
    model.answers = [answer()]
    write_draft(told.id)
    assert out == [0]


def test_what_an_agent_typed_is_never_overwritten(told: Call, model: Model) -> None:
    complete_from_call(told.id)
    lifecycle.type_in(draft(), Typed(summary="门口照明缺失", kind=Kind.HELP))
    model.answers = [answer(SUMMARY, ("kind", "complaint", 2), ("topic", "street_light", 2))]
    write_draft(told.id)
    ticket = draft()
    assert (ticket.summary, ticket.kind) == ("门口照明缺失", Kind.HELP)
    assert ticket.topic.code == "street_light"


def test_a_draft_that_is_submitted_meanwhile_is_left_alone(
    told: Call, model: Model, wang: StaffMember
) -> None:
    complete_from_call(told.id)
    model.answers = [answer(), answer()]
    write_draft(told.id)
    says(told, "谢谢", 4)
    lifecycle.submit(draft(), by=wang, typed=a_complaint())
    write_draft(told.id)
    assert draft().summary == "楼下路灯坏了三天"
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    "reason", ["confidential", "certified line", "report", "a minor's topic", "a minor"]
)
def test_some_calls_are_sent_to_nobody(told: Call, model: Model, reason: str) -> None:
    if reason == "certified line":
        told.line_id = a_line("minors", certified=True).id
    if reason == "a minor":
        told.person.minor = True
    complete_from_call(told.id)
    if reason == "a minor's topic":
        ticket, topic = draft(), session.scalars(select(Topic)).one()
        ticket.topic, topic.line = topic, a_line("minors", certified=True)
    if reason == "confidential":
        draft().confidential = True
    if reason == "report":
        draft().kind = Kind.REPORT
    write_draft(told.id)
    assert model.asked == []
    assert use().outcome is UseOutcome.WITHHELD


def test_nothing_is_called_without_settings(told: Call, work: Callable[[], None]) -> None:
    complete_from_call(told.id)
    work()
    write_draft(told.id)
    assert session.scalars(select(ModelUse)).all() == []


def test_the_same_words_are_asked_about_once(told: Call, model: Model) -> None:
    complete_from_call(told.id)
    model.answers = [answer(), answer()]
    write_draft(told.id)
    write_draft(told.id)
    assert len(model.asked) == 1
    says(told, "还有一句", 4)
    write_draft(told.id)
    assert len(model.asked) == 2


def test_rules_that_read_again_leave_what_the_model_wrote(
    finished: Callable[[], Ticket], model: Model
) -> None:
    """A job may run twice: the model is not asked a second time about the same words."""
    model.answers = [answer()]
    finished()
    assert finished().summary.startswith("市民反映")


def test_the_sweep_asks_for_what_was_lost(
    told: Call, model: Model, app: Flask, time: object, work: Callable[[], None]
) -> None:
    """tickets.jobs.write_draft"""
    complete_from_call(told.id)
    app.extensions["redis"].flushdb()
    time.forward(900)
    model.answers = [answer()]
    sweeps.run()
    work()
    sweeps.run()
    work()
    assert draft().summary.startswith("市民反映")
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"LLM_BASE_URL": "api.example.com", "LLM_MODEL": "m"}, SettingInvalid),
        ({"LLM_BASE_URL": "https://api.example.com"}, SettingMissing),
    ],
)
def test_half_a_setting_stops_the_start(
    given: dict[str, str], error: type[Exception], tmp_path: Path
) -> None:
    with pytest.raises(error, match="LLM_"):
        services.settings("postgresql+psycopg://x", "redis://x", tmp_path, **given)


def test_only_who_asks_loads_the_library() -> None:
    """The library of the model, and the one that learns, would weigh in every web process."""
    check = (
        "import sys, app, clock, worker;"
        "sys.exit(', '.join({'openai', 'sklearn'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-300:]
