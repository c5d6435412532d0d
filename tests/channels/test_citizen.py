"""A citizen reads his own ticket on the web, adds to it, urges; nobody else learns anything."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from infra.clock import now
from infra.db import commit, session
from models import (
    Addition,
    Assignment,
    CodeAttempt,
    Notice,
    Solved,
    Supervision,
    TextMessage,
    Ticket,
    TicketEvent,
    TicketState,
    Unit,
    Urge,
    WorkDay,
)
from tests.tickets.conftest import a_complaint
from tests.visitors import TOKEN
from tickets import calendar, closing, dispatch, doers, handling, history, lifecycle
from tickets.handling import Answer


@pytest.fixture
def ticket(a_call, wang, place) -> Ticket:
    return lifecycle.submit(lifecycle.draft(a_call), by=wang, typed=a_complaint())


@pytest.fixture
def assignment(ticket, wang) -> Assignment:
    urban = session.query(Unit).one()
    return dispatch.dispatch(ticket, urban, by=wang)


class Visitor:
    """A browser of somebody whom nobody knows."""

    def __init__(self, client, address: str = "10.0.0.1") -> None:
        self.client, self.address = client, {"REMOTE_ADDR": address}

    def get(self, path: str):
        return self.client.get(path, environ_overrides=self.address)

    def post(self, path: str, **form: str):
        token = TOKEN.search(self.get("/no-such-page").text)[1]
        return self.client.post(
            path, data={**form, "csrf_token": token}, environ_overrides=self.address
        )

    def follows(self, answer) -> str:
        return self.get(answer.location).text

    def opens(self, ticket: Ticket, code: str | None = None):
        return self.post("/my", number=ticket.number, code=code or ticket.query_code)


@pytest.fixture
def he(client) -> Visitor:
    return Visitor(client)


def test_he_reads_where_his_ticket_is_and_what_was_answered(he, ticket, assignment, wang, time):
    handling.sign(assignment, by=None)
    reply = handling.reply(
        assignment,
        Answer(
            public="路灯已修好",
            internal="换了镇流器",
            facts_true=True,
            solved=Solved.YES,
            no_contact="夜间修复",
        ),
        by=None,
    )
    before = he.get(he.opens(ticket).location).text
    assert "路灯已修好" not in before
    # Nobody is left to be urged, and he is told so.
    assert "催办</button>" not in before and "承办单位已经答复" in before
    assert "承办单位已经答复" in he.follows(he.post(f"/my/{ticket.number}/urge"))
    assert session.query(Urge).count() == 0
    closing.accept_reply(reply, by=wang)
    page = he.get(f"/my/{ticket.number}").text
    assert "承办单位已经答复" in page
    for told in ("路灯已修好", "城管局", "承办单位已签收", "已办理，等待回访"):
        assert told in page
    for kept in ("换了镇流器", "王", "138", ticket.query_code):
        assert kept not in page


def test_it_is_the_hotline_that_registers_whatever_unit_it_proposes(he, a_call, wang, place, app):
    typed = a_complaint(unit="urban")
    ticket = lifecycle.submit(lifecycle.draft(a_call), by=wang, typed=typed)
    page = he.get(he.opens(ticket).location).text
    assert "已登记 <strong>12345 热线</strong>" in page
    # What the agent proposes is not decided yet.
    assert "城管局" not in page
    (text,) = session.query(TextMessage)
    assert f"{app.config['SETTINGS'].public_url}/my " in text.body


def test_nobody_gets_in_without_the_code_and_not_for_longer_than_half_an_hour(he, ticket, time):
    assert he.get(f"/my/{ticket.number}").location == "/my"
    assert "不正确" in he.opens(ticket, "000000" if ticket.query_code != "000000" else "1").text
    assert he.get(f"/my/{ticket.number}").location == "/my"
    he.opens(ticket)
    assert he.get(f"/my/{ticket.number}").status_code == 200
    time.forward(30 * 60 + 1)
    assert he.get(f"/my/{ticket.number}").location == "/my"
    assert he.post(f"/my/{ticket.number}/urge").location == "/my"


def test_guessing_is_limited_by_address_and_by_ticket(client, ticket, time):
    guesser = Visitor(client)
    for n in range(10):
        guesser.post("/my", number=f"20260101-{n:06d}", code="123456")
    assert guesser.opens(ticket).status_code == 429
    assert Visitor(client, "10.0.0.2").opens(ticket).status_code == 302
    for n in range(5):
        Visitor(client, f"10.0.1.{n}").opens(ticket, "wrong")
    assert "不正确" in Visitor(client, "10.0.0.3").opens(ticket).text
    assert all(
        one.call_id is None and "10.0" not in one.address for one in session.query(CodeAttempt)
    )


@pytest.mark.parametrize("number", ["", "x", "2026112500000１", "99", "<b>"])
def test_what_is_no_number_is_told_like_a_wrong_code(he, number):
    assert "不正确" in he.post("/my", number=number, code="１２３４５６").text


def test_of_a_confidential_one_only_the_state_is_told(he, ticket, assignment, time):
    ticket.confidential = True
    page = he.get(he.opens(ticket).location).text
    assert "已派出，等待签收" in page and "城管局" not in page
    assert he.post(f"/my/{ticket.number}/facts", words="路灯").location == "/my"


def test_he_adds_what_he_knows_and_the_unit_is_told(he, ticket, assignment, time):
    he.opens(ticket)
    he.post(f"/my/{ticket.number}/facts", words="  昨晚又灭了 ")
    added = session.query(Addition).one()
    assert added.words == "昨晚又灭了"
    assert "昨晚又灭了" in he.get(f"/my/{ticket.number}").text
    assert session.query(Notice).filter_by(name="facts_added").count() == 1
    assert history.verify(ticket) is None
    told = session.query(TicketEvent).filter_by(name="facts_added").one()
    assert doers.doer(told) == "市民"
    he.post(f"/my/{ticket.number}/facts", words=" ")
    he.post(f"/my/{ticket.number}/facts", words="长" * 501)
    for _n in range(12):
        he.post(f"/my/{ticket.number}/facts", words="又")
    assert session.query(Addition).count() == 10


def test_a_ticket_that_waited_for_him_goes_on(he, ticket, time):
    ticket.state = TicketState.NEED_INFO
    he.opens(ticket)
    he.post(f"/my/{ticket.number}/facts", words="在12号楼前")
    session.refresh(ticket)
    assert ticket.state is TicketState.PENDING_DISPATCH


def test_he_urges_once_a_day(he, ticket, assignment, time):
    he.opens(ticket)
    for _n in range(2):
        he.post(f"/my/{ticket.number}/urge")
    assert session.query(Urge).count() == 1
    time.forward(24 * 3600)
    he.opens(ticket)
    assert "催办</button>" in he.get(f"/my/{ticket.number}").text
    he.post(f"/my/{ticket.number}/urge")
    assert session.query(Urge).count() == 2


def test_pressure_is_told_to_the_hotline_and_to_no_unit(he, ticket, assignment, time):
    he.opens(ticket)
    told = session.query(Notice).count()
    for _n in range(2):
        he.post(f"/my/{ticket.number}/pressed", words="让我打满意")
    assert session.query(Supervision).one().because == "pressed"
    assert session.query(Notice).count() == told
    assert "让我打满意" not in he.get(f"/my/{ticket.number}").text


def test_long_after_the_end_there_is_nothing_to_press(he, ticket, assignment, wang, time):
    ticket.state, ticket.closed_at = TicketState.CLOSED, now() - timedelta(days=16)
    he.opens(ticket)
    page = he.get(f"/my/{ticket.number}").text
    assert "已办结" in page and "改评价" not in page and "补充</button>" not in page
    he.post(f"/my/{ticket.number}/pressed", words="x")
    he.post(f"/my/{ticket.number}/facts", words="x")
    assert session.query(Addition).count() == 0


def test_his_page_says_that_a_date_may_still_move(he, ticket, assignment):
    calendar.seed((now().year, now().year + 1))
    he.opens(ticket)
    for whether in (True, False):
        session.execute(update(WorkDay).values(provisional=whether))
        commit()
        assert ("暂定" in he.get(f"/my/{ticket.number}").text) is whether
