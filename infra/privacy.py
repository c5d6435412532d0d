"""Personal data: masked on pages, encrypted in the database, found again by a keyed hash."""

import base64
import hashlib
import hmac
import os
import re
import unicodedata

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from infra.wording import N_

NONCE_BYTES = 12

LETTER = re.compile(r"[^\W\d_]")
COUNTRY = re.compile(r"^(?:\+|00)86|^86(?=1[3-9]\d{9}$)")
DIGITS = re.compile(r"\+?[0-9]+")
MOBILE = re.compile(r"1[3-9]\d{9}")
# After the country's code the area code has lost its 0; 400 and 800 are no areas.
WITHOUT_ZERO = re.compile(r"(?:10|2\d|(?![48]00)[3-9]\d\d)\d{5,8}")
# As people of the city write a landline; services begin with 1 or 9.
WITHOUT_AREA = re.compile(r"[2-8]\d{6,7}")
LONGEST_SERVICE = 6


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
_area_code = ""


def configure(keys: tuple[tuple[str, str], ...], pepper: str, area_code: str = "") -> None:
    """``area_code``: the city's own, for landlines that are written without; "" adds none."""
    global _vault, _area_code
    _vault, _area_code = Vault(keys, pepper), area_code


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
    """One way to write a number, however it was typed or announced, so that it is found again.

    A mobile has its 11 digits, a landline its area code with the leading 0 (the city's own where
    none was told), a foreign number ``+`` and its country's code; service numbers, and what is no
    number, stay as they are."""
    written = unicodedata.normalize("NFKC", number)
    digits = re.sub(r"[^0-9+]", "", written)
    if LETTER.search(written) or not digits:
        return number
    plain = COUNTRY.sub("", digits)
    if MOBILE.fullmatch(plain.removeprefix("0")):
        return plain.removeprefix("0")
    if plain != digits and WITHOUT_ZERO.fullmatch(plain):
        return f"0{plain}"
    if WITHOUT_AREA.fullmatch(digits):
        return f"{_area_code}{digits}"
    return f"+{plain[2:]}" if plain.startswith("00") else plain


def mask(number: str) -> str:
    """``138****5678`` for a mobile, ``0791****9110`` for a landline; a hidden one is not shown.

    At least four digits are hidden; only service numbers such as 12345 may be read."""
    plain = national(number)
    if not DIGITS.fullmatch(plain):
        return N_("号码未显示")
    if len(plain) <= LONGEST_SERVICE:
        return plain
    head = min(3 if MOBILE.fullmatch(plain) else 4, max(0, len(plain) - 8))
    tail = min(4, len(plain.removeprefix("+")) - 4)
    return f"{plain[:head]}****{plain[-tail:]}"
