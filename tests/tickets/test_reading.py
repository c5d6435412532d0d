"""Fields are read out of plain sentences, each with the sentence that says so."""

import pytest
from flask import Flask
from sqlalchemy import select

from infra.db import session
from models import District, Line, Topic, Unit, UnitKind
from seeds.city import City
from seeds.plant import FOLDER
from tickets import reading


@pytest.fixture
def city_words(place: None) -> None:
    session.add_all(
        [
            District(code="xihu", name="西湖区"),
            District(code="honggutan", name="红谷滩区"),
            Topic(code="fund_withdrawal", name="公积金提取", words=["公积金", "提取"]),
        ]
    )
    session.flush()


def test_a_complaint_fills_its_form(city_words: None) -> None:
    found = reading.read(["你好", "我要投诉", "我在西湖区，不对，东湖区", "阳明路12号的路灯不亮"])
    values = {field: one.value for field, one in found.items()}
    assert values["kind"] == "complaint"
    assert values["topic"] == "street_light"
    assert values["unit"] == "urban"
    assert values["address"] == "阳明路12号"
    assert "路灯" in values["summary"]
    assert found["topic"].sentence == "阳明路12号的路灯不亮"


def test_the_district_named_last_counts(city_words: None) -> None:
    found = reading.read(["在西湖区", "说错了，是东湖区"])
    assert found["district"].value == "donghu"


def test_a_question_is_a_question(city_words: None) -> None:
    found = reading.read(["请问公积金怎么提取"])
    assert (found["kind"].value, found["topic"].value) == ("consult", "fund_withdrawal")
    assert "address" not in found


@pytest.mark.parametrize(
    "aside",
    [
        "另外问一下，公积金怎么提取",
        "希望尽快修好，另外问一下，公积金怎么提取",
        "对了我还想咨询一下公积金怎么提取",
    ],
)
def test_a_question_beside_his_matter_is_not_his_matter(city_words: None, aside: str) -> None:
    found = reading.read(["阳明路12号的路灯不亮，我要投诉", aside])
    assert (found["topic"].value, found["unit"].value) == ("street_light", "urban")
    assert found["kind"].value == "complaint"
    assert "公积金" not in (found["demand"].value if "demand" in found else "")


def test_what_he_asks_first_is_his_matter(city_words: None) -> None:
    found = reading.read(["你好", "我再问一下公积金怎么提取"])
    assert found["topic"].value == "fund_withdrawal"


def test_danger_is_known_by_the_citys_words_whatever_was_learned(
    city_words: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    brigade = Unit(code="fire", name="消防救援支队", kind=UnitKind.BUREAU)
    session.add_all([brigade, Topic(code="fire", name="消防安全", unit=brigade, words=["起火"])])
    session.flush()
    monkeypatch.setattr(reading.known, "of", lambda _: Unsure())
    found = reading.read(["你好", "楼上起火了", "路灯那边"])
    assert (found["topic"].value, found["unit"].value) == ("fire", "fire")
    assert found["unit"].sentence == "楼上起火了"


class Unsure:
    """Has learned too little of it."""

    def guess(self, own: list[str]) -> None:
        return None


@pytest.mark.parametrize("said", [[], ["你好"], ["喂", "嗯"]])
def test_what_is_unsure_is_absent(city_words: None, said: list[str]) -> None:
    assert reading.read(said) == {}


@pytest.mark.parametrize(
    ("sentence", "address"),
    [
        ("我住在八一大道356号", "八一大道356号"),
        ("就是阳光花园3栋楼下", "阳光花园3栋"),
        ("阳明路12号绿地小区3栋", "阳明路12号绿地小区3栋"),
        ("阳明路12号绿地3栋二单元漏水", "阳明路12号绿地3栋二单元"),
        ("阳明路12号，绿地小区3栋的电梯坏了", "阳明路12号绿地小区3栋"),
        ("阳明路12号对面的绿地小区3栋", "阳明路12号对面的绿地小区3栋"),
        ("阳明路12号洪客隆超市门口占道", "阳明路12号洪客隆超市门口"),
        ("在阳明路12号省中医院旁边", "阳明路12号省中医院旁边"),
        ("阳明路12号，我们小区停电了", "阳明路12号"),
        ("阳明路12号昨天超市着火", "阳明路12号"),
        ("阳明路12号附近路灯不亮", "阳明路12号"),
        ("家里没有水", None),
    ],
)
def test_places_are_found_in_sentences(
    city_words: None, sentence: str, address: str | None
) -> None:
    found = reading.read([sentence])
    assert (found["address"].value if "address" in found else None) == address


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("我不是要投诉，请问一下怎么办", "consult"),
        ("我不投诉了", None),
        ("我要投诉物业不作为", "complaint"),
        ("没人来修，路灯坏了", "help"),
    ],
)
def test_a_denied_word_is_not_what_is_wanted(city_words: None, said: str, kind: str | None) -> None:
    found = reading.read([said])
    assert (found["kind"].value if "kind" in found else None) == kind


