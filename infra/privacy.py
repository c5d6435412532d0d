"""Personal data: masked on pages, encrypted in the database, found again by a keyed hash."""

import base64
import hashlib
import hmac
import os
import re

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

NONCE_BYTES = 12


class Vault:
    """AES-GCM with named keys: the first encrypts, all decrypt, so keys can be rotated."""

    def __init__(self, keys: tuple[tuple[str, str], ...], pepper: str) -> None:
        self._keys = {name: AESGCM(base64.b64decode(key)) for name, key in keys}
        self._newest = keys[0][0]
        self._pepper = pepper.encode()

    def seal(self, plain: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._keys[self._newest].encrypt(nonce, plain.encode(), None)
        return self._newest.encode() + b":" + nonce + sealed

    def open(self, sealed: bytes) -> str:
        name, _, rest = sealed.partition(b":")
        key = self._keys[name.decode()]
        return key.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], None).decode()

    def fingerprint(self, value: str) -> str:
        """HMAC-SHA256 with the pepper, in hex: equal values are found, none can be guessed."""
        return hmac.new(self._pepper, value.encode(), hashlib.sha256).hexdigest()


_vault: Vault | None = None


def configure(keys: tuple[tuple[str, str], ...], pepper: str) -> None:
    global _vault
    _vault = Vault(keys, pepper)


def vault() -> Vault:
    if _vault is None:
        raise RuntimeError("infra.privacy.configure() was not called")
    return _vault


def fingerprint(value: str) -> str:
    return vault().fingerprint(value)


class Sealed(TypeDecorator[str]):
    """A text column that the database only ever sees encrypted."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else vault().seal(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else vault().open(value)


def national(number: str) -> str:
    """``+8613812345678`` and ``13812345678`` are one number; others stay as they are."""
    digits = re.sub(r"[^\d+]", "", number)
    return digits.removeprefix("+86").removeprefix("0086") or number


def mask(number: str) -> str:
    """``138****5678`` for a mobile, ``0791****9110`` for a landline; a hidden one is unknown."""
    plain = national(number)
    if not plain or not plain.strip("+").isdigit():
        return "号码未知"
    if len(plain) < 8:
        return plain
    head = 3 if plain.startswith("1") and len(plain) == 11 else 4
    return f"{plain[:head]}****{plain[-4:]}"
