"""A city from a folder of TOML files: lines, districts, units, topics and articles, without people.

Each row is known by its code: what is missing is added, what differs is corrected, and nothing is
taken away.  A file that the folder does not have leaves its rows as they are."""

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from sqlalchemy import select

from infra.clock import now
from infra.db import session
from infra.localtime import local
from models import (
    GENERAL,
    Article,
    ArticleState,
    DeadlinePolicy,
    District,
    Kind,
    Line,
    MissedRule,
    Topic,
    Unit,
    UnitKind,
    Urgency,
)
from models.assignment import DEEPEST
from models.deadlines import LIMIT
from queues import line_settings
from staff import skilled
from tickets import calendar

FILES = ("lines", "city", "topics", "articles", "deadlines")

Code = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,32}$")]
LongCode = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,48}$")]
Name = Annotated[str, Field(min_length=1, max_length=64)]
Text = Annotated[str, Field(min_length=1)]
Short = Annotated[str, Field(max_length=200)]


class LineBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=32)]
    name_en: Name
    rank: int = 0
    priority: Annotated[int, Field(ge=-30, le=60)] = 0
    certified: bool = False
    missed: MissedRule = MissedRule.LIST
    sisters: list[str] = []


class ArticleBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    line: str
    title: Annotated[str, Field(min_length=2, max_length=120)]
    questions: list[Text] = []
    answer: Text
    steps: list[Text] = []
    materials: list[Text] = []
    fee: Short = ""
    time_limit: Short = ""
    unit: str | None = None
    # Where it is written; without it the article is shown as a sample that nobody has checked.
    basis: Annotated[str, Field(min_length=4, max_length=500)] | None = None


CODE = TypeAdapter(Code)
Time = Annotated[str, Field(pattern=LIMIT)]
OptionalTime = Annotated[str, Field(pattern=f"^$|{LIMIT}")]
LONG_CODE = TypeAdapter(LongCode)
NAME = TypeAdapter(Name)
WORDS = TypeAdapter(list[Text])
LINE = TypeAdapter(LineBody)
DISTRICT = TypeAdapter(tuple[Code, Name])
UNIT = TypeAdapter(tuple[Code, Name, str] | tuple[Code, Name, str, str])
SUB_UNIT = TypeAdapter(tuple[Code, Name, str, str])
TOPIC = TypeAdapter(tuple[LongCode, Name, str, str, bool, list[str]])
ARTICLE = TypeAdapter(ArticleBody)

DEADLINE = TypeAdapter(
    tuple[
        Kind | Literal[""],
        Urgency | Literal[""],
        Time,
        OptionalTime,
        Time,
        OptionalTime,
        OptionalTime,
    ]
)


class CityInvalid(Exception):
    """The folder cannot be taken over; the message names the file, the entry and what is wrong."""

    def __init__(self, file: str, entry: object, why: str) -> None:
        super().__init__(f"{file}.toml，条目 {entry}：{why}")


