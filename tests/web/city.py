"""A city with one of everything, in Latin letters: what is Chinese on a page is then our own."""

from datetime import timedelta

from flask import Flask

from infra.clock import now
from infra.db import session
from infra.privacy import fingerprint
from models import (
    AlarmKind,
    ApiKey,
    Article,
    ArticleShown,
    ArticleState,
    AskedBy,
    Asking,
    Call,
    CallEvent,
    CallStatus,
    ContactWay,
    DeadlinePolicy,
    Delivery,
    DeliveryState,
    DispatchRule,
    Disposition,
    District,
    DutyPhone,
    Endpoint,
    FollowUp,
    FollowUpAlarm,
    FollowUpState,
    Kind,
    Limitation,
    LimitKind,
    LimitState,
    Linkage,
    MissedContact,
    MissedKind,
    Offer,
    OfferState,
    Party,
    Person,
    Protection,
    ProtectionVisit,
    Recording,
    RecordingState,
    Risk,
    RiskLevel,
    Role,
    Round,
    Scope,
    Seat,
    Side,
    Solved,
    StaffMember,
    Strike,
    StrikeReason,
    SuperviseKind,
    TextMessage,
    TextState,
    Ticket,
    TicketState,
    Topic,
    TranscriptState,
    Unit,
    UnitKind,
    Utterance,
)
from queues import limiting
from recordings.timeline import TITLES
from tests.places import a_line, an_agent
from tests.visitors import Browser, browser_of, somebody
from tickets import (
    chasing,
    dispatch,
    handling,
    history,
    lifecycle,
    meetings,
    own,
    requests,
    supervising,
)

NUMBER = "20261125000001"
OTHER = "20261125000002"
# What an address may name, and what of it is there.
KNOWN = {
    "number": NUMBER,
    "lane_name": "tickets",
    "job_id": "no-such-job",
    "filename": "app.css",
    "kind": "csv",
}


