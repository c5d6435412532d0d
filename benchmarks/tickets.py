"""Lists, inboxes and tickets among twelve million: pages through the web process, beside the bare
statements on the same rows.

The rows are made up and written by COPY, each ticket with one assignment and no events; ids run
with the time, units, topics and states are spread unevenly as in a city.  A page counts what a
browser waits for without scripts and styles."""

import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import requests

from benchmarks import running
from benchmarks.figures import Report, percentile

ROWS = 12_000_000
# From here on the past is a year of tickets.
YEAR = timedelta(days=365)
# Of all tickets so many are still in somebody's hands.
OPEN = 0.02
LOOKS = 400
GOAL_S = 0.1
SHARE_AT_WHICH = 0.99
SEED = 12345
LIMITS = '{"sign": "4 wh", "handle": "5 wd"}'
# What the lists by light begin with.
LIT = {
    "red": "next_due_at <= now() ORDER BY next_due_at, id",
    "yellow": "next_near_at <= now() AND next_due_at > now() ORDER BY next_near_at DESC, id DESC",
    "green": "next_near_at > now() ORDER BY next_near_at, id",
}
TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')

STREETS = (
    "阳明路 中山路 八一大道 红谷中大道 洪都北大道 解放西路 丰和南大道 北京东路 上海路 二七南路"
)
ESTATES = (
    "绿地小区 万达星城 恒茂御景 世纪花园 丰源淳和 保利香槟 洪客隆家园 江信国际 莱茵半岛 学府花园"
)
TROUBLES = (
    "路灯不亮 自来水停水 垃圾没人清运 夜间施工噪音 路面塌陷积水 物业不作为 电梯经常故障 油烟扰民"
    " 公积金提取太慢 医保报销被拒 拖欠工资 占道经营 共享单车乱停 井盖缺失 树木倒伏 燃气停气"
    " 暖气不热 学校收费 公交站牌损坏 违章搭建"
)
ENDINGS = "希望尽快处理 请派人查看 已经三天了 多次反映没有结果 影响老人出行 要求书面答复 请告知进展"
# Of every second ticket to every two-hundredth: the newest fill a page.
COMMON = ("路灯", "阳明路", "井盖缺失", "绿地小区", "噪音", "莱茵半岛 电梯", "书面答复", "江信国际")
# Of a few thousand, a few dozen, or none of twelve million: these are for the index to find.
RARE = ("87号绿地小区井盖缺失", "阳明路287号", "丰和南大道38号学府花园", "龙卷风")


def run(report: Report, rows: int = ROWS, kept: Path | None = None) -> None:
    """``kept`` is the folder of a database that stays for another run, which finds its rows."""
    with running.hotline("worker", "clock", "fallback", "live", kept=kept) as hotline:
        database = hotline.env["DATABASE_URL"].replace("+psycopg", "")
        with psycopg.connect(database, autocommit=True) as connection:
            city = _City(connection)
            if not _filled(connection, rows):
                _fill(connection, city, rows)
            browsers = {login: _Browser(hotline.base, login) for login in ("lead1", "unit1")}
            report.say("rows", rows, "tickets")
            _measure(report, "list", _lists(browsers, city), connection)
            _measure(report, "inbox", _inboxes(browsers, city), connection)
            _measure(report, "ticket", _tickets(browsers, connection, rows), connection)


class _Browser:
    """Somebody who has signed in."""

    def __init__(self, base: str, login: str) -> None:
        self._base, self._http = base, requests.Session()
        token = TOKEN.search(self._http.get(base + "/sign-in", timeout=10).text)
        form = {"login": login, "password": "demo", "csrf_token": token[1] if token else ""}
        self._http.post(base + "/sign-in", data=form, timeout=10).raise_for_status()

    def page(self, path: str, asked: dict[str, str | int]) -> Callable[[], None]:
        def look() -> None:
            self._http.get(self._base + path, params=asked, timeout=60).raise_for_status()

        return look


class _City:
    """Ids and codes of what tickets point to, the common ones first; most go to unit1's unit."""

    def __init__(self, connection: psycopg.Connection) -> None:
        own = "id = (SELECT unit_id FROM staff WHERE login = 'unit1') DESC, id"
        units = f"FROM unit WHERE parent_id IS NULL ORDER BY {own}"
        self.units = _column(connection, f"SELECT id {units}")
        self.topics = _column(connection, "SELECT id FROM topic ORDER BY id")
        self.topic_codes = _column(connection, "SELECT code FROM topic ORDER BY id")
        self.districts = _column(connection, "SELECT id FROM district ORDER BY id")
        self.district_codes = _column(connection, "SELECT code FROM district ORDER BY id")
        self.unit_codes = _column(connection, f"SELECT code {units}")


