"""Long selects: in groups, in the order of their pinyin."""

from models import Line, Topic, Unit, UnitKind
from web import choices


def test_units_stand_by_kind_and_in_the_order_of_their_pinyin(app) -> None:
    units = [
        Unit(name="市卫健委", kind=UnitKind.BUREAU),
        Unit(name="供电公司", kind=UnitKind.ENTERPRISE),
        Unit(name="市城管局", kind=UnitKind.BUREAU),
        Unit(name="省热线", kind=UnitKind.PLATFORM),
        Unit(name="东湖区", kind=UnitKind.DISTRICT),
    ]
    with app.test_request_context():
        found = choices.units_in_groups(units)
    assert [(group, [one.name for one in some]) for group, some in found] == [
        ("县区", ["东湖区"]),
        ("市直部门", ["市城管局", "市卫健委"]),
        ("公用企业", ["供电公司"]),
        ("其他平台", ["省热线"]),
    ]


def test_topics_stand_under_their_lines(app) -> None:
    fund = Line(code="fund", name="公积金", name_en="fund", rank=1)
    general = Line(code="general", name="综合", name_en="general", rank=2)
    topics = [
        Topic(name="燃气"),
        Topic(name="路灯", line=general),
        Topic(name="公积金提取", line=fund),
        Topic(name="供水", line=general),
    ]
    with app.test_request_context():
        found = choices.topics_in_groups(topics)
    assert [(group, [one.name for one in some]) for group, some in found] == [
        ("公积金", ["公积金提取"]),
        ("综合", ["供水", "路灯"]),
        ("其他", ["燃气"]),
    ]