UTTERANCES: list[tuple[list[str], dict[str, str | None]]] = [
    (
        ["我要投诉，绿地小区的物业一个月了都没处理，希望尽快派人来修", "我姓李，谢谢"],
        {
            "kind": "complaint",
            "address": "绿地小区",
            "demand": "尽快派人来修",
            "citizen_name": "李",
            "summary": "绿地小区的物业一个月了都没处理，希望尽快派人来修",
        },
    ),
    (
        ["你好", "红谷滩区红谷中大道有个大坑", "上个月就反映过了，到现在也没人处理"],
        {
            "kind": "complaint",
            "district": "honggutan",
            "address": "红谷滩区红谷中大道",
            "summary": "红谷滩区红谷中大道有个大坑，上个月就反映过了，到现在也没人处理",
        },
    ),
    (["我想问一下"], {"kind": None, "demand": None, "summary": None}),
    (
        ["我想问一下这个事情", "我们小区的物业不修电梯，我都爬了一个星期了"],
        {"kind": "complaint", "demand": None},
    ),
    (
        ["我想问一下，你们能不能管管物业", "物业一直不肯修电梯"],
        {"kind": "complaint", "demand": "管管物业"},
    ),
    (["请问一下能不能帮我", "楼下烧烤店每天晚上吵到两点"], {"kind": "complaint", "demand": None}),
    (["我就想要咨询一下公积金的事"], {"kind": "consult", "demand": None}),
    (["物业不修电梯"], {"kind": "complaint"}),
    (["请问社区不管停车收费吗"], {"kind": "consult"}),
    (["楼上起火了，全是烟"], {"kind": "help", "urgency": "urgent"}),
    (["我打了三次电话了，你们都没有回复"], {"kind": "complaint", "demand": None}),
    (["我家停水两天了"], {"kind": "help", "summary": "我家停水两天了", "address": None}),
    (
        ["八一大道356号路灯不亮", "麻烦你们尽快修一下，谢谢"],
        {"kind": "help", "address": "八一大道356号", "demand": "尽快修一下"},
    ),
    (["请问公积金怎么提取"], {"kind": "consult", "summary": "公积金怎么提取", "demand": None}),
    (["公积金能不能提取"], {"demand": None}),
    (
        ["我叫王建国，住在阳明路12号", "楼上漏水，要求物业赔偿"],
        {
            "citizen_name": "王建国",
            "address": "阳明路12号",
            "demand": "物业赔偿",
            "summary": "住在阳明路12号，楼上漏水，要求物业赔偿",
        },
    ),
    (["免贵姓欧阳"], {"citizen_name": "欧阳", "summary": None}),
    (["我姓王", "王小明，我叫王小明"], {"citizen_name": "王小明"}),
    (["我是陈女士，家里没有水"], {"citizen_name": "陈女士", "summary": "家里没有水"}),
    (["我叫救护车了"], {"citizen_name": None}),
    (["小区广场舞扰民，能不能派人管一管"], {"kind": "complaint", "demand": "派人管一管"}),
    (["商家不退钱，诉求是把两千块退给我"], {"kind": "complaint", "demand": "把两千块退给我"}),
    (["老板拖欠工资"], {"kind": "complaint", "summary": "老板拖欠工资"}),
    (["马路上有个大坑"], {"address": None}),
    (["老旧小区什么时候改造"], {"kind": "consult", "address": None}),
    (["我要举报有人在西湖区孺子路倒垃圾"], {"kind": "report", "address": "西湖区孺子路"}),
    (["我要表扬八一公园的保安"], {"kind": "praise"}),
    (["我建议在象湖小区装一个充电桩"], {"kind": "suggest", "address": "象湖小区"}),
    (["好的好的，谢谢您", "嗯，知道了", "再见"], {"summary": None, "kind": None, "demand": None}),
    (["我家着火了"], {"urgency": "urgent", "summary": "我家着火了"}),
    (["小区的消防通道被堵了"], {"urgency": None}),
    (["我今年15岁，爸爸不让我上学"], {"minor": "yes"}),
    (["我才十二岁"], {"minor": "yes"}),
    (["我姓李，今年15岁"], {"minor": "yes"}),
    (["我女儿，今年15岁"], {"minor": None}),
    (["我是初中生，学校乱收费"], {"minor": "yes", "kind": "complaint"}),
    (["我今年四十五岁"], {"minor": None}),
    (["我儿子15岁，想转学"], {"minor": None}),
    (
        ["我电话是13812345678", "车被堵了，请帮忙挪车"],
        {"kind": "help", "summary": "车被堵了，请帮忙挪车"},
    ),
    (["hello, the street light is broken, thank you"], {"summary": "the street light is broken"}),
]


