"""Knowledge: found for what was said, shown to agents, found wrong, approved by four eyes."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from agent_desk.suggestions import shown_last
from assist import search, suggestions, sweeps
from infra.clock import now
from infra.db import session
from models import (
    Article,
    ArticleShown,
    ArticleState,
    AuditEntry,
    Call,
    CallStatus,
    Party,
    Role,
    StaffMember,
    Utterance,
    Verdict,
)
from seeds import plant
from tests.visitors import browser_of, somebody


@pytest.fixture
def city_knows(app, time):
    plant.plant()


def said(text: str, agent: StaffMember) -> Utterance:
    call = Call(
        sid="CA1",
        number_masked="-",
        started_at=now(),
        agent_id=agent.id,
        status=CallStatus.TALKING,
    )
    session.add(call)
    session.flush()
    utterance = Utterance(
        call_id=call.id,
        party=Party.CITIZEN,
        transcription="GT1",
        sequence=1,
        at=now(),
        text=text,
    )
    session.add(utterance)
    session.flush()
    return utterance


def agent() -> StaffMember:
    return session.scalars(select(StaffMember).where(StaffMember.login == "agent1")).one()


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("公积金怎么提取", "公积金提取"),
        ("我在上海看病怎么报销", "异地就医备案"),
        ("有车挡住我了要挪车", "车辆被挡请人挪车"),
        ("我们小区半夜施工太吵了", "夜间施工噪声"),
        ("孩子玩游戏充了好多钱能退吗", "未成年人游戏充值退款"),
        ("老板拖欠工资不给", "拖欠工资"),
    ],
)
def test_the_article_that_answers_comes_first(city_knows, text, title):
    hits = search.find(text)
    assert hits[0].title.startswith(title)
    assert hits[0].sentence and not hits[0].verified


def test_small_talk_finds_nothing(city_knows):
    assert search.find("你好，请问一下") == []


@pytest.mark.parametrize(
    "text",
    [
        "我家着火了快来人",
        "楼下餐馆晚上噪音很大睡不着",
        "楼下有一家烧烤店，每天晚上吵到两点",
        "邻居家的狗一直叫",
        "井盖坏了很危险",
    ],
)
def test_what_no_article_is_about_finds_nothing(city_knows, text):
    assert search.find(text) == []


def test_a_chance_hit_does_not_stand_beside_the_article_that_answers(city_knows):
    hits = search.find("我在西湖区孺子路，小区物业不修电梯")
    assert [hit.title for hit in hits] == ["物业服务投诉"]


def test_what_no_longer_holds_is_not_suggested(city_knows):
    article = session.get(Article, search.find("公积金怎么提取")[0].article_id)
    article.valid_until, article.valid_from = now(), now() - timedelta(days=9)
    article.updated_at = now() + timedelta(seconds=1)
    assert article.id not in [hit.article_id for hit in search.find("公积金怎么提取")]


def test_a_showing_is_kept_once_and_its_use_too(city_knows):
    utterance = said("公积金怎么提取", agent())
    call = session.get_one(Call, utterance.call_id)
    first = suggestions.show(call, agent(), utterance)
    again = suggestions.show(call, agent(), utterance)
    assert [one.id for one in again] == [one.id for one in first]
    suggestions.use(first[0])
    assert session.scalars(
        select(ArticleShown.used_at).where(ArticleShown.used_at.is_not(None))
    ).one()


def test_what_was_said_to_the_menu_is_answered_first(city_knows, app):
    utterance = said("好的谢谢", agent())
    call = session.get_one(Call, utterance.call_id)
    call.speech = "公积金怎么提取"
    session.flush()
    mine = browser_of(app, agent())
    first = mine.post_json("/desk/suggest", {"call": call.id}).json
    assert first[0]["title"].startswith("公积金提取")
    assert mine.post_json("/desk/suggest", {"call": call.id}).json == first
    assert shown_last(call) == first
    other = browser_of(app, somebody("other", Role.AGENT))
    assert other.post_json("/desk/suggest", {"call": call.id}).status_code == 404
    utterance.text = "小区物业不修电梯"
    then = mine.post_json("/desk/suggest", {"utterance": utterance.id}).json
    assert then[0]["title"] == "物业服务投诉"
    assert shown_last(call) == then


@pytest.mark.parametrize("polite", ["好的谢谢", "我姓公，谢谢", "嗯，知道了，再见"])
def test_a_polite_sentence_asks_for_nothing_and_changes_nothing(city_knows, app, polite):
    utterance = said("公积金怎么提取", agent())
    call = session.get_one(Call, utterance.call_id)
    shown = suggestions.show(call, agent(), utterance)
    thanks = Utterance(
        call_id=call.id,
        party=Party.CITIZEN,
        transcription="GT1",
        sequence=2,
        at=now(),
        text=polite,
    )
    session.add(thanks)
    session.flush()
    mine = browser_of(app, agent())
    assert mine.post_json("/desk/suggest", {"utterance": thanks.id}).json == []
    assert [one["id"] for one in shown_last(call)] == [one.id for one in shown]


def test_the_desk_suggests_only_for_ones_own_call(city_knows, app):
    utterance = said("公积金怎么提取", agent())
    mine = browser_of(app, agent())
    shown = mine.post_json("/desk/suggest", {"utterance": utterance.id}).json
    assert shown[0]["title"].startswith("公积金提取")
    other = browser_of(app, somebody("other", Role.AGENT))
    assert other.post_json("/desk/suggest", {"utterance": utterance.id}).status_code == 404
    assert other.post_json("/desk/suggest/used", {"shown": shown[0]["id"]}).status_code == 404
    assert mine.post_json("/desk/suggest/used", {"shown": shown[0]["id"]}).status_code == 204


def test_an_article_found_wrong_is_not_suggested_until_it_was_answered(city_knows, app):
    utterance = said("公积金怎么提取", agent())
    mine = browser_of(app, agent())
    shown = mine.post_json("/desk/suggest", {"utterance": utterance.id}).json[0]
    mine.post_json("/desk/suggest/wrong", {"shown": shown["id"], "note": "比例不对"})
    article = session.get_one(ArticleShown, shown["id"]).article
    assert article.state is ArticleState.CHALLENGED
    assert article.id not in [hit.article_id for hit in search.find("公积金怎么提取")]
    lead = browser_of(app, somebody("lead", Role.LEAD))
    assert "比例不对" in lead.get(f"/knowledge/{article.id}").text
    lead.post(f"/knowledge/{article.id}/approve", version=str(article.version))
    session.expire_all()
    assert article.state is ArticleState.APPROVED


def test_nobody_approves_what_he_has_written(city_knows, app):
    author = browser_of(app, somebody("author", Role.QA))
    author.post("/knowledge/new", title="测试知识", line="general", answer="这是一条测试答复。")
    article = session.scalars(select(Article).where(Article.title == "测试知识")).one()
    page = author.get(f"/knowledge/{article.id}").text
    assert "请另一位同事审核" in page and "审核发布" not in page
    author.post(f"/knowledge/{article.id}/approve", version=str(article.version))
    session.expire_all()
    assert article.state is ArticleState.DRAFT
    second = browser_of(app, somebody("second", Role.LEAD))
    assert "审核发布" in second.get(f"/knowledge/{article.id}").text
    second.post(f"/knowledge/{article.id}/approve", version=str(article.version))
    session.expire_all()
    assert article.state is ArticleState.APPROVED
    author.post(
        f"/knowledge/{article.id}/edit", title="测试知识", line="general", answer="第二版的答复。"
    )
    session.expire_all()
    assert (article.state, article.version) == (ArticleState.DRAFT, 2)
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_kind == "article"))
    assert set(actions) == {"article.written", "article.approved", "article.edited"}


def test_a_bad_article_is_refused_with_the_reason(city_knows, app):
    author = browser_of(app, somebody("author", Role.QA))
    refused = author.post("/knowledge/new", title="x", line="general", answer="短")
    assert refused.status_code == 422 and "标题" in refused.text and "答复" in refused.text
    past = author.post(
        "/knowledge/new",
        title="过期",
        line="general",
        answer="已经过期的答复。",
        valid_until="2020-01-01",
    )
    assert past.status_code == 422 and "有效期" in past.text


def test_agents_read_and_do_not_write(city_knows, app):
    visitor = browser_of(app, agent())
    assert "公积金提取" in visitor.get("/knowledge?q=公积金").text
    assert visitor.get("/knowledge/new").status_code == 403


def test_a_showing_that_holds_no_longer_is_not_repeated(city_knows, time):
    utterance = said("公积金怎么提取", agent())
    call = session.get_one(Call, utterance.call_id)
    first, second, *_ = suggestions.show(call, agent(), utterance)
    suggestions.mark_wrong(first, "过时了")
    second.article.valid_until = now() + timedelta(seconds=1)
    session.flush()
    time.forward(2)
    again = {one.article_id for one in suggestions.show(call, agent(), utterance)}
    assert not again & {first.article_id, second.article_id}


def test_what_is_over_says_so_by_itself(city_knows, time):
    article, other = session.scalars(select(Article).limit(2)).all()
    article.valid_until = now() + timedelta(hours=1)
    sweeps.run()
    assert article.state is ArticleState.APPROVED
    time.forward(3601)
    sweeps.run()
    session.expire_all()
    assert (article.state, other.state) == (ArticleState.EXPIRED, ArticleState.APPROVED)


def test_only_the_version_that_was_read_is_approved(city_knows, app):
    author = browser_of(app, somebody("author", Role.QA))
    form = {"title": "测试知识", "line": "general"}
    author.post("/knowledge/new", **form, answer="这是一条测试答复。")
    article = session.scalars(select(Article).where(Article.title == "测试知识")).one()
    lead = browser_of(app, somebody("second", Role.LEAD))
    page = lead.get(f"/knowledge/{article.id}").text
    read = re.search(r'name="version" value="(\d+)"', page)[1]
    author.post(f"/knowledge/{article.id}/edit", **form, answer="后来改成的另一条答复。")
    answer = lead.post(f"/knowledge/{article.id}/approve", version=read)
    assert "刚被改过" in lead.get(answer.headers["Location"]).text
    session.expire_all()
    assert article.state is ArticleState.DRAFT


def test_what_is_over_cannot_be_approved(city_knows, app, time):
    article = session.scalars(select(Article).limit(1)).one()
    article.state = ArticleState.CHALLENGED
    article.valid_until = now() + timedelta(hours=1)
    time.forward(3601)
    lead = browser_of(app, somebody("lead", Role.LEAD))
    answer = lead.post(f"/knowledge/{article.id}/approve", version=str(article.version))
    assert "有效期已过" in lead.get(answer.headers["Location"]).text
    session.expire_all()
    assert article.state is ArticleState.CHALLENGED


@pytest.mark.parametrize(
    ("what", "verdict", "shown"),
    [
        ("approve", Verdict.RIGHT, "核实无误"),
        ("edit", Verdict.CHANGED, "已修改"),
        ("expire", Verdict.EXPIRED, "已失效"),
    ],
)
def test_who_said_wrong_reads_what_became_of_it(city_knows, app, what, verdict, shown):
    utterance = said("公积金怎么提取", agent())
    mine = browser_of(app, agent())
    one = mine.post_json("/desk/suggest", {"utterance": utterance.id}).json[0]
    mine.post_json("/desk/suggest/wrong", {"shown": one["id"], "note": "比例不对"})
    article = session.get_one(ArticleShown, one["id"]).article
    lead = browser_of(app, somebody("lead", Role.LEAD))
    form = {"title": article.title, "line": "housing_fund", "answer": "新的答复，口径已改。"}
    given = form if what == "edit" else {"version": str(article.version)}
    lead.post(f"/knowledge/{article.id}/{what}", **given)
    session.expire_all()
    row = session.get_one(ArticleShown, one["id"])
    assert (row.verdict, row.answered_by.login) == (verdict, "lead")
    assert f"<b>{shown}</b>" in mine.get(f"/knowledge/{article.id}").text


def test_an_article_is_written_in_its_whole_form(city_knows, app):
    author = browser_of(app, somebody("author", Role.QA))
    form = {
        "title": "办理测试事项",
        "line": "general",
        "answer": "可以在网上办理。",
        "steps": "先登录\n再提交",
        "materials": "身份证",
        "fee": "不收费",
        "time_limit": "当场",
        "unit": "gjj",
    }
    wrong = author.post("/knowledge/new", **{**form, "unit": "nobody"})
    assert wrong.status_code == 422 and "承办单位" in wrong.text
    page = author.get(author.post("/knowledge/new", **form).headers["Location"]).text
    assert "<li>再提交</li>" in page and "市住房公积金管理中心" in page and "当场" in page
    article = session.scalars(select(Article).where(Article.title == "办理测试事项")).one()
    kept = author.get(f"/knowledge/{article.id}/edit").text
    assert 'value="不收费"' in kept and "再提交" in kept