def _column(connection: psycopg.Connection, query: str) -> list[Any]:
    return [row[0] for row in connection.execute(query)]


def _uneven(chance: random.Random, among: list[Any]) -> Any:
    """The first ones come up far more often than the last."""
    return among[int(len(among) * chance.random() ** 2)]


def _filled(connection: psycopg.Connection, rows: int) -> bool:
    """Whether an earlier run has written and indexed them all."""
    mark = connection.execute("SELECT obj_description('ticket'::regclass)").fetchone()
    return mark == (_mark(rows),)


def _mark(rows: int) -> str:
    return f"{rows} tickets of a bench"


def _fill(connection: psycopg.Connection, city: _City, rows: int) -> None:
    # The demo city's own few are in the way, but for one code, which only the city's key can seal.
    sealed = connection.execute("SELECT query_code FROM ticket LIMIT 1").fetchone()
    connection.execute("TRUNCATE ticket CASCADE")
    with _without_indexes(connection, ("ticket", "round", "assignment")):
        now = datetime.now(UTC).replace(microsecond=0)
        _copy(connection, *_TICKET, _ticket_rows(city, rows, now, sealed[0] if sealed else b""))
        connection.execute(
            "INSERT INTO round (id, ticket_id, number, opened_at, because)"
            " SELECT id, id, 1, submitted_at, '' FROM ticket"
        )
        _copy(connection, *_ASSIGNMENT, _assignment_rows(city, rows, now))
    connection.execute("VACUUM ANALYZE ticket, round, assignment")
    connection.execute(f"COMMENT ON TABLE ticket IS '{_mark(rows)}'")


_TICKET = (
    "ticket",
    "id number query_code query_code_hash channel kind topic_id district_id summary demand unit_id"
    " urgency confidential minor needs_reply state created_at submitted_at due_at dispatched_at"
    " closed_at sensitive returns head_seq head_hash origins",
)
_ASSIGNMENT = (
    "assignment",
    "id ticket_id round_id unit_id part level state advice forced dispatched_at sign_due_at"
    " due_at_original due_at nearly_at late limits signed_at replied_at accepted_at ended_at",
)


def _story(n: int, rows: int, now: datetime) -> tuple[random.Random, datetime, bool]:
    """What ticket and assignment of a number share: chance, begin, and whether it is still open.

    What is open lies among the newest."""
    chance = random.Random(SEED * 1_000_003 + n)
    began = now - YEAR + YEAR * (n / rows)
    return chance, began, n > rows * (1 - 2 * OPEN) and chance.random() < 0.5


def _ticket_rows(
    city: _City, rows: int, now: datetime, code: bytes
) -> Iterator[tuple[object, ...]]:
    streets, estates = STREETS.split(), ESTATES.split()
    troubles, endings = TROUBLES.split(), ENDINGS.split()
    for n in range(1, rows + 1):
        chance, began, still = _story(n, rows, now)
        unit = _uneven(chance, city.units)
        where = f"{chance.choice(streets)}{chance.randrange(1, 400)}号{chance.choice(estates)}"
        trouble = chance.choice(troubles)
        state = ("processing" if chance.random() < 0.7 else "dispatched") if still else "archived"
        yield (
            n, f"{began:%Y%m%d}-{n:08d}", code, "-", "phone",
            "complaint" if chance.random() < 0.4 else "help",
            _uneven(chance, city.topics), _uneven(chance, city.districts),
            f"{where}{trouble}", f"{trouble}，{chance.choice(endings)}", unit,
            "normal", False, False, True, state, began, began, began + timedelta(days=7), began,
            None if still else began + timedelta(days=4), 0, 0, 0, "", "{}",
        )  # fmt: skip


def _assignment_rows(city: _City, rows: int, now: datetime) -> Iterator[tuple[object, ...]]:
    for n in range(1, rows + 1):
        chance, began, still = _story(n, rows, now)
        unit = _uneven(chance, city.units)
        due, done = began + timedelta(days=7), began + timedelta(days=3)
        state = ("signed" if chance.random() < 0.7 else "pending_sign") if still else "accepted"
        ended = None if still else done
        signed = None if state == "pending_sign" else began
        yield (
            n, n, n, unit, "lead", 1, state, "", False, began, began + timedelta(hours=4), due, due,
            due - timedelta(days=1), "{}", LIMITS, signed, ended, ended, ended,
        )  # fmt: skip


def _copy(
    connection: psycopg.Connection, table: str, columns: str, rows: Iterator[tuple[object, ...]]
) -> None:
    listed = ", ".join(columns.split())
    with connection.cursor().copy(f"COPY {table} ({listed}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


@contextmanager
def _without_indexes(connection: psycopg.Connection, tables: tuple[str, ...]) -> Iterator[None]:
    """Rows are written first and indexed afterwards: one by one would take hours."""
    kept = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s)"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint)",
        [list(tables)],
    ).fetchall()
    connection.execute("SET session_replication_role = replica")
    for name, _definition in kept:
        connection.execute(f'DROP INDEX "{name}"')
    yield
    connection.execute("SET session_replication_role = DEFAULT")
    connection.execute("SET maintenance_work_mem = '1GB'")
    for _name, definition in kept:
        connection.execute(definition)


