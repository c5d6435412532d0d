"""Signing in: slow for guessers, the same answer for every wrong guess."""

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, exists, func, select
from sqlalchemy.orm import aliased

from infra.clock import now
from infra.db import session
from models import SignInAttempt, StaffMember
from staff import passwords

WINDOW = timedelta(minutes=15)
PER_LOGIN = 5
PER_ADDRESS = 50


class WrongPassword(Exception):
    """Login or password is wrong, or the member of staff is disabled; which is not told."""


class TooManyAttempts(Exception):
    """Too many wrong guesses; after ``WINDOW`` it can be tried again."""


class PasswordTooWeak(Exception):
    """Too short, or the old one again."""


def sign_in(login: str, password: str, address: str) -> StaffMember:
    """The member of staff; raises WrongPassword or TooManyAttempts.  Every attempt is kept."""
    login = login.strip().lower()
    if _failures_of(login) >= PER_LOGIN or _failures_from(address) >= PER_ADDRESS:
        raise TooManyAttempts
    staff = session.scalar(select(StaffMember).where(StaffMember.login == login))
    right = passwords.verify(staff.password_hash if staff else None, password)
    allowed = right and staff is not None and staff.disabled_at is None and not staff.machine
    _keep(login, address, allowed)
    if not allowed or staff is None:
        raise WrongPassword
    if passwords.outdated(staff.password_hash):
        staff.password_hash = passwords.hash_password(password)
    return staff


def change_password(staff: StaffMember, *, old: str, new: str, address: str) -> None:
    """Raises WrongPassword, TooManyAttempts or PasswordTooWeak.  Signs him out everywhere else.

    Whoever finds a desk unlocked must not guess here without end either."""
    if _failures_of(staff.login) >= PER_LOGIN:
        raise TooManyAttempts
    right = passwords.verify(staff.password_hash, old)
    _keep(staff.login, address, right)
    if not right:
        raise WrongPassword
    if len(new) < passwords.SHORTEST or new == old:
        raise PasswordTooWeak
    staff.password_hash = passwords.hash_password(new)
    staff.must_change_password = False
    staff.session_epoch += 1


def reset_password(staff: StaffMember) -> str:
    """A one-time password, told once; it must be changed at the next sign-in."""
    plain = passwords.one_time()
    # He was locked out for guesses at a password that is no more.
    wrong = (SignInAttempt.login == staff.login) & ~SignInAttempt.succeeded
    session.execute(delete(SignInAttempt).where(wrong, SignInAttempt.at > now() - WINDOW))
    staff.password_hash = passwords.hash_password(plain)
    staff.must_change_password = True
    staff.session_epoch += 1
    return plain


def _keep(login: str, address: str, succeeded: bool) -> None:
    session.add(
        SignInAttempt(at=now(), login=login[:64], address=address[:64], succeeded=succeeded)
    )


def _failures_of(login: str) -> int:
    """Wrong guesses at this login since its last right one, within the window."""
    return _count(SignInAttempt.login == login, ~_made_good(from_there=False))


def _failures_from(address: str) -> int:
    """Wrong guesses from this address within the window.

    Who signs in there makes good what he mistyped himself, never what was tried on others."""
    return _count(SignInAttempt.address == address, ~_made_good(from_there=True))


def _made_good(*, from_there: bool) -> ColumnElement[bool]:
    """Whether the same login succeeded later (``from_there``: from the same address)."""
    later = aliased(SignInAttempt)
    same = [
        later.login == SignInAttempt.login,
        later.succeeded,
        later.at >= SignInAttempt.at,
        later.id > SignInAttempt.id,
    ]
    if from_there:
        same.append(later.address == SignInAttempt.address)
    return exists().where(*same)


def _count(*which: ColumnElement[bool]) -> int:
    recent = SignInAttempt.at > now() - WINDOW
    query = select(func.count()).select_from(SignInAttempt)
    return session.scalar(query.where(recent, ~SignInAttempt.succeeded, *which)) or 0
