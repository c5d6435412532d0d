"""12345 and 110 with one matter between them; a small reference peer plays the other side."""

import json
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from channels import sweeps
from channels.outgoing import endpoints
from infra.db import commit, session
from models import (
    About,
    District,
    IllegalMove,
    Linkage,
    LinkageState,
    Role,
    Scope,
    Seat,
    Side,
    StaffMember,
    TextMessage,
    Ticket,
    TicketEvent,
    TicketState,
    Unit,
    UnitKind,
)
from models.linkage import MOVES
from tests.channels.conftest import System, system_of
from tests.tickets.conftest import a_complaint, a_person, ended
from tests.visitors import browser_of, somebody
from tickets import dispatch, history, lifecycle, linkage, merging, own
from tickets.handling import NotYet

CASE = {
    "number": "J3601-0001",
    "kind": "complaint",
    "topic": "street_light",
    "district": "donghu",
    "address": "阳明路12号",
    "summary": "路灯不亮，有人摔倒，已由民警处理",
    "demand": "修好路灯",
    "consent": True,
}


@dataclass
class Peer:
    """The 110 platform: knows what it is offered by webhooks, and answers through the interface."""

    unit: Unit
    system: System
    receiver: object

    def heard(self) -> list[str]:
        return [json.loads(got.body)["type"] for got in self.receiver.got]

    def answers(self, one: Linkage, what: str, body: object) -> object:
        answer = self.system.post(f"/linkages/{one.id}/{what}", body)
        session.expire_all()
        return answer


@pytest.fixture
def zhao(app, time) -> StaffMember:
    return somebody("zhao", Role.DISPATCHER)


@pytest.fixture
def peer(app, urban, receiver, time) -> Peer:
    unit = Unit(code="police110", name="110 报警服务台", kind=UnitKind.SERVICE)
    session.add(unit)
    session.flush()
    endpoints.add(unit, receiver.url, list(About))
    return Peer(unit, system_of(app, unit, Scope.LINKAGE), receiver)


@pytest.fixture
def offered(ticket, peer, zhao) -> Linkage:
    made = linkage.offer(ticket, peer.unit, by=zhao, consent=True)
    commit()
    return made


def hand_on(work) -> None:
    sweeps.run()
    work()
    session.expire_all()


def the_one() -> Linkage:
    session.flush()  # else what a verb has changed is forgotten
    session.expire_all()
    return session.scalars(select(Linkage)).one()


def test_what_the_peer_accepts_is_its_own(offered, ticket, peer, work):
    hand_on(work)
    assert peer.heard() == ["ticket.linkage_offered"]
    told = peer.system.get("/linkages").json["items"][0]
    assert (told["state"], told["handled_by"]) == ("offered", "ours")
    assert "路灯" in told["summary"] and "138" not in json.dumps(told)
    assert peer.answers(offered, "acceptance", {"number": "J1"}).json["handled_by"] == "peer"
    assert ticket.state is TicketState.TRANSFERRED
    assert peer.answers(offered, "result", {"result": "已到场处置"}).json["state"] == "done"
    assert (the_one().peer_number, the_one().result) == ("J1", "已到场处置")
    assert history.verify(ticket) is None


def test_who_was_merged_into_what_the_peer_takes_is_told_so(app, offered, ticket, peer, wang):
    """Once, and only who may be told by his number alone."""
    others: list[Ticket] = []
    for number, minor in (("13970005555", False), ("13970006666", True)):
        draft = lifecycle.draft(ended(a_person(number), agent=session.get(Seat, wang.id)))
        others.append(lifecycle.submit(draft, by=wang, typed=a_complaint()))
        merging.merge(others[-1], ticket, by=wang)
        # That it is a child's was found out later.
        others[-1].minor = minor
    commit()
    for _twice in range(2):
        peer.answers(offered, "acceptance", {"number": "J1"})
    told = session.scalars(select(TextMessage).where(TextMessage.key.like("%:handed_over:%")))
    (text,) = told
    assert text.ticket_id == others[0].id
    assert others[0].number in text.body and "转交110 报警服务台办理" in text.body
    for child in others:
        assert (
            "handed_over_with_master"
            in session.scalars(
                select(TicketEvent.name).where(TicketEvent.ticket_id == child.id)
            ).all()
        )
        assert history.verify(child) is None
    assert "转交有关部门" in [step.words for step in own.steps(others[0])]