Look = tuple[Callable[[], None], str, list[Any]]


def _lists(browsers: dict[str, _Browser], city: _City) -> Iterator[Look]:
    """A lead's list as it is used: the newest, narrowed, searched, and turned to older pages."""
    chance = random.Random(SEED)
    while True:
        asked: dict[str, str | int] = {}
        where, values = ["TRUE"], []
        match chance.randrange(8):
            case 1:
                asked["state"] = chance.choice(["processing", "dispatched", "archived"])
                where, values = ["state = %s"], [asked["state"]]
            case 2:
                one = int(chance.random() ** 2 * len(city.topics))
                asked["topic"] = city.topic_codes[one]
                where, values = ["topic_id = %s"], [city.topics[one]]
            case 3:
                one = int(chance.random() ** 2 * len(city.units))
                asked["unit"] = city.unit_codes[one]
                where, values = ["unit_id = %s"], [city.units[one]]
            case 4:
                asked["words"] = words = chance.choice(COMMON)
                where, values = _holding(words)
                # Among millions the index would give a tenth of them, to be sorted.
                where.append("id > (SELECT max(id) FROM ticket) - 20000")
            case 5:
                asked["words"] = words = chance.choice(RARE)
                where, values = _holding(words)
            case 6:
                asked["before"] = chance.randrange(1_000, 10_000)
                where, values = ["id < %s"], [asked["before"]]
            case 7:
                asked["light"] = light = chance.choice(list(LIT))
                where = [f"id IN (SELECT ticket_id FROM assignment WHERE {LIT[light]} LIMIT 31)"]
        yield (
            browsers["lead1"].page("/tickets", asked),
            f"SELECT * FROM ticket WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT 31",
            values,
        )


def _holding(words: str) -> tuple[list[str], list[Any]]:
    where, values = [], []
    for word in words.split():
        where.append(
            "word_pairs(summary, demand) @> word_pairs(%s)"
            " AND (summary ILIKE %s OR demand ILIKE %s)"
        )
        values += [word, f"%{word}%", f"%{word}%"]
    return where, values


def _inboxes(browsers: dict[str, _Browser], city: _City) -> Iterator[Look]:
    chance = random.Random(SEED)
    while True:
        light = chance.choice(["", "red", "yellow", "green"])
        yield (
            browsers["unit1"].page("/inbox", {"light": light} if light else {}),
            "SELECT a.*, t.* FROM assignment a JOIN ticket t ON t.id = a.ticket_id"
            " WHERE a.unit_id = %s AND a.ended_at IS NULL ORDER BY a.next_due_at, a.id LIMIT 31",
            [city.units[0]],
        )


def _tickets(
    browsers: dict[str, _Browser], connection: psycopg.Connection, rows: int
) -> Iterator[Look]:
    chance = random.Random(SEED)
    while True:
        found = connection.execute(
            "SELECT number FROM ticket WHERE id = %s", [chance.randrange(1, rows + 1)]
        ).fetchone()
        number = found[0] if found else ""
        yield (
            browsers["lead1"].page(f"/tickets/{number}", {}),
            "SELECT t.*, a.* FROM ticket t JOIN assignment a ON a.ticket_id = t.id"
            " WHERE t.number = %s",
            [number],
        )


def _measure(
    report: Report, name: str, looks: Iterator[Look], connection: psycopg.Connection
) -> None:
    """Page and bare statement by turns, so that both find the same caches; then the plans."""
    pages: list[float] = []
    bare: list[float] = []
    whole_reads = 0
    for n in range(LOOKS):
        page, statement, values = next(looks)
        began = time.perf_counter()
        page()
        pages.append(time.perf_counter() - began)
        began = time.perf_counter()
        connection.execute(statement, values).fetchall()
        bare.append(time.perf_counter() - began)
        if n < LOOKS // 8:
            plan = connection.execute(f"EXPLAIN {statement}", values).fetchall()
            whole_reads += any("Seq Scan on" in row[0] for row in plan)
    report.say(f"{name}_p50_s", percentile(pages, 0.5), "s", reference=percentile(bare, 0.5))
    report.say(
        f"{name}_p99_s",
        percentile(pages, SHARE_AT_WHICH),
        "s",
        reference=percentile(bare, SHARE_AT_WHICH),
        at_most=GOAL_S,
    )
    report.say(f"{name}_tables_read_whole", whole_reads, "plans", at_most=0)
