"""Personal data is taken out before anything is learned from or sent away, and can be put back."""

import pytest

from assist.redaction import Redaction, blank


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("电话13812345678", "电话〔电话〕"),
        ("打138 1234 5678给我", "打〔电话〕给我"),
        ("电话138，1234，5678", "电话〔电话〕"),
        ("电话1381、2345、678，不是139-0000-1111", "电话〔电话〕，不是〔电话〕"),
        ("13812345678，13900001111", "〔电话〕，〔电话〕"),
        ("座机0791-88886666", "座机〔电话〕"),
        ("座机0791，8888，6666", "座机〔电话〕"),
        ("身份证360102，19900101，123x", "身份证〔证件〕"),
        ("我叫欧阳小明", "我叫〔姓名〕"),
        ("我姓王，叫王小明。", "我姓王，叫〔姓名〕。"),
        ("身份证36010219900101123X", "身份证〔证件〕"),
        ("卡号6222021234567890123", "卡号〔号码〕"),
        ("一三八零零一三八零零零", "〔号码〕"),
        ("车牌赣A12345挡住了", "车牌〔车牌〕挡住了"),
        ("赣A·D12345的车", "〔车牌〕的车"),
        ("邮箱zhang@example.com", "邮箱〔邮箱〕"),
        ("我叫张小明", "我叫〔姓名〕"),
        ("我是王芳，想问一下", "我是〔姓名〕，想问一下"),
        ("灯还是不亮，我是张小明13870001001", "灯还是不亮，我是〔姓名〕〔电话〕"),
        ("报警人王强13812345678", "报警人〔姓名〕〔电话〕"),
        ("投诉人：欧阳小红称夜里施工", "投诉人：〔姓名〕称夜里施工"),
        ("来电人李敏在阳明路", "来电人〔姓名〕在阳明路"),
        ("找李建国师傅", "找〔姓名〕师傅"),
        ("阳明路12号3栋2单元402室", "阳明路12号3栋〔门牌〕"),
        ("阳光花园3栋1201", "阳光花园3栋〔门牌〕"),
    ],
)
def test_personal_data_is_taken_out(said: str, left: str) -> None:
    assert blank(said) == left
    redaction = Redaction()
    sent = redaction.of(said)
    assert blank(sent) == sent or "1〕" in sent
    assert redaction.undone(sent) == said


@pytest.mark.parametrize(
    "said",
    [
        "我是南昌市民，想咨询公积金提取",
        "投诉人要求书面答复",
        "当事人于昨日离开",
        "八一大道356号的路灯坏了三天",
        "2026年3月1日交了1200元物业费",
        "拨打12345反映三次了",
        "坐203路公交车",
        "欠我1,000,000元，从2025年11月25日到2026年1月1日",
        "老板叫黄牛来拿号，叫方便面",
    ],
)
def test_what_the_matter_needs_stays(said: str) -> None:
    assert blank(said) == said


def test_the_same_number_has_one_name_in_a_call() -> None:
    redaction = Redaction()
    first, second = (
        redaction.of("电话13812345678"),
        redaction.of("就是13812345678，不是13900001111"),
    )
    assert (first, second) == ("电话〔电话1〕", "就是〔电话1〕，不是〔电话2〕")
    assert redaction.undone("回电〔电话2〕，〔电话9〕") == "回电13900001111，〔电话9〕"