@pytest.mark.parametrize(("said", "expected"), UTTERANCES, ids=[one[0][0] for one in UTTERANCES])
def test_what_citizens_really_say(
    city_words: None, said: list[str], expected: dict[str, str | None]
) -> None:
    found = reading.read(said)
    assert {field: found[field].value if field in found else None for field in expected} == expected
    assert all(one.sentence in said for one in found.values())


@pytest.mark.parametrize(
    ("said", "name"), [("您好，我叫李建国", "李建国"), ("My name is John Smith", "John Smith")]
)
def test_how_he_calls_himself_is_his_name_and_no_part_of_the_matter(
    city_words: None, said: str, name: str
) -> None:
    found = reading.read([said, "阳明路12号的路灯不亮"])
    assert (found["citizen_name"].value, found["citizen_name"].sentence) == (name, said)
    assert found["summary"].value == "阳明路12号的路灯不亮"
    assert "citizen_name" not in reading.read(["我是江西人", "阳明路12号的路灯不亮"])


@pytest.fixture
def english_names(city_words: None) -> None:
    for code, name in (("bus", "Buses"), ("noise_build", "Construction noise"), ("tax", "Taxes")):
        session.add(Topic(code=code, name=f"事项{code}", words=[], name_en=name))
    session.query(Topic).filter_by(code="street_light").update({"name_en": "Street lights"})
    session.query(Topic).filter_by(code="fund_withdrawal").update(
        {"name_en": "Housing fund withdrawal"}
    )
    session.flush()


@pytest.mark.parametrize(
    ("said", "kind", "topic"),
    [
        ("The street light in front of my house is broken", "help", "street_light"),
        (
            "I'd like to complain about the noise of the construction site",
            "complaint",
            "noise_build",
        ),
        ("How do I apply for a housing fund withdrawal?", "consult", "fund_withdrawal"),
        ("I suggest more buses at night", "suggest", None),
        ("There is a hole in the road in front of the bus stop", None, None),
        ("The street light by the hospital is broken", "help", "street_light"),
        ("I don't work any more, how do I apply for benefits?", "consult", None),
        ("The lamp doesn't work", "help", None),
        # A name that is heard in part, two names, and what only sounds alike say nothing.
        ("The light in my house is broken", "help", None),
        ("I started a business", None, None),
        ("The bus stops under the street light for the construction noise", None, "noise_build"),
        ("Buses and taxes", None, None),
        ("I don't want to complain", None, None),
        ("I want to report a hole in the road", None, None),
        ("I pay tax and the bus is late", None, None),
    ],
)
def test_english_is_read_by_what_it_says_plainly(
    english_names: None, said: str, kind: str | None, topic: str | None
) -> None:
    found = {field: (one.value, one.sentence) for field, one in reading.read([said]).items()}
    assert found.get("kind") == (None if kind is None else (kind, said))
    assert found.get("topic") == (None if topic is None else (topic, said))


