"""The article that answers is shown; without it none, and not one about something else."""

import pytest
from sqlalchemy import select

from assist import matter, search
from infra.db import session
from models import Article, ArticleState
from seeds import plant

ANSWERED = [
    ("公积金怎么提取", "公积金提取"),
    ("单位两年没给我交公积金", "单位不缴公积金"),
    ("我从上海回来公积金想转到南昌", "公积金异地转移"),
    ("生育津贴怎么领", "生育津贴申领"),
    ("怎么注册公司", "开办企业怎么办"),
    ("小区消防通道被车占了", "车辆占用消防通道"),
    ("孩子在学校被同学打", "孩子遭遇校园欺凌"),
    ("人才公寓怎么申请", "人才公寓申请"),
    ("大学生落户要什么手续", "人才落户"),
    ("我想把户口迁到南昌来需要什么条件", "人才落户"),
    ("毕业以后我的档案在哪里", "个人档案存放"),
    ("旅行社说好的行程取消了团费不退给我", "旅行社退团退费"),
    ("老板拖欠工资不给", "拖欠工资"),
    ("小区电梯坏了半个月物业不管", "物业服务投诉"),
    ("我上个星期打过电话反映问题想查一下进度", "查询工单办理进度"),
    ("How do I withdraw my housing fund?", "公积金提取"),
    ("I want to complain about the construction noise at night", "夜间施工噪声"),
    ("The street light is broken, please send somebody to repair it", "路灯不亮"),
    ("My boss has not paid my wages", "拖欠工资"),
    ("Can I use my medical insurance in another city?", "异地就医备案"),
]


@pytest.fixture
def city_knows(app, time):
    plant.plant()


def titles(said: str) -> list[str]:
    return [one.title for one in search.find(matter.of(said))]


@pytest.mark.parametrize(("said", "title"), ANSWERED, ids=[one[0] for one in ANSWERED])
def test_without_the_article_that_answers_nothing_else_is_shown(city_knows, said, title):
    assert titles(said)[0].startswith(title)
    for one in session.scalars(select(Article).where(Article.title.startswith(title))):
        one.move_to(ArticleState.EXPIRED)
    session.flush()
    assert titles(said) == []


@pytest.mark.parametrize(
    "said",
    [
        "身份证丢了怎么补办",
        "我要举报餐馆用过期食品",
        "健身房跑路了卡里的钱退不了",
        "出租车司机绕路",
        "公租房怎么申请",
        "医院医生态度太差",
        "工伤怎么认定",
        "我家孩子想转学到市区",
        "There is a pothole in the road",
        "Can you send somebody to help me, please?",
        "My parcel was lost",
    ],
)
def test_what_no_article_is_about_shows_none(city_knows, said):
    assert titles(said) == []
