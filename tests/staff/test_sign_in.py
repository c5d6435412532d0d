"""Signing in, being kept out, and what only administrators may do."""

import dataclasses
import re
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from infra import clock, db
from infra.db import session
from models import (
    AuditEntry,
    Desired,
    Offer,
    OfferState,
    Role,
    Seat,
    SignInAttempt,
    Skill,
    StaffMember,
    Unit,
    UnitKind,
)
from staff import guesses, live, passwords, sign_in
from staff.live import Badge
from tests import services
from tests.places import a_line, a_unit
from tests.visitors import browser_of, somebody
from tests.web.city import City, ringing
from web import shell
from web.languages import named


@pytest.fixture
def wang(app, time) -> StaffMember:
    member = somebody("wang", Role.AGENT)
    member.password_hash = passwords.hash_password("correct horse")
    db.commit()
    return member


def token(client) -> str:
    page = client.get("/sign-in").text
    return re.search(r'name="csrf-token" content="([^"]+)"', page)[1]


def enter(client, login="wang", password="correct horse", **more):
    form = {"login": login, "password": password, "csrf_token": token(client)}
    return client.post("/sign-in", data=form, **more)


def test_the_right_password_opens_the_door(client, wang):
    answer = enter(client)
    assert answer.status_code == 302
    assert client.get("/password").status_code == 200
    assert "signed_in" in session.scalars(select(AuditEntry.action))


@pytest.mark.parametrize(("login", "password"), [("wang", "wrong"), ("nobody", "correct horse")])
def test_a_wrong_guess_tells_nothing(client, wang, login, password):
    answer = enter(client, login, password)
    assert "账号或密码不正确" in answer.text
    assert client.get("/password").status_code == 302
    assert session.scalar(select(func.count()).select_from(SignInAttempt)) == 1


def test_each_wrong_guess_after_five_doubles_the_wait_even_of_the_right_one(client, wang, time):
    for _ in range(5):
        assert enter(client, password="wrong").status_code == 200
    waits = []
    for _ in range(6):
        answer = enter(client)
        assert answer.status_code == 429
        waits.append(minutes := int(re.search(r"请 (\d+) 分钟后再试", answer.text)[1]))
        time.forward(minutes * 60)
        assert enter(client, password="wrong").status_code == 200
    assert waits == [1, 2, 4, 8, 15, 15]
    time.forward(15 * 60)
    assert enter(client).status_code == 302


def test_whoever_guesses_from_elsewhere_locks_nobody_out(client, wang):
    enter(client)
    client.post("/sign-out", data={"csrf_token": token_of_page(client)})
    for number in range(1, 9):
        guess(client, "wang", 5, environ_base={"REMOTE_ADDR": f"203.0.113.{number}"})
    stranger = {"REMOTE_ADDR": "203.0.113.99"}
    assert enter(client, environ_base=stranger).status_code == 429
    assert enter(client).status_code == 302


def test_a_stranger_waits_no_longer_than_a_minute_for_guesses_of_others(client, wang, time):
    for number in range(1, 9):
        guess(client, "wang", 5, environ_base={"REMOTE_ADDR": f"203.0.113.{number}"})
    assert enter(client).status_code == 429
    time.forward(60)
    assert enter(client).status_code == 302


def test_a_flood_at_all_accounts_slows_down_strangers_only(client, wang, time, monkeypatch):
    patience = dataclasses.replace(guesses.WITH_ALL, free=8)
    monkeypatch.setattr(guesses, "WITH_ALL", patience)
    enter(client)
    client.post("/sign-out", data={"csrf_token": token_of_page(client)})
    for number in range(1, 9):
        guess(client, f"user{number}", 1, environ_base={"REMOTE_ADDR": f"203.0.113.{number}"})
    stranger = {"REMOTE_ADDR": "203.0.113.99"}
    assert enter(client, environ_base=stranger).status_code == 429
    assert enter(client).status_code == 302
    client.post("/sign-out", data={"csrf_token": token_of_page(client)})
    time.forward(10)
    assert enter(client, environ_base=stranger).status_code == 302