FUND = ["公积金怎么提取"]
TURNS: list[tuple[list[str], str | None]] = [
    ([*FUND, "我要投诉单位不给我缴公积金"], "fund_deposit"),
    ([*FUND, "我单位三年没给我交公积金了", "我要投诉"], "fund_deposit"),
    (["我想问公积金怎么提取", "我现在想问一下医保怎么报销"], "med_reimburse"),
    (["我要投诉路灯不亮", "我还要投诉楼下的油烟"], "air"),
    # What only adds to his matter, or asks about it, leaves it as it is.
    (["我要投诉单位不给我缴公积金", *FUND], "fund_deposit"),
    (["我家楼下路灯坏了三个月了", "打了好几次电话", "我要投诉你们不作为"], "street_light"),
    (["路灯不亮，我要投诉", "请问什么时候能修好"], "street_light"),
    ([*FUND, "能帮我查一下吗"], "fund_withdraw"),
    (["我想咨询一下公积金", "我想问一下怎么提取公积金"], "fund_withdraw"),
    # Danger stays danger, whatever he wants besides.
    (["楼上起火了", "我要反映路灯不亮", "我还要投诉油烟"], "fire_safety"),
]


@pytest.fixture
def demo_topics(app: Flask) -> dict[str, int]:
    """The demo city's own topics, with their lines; line → id."""
    City(FOLDER).take_over()
    session.flush()
    return {one.code: one.id for one in session.scalars(select(Line))}


@pytest.mark.parametrize(("said", "topic"), TURNS, ids=[one[0][-1] for one in TURNS])
def test_the_form_follows_a_citizen_who_turns_to_another_matter(
    demo_topics: dict[str, int], said: list[str], topic: str | None
) -> None:
    found = reading.read(said)
    assert found["topic"].value == topic
    assert found["topic"].sentence in said


@pytest.mark.parametrize(
    ("line", "said", "topic"),
    [
        ("housing_fund", ["我想提取一下"], "fund_withdraw"),
        ("housing_fund", ["贷款怎么办"], "fund_loan"),
        ("housing_fund", ["How can I withdraw it?"], "fund_withdraw"),
        ("medical_insurance", ["怎么报销"], "med_reimburse"),
        ("housing_fund", ["楼下的路灯不亮"], "street_light"),
        # Alone it says nothing, nor does the line to which come all who did not choose.
        ("housing_fund", ["你好", "我想问一下"], None),
        ("move_car", ["喂，你好"], None),
        ("move_car", [], None),
        ("general", ["我想提取一下"], None),
        (None, ["我想提取一下"], None),
    ],
)
def test_the_line_that_he_chose_helps_to_understand_him(
    demo_topics: dict[str, int], line: str | None, said: list[str], topic: str | None
) -> None:
    found = reading.read(said, demo_topics.get(line or ""))
    assert (found["topic"].value if "topic" in found else None) == topic


