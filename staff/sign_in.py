"""Signing in: slow for guessers, the same answer for every wrong guess."""

from sqlalchemy import select

from infra.db import session
from models import Knock, StaffMember
from staff import guesses, parting, passwords


class WrongPassword(Exception):
    """Login or password is wrong, or the member of staff is disabled; which is not told."""


class PasswordTooWeak(Exception):
    """Too short, or the old one again."""


def sign_in(login: str, password: str, address: str) -> StaffMember:
    """The member of staff; raises WrongPassword or TooManyAttempts.  Every attempt is kept."""
    login = login.strip().lower()
    staff = session.scalar(select(StaffMember).where(StaffMember.login == login))
    name = guesses.shown(login, exists=staff is not None)
    guesses.insist_on_patience(name, address)
    right = passwords.verify(staff.password_hash if staff else None, password)
    outcome = _outcome(staff, right)
    guesses.keep(name, address, outcome)
    if staff is None or outcome is not Knock.SUCCEEDED:
        raise WrongPassword
    if passwords.outdated(staff.password_hash):
        staff.password_hash = passwords.hash_password(password)
    return staff


def change_password(staff: StaffMember, *, old: str, new: str, address: str) -> None:
    """Raises WrongPassword, TooManyAttempts or PasswordTooWeak.  Signs him out everywhere else.

    Whoever finds a desk unlocked must not guess here without end either."""
    guesses.insist_on_patience(staff.login, address)
    outcome = _outcome(staff, passwords.verify(staff.password_hash, old))
    guesses.keep(staff.login, address, outcome)
    if outcome is not Knock.SUCCEEDED:
        raise WrongPassword
    if len(new) < passwords.SHORTEST or new == old:
        raise PasswordTooWeak
    staff.password_hash = passwords.hash_password(new)
    staff.must_change_password = False
    parting.end_sessions(staff)


def reset_password(staff: StaffMember) -> str:
    """A one-time password, told once; it must be changed at the next sign-in."""
    plain = passwords.one_time()
    # He was kept waiting for guesses at a password that is no more.
    guesses.forgive(staff.login)
    staff.password_hash = passwords.hash_password(plain)
    staff.must_change_password = True
    parting.end_sessions(staff)
    return plain


def _outcome(staff: StaffMember | None, right: bool) -> Knock:
    # Who works by an interface alone has no password to guess.
    if staff is None or staff.machine:
        return Knock.UNKNOWN_LOGIN
    if staff.disabled_at is not None:
        return Knock.DISABLED
    return Knock.SUCCEEDED if right else Knock.WRONG_PASSWORD