def test_a_network_of_ipv6_is_one_place(client, wang):
    for number in range(5):
        guess(client, "wang", 1, environ_base={"REMOTE_ADDR": f"2001:db8::{number}"})
    assert enter(client, environ_base={"REMOTE_ADDR": "2001:db8::99"}).status_code == 429
    assert enter(client, environ_base={"REMOTE_ADDR": "2001:db8:0:1::1"}).status_code == 302
    assert {one.address for one in session.scalars(select(SignInAttempt))} == {
        "2001:db8::/64",
        "2001:db8:0:1::/64",
    }


def test_who_was_refused_stands_in_the_log_with_the_reason(app, client, wang, time):
    disabled = somebody("li", Role.AGENT)
    disabled.password_hash, disabled.disabled_at = wang.password_hash, wang.created_at
    guess(client, "wang", 3)
    guess(client, "my secret passphrase", 2)
    enter(client, "li")
    time.forward(60)
    guess(client, "wang", 1)
    admin = browser_of(app, somebody("admin", Role.ADMIN))
    page = admin.get("/admin/audit/sign-ins").text
    rows = re.findall(
        r'who=([^"]+)">[^<]*</a></td>\s*<td class="num"><a[^>]*>([^<]+)</a></td>'
        r'<td>([^<]+)</td><td class="num amount">(\d+)',
        page,
    )
    hidden = next(row for row in rows if row[0].startswith("%23"))
    assert [row for row in rows if row != hidden] == [
        ("wang", "127.0.0.1", "密码错误", "1"),
        ("li", "127.0.0.1", "账号已停用", "1"),
        ("wang", "127.0.0.1", "密码错误", "3"),
    ]
    assert hidden[2:] == ("没有这个账号", "2") and "passphrase" not in page
    assert page.count("<tr>") - 1 == 4
    only = admin.get("/admin/audit/sign-ins?outcome=unknown_login").text
    assert only.count("<tr>") - 1 == 1


def guess(client, login, times, **more):
    for _ in range(times):
        enter(client, login, "wrong", **more)


def test_the_right_password_makes_good_what_was_mistyped(client, wang):
    guess(client, "wang", 4)
    assert enter(client).status_code == 302
    client.post("/sign-out", data={"csrf_token": token_of_page(client)})
    guess(client, "wang", 4)
    assert enter(client).status_code == 302


def test_who_guesses_at_others_is_not_forgiven_for_his_own_password(client, wang, monkeypatch):
    monkeypatch.setattr(
        guesses, "WITH_AN_ADDRESS", dataclasses.replace(guesses.WITH_AN_ADDRESS, free=6)
    )
    for victim in ("li", "zhao", "sun"):
        guess(client, victim, 2)
        with suppress(guesses.TooManyAttempts):
            sign_in.sign_in("wang", "correct horse", "127.0.0.1")
            db.commit()
    assert enter(client).status_code == 429
    elsewhere = {"REMOTE_ADDR": "10.0.0.9"}
    assert enter(client, environ_base=elsewhere).status_code == 302


def test_what_a_member_mistypes_himself_does_not_shut_out_his_house(client, wang, monkeypatch):
    monkeypatch.setattr(
        guesses, "WITH_AN_ADDRESS", dataclasses.replace(guesses.WITH_AN_ADDRESS, free=6)
    )
    for _ in range(3):
        guess(client, "wang", 3)
        assert enter(client).status_code == 302
        client.post("/sign-out", data={"csrf_token": token_of_page(client)})


@pytest.mark.parametrize(
    ("proxies", "address"),
    [(0, "127.0.0.1"), (1, "203.0.113.7"), (2, "198.51.100.1")],
)
def test_only_our_own_proxies_say_whose_request_it_is(
    app, client, wang, monkeypatch, proxies, address
):
    monkeypatch.setattr(app, "wsgi_app", app.wsgi_app)
    shell.behind_proxies(app, proxies)
    enter(client, headers={"X-Forwarded-For": "6.6.6.6, 198.51.100.1, 203.0.113.7"})
    assert session.scalars(select(SignInAttempt.address)).one() == address
    assert session.scalars(select(AuditEntry.address)).one() == address


