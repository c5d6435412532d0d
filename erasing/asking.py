"""Two persons erase: one asks and says why and how far, another approves; and who holds it back."""

from sqlalchemy import select

from erasing import reach
from erasing.carrying_out import lock_holds
from erasing.reach import Reach
from infra.clock import now
from infra.db import session
from models import (
    Call,
    Erasure,
    ErasureBasis,
    ErasureScope,
    ErasureState,
    LegalHold,
    Person,
    StaffMember,
    Ticket,
)
from staff import audit
from web.languages import _
from web.refusals import Refused

Subject = Person | Ticket | Call


class NotErasable(Refused):
    """It may not be erased, or not by him, or not now; the message says why."""


def ask(subject: Subject, *, by: StaffMember, basis: ErasureBasis, reason: str) -> Erasure:
    """Raises NotErasable."""
    made = Erasure(
        scope=_scope(subject),
        basis=basis,
        reason=reason,
        asked_at=now(),
        asked_by_id=by.id,
        **_key(subject),
    )
    _insist_free(subject)
    _insist(reach.of(made))
    session.add(made)
    session.flush()  # the audit log names its id
    audit.record("erasure.asked", "erasure", made.id, scope=made.scope, basis=basis)
    return made


def approve(erasure: Erasure, *, by: StaffMember) -> None:
    """The clock begins with it within a minute.  Raises NotErasable."""
    _insist_undecided(erasure)
    if erasure.asked_by_id == by.id:
        raise NotErasable(_("申请人不能批准自己的申请，须由另一人批准"))
    _insist(reach.of(erasure))
    _decide(erasure, ErasureState.APPROVED, by)
    audit.record("erasure.approved", "erasure", erasure.id)


def refuse(erasure: Erasure, *, by: StaffMember) -> None:
    """Raises NotErasable."""
    _insist_undecided(erasure)
    if erasure.asked_by_id == by.id:
        raise NotErasable(_("申请人不能审批自己的申请，可以撤回"))
    _decide(erasure, ErasureState.REFUSED, by)
    audit.record("erasure.refused", "erasure", erasure.id)


def cancel(erasure: Erasure, *, by: StaffMember) -> None:
    """By whoever asked.  Raises NotErasable."""
    _insist_undecided(erasure)
    if erasure.asked_by_id != by.id:
        raise NotErasable(_("只有申请人可以撤回"))
    _decide(erasure, ErasureState.CANCELLED, by)
    audit.record("erasure.cancelled", "erasure", erasure.id)


def hold(subject: Subject, *, by: StaffMember, reason: str) -> LegalHold:
    """Nothing of it is erased until the hold is lifted.  Raises NotErasable."""
    lock_holds()
    if subject_is_held(subject):
        raise NotErasable(_("已有留置"))
    made = LegalHold(reason=reason, placed_at=now(), placed_by_id=by.id, **_key(subject))
    session.add(made)
    session.flush()  # the audit log names its id
    audit.record("hold.placed", "hold", made.id, **_key(subject))
    return made


def lift(held: LegalHold, *, by: StaffMember) -> None:
    """Not by whoever placed it: two persons, too.  Raises NotErasable."""
    if held.lifted_at is not None:
        return
    if held.placed_by_id == by.id:
        raise NotErasable(_("留置须由另一人解除"))
    held.lifted_at, held.lifted_by_id = now(), by.id
    audit.record("hold.lifted", "hold", held.id)


def subject_is_held(subject: Subject) -> bool:
    """By a hold of its own."""
    own = select(LegalHold.id).filter_by(**_key(subject)).where(LegalHold.lifted_at.is_(None))
    return session.scalar(own) is not None


def _decide(erasure: Erasure, state: ErasureState, by: StaffMember) -> None:
    erasure.move_to(state)
    erasure.decided_at, erasure.decided_by_id = now(), by.id


def _insist(found: Reach) -> None:
    forbidden = reach.why_not(found)
    if forbidden is not None:
        raise NotErasable(forbidden)


def _insist_undecided(erasure: Erasure) -> None:
    if erasure.state is not ErasureState.ASKED:
        raise NotErasable(_("这项申请已有结论，不能再审批"))


def _insist_free(subject: Subject) -> None:
    open_ = (ErasureState.ASKED, ErasureState.APPROVED)
    same = select(Erasure.id).filter_by(**_key(subject)).where(Erasure.state.in_(open_))
    if session.scalar(same) is not None:
        raise NotErasable(_("已有同样的申请在办，不必重复提出"))


def _scope(subject: Subject) -> ErasureScope:
    match subject:
        case Person():
            return ErasureScope.PERSON
        case Ticket():
            return ErasureScope.TICKET
    return ErasureScope.CALL


def _key(subject: Subject) -> dict[str, int]:
    return {f"{_scope(subject)}_id": subject.id}