class City:
    """Everything has the id 1, so that every address leads somewhere."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        # Number 1, whom the tests disable, rename and reset on their way.
        somebody("victim", Role.AGENT)
        self.line = a_line("general", name="General")
        self.agent = an_agent("wang", self.line)
        self.unit = Unit(code="urban", name="Urban Management", kind=UnitKind.BUREAU)
        self.district = District(code="donghu", name="Donghu")
        self.topic = Topic(code="light", name="Street light", unit=self.unit)
        session.add_all([self.unit, self.district, self.topic])
        session.flush()
        self.people = {role: self._member(role) for role in Role}
        self.person = self._person()
        self.call = self._call()
        self.ticket = self._ticket()
        self._handled()
        self._knowledge()
        self._leftovers()
        self._follow_up()
        self._limited()
        session.flush()

    def browsers(self) -> dict[Role, Browser]:
        return {role: browser_of(self.app, one) for role, one in self.people.items()}

    def _member(self, role: Role) -> StaffMember:
        if role is Role.AGENT:
            return self.agent.staff
        return somebody(role.value, role, unit=self.unit if role is Role.UNIT else None)

    def _person(self) -> Person:
        person = Person(
            number="13812345678",
            number_fingerprint=fingerprint("13812345678"),
            number_masked="138****5678",
            name="Li Na",
            caution="Speaks softly",
            first_seen=now(),
        )
        session.add(person)
        session.flush()
        return person

    def _call(self) -> Call:
        call = Call(
            sid="CA1",
            person_id=self.person.id,
            number_masked=self.person.number_masked,
            started_at=now() - timedelta(minutes=2),
            answered_at=now() - timedelta(minutes=1),
            ended_at=now(),
            status=CallStatus.ENDED,
            disposition=Disposition.ANSWERED,
            agent_id=self.agent.staff_id,
            line_id=self.line.id,
            rating=5,
        )
        session.add(call)
        session.flush()
        why = {
            "step": "line",
            "level": 4,
            "idle_s": 35,
            "waited_s": 6,
            "eligible": 3,
            "priority": 1,
        }
        told = {"agent": self.agent.staff_id, "line": "general", "key": "1", "confidence": 0.9}
        told |= {"points": 5, "disposition": "answered", "why": why}
        session.add_all(
            CallEvent(call_id=call.id, at=now(), name=name, detail=told) for name in TITLES
        )
        self._sound(call)
        return call

    def _sound(self, call: Call) -> None:
        rows = [
            Utterance(call_id=call.id, party=party, transcription="TR1", sequence=number, at=now(),
                      text="The street light is broken", offset_s=number, duration_s=1.0)
            for number, party in enumerate((Party.CITIZEN, Party.AGENT), start=1)
        ]  # fmt: skip
        failed = {"state": RecordingState.FAILED, "error": "运营商回答：404", "attempts": 12}
        absent = {"state": RecordingState.ABSENT, "error": "运营商没有录到声音"}
        for number, more in enumerate((failed, absent), start=1):
            rows.append(
                Recording(sid=f"RE{number}", call_id=call.id, leg="CA1", url="http://x",
                          next_at=now(), started_at=now(),
                          transcript_state=TranscriptState.WAITING_FOR_ENGINE,
                          **more)
            )  # fmt: skip
        session.add_all(rows)
        session.flush()

    def _ticket(self) -> Ticket:
        origin = {"by": "software", "sentence": "it is broken", "confidence": 0.8}
        made = Ticket(
            number=NUMBER, query_code="123456", query_code_hash="x", call_id=self.call.id,
            person_id=self.person.id, kind=Kind.COMPLAINT, topic_id=self.topic.id,
            district_id=self.district.id, address="1 Main Street", summary="Light broken",
            demand="Repair it", unit_id=self.unit.id, state=TicketState.PENDING_DISPATCH,
            created_at=now(), submitted_at=now(), submitted_by_id=self.agent.staff_id,
            origins={"summary": origin},
        )  # fmt: skip
        draft = Ticket(person_id=self.person.id, created_at=now(), origins={"summary": origin})
        session.add_all([made, draft])
        session.flush()
        for name in ("submitted", "completed_by_software", "code_locked"):
            detail = {"fields": ["topic", "unit"]}
            history.note(made, name, **detail)
        return made

    def _handled(self) -> None:
        """A second ticket that went to the unit, with all that can be said about it."""
        made = Ticket(
            number=OTHER, query_code="1", query_code_hash="x", person_id=self.person.id,
            kind=Kind.HELP, topic_id=self.topic.id, district_id=self.district.id,
            address="2 Main Street", summary="Light broken too", demand="Repair it",
            state=TicketState.PENDING_DISPATCH, created_at=now(), submitted_at=now(),
        )  # fmt: skip
        below = Unit(code="below", name="Lights", kind=UnitKind.SERVICE, parent=self.unit)
        session.add_all([made, below])
        session.flush()
        clerk, dispatcher = self.people[Role.UNIT], self.people[Role.DISPATCHER]
        one = dispatch.dispatch(made, self.unit, by=dispatcher, advice="At once")
        handling.sign(one, by=clerk)
        handling.contact(one, by=clerk, way=ContactWay.PHONE, words="Tomorrow")
        requests.ask_extension(one, 2, by=clerk, reason="Parts")
        supervising.supervise(made, self.unit, SuperviseKind.WRITTEN, "instruction", by=dispatcher)
        supervising.urge(made, call=None, by=None, words="Again")
        child = handling.delegate(one, below, by=clerk, due_at=one.due_at)
        handling.sign(child, by=None)
        answer = handling.Answer("Done", True, Solved.PARTLY, why_not="Parts", no_contact="Night")
        handling.reply(child, answer, by=None)
        handling.reply(one, answer, by=clerk)
        own.add_facts(made, "Lamp A12", by=self.agent.staff)
        own.say_pressed(made, "They want another rating")
        chasing.link(made, self.call, "Still broken", by=self.agent.staff)
        self._settled(made)

    def _settled(self, ticket: Ticket) -> None:
        """What the city has set: a meeting, a rule that waits, limits."""
        lead = self.people[Role.LEAD]
        soon = now() + timedelta(hours=1)
        meeting = meetings.plan("Whose lamps", soon, by=lead, place="Hall", units=[self.unit])
        meetings.attach(meeting, ticket, by=lead)
        for candidate in (True, False):
            session.add(
                DispatchRule(
                    topic=self.topic, lead=self.unit, condition=["lamp"], assists=["below"],
                    legal_basis="Act 3", source="directory", valid_from=now().date(),
                    candidate=candidate, changed_at=now(),
                )
            )  # fmt: skip
        session.add(DeadlinePolicy(kind=Kind.HELP, sign="4 wh", handle="5 wd"))

    def _knowledge(self) -> None:
        for number, state in enumerate(ArticleState, start=1):
            article = Article(
                code=f"a{number}", title=f"Article {number}", line_id=self.line.id, question="how",
                answer="like this", state=state, updated_at=now(),
                valid_from=now() - timedelta(days=1),
            )  # fmt: skip
            session.add(article)
        session.flush()
        said = session.query(Utterance).first()
        session.add(
            ArticleShown(
                article_id=1, call_id=self.call.id, utterance_id=said.id, sentence="like this",
                agent_id=self.agent.staff_id, at=now(), score=1.0, wrong_at=now(),
            )
        )  # fmt: skip

    def _leftovers(self) -> None:
        for number, state in enumerate(TextState):
            session.add(
                TextMessage(
                    key=f"k{number}", person_id=self.person.id, ticket_id=self.ticket.id,
                    number="13812345678", number_masked="138****5678", body="x", state=state,
                    next_at=now(), created_at=now(), error="短信网关回答：500",
                )
            )  # fmt: skip
        self._outbox()
        session.add(
            Linkage(
                ticket_id=self.ticket.id, peer=self.unit, peer_number="J1", offered_at=now(),
                answer_due_at=now() + timedelta(minutes=5), first_receiver=Side.PEER,
            )
        )  # fmt: skip
        session.add(
            MissedContact(
                call_id=self.call.id, person_id=self.person.id, kind=MissedKind.ABANDONED,
                number_masked="号码未显示", line_id=self.line.id, at=now(), words="the light",
            )
        )  # fmt: skip

    def _outbox(self) -> None:
        wants = ["tickets", "clocks", "decisions"]
        endpoint = Endpoint(
            unit=self.unit, url="https://unit.example/hook", secret="whsec_eA==", wants=wants,
            added_at=now(), failures=2, rests_until=now() + timedelta(minutes=1),
            old_secret="whsec_eA==", old_secret_until=now() + timedelta(days=1),
        )  # fmt: skip
        phone = DutyPhone(
            unit=self.unit, number="13900001111", number_fingerprint="x",
            number_masked="139****1111", wants=wants, added_at=now(),
        )  # fmt: skip
        session.add_all([endpoint, phone])
        session.flush()
        for number, state in enumerate(DeliveryState):
            session.add(
                Delivery(
                    endpoint_id=endpoint.id, message_id=f"msg_{number}", type="trial", body="{}",
                    state=state, next_at=now(), created_at=now(), error="接收系统回答：500",
                    sent_at=now() if state is DeliveryState.SENT else None,
                )
            )  # fmt: skip
        system = somebody("key-1", Role.UNIT, unit=self.unit)
        system.machine = True
        session.add(
            ApiKey(
                unit=self.unit, staff=system, name="Work orders", public="1", secret_hash="x",
                scopes=list(Scope), created_at=now(), expires_at=now() + timedelta(days=30),
            )
        )  # fmt: skip

    def _limited(self) -> None:
        """Reported once, limited, and appealed against; and a minor's case."""
        of = lifecycle.draft(self.call)
        known = {"level": RiskLevel.ORANGE, "risks": [Risk.INJURY]}
        case = Protection(
            call_id=self.call.id, ticket_id=of.id, by_id=self.agent.staff_id, at=now(),
            notice_due_at=now() + timedelta(minutes=30), **known,
        )  # fmt: skip
        session.add(case)
        session.flush()
        session.add(ProtectionVisit(protection_id=case.id, due_at=now() + timedelta(hours=24)))
        history.note(of, "risk_judged", by=self.agent.staff, **known)
        lead, admin = self.people[Role.LEAD], self.people[Role.ADMIN]
        limitation = Limitation(
            person_id=self.person.id, kind=LimitKind.LAST, state=LimitState.APPROVED,
            because="Shouts", asked_by_id=lead.id, asked_at=now(), decided_by_id=admin.id,
            decided_at=now(), begins_at=now(), expires_at=now() + timedelta(hours=24),
        )  # fmt: skip
        session.add(limitation)
        session.flush()
        limiting.appeal(limitation, "It was my cat", by=self.agent.staff)
        session.add(
            Strike(
                person_id=self.person.id, call_id=self.call.id, by_id=self.agent.staff_id,
                at=now(), reason=StrikeReason.SILENT, words="Says nothing",
            )
        )  # fmt: skip

    def _follow_up(self) -> None:
        handling = Round(ticket_id=self.ticket.id, number=1, opened_at=now())
        session.add(handling)
        session.flush()
        asked = FollowUp(
            ticket_id=self.ticket.id, round_id=handling.id, state=FollowUpState.PERSON,
            why="contradicts", opened_at=now(), first_rating=1, final_rating=2,
            taken_by_id=self.agent.staff_id, taken_until=now() + timedelta(minutes=5),
        )  # fmt: skip
        session.add(asked)
        session.flush()
        session.add_all(
            Asking(
                follow_up_id=asked.id, way=way, at=now(), reached=way is not AskedBy.PERSON,
                contacted=True, solved="no", satisfied=2, reason="Still broken",
            )
            for way in AskedBy
        )  # fmt: skip
        session.add_all(
            FollowUpAlarm(round_id=handling.id, ticket_id=handling.ticket_id, kind=kind, at=now())
            for kind in AlarmKind
        )


def ringing(city: City) -> Offer:
    """A second call that rings at the agent now."""
    call = Call(
        sid="CA2", person_id=city.person.id, number_masked="138****5678", started_at=now(),
        line_id=city.line.id, status=CallStatus.WAITING,
    )  # fmt: skip
    session.add(call)
    session.flush()
    offer = Offer(
        call_id=call.id, agent_id=city.agent.staff_id, state=OfferState.RINGING, epoch=1,
        offered_at=now(), deadline=now() + timedelta(seconds=12),
    )  # fmt: skip
    session.add(offer)
    session.get(Seat, city.agent.staff_id).activity = "ringing"
    session.flush()
    return offer