def test_a_form_without_its_token_is_refused(client, wang):
    answer = client.post("/sign-in", data={"login": "wang", "password": "correct horse"})
    assert answer.status_code == 400 and "刷新" in answer.text


def test_to_disable_somebody_takes_two_steps_and_says_what_it_does(app, wang):
    admin = browser_of(app, somebody("admin", Role.ADMIN))
    page = admin.get(f"/admin/people/{wang.id}").text
    (second,) = re.findall(r"<details><summary>停用</summary>(.*?)</details>", page, re.DOTALL)
    form = f'action="/admin/people/{wang.id}/disable"'
    assert page.count(form) == second.count(form) == 1
    assert "登录立即失效" in second and "确认停用</button>" in second


def test_a_disabled_member_is_out_everywhere(app, client, wang):
    enter(client)
    admin = browser_of(app, somebody("admin", Role.ADMIN))
    admin.post(f"/admin/people/{wang.id}/disable")
    assert client.get("/password").status_code == 302
    assert "账号或密码不正确" in enter(client).text


def test_a_reset_password_must_be_changed_and_ends_all_sessions(app, client, wang):
    enter(client)
    admin = browser_of(app, somebody("admin", Role.ADMIN))
    page = admin.client.post(
        f"/admin/people/{wang.id}/reset",
        data={"csrf_token": admin._token()},
        follow_redirects=True,
    ).text
    assert client.get("/tickets").status_code == 302
    one_time = re.search(r"一次性密码：([a-z0-9]+)", page)[1]
    enter(client, password=one_time)
    assert client.get("/tickets").headers["Location"] == "/password"
    form = {"old": one_time, "new": "new password", "again": "new password"}
    client.post("/password", data=form | {"csrf_token": token_of_page(client)})
    assert client.get("/tickets").status_code == 200


def test_a_reset_lets_in_who_was_locked_out(app, client, wang):
    """The page says so: wait, or have the password reset."""
    for _ in range(guesses.WITH_ONE.free):
        enter(client, password="wrong")
    assert enter(client).status_code == 429
    one_time = sign_in.reset_password(wang)
    assert enter(client, password=one_time).status_code == 302


def token_of_page(client) -> str:
    return re.search(r'name="csrf-token" content="([^"]+)"', client.get("/password").text)[1]


def test_somebody_elses_address_is_not_followed(client, wang):
    for wanted in ("//evil.test/", "https://evil.test/", "/\\evil.test"):
        answer = enter(client, query_string={"next": wanted})
        assert answer.headers["Location"] == "/"
        client.post("/sign-out", data={"csrf_token": token_of_page(client)})


@pytest.mark.parametrize("path", ["/admin/people", "/admin/audit", "/floor", "/admin/jobs"])
def test_roles_keep_others_out(app, wang, path):
    assert browser_of(app, wang).get(path).status_code == 403


def test_an_administrator_adds_people_with_roles_and_skills(app, time):
    line = a_line("general")
    admin = browser_of(app, somebody("admin", Role.ADMIN))
    admin.post("/admin/people", login="li", name="李娜", role="agent")
    li = session.scalars(select(StaffMember).where(StaffMember.login == "li")).one()
    assert li.must_change_password
    session.add(Unit(code="urban", name="城管局", kind=UnitKind.BUREAU))
    assert "不会在此人的座席振铃" in admin.get(f"/admin/people/{li.id}").text
    skill = {f"line-{line.id}": "4"}
    admin.post(f"/admin/people/{li.id}", name="李娜", role="agent", unit="urban", **skill)
    assert "不会在此人的座席振铃" not in admin.get(f"/admin/people/{li.id}").text
    assert li.unit.code == "urban"
    assert session.scalars(select(Skill.level)).one() == 4
    actions = list(session.scalars(select(AuditEntry.action)))
    assert {"added_staff", "changed_skills"} <= set(actions)
    assert "李娜" in admin.get("/admin/people?q=李").text
    assert "账号 li" in admin.get("/admin/audit?action=added_staff").text
    assert f"{named(line)} 4" in admin.get("/admin/audit?action=changed_skills").text


