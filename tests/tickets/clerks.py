"""Units' clerks and what they do with a ticket, said in one word."""

from infra.clock import now
from infra.db import session
from models import Request, Role, Solved, StaffMember, Unit
from tickets import handling, requests
from tickets.handling import Answer

DONE = Answer(
    public="路灯已修好。",
    facts_true=True,
    solved=Solved.YES,
    contacted_at=None,
    no_contact="夜间修复",
)


def member(login: str, role: Role, unit: Unit | None = None) -> StaffMember:
    one = StaffMember(
        login=login, name=login, password_hash="-", roles=[role], created_at=now(), unit=unit
    )
    session.add(one)
    session.flush()
    return one


def replied(assignment, clerk, answer=DONE):
    handling.sign(assignment, by=clerk)
    return handling.reply(assignment, answer, by=clerk)


def returned(assignment, clerk, zhao, *, suggested=None, lead=False) -> Request:
    asked = requests.ask_return(
        assignment,
        by=clerk,
        code="非职责",
        reason="不归我局",
        basis="三定方案第三条",
        suggested=suggested,
    )
    requests.approve(asked, by=zhao, lead=lead)
    return asked
