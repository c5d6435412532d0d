"""Passwords are kept as argon2 hashes and never anywhere else."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 8
# Without letters that are mistaken for digits when read out.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"

_hasher = PasswordHasher()
# Verified when a login is unknown, so that the answer takes as long as for a known one.
_nobody = _hasher.hash(secrets.token_urlsafe(16))


def hash_password(plain: str) -> str:
    return _hasher.hash(plain)


def verify(hashed: str | None, plain: str) -> bool:
    try:
        return _hasher.verify(hashed or _nobody, plain) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(hashed: str) -> bool:
    """Whether it was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(hashed)


def one_time() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(12))
