"""A city of one's own is taken over from files, in production too; mistakes are named."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from infra.db import roll_back, session
from models import Article, District, Line, LineChange, StaffMember, Topic, Unit
from seeds.city import City, CityInvalid
from tickets import reading

LINES = '[general]\nname = "综合"\nname_en = "general"\n'
CITY = 'districts = [["east", "东区"]]\n[units]\nbureau = [["urban", "城管局", "市容"]]\n'
SUB = CITY.replace("[units]", 'sub_units = [["{}", "一大队", "{}", ""]]\n[units]')
DEEP = CITY.replace(
    "[units]",
    'sub_units = [["b", "乙", "urban", ""], ["c", "丙", "b", ""], ["d", "丁", "c", ""]]\n[units]',
)
TOPICS = 'topics = [["light", "路灯", "general", "urban", true, ["路灯"]]]\n'
NANCHANG = Path(__file__).resolve().parents[2] / "seeds" / "nanchang"
ARTICLES = '[hours]\nline = "general"\ntitle = "几点上班"\nanswer = "九点。"\nunit = "urban"\n'


@pytest.fixture
def folder(app, time, tmp_path) -> Path:
    written(tmp_path, lines=LINES, city=CITY, topics=TOPICS, articles=ARTICLES)
    return tmp_path


def written(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")


def count(model) -> int:
    return session.scalar(select(func.count()).select_from(model))


def test_a_fire_has_its_topic_and_its_unit_in_the_demo_city(app, time):
    City(NANCHANG).take_over()
    found = reading.read(["喂，我们楼上起火了，快来人"])
    assert (found["topic"].value, found["unit"].value) == ("fire_safety", "xfjy")
    assert found["unit"].sentence == "喂，我们楼上起火了，快来人"


def test_production_takes_a_city_over_but_no_people(app, folder, monkeypatch):
    settings = replace(app.config["SETTINGS"], env="production")
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    for _ in range(2):
        assert City(folder).take_over() == {"lines": 1, "city": 2, "topics": 1, "articles": 1}
    assert [count(one) for one in (Line, District, Unit, Topic, Article)] == [1] * 5
    assert count(StaffMember) == 0


def test_what_differs_is_corrected_and_an_edited_article_stays(folder):
    City(folder).take_over()
    session.scalars(select(Article)).one().answer = "八点半。"
    written(folder, lines=LINES.replace("综合", "综合服务"))
    City(folder).take_over()
    assert session.scalars(select(Line.name)).one() == "综合服务"
    change = session.scalars(select(LineChange)).one()
    assert (change.before, change.after) == ({"name": "综合"}, {"name": "综合服务"})
    assert session.scalars(select(Article.answer)).one() == "八点半。"


def test_sub_units_stand_under_their_unit_and_may_rise(folder):
    written(folder, city=SUB.format("urban_1", "urban"))
    assert City(folder).take_over()["city"] == 3
    squad = session.scalars(select(Unit).where(Unit.code == "urban_1")).one()
    assert (squad.parent.code, squad.kind) == ("urban", "bureau")
    written(folder, city=CITY.replace('"市容"]', '"市容"], ["urban_1", "一大队", ""]'))
    City(folder).take_over()
    assert squad.parent is None


def test_a_folder_may_bring_one_file_only(folder):
    City(folder).take_over()
    for name in ("lines", "city", "articles"):
        (folder / f"{name}.toml").unlink()
    written(folder, topics=TOPICS.replace('"路灯", "gen', '"路灯不亮", "gen'))
    assert City(folder).take_over() == {"topics": 1}
    assert session.scalars(select(Topic.name)).one() == "路灯不亮"


def test_a_topic_may_have_an_english_name(folder):
    City(folder).take_over()
    topic = session.scalars(select(Topic)).one()
    assert (topic.name_in("en"), topic.name_in("zh")) == ("路灯", "路灯")
    written(folder, topics=TOPICS + '[names_en]\nlight = "Street lights"\n')
    City(folder).take_over()
    assert (topic.name_in("en"), topic.name_in("zh")) == ("Street lights", "路灯")


def test_every_topic_of_the_demo_city_has_an_english_name(app, time):
    City(NANCHANG).take_over()
    assert not session.scalars(select(Topic.name).where(Topic.name_en.is_(None))).all()


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            {"topics": TOPICS + '[names_en]\nlamp = "Lamps"\n'},
            "topics.toml，条目 names_en：事项 lamp",
        ),
        ({"topics": TOPICS.replace("general", "genral")}, "topics.toml，条目 light：专席 genral"),
        ({"topics": TOPICS.replace('"urban"', '"x"')}, "topics.toml，条目 light：成员单位 x"),
        ({"topics": TOPICS.replace("true, ", "")}, "topics.toml，条目 light：内容不符合要求"),
        ({"articles": ARTICLES.replace("九点。", "")}, "articles.toml，条目 hours：内容不符合要求"),
        ({"city": CITY.replace("bureau", "buro")}, "city.toml，条目 units.buro：类别"),
        ({"city": CITY.replace('"市容"', '"市容", "west"')}, "city.toml，条目 urban：区县 west"),
        ({"city": CITY.replace('"urban"', '"Urban"')}, "city.toml，条目 Urban：内容不符合要求"),
        ({"city": SUB.format("urban_1", "none")}, "city.toml，条目 urban_1：上级单位 none"),
        ({"city": SUB.format("urban", "urban")}, "city.toml，条目 urban：代码重复"),
        ({"city": DEEP}, "city.toml，条目 d：下级单位最多到第 3 级"),
        (
            {"city": CITY.replace("]]\n[u", '], ["e2", "东区"]]\n[u')},
            "条目 e2：名称“东区”已属于",
        ),
        ({"lines": LINES.replace("general]", "other]")}, "lines.toml，条目 general：缺少综合专席"),
        ({"lines": LINES + 'sisters = ["x"]\n'}, "lines.toml，条目 general：专席 x"),
        ({"lines": LINES + "speed = 3\n"}, "lines.toml，条目 general：内容不符合要求 (speed"),
        ({"lines": "[general"}, "lines.toml，条目 —：不是有效的 TOML"),
    ],
)
def test_a_mistake_is_refused_with_its_file_and_entry(folder, files, said):
    written(folder, **files)
    with pytest.raises(CityInvalid) as refused:
        City(folder).take_over()
    assert said in str(refused.value)
    roll_back()


def test_an_empty_folder_is_no_city(app, tmp_path):
    with pytest.raises(CityInvalid, match="没有"):
        City(tmp_path).take_over()