def test_who_works_for_a_unit_works_for_one_of_them(app, time):
    """Else he would see nothing, and nobody would know why: on the page, and in the database."""
    admin = browser_of(app, somebody("admin", Role.ADMIN))
    unit = a_unit("urban")
    form = {"login": "li", "name": "李娜", "role": "unit"}
    refused = admin.post("/admin/people", **form)
    assert refused.status_code == 409 and "必须选择单位" in refused.text
    assert 'value="李娜"' in refused.text
    assert admin.post("/admin/people", **form, unit="urban").status_code == 302
    li = session.scalars(select(StaffMember).where(StaffMember.login == "li")).one()
    assert li.unit == unit
    page = f"/admin/people/{li.id}"
    assert "必须选择单位" in admin.get(admin.post(page, name="李娜", role="unit").location).text
    session.refresh(li)
    assert li.unit == unit
    admin.post(page, name="李娜", role="agent")
    session.refresh(li)
    assert (li.unit, li.roles) == (None, ["agent"])
    li.roles = ["unit"]
    with pytest.raises(IntegrityError, match="ck_staff_unit"):
        session.flush()
    session.rollback()


def test_people_stand_in_natural_order_below_the_way_to_add_one(app, time):
    names = ["agent10", "agent9", "agent", "agent2", "li.na", "unit" + "9" * 30]
    for name in names:
        somebody(name, Role.AGENT)
    page = browser_of(app, somebody("admin", Role.ADMIN)).get("/admin/people").text
    listed = re.findall(r"/admin/people/\d+\">([^<]+)<", page)
    assert listed == ["admin", "agent", "agent2", "agent9", "agent10", "li.na", "unit" + "9" * 30]
    assert page.index('href="#new-login"') < page.index("<table")


@pytest.mark.parametrize(("login", "name"), [("wang", "重名"), ("UP CASE", "x"), ("ok", " ")])
def test_bad_entries_are_refused_with_a_reason(app, wang, login, name):
    admin = browser_of(app, somebody("admin", Role.ADMIN))
    before = session.scalar(select(func.count()).select_from(StaffMember))
    page = admin.post("/admin/people", login=login, name=name, role="agent").text
    assert session.scalar(select(func.count()).select_from(StaffMember)) == before
    assert 'data-kind="error"' in page and 'value="agent" checked' in page


def test_weak_or_unchanged_passwords_are_refused(app, wang):
    for new in ("short", "correct horse"):
        with pytest.raises(sign_in.PasswordTooWeak):
            sign_in.change_password(wang, old="correct horse", new=new, address="x")


def test_guessing_the_old_password_at_an_open_desk_ends_after_five(client, wang):
    enter(client)
    form = {"old": "wrong", "new": "new password", "again": "new password"}
    for _ in range(5):
        answer = client.post("/password", data=form | {"csrf_token": token_of_page(client)})
        assert "原密码不正确" in answer.text
    right = form | {"old": "correct horse", "csrf_token": token_of_page(client)}
    assert client.post("/password", data=right).status_code == 429


def test_a_session_that_nobody_uses_ends(client, wang, time):
    enter(client)
    for _ in range(5):
        time.forward(50 * 60)
        assert client.get("/password").status_code == 200
    time.forward(61 * 60)
    assert client.get("/password").headers["Location"] == "/sign-in?next=/password"


def test_every_session_ends_after_a_long_shift(client, wang, time):
    enter(client)
    for _ in range(14):
        time.forward(50 * 60)
        client.get("/password")
    assert client.get("/password").status_code == 200
    time.forward(30 * 60)
    assert client.get("/password").status_code == 302


def test_the_cookie_is_kept_from_scripts_other_sites_and_plain_http(client, wang):
    made = services.settings("x", "y", Path("z"), HOTLINE_ENV="production")
    fresh = Flask("production")
    fresh.config["SETTINGS"] = made
    shell.init_app(fresh)
    assert fresh.config["SESSION_COOKIE_SECURE"]
    set_cookie = client.get("/sign-in").headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax"} <= set(set_cookie.split("; "))


def test_pages_are_not_kept_by_the_browser(client, wang):
    enter(client)
    assert client.get("/password").headers["Cache-Control"] == "no-store"