def test_while_it_is_not_agreed_the_first_receiver_handles_it_first(
    offered, ticket, peer, zhao, urban, work
):
    answer = peer.answers(offered, "refusal", {"reason": "不属警情"})
    assert (answer.json["state"], answer.json["handled_by"]) == ("refused", "ours")
    assert ticket.state is TicketState.PENDING_DISPATCH, "nothing was taken from anybody"
    dispatch.dispatch(ticket, urban, by=None)
    linkage.settle(the_one(), Side.OURS, by=zhao)
    assert the_one().handled_by is Side.OURS


def test_what_a_unit_works_on_is_not_agreed_away(offered, ticket, peer, zhao, urban):
    peer.answers(offered, "refusal", {"reason": "不属警情"})
    dispatch.dispatch(ticket, urban, by=None)
    with pytest.raises(NotYet, match="与热线商定"):
        linkage.settle(the_one(), Side.PEER, by=zhao)
    assert (the_one().state, the_one().agreed) == (LinkageState.REFUSED, None)


def test_what_is_over_is_not_agreed_to_be_ours(offered, ticket, peer, zhao):
    peer.answers(offered, "refusal", {"reason": "不属警情"})
    ticket.make("void")
    with pytest.raises(NotYet, match="已结束"):
        linkage.settle(the_one(), Side.OURS, by=zhao)


def test_silence_for_five_minutes_is_no_answer(offered, ticket, peer, work, time):
    time.forward(299)
    hand_on(work)
    assert the_one().state is LinkageState.OFFERED
    time.forward(1)
    hand_on(work)
    assert (the_one().state, the_one().handled_by) == (LinkageState.LAPSED, Side.OURS)
    hand_on(work)
    assert peer.heard() == ["ticket.linkage_offered", "ticket.linkage_lapsed"]
    assert peer.answers(offered, "acceptance", {}).status_code == 200, "late is better than never"


def test_what_a_unit_works_on_is_not_taken_out_of_its_hands(offered, ticket, peer, urban):
    dispatch.dispatch(ticket, urban, by=None)
    answer = peer.answers(offered, "acceptance", {})
    assert answer.status_code == 409 and "与热线商定" in answer.json["detail"]


def test_what_the_peer_received_first_becomes_a_ticket_and_stays_its_own_until_accepted(
    app, peer, zhao, work
):
    first = peer.system.post("/linkages", CASE)
    assert (first.status_code, first.json["handled_by"]) == (201, "peer")
    assert peer.system.post("/linkages", CASE).json["id"] == first.json["id"]
    other = peer.system.post("/linkages", CASE | {"summary": "另有路面塌陷"})
    assert other.status_code == 409 and "内容不同" in other.text
    ticket = session.scalars(select(Ticket)).one()
    assert (ticket.state, ticket.channel) == (TicketState.PENDING_DISPATCH, "police110")
    page = browser_of(app, zhao)
    assert "J3601-0001" in page.get("/linkages").text
    page.post(f"/linkages/{first.json['id']}/acceptance")
    assert the_one().handled_by is Side.OURS
    page.post(f"/linkages/{first.json['id']}/result", result="路灯已修好")
    assert peer.system.get("/linkages").json["items"][0]["result"] == "路灯已修好"
    hand_on(work)
    assert peer.heard() == ["ticket.linkage_accepted", "ticket.linkage_done"]