class City:
    """The files of one folder, read and written row by row; raises CityInvalid."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def take_over(self) -> dict[str, int]:
        """How many entries each file had; files that are not there are not named."""
        if not any((self.folder / f"{name}.toml").exists() for name in FILES):
            wanted = "、".join(f"{name}.toml" for name in FILES)
            raise CityInvalid(FILES[0], "—", f"{self.folder} 中没有 {wanted} 中的任何一个")
        lines = self._lines()
        units = self._units(self._districts())
        self._topics(lines, units)
        self._articles(lines, units)
        self._deadlines()
        this_year = local(now()).year
        calendar.seed((this_year, this_year + 1))
        return {name: self._size(name) for name in FILES if self.read(name)}

    def read(self, name: str) -> dict[str, Any]:
        file = self.folder / f"{name}.toml"
        if not file.exists():
            return {}
        try:
            return tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise CityInvalid(name, "—", f"不是有效的 TOML ({error})") from error

    def _size(self, name: str) -> int:
        body = self.read(name)
        if name in ("lines", "articles"):
            return len(body)
        if name == "city":
            units = [*body.get("units", {}).values(), body.get("sub_units", [])]
            return len(body.get("districts", [])) + sum(map(len, units))
        return len(body.get(name, []))

    def _lines(self) -> dict[str, Line]:
        known = {one.code: one for one in session.scalars(select(Line))}
        bodies = self.read("lines")
        for code, raw in bodies.items():
            _checked(CODE, code, "lines", code)
            body = _checked(LINE, raw, "lines", code)
            for sister in body.sisters:
                _find({**known, **bodies}, sister, "lines", code, "专席")
            line = known.setdefault(code, Line(code=code))
            before = {column: getattr(line, column) for column in body.model_fields_set}
            if line.id is not None and "priority" in body.model_fields_set:
                line_settings.weigh(line, body.priority)
            for column in body.model_fields_set:
                setattr(line, column, getattr(body, column))
            session.add(line)
            skilled.record_what_changed(line, before)
        if GENERAL not in known:
            raise CityInvalid("lines", GENERAL, "缺少综合专席：没有它，来电无处可接")
        session.flush()  # skills and topics need the ids
        return known

    def _districts(self) -> dict[str, District]:
        known = {one.code: one for one in session.scalars(select(District))}
        names = {one.name: one.code for one in known.values()}
        for code, name in _rows(DISTRICT, self.read("city").get("districts", []), "city"):
            _insist_own(names, name, code)
            district = known.setdefault(code, District(code=code))
            district.name = name
            session.add(district)
        session.flush()  # units need the ids
        return known

    def _units(self, districts: dict[str, District]) -> dict[str, Unit]:
        known = {one.code: one for one in session.scalars(select(Unit))}
        names = {one.name: one.code for one in known.values()}
        for kind, rows in self.read("city").get("units", {}).items():
            if kind not in set(UnitKind):
                raise CityInvalid("city", f"units.{kind}", f"类别应为 {'、'.join(UnitKind)} 之一")
            for code, name, duties, *district in _rows(UNIT, rows, "city"):
                _insist_own(names, name, code)
                unit = known.setdefault(code, Unit(code=code))
                unit.name, unit.duties, unit.kind = name, duties, UnitKind(kind)
                unit.parent = None
                unit.district_id = (
                    _find(districts, district[0], "city", code, "区县").id if district else None
                )
                session.add(unit)
        self._sub_units(known, names)
        session.flush()  # topics need the ids
        return known

    def _sub_units(self, known: dict[str, Unit], names: dict[str, str]) -> None:
        """Of the kind and in the district of the unit above, which stands before them."""
        city = self.read("city")
        members = {row[0] for rows in city.get("units", {}).values() for row in rows}
        for code, name, above, duties in _rows(SUB_UNIT, city.get("sub_units", []), "city"):
            if code in members:
                raise CityInvalid("city", code, "代码重复")
            _insist_own(names, name, code)
            upper = _find(known, above, "city", code, "上级单位")
            unit = known.setdefault(code, Unit(code=code))
            unit.name, unit.duties, unit.parent = name, duties, upper
            _insist_on_levels(unit)
            unit.kind, unit.district_id = upper.kind, upper.district_id
            session.add(unit)

    def _topics(self, lines: dict[str, Line], units: dict[str, Unit]) -> None:
        known = {one.code: one for one in session.scalars(select(Topic))}
        rows = self.read("topics").get("topics", [])
        for code, name, line, unit, is_local, words in _rows(TOPIC, rows, "topics"):
            topic = known.setdefault(code, Topic(code=code))
            topic.name, topic.local, topic.words = name, is_local, words
            topic.line_id = _find(lines, line, "topics", code, "专席").id
            topic.unit_id = _find(units, unit, "topics", code, "成员单位").id
            session.add(topic)
        for code in self.read("topics").get("market", []):
            _find(known, code, "topics", "market", "事项").market = True
        for code, name in self.read("topics").get("names_en", {}).items():
            topic = _find(known, code, "topics", "names_en", "事项")
            topic.name_en = _checked(NAME, name, "topics", code)
        for code, words in self.read("topics").get("words_en", {}).items():
            topic = _find(known, code, "topics", "words_en", "事项")
            topic.words = [*topic.words, *_checked(WORDS, words, "topics", code)]

    def _deadlines(self) -> None:
        """Policies that are there already may have been edited, and stay as they are."""
        known = {(one.kind, one.urgency) for one in session.scalars(select(DeadlinePolicy))}
        for number, raw in enumerate(self.read("deadlines").get("deadlines", []), start=1):
            row = _checked(DEADLINE, raw, "deadlines", f"第 {number} 条")
            kind, urgency, sign, respond, handle, mobilise, on_site = (one or None for one in row)
            if (kind, urgency) not in known:
                session.add(
                    DeadlinePolicy(
                        kind=kind,
                        urgency=urgency,
                        sign=sign,
                        respond=respond,
                        handle=handle,
                        mobilise=mobilise,
                        on_site=on_site,
                    )
                )

    def _articles(self, lines: dict[str, Line], units: dict[str, Unit]) -> None:
        """Articles that are there already may have been edited, and stay as they are."""
        known = set(session.scalars(select(Article.code)))
        for code, raw in self.read("articles").items():
            _checked(LONG_CODE, code, "articles", code)
            body = _checked(ARTICLE, raw, "articles", code)
            line = _find(lines, body.line, "articles", code, "专席")
            unit = _find(units, body.unit, "articles", code, "成员单位") if body.unit else None
            if code not in known:
                session.add(_article(code, body, line, unit))


def _article(code: str, body: ArticleBody, line: Line, unit: Unit | None) -> Article:
    at = now()
    return Article(
        code=code,
        title=body.title,
        line_id=line.id,
        unit_id=unit.id if unit else None,
        question=" ".join(body.questions),
        answer=body.answer,
        steps="\n".join(body.steps),
        materials="\n".join(body.materials),
        fee=body.fee,
        time_limit=body.time_limit,
        basis=body.basis,
        verified=body.basis is not None,
        state=ArticleState.APPROVED,
        valid_from=at,
        updated_at=at,
    )


def _rows(shape: TypeAdapter[Any], rows: Iterable[Any], file: str) -> Iterator[Any]:
    """Each row in its shape; no code twice."""
    seen = set()
    for number, raw in enumerate(rows, start=1):
        entry = raw[0] if isinstance(raw, list) and raw else f"第 {number} 条"
        row = _checked(shape, raw, file, entry)
        if row[0] in seen:
            raise CityInvalid(file, entry, "代码重复")
        seen.add(row[0])
        yield row


def _checked(shape: TypeAdapter[Any], raw: Any, file: str, entry: object) -> Any:
    try:
        return shape.validate_python(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CityInvalid(file, entry, f"内容不符合要求 ({where} {first['msg']})") from error


def _find(known: dict[str, Any], code: str, file: str, entry: str, what: str) -> Any:
    if code not in known:
        raise CityInvalid(file, entry, f"{what} {code} 不存在")
    return known[code]


def _insist_own(names: dict[str, str], name: str, code: str) -> None:
    """Two bodies of one name could not be told apart on any page."""
    if names.setdefault(name, code) != code:
        raise CityInvalid("city", code, f"名称“{name}”已属于 {names[name]}")


def _insist_on_levels(unit: Unit) -> None:
    """What is handed down ends somewhere, and no unit is below itself."""
    level, upper = 1, unit.parent
    while upper is not None:
        level, upper = level + 1, upper.parent
        if level > DEEPEST:
            raise CityInvalid("city", unit.code, f"下级单位最多到第 {DEEPEST} 级")
