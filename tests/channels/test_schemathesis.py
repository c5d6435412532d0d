"""Whatever is sent to the interface: no error of ours, and no answer beside its own document.

Requests are made from the document, rightly and wrongly, the same ones in every run; half of them
meet assignments that are there, in every state."""

from contextvars import Context

import pytest
import schemathesis

# Loaded when first used, otherwise: in the depth of a test, while what earlier ones left is thrown
# away, CPython 3.11 may fail to parse it.
import schemathesis.generation.jsonschema.builder
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from channels.api.door import IN_PATH, OPERATIONS
from channels.exchange import following, incoming
from channels.exchange.packages import Package
from infra.clock import now
from infra.db import commit, session
from models import (
    Attachment,
    AttachmentState,
    Difficulty,
    Peer,
    PeerKind,
    Reply,
    Request,
    Ticket,
    Topic,
)
from tests.channels.conftest import System, system_of
from tests.tickets.conftest import a_complaint
from tickets import dispatch, handling, lifecycle, linkage, requests
from tickets.handling import Answer

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
    ignored_auth,
]
EXAMPLES = 40
A_PACKAGE = Package(
    *("X-1", 1, 1, "complaint", "street_light", "donghu", "阳明路", "路灯坏了", "修好", "normal"),
    due_at=None,
)
DONE = Answer(public="已修好", facts_true=True, solved="yes", no_contact="夜间")


@pytest.fixture
def document(app: Flask, system: System):
    """With ids that exist as likely as not: a random one of two thousand million never would."""
    schema = schemathesis.openapi.from_dict(system.client.get("/api/v1/openapi.json").json)
    schema.app = app
    schema.location = "/api/v1/openapi.json"

    @schema.hook
    def map_path_parameters(_context, places):
        return {
            name: 1 + value % 12 if isinstance(value, int) and value % 2 else value
            for name, value in (places or {}).items()
        }

    return schema


@pytest.fixture
def busy(app: Flask, urban, power, station, wang, citizen, texts) -> System:
    """A unit with assignments in every state that it can meet, and its key."""
    held = [_dispatched(wang, citizen, urban) for _ in range(5)]
    for one in held[1:]:
        handling.sign(one, by=None)
    handling.reply(held[2], DONE, by=None)
    ask = {"by": None, "reason": "不归我局", "basis": "三定方案", "suggested": power}
    requests.ask_return(held[3], code="非职责", **ask)
    requests.ask_extension(held[1], 2, by=None, reason="备件")
    handling.delegate(held[4], station, by=None, due_at=held[4].due_at)
    returned = _dispatched(wang, citizen, urban)
    asked = requests.ask_return(returned, code="非职责", **ask)
    requests.approve(asked, by=wang)
    session.add(Difficulty(assignment_id=held[1].id, approved_at=now(), plan_due_at=now()))
    known = {"at": now(), "name": "a.png", "media_type": "image/png", "size": 1}
    known |= {"storage_key": "gone.png", "next_at": now()}
    states = (AttachmentState.READY, AttachmentState.INFECTED)
    for number, state in enumerate(states):
        session.add(Attachment(assignment_id=held[1].id, sha256=str(number), state=state, **known))
    session.add(Topic(code="consumer", name="消费", unit=urban, market=True))
    session.flush()
    for kind in ("complaint", "report"):
        dispatch.dispatch(_submitted(wang, citizen, kind, "consumer"), urban, by=None)
    for one in (_submitted(wang, citizen), _submitted(wang, citizen)):
        linkage.offer(one, urban, by=wang, consent=True)
    # As if it were a peer: what it was given are packages, and one came from it.
    peer = Peer(unit=urban, kind=PeerKind.CITY, added_at=now())
    session.add(peer)
    session.flush()
    incoming.take_in(peer, A_PACKAGE, by=wang)
    following.run()
    commit()
    return system_of(app, urban, per_minute=60_000)


def _dispatched(wang, citizen, unit):
    return dispatch.dispatch(_submitted(wang, citizen), unit, by=None)


def _submitted(wang, citizen, kind="complaint", topic="street_light"):
    draft = Ticket(person_id=citizen.id, created_at=now())
    session.add(draft)
    session.flush()
    return lifecycle.submit(draft, by=wang, typed=a_complaint(kind=kind, topic=topic))


@pytest.mark.parametrize("mode", list(GenerationMode), ids=["rightly", "wrongly"])
@pytest.mark.parametrize("declared", OPERATIONS, ids=lambda one: one.name)
def test_nothing_breaks_the_interface(document, busy, declared, mode):
    path = IN_PATH.sub(r"{\1}", declared.path)
    operation = document[path][declared.method]
    headers = {"Authorization": f"Bearer {busy.key}"}

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def try_out(case: Case) -> None:
        # A context of its own, as each request has in production.
        answer = Context().run(lambda: case.call(headers=headers))
        case.validate_response(answer, checks=CHECKS, headers=headers)

    try_out()


def test_the_city_of_the_trial_is_busy(busy: System) -> None:
    """Otherwise the trial above would try refusals alone."""
    states = {one["state"] for one in busy.get("/assignments").json["items"]}
    assert {
        "pending_sign",
        "signed",
        "replied",
        "return_pending",
        "delegated",
        "returned",
    } <= states
    assert session.query(Reply).count() and session.query(Request).count() == 3