def test_a_form_that_needs_sign_in_leads_back_to_no_address_without_a_page(app, client, wang):
    token_here = token(client)
    answer = client.post("/calls/by-number", data={"csrf_token": token_here, "number": "1"})
    assert answer.headers["Location"] == "/sign-in"


def test_other_roles_hold_at_once(app, client, wang):
    enter(client)
    assert client.get("/knowledge").status_code == 200
    a_unit("urban")
    admin = browser_of(app, somebody("admin", Role.ADMIN))
    admin.post(f"/admin/people/{wang.id}", name="wang", role="unit", unit="urban")
    assert client.get("/knowledge").status_code == 403


def test_an_administrator_cannot_lock_himself_out(app, time):
    member = somebody("admin", Role.ADMIN)
    admin = browser_of(app, member)
    admin.post(f"/admin/people/{member.id}/disable")
    admin.post(f"/admin/people/{member.id}", name="admin", role="lead")
    assert member.disabled_at is None and member.roles == ["admin"]
    assert "自己" in admin.get("/admin/people").text


@pytest.mark.parametrize("what", ["disable", "reset", ""])
def test_an_open_stream_ends_with_the_right_to_it(app, wang, monkeypatch, what):
    badge = Badge.of(wang)
    db.commit()
    assert badge.still_holds()
    admin = browser_of(app, somebody("admin", Role.ADMIN))
    admin.post(f"/admin/people/{wang.id}/{what}".rstrip("/"), name="wang", role="lead")
    assert not badge.still_holds()
    for news in (None, {"name": "access-changed", "detail": {}}):
        monkeypatch.setattr(live, "listen", lambda *topics, said=news: iter([said, said]))
        assert list(live._events(["floor"], badge, None)) == []


@pytest.mark.parametrize("what", ["disable", "reset", ""])
def test_an_open_stream_hears_at_once_that_somebodys_access_changed(app, wang, what):
    with app.extensions["redis"].pubsub(ignore_subscribe_messages=True) as ear:
        ear.subscribe(f"agent:{wang.id}")
        ear.get_message(timeout=2)
        admin = browser_of(app, somebody("admin", Role.ADMIN))
        admin.post(f"/admin/people/{wang.id}/{what}".rstrip("/"), name="wang", role="lead")
        heard = []
        while message := ear.get_message(timeout=1):
            heard.append(message["data"])
    assert sum(b"access-changed" in one for one in heard) == 1


@pytest.mark.parametrize("what", ["disable", ""])
def test_whose_access_ends_is_not_rung_at_for_another_second(app, time, what):
    city = City(app)
    offer = ringing(city)
    seat = session.get(Seat, city.agent.staff_id)
    seat.desk, seat.lease_until = "d", clock.now() + timedelta(seconds=20)
    admin = city.browsers()[Role.ADMIN]
    admin.post(f"/admin/people/{seat.staff_id}/{what}".rstrip("/"), name="wang", role="lead")
    assert session.get(Offer, offer.id).state is OfferState.DECLINED
    assert seat.desired is Desired.OFFLINE and seat.lease_until is None and seat.desk is None


def test_a_one_time_password_answers_scripts_with_words(app, wang):
    wang.must_change_password = True
    answer = browser_of(app, wang).get("/desk/state", headers={"Accept": "application/json"})
    assert answer.status_code == 403 and "一次性密码" in answer.get_json()["error"]


def test_attempts_are_kept_for_half_a_year_and_no_longer(client, wang, time, monkeypatch):
    monkeypatch.setattr(guesses, "FORGOTTEN_AT_ONCE", 1)
    for word in ("guessed", "correct horse"):
        enter(client, password=word)
    time.forward(timedelta(days=183).total_seconds())
    enter(client, password="guessed later")
    db.commit()
    guesses.forget_old()
    everything = select(SignInAttempt.outcome).order_by(SignInAttempt.id)
    assert session.scalars(everything).all() == ["wrong_password", "succeeded", "wrong_password"]
    db.commit()
    time.forward(timedelta(days=1, minutes=1).total_seconds())
    guesses.forget_old()
    assert session.scalars(everything).all() == ["wrong_password"]