def test_what_the_hotline_refuses_the_peer_goes_on_with(app, peer, zhao):
    number = peer.system.post("/linkages", CASE).json["id"]
    page = browser_of(app, zhao)
    listed = page.get("/linkages").text
    assert "待热线答复" in listed and "前答复" in listed
    assert page.post(f"/linkages/{number}/refusal", reason=" ").status_code == 409
    wordy = page.post(f"/linkages/{number}/refusal", reason="x" * 4001)
    assert wordy.status_code == 409 and f'value="{"x" * 4001}"' in wordy.text
    assert "对方先行办理" in page.get("/dispatch").text
    page.post(f"/linkages/{number}/refusal", reason="涉嫌治安案件")
    assert the_one().handled_by is Side.PEER
    assert peer.answers(the_one(), "result", {"result": "已立案"}).status_code == 200
    assert session.scalars(select(Ticket)).one().state is TicketState.TRANSFERRED


def test_a_dispatcher_offers_and_settles_on_a_page(app, ticket, peer, zhao):
    page = browser_of(app, zhao)
    page.post("/linkages", number=ticket.number, peer="police110", consent="yes")
    assert page.post("/linkages", number=ticket.number, peer="police110").status_code == 409
    unknown = page.post("/linkages", number="none", peer="police110")
    assert unknown.status_code == 409 and 'value="none"' in unknown.text
    assert '<option value="police110" selected>' in unknown.text
    assert page.post("/linkages", number=ticket.number, peer="urban").status_code == 409
    peer.answers(the_one(), "refusal", {"reason": "不属警情"})
    refused = page.post(f"/linkages/{the_one().id}/agreement", owner="peer", state="lapsed")
    assert refused.status_code == 409 and "已拒绝" in refused.text
    page.post(f"/linkages/{the_one().id}/agreement", owner="peer", state="refused")
    assert the_one().handled_by is Side.PEER
    session.expire_all()
    assert session.scalars(select(Ticket)).one().state is TicketState.TRANSFERRED


def test_each_side_answers_only_what_it_was_offered(app, offered, peer, zhao, power):
    page = browser_of(app, zhao)
    assert page.post(f"/linkages/{offered.id}/acceptance").status_code == 409
    assert peer.answers(offered, "result", {"result": "x"}).status_code == 409
    other = peer.system.post("/linkages", CASE).json["id"]
    assert peer.system.post(f"/linkages/{other}/acceptance", {}).status_code == 409
    stranger = system_of(app, power, Scope.LINKAGE)
    assert stranger.get("/linkages").json["items"] == []
    assert stranger.post(f"/linkages/{offered.id}/acceptance", {}).status_code == 404


def test_a_confidential_ticket_needs_consent_and_a_closed_one_is_past(ticket, peer, zhao):
    ticket.confidential = True
    with pytest.raises(NotYet):
        linkage.offer(ticket, peer.unit, by=zhao, consent=False)
    linkage.offer(ticket, peer.unit, by=zhao, consent=True)
    ticket.state = TicketState.VOID
    with pytest.raises(NotYet):
        linkage.offer(ticket, peer.unit, by=zhao, consent=True)


def test_an_unknown_topic_is_named(peer):
    answer = peer.system.post("/linkages", CASE | {"topic": "dragons"})
    assert answer.status_code == 422 and "dragons" in answer.json["detail"]
    assert session.scalars(select(Ticket)).all() == []
    assert session.scalars(select(District)).one().code == "donghu"


def test_every_state_can_come_to_an_end_and_only_as_the_table_says(offered):
    for state in LinkageState:
        offered.state = state
        for wanted in LinkageState:
            offered.state = state
            if wanted in MOVES[state]:
                offered.move_to(wanted)
            else:
                with pytest.raises(IllegalMove):
                    offered.move_to(wanted)
    session.rollback()
    reached, found = set(), {LinkageState.OFFERED}
    while found - reached:
        reached |= found
        found = {after for state in reached for after in MOVES[state]} | reached
    assert reached == set(LinkageState)


def test_the_history_names_each_step(offered, peer, ticket):
    peer.answers(offered, "acceptance", {})
    names = session.scalars(select(TicketEvent.name).order_by(TicketEvent.id)).all()
    assert names[-2:] == ["linkage_offered", "linkage_accepted"]