ENGLISH: list[tuple[str, dict[str, str | None]]] = [
    (
        "The street lights at 88 Bayi Avenue, Donghu district are out",
        {
            "kind": "help",
            "topic": "street_light",
            "address": "88 Bayi Avenue, Donghu district",
            "district": "donghu",
            "summary": "The street lights at 88 Bayi Avenue, Donghu district are out",
        },
    ),
    (
        "We have no water since yesterday",
        {"kind": "help", "topic": "water_supply", "unit": "shuiye"},
    ),
    ("My employer has not paid my wages", {"kind": "complaint", "topic": "wages"}),
    ("The construction at night is too loud", {"kind": "complaint", "topic": "noise_build"}),
    (
        "How can I withdraw from my housing fund?",
        {"kind": "consult", "topic": "fund_withdraw", "unit": "gjj"},
    ),
    ("A car is blocking my garage", {"kind": "help", "topic": "car_block", "unit": "jjj"}),
    ("I suggest a later bus line", {"kind": "suggest", "topic": "bus"}),
    (
        "The street light is broken, please send somebody to repair it",
        {"kind": "help", "demand": "send somebody to repair it"},
    ),
    (
        "I want to complain about the noise, can you make them stop at ten?",
        {"kind": "complaint", "demand": "make them stop at ten"},
    ),
    ("I need somebody to move the car", {"kind": "help", "demand": "move the car"}),
    ("My landlord won't return my deposit", {"kind": "complaint", "demand": None}),
    ("I want my money back", {"kind": "complaint", "demand": "my money back"}),
    ("I would like you to close it", {"demand": "close it"}),
    ("Could you tell me what I need to register?", {"kind": "consult", "demand": None}),
    ("What should I do with a lost card?", {"kind": "consult", "demand": None}),
    # To be understood, to begin or to be helped asks for nothing yet.
    ("Can you hear me?", {"kind": None, "demand": None, "summary": None}),
    ("Please help me", {"kind": "help", "demand": None}),
    ("I want to report a pothole", {"topic": "road_damage", "demand": None}),
    ("I don't want you to tell them my name", {"demand": None}),
    # What he does or says himself, or says of the talk, is for nobody to do.
    ("I need to go now, bye", {"demand": None}),
    ("You have to be kidding", {"demand": None}),
    ("Please let me finish", {"demand": None}),
    ("Please go on", {"demand": None}),
    ("I need a moment", {"demand": None}),
    ("Can you transfer me?", {"demand": None}),
    ("Could you put me through to a person?", {"demand": None}),
    ("I want to apply for a permit, how do I do it?", {"kind": "consult", "demand": None}),
    ("I want to have the lamp repaired", {"demand": "have the lamp repaired"}),
    ("I would like to get my money back", {"demand": "get my money back"}),
    ("They must be punished", {"demand": "be punished"}),
    ("I want you to transfer the money back", {"demand": "transfer the money back"}),
    # Who is missing owes nothing, and who is to tell something need not come.
    ("My son has not returned home since yesterday", {"kind": "help"}),
    ("They have not returned the money", {"kind": "complaint"}),
    ("My deposit has not been returned", {"kind": "complaint"}),
    ("I need somebody to tell me the opening hours", {"kind": "consult", "demand": None}),
    ("I want you to know I am happy with the new bus", {"kind": None, "demand": None}),
    ("It is near Yangming Road", {"address": "Yangming Road", "topic": None}),
    ("I live in Nanchang County", {"district": "nanchang_county", "address": None}),
    # A road of that name lies elsewhere, and a street without a name nowhere.
    ("It is in Xihu Road, opposite the street", {"district": None, "address": "Xihu Road"}),
    ("The hospital is in front of the bus stop", {"topic": None, "kind": None}),
]


@pytest.mark.parametrize(("said", "expected"), ENGLISH, ids=[one[0] for one in ENGLISH])
def test_what_english_callers_say_fills_the_form(
    demo_topics: dict[str, int], said: str, expected: dict[str, str | None]
) -> None:
    found = reading.read(["Hello", said])
    assert {field: found[field].value if field in found else None for field in expected} == expected


def test_what_he_says_of_himself_does_not_outweigh_what_he_wants_done(city_words: None) -> None:
    said = ["Can you send someone to repair the lamp?", "I need to go now, bye"]
    assert reading.read(said)["demand"].value == "send someone to repair the lamp"


def test_small_talk_is_no_part_of_what_it_is_about(city_words: None) -> None:
    said = ["喂，你好，听得到吗", "路灯不亮", "Hello, are you still there?", "谢谢再见"]
    assert reading.read(said)["summary"].value == "路灯不亮"


def test_english_sentences_are_joined_in_english(city_words: None) -> None:
    found = reading.read(["Hello, the lamp is broken", "it is dark", "灯坏了，很黑"])
    assert found["summary"].value == "the lamp is broken, it is dark，灯坏了，很黑"
