"""From "ready" to the offer in the agent's own stream, while 200 agents have theirs open."""

import json
import re
import threading
import time
from contextlib import ExitStack
from uuid import uuid4

import requests
from sqlalchemy import create_engine, text

from benchmarks import running
from benchmarks.figures import Report, percentile

STREAMS = 200
ROUNDS = 200
GOAL_P99 = 0.100
TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


def run(report: Report) -> None:
    with running.hotline("worker", "clock", "fallback") as hotline, ExitStack() as stack:
        _hire(hotline)
        for number in range(STREAMS - 1):
            other = _sign_in(hotline, f"bench{number}")
            stack.callback(_open_stream(hotline, other, _open_desk(other)).close)
        agent = _sign_in(hotline, "agent1")
        desk = _open_desk(agent)
        stream = _open_stream(hotline, agent, desk)
        stack.callback(stream.close)
        heard = _Ear(stream)
        heard.start()
        times = [_round(hotline, agent, heard, desk, number) for number in range(ROUNDS)]
        bare = [_bare(hotline) for _ in range(ROUNDS)]
        for share, name in ((0.5, "p50"), (0.99, "p99")):
            report.say(
                f"ready_to_offer_{name}_s",
                percentile(times, share),
                "s",
                reference=percentile(bare, share),
                at_most=GOAL_P99 if name == "p99" else None,
            )


def _hire(hotline: running.Running) -> None:
    """Agents of the bench, with the demo people's password."""
    engine = create_engine(hotline.env["DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO staff (login, name, password_hash, roles, must_change_password,"
                " session_epoch, created_at) SELECT 'bench' || n, 'bench' || n, password_hash,"
                " '{agent}', false, 0, now() FROM staff, generate_series(0, :last) n"
                " WHERE login = 'agent1'"
            ),
            {"last": STREAMS - 2},
        )
    engine.dispose()


class _Agent:
    def __init__(self, hotline: running.Running) -> None:
        self.base = hotline.base
        self.http = requests.session()

    def post(self, path: str, body: dict[str, object]) -> requests.Response:
        token = TOKEN.search(self.http.get(self.base + "/password", timeout=5).text)
        headers = {"X-CSRFToken": token[1] if token else "", "Accept": "application/json"}
        return self.http.post(self.base + path, json=body, headers=headers, timeout=5)


class _Ear(threading.Thread):
    """Reads the agent's stream and notes when an offer was heard."""

    def __init__(self, stream: requests.Response) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self.offered = threading.Event()
        self.at = 0.0

    def run(self) -> None:
        try:
            for line in self._stream.iter_lines(chunk_size=1):
                if line == b"event: offered":
                    self.at = time.perf_counter()
                    self.offered.set()
        except (requests.RequestException, AttributeError, ValueError):
            return


def _round(hotline: running.Running, agent: _Agent, ear: _Ear, desk: str, number: int) -> float:
    """A caller waits; the agent becomes ready; how long until his stream says so."""
    _wait_for_him(hotline, number)
    token = TOKEN.search(agent.http.get(agent.base + "/password", timeout=5).text)
    headers = {"X-CSRFToken": token[1] if token else "", "Accept": "application/json"}
    ear.offered.clear()
    began = time.perf_counter()
    body = {"desk": desk, "desired": "ready"}
    answer = agent.http.post(agent.base + "/desk/choose", json=body, headers=headers, timeout=5)
    answer.raise_for_status()
    if not ear.offered.wait(5):
        raise AssertionError(f"no offer was heard: {json.dumps(answer.json())[:200]}")
    return ear.at - began


def _wait_for_him(hotline: running.Running, number: int) -> None:
    """The last round is cleared away, and one caller is in the queue as the webhooks leave him."""
    engine = create_engine(hotline.env["DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE offer SET state = 'withdrawn', ended_at = now() WHERE state = 'ringing';"
                "UPDATE seat SET desired = 'break', activity = 'idle', missed = 0,"
                " lease_until = now() + interval '1 min' WHERE staff_id ="
                " (SELECT id FROM staff WHERE login = 'agent1');"
                "UPDATE place SET left_at = now() WHERE left_at IS NULL;"
                "UPDATE call SET status = 'ended', ended_at = now(), disposition = 'abandoned'"
                " WHERE status <> 'ended'"
            )
        )
        call = connection.scalar(
            text(
                "INSERT INTO call (key, sid, direction, number_masked, language, line_id,"
                " priority, status, started_at, epoch) SELECT gen_random_uuid(), :sid, 'in', '-',"
                " 'zh', id, 0, 'waiting', now(), 0 FROM line WHERE code = 'general' RETURNING id"
            ),
            {"sid": f"CA{number}"},
        )
        connection.execute(
            text(
                "INSERT INTO place (call_id, line_id, language, priority, entered_at, age_from,"
                " heard_at, last_heard_at) SELECT id, line_id, 'zh', 0, now(), now(), now(), now()"
                " FROM call WHERE id = :id"
            ),
            {"id": call},
        )
    engine.dispose()


def _bare(hotline: running.Running) -> float:
    """The reference: the smallest request through the same web process."""
    began = time.perf_counter()
    requests.get(hotline.base + "/healthz", timeout=5).raise_for_status()
    return time.perf_counter() - began


def _sign_in(hotline: running.Running, login: str) -> _Agent:
    agent = _Agent(hotline)
    page = agent.http.get(hotline.base + "/sign-in", timeout=5).text
    token = TOKEN.search(page)
    form = {"login": login, "password": "demo", "csrf_token": token[1] if token else ""}
    agent.http.post(hotline.base + "/sign-in", data=form, timeout=5).raise_for_status()
    return agent


def _open_desk(agent: _Agent) -> str:
    desk = str(uuid4())
    agent.post("/desk/open", {"desk": desk, "take_over": True}).raise_for_status()
    return desk


def _open_stream(hotline: running.Running, agent: _Agent, desk: str) -> requests.Response:
    url = f"http://127.0.0.1:{hotline.port + 1}/live?desk={desk}"
    stream = requests.get(url, cookies=agent.http.cookies, stream=True, timeout=(5, 30))
    stream.raise_for_status()
    return stream
