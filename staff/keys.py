"""Keys of units' own systems: made, recognised, revoked.

A key acts as a member of staff of its unit who has no password: who did what is known in the same
way for people and for systems."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select, update

from infra.clock import now
from infra.db import session
from models import ApiKey, Role, Scope, StaffMember, Unit
from staff import audit
from web.languages import _
from web.refusals import Refused

BEGINNING = "h12345"
PUBLIC_BYTES, SECRET_BYTES = 5, 32
LONGEST_LIFE = timedelta(days=731)
LONGEST_NAME = 48
# Its row is written now and then only.
USED_EVERY = timedelta(minutes=1)
NO_PASSWORD = "-"


class Unacceptable(Refused):
    """The key cannot be made; the message says why."""


class NotRecognised(Exception):
    """Nobody comes in with this; the message says why to whoever holds the secret."""

    permanent = True


def make(
    unit: Unit, name: str, scopes: Sequence[Scope], *, life: timedelta, per_minute: int = 600
) -> tuple[ApiKey, str]:
    """A new key and its whole text, which is shown this once.  Raises Unacceptable."""
    name = name.strip()
    _insist(unit, name, scopes, life)
    public, secret = secrets.token_hex(PUBLIC_BYTES), secrets.token_urlsafe(SECRET_BYTES)
    at = now()
    key = ApiKey(
        unit=unit,
        staff=_member(unit, name, public),
        name=name,
        public=public,
        secret_hash=_hash(secret),
        scopes=list(scopes),
        per_minute=per_minute,
        created_at=at,
        expires_at=at + life,
    )
    session.add(key)
    session.flush()  # the audit log names its id
    audit.record("api_key.made", "api_key", key.id, unit=unit.code, scopes=list(scopes))
    return key, f"{BEGINNING}_{public}_{secret}"


def revoke(key: ApiKey) -> None:
    if key.revoked_at is None:
        key.revoked_at = key.staff.disabled_at = now()
        audit.record("api_key.revoked", "api_key", key.id, unit=key.unit.code)


def recognise(token: str) -> ApiKey:
    """Whose key this is.  Raises NotRecognised."""
    beginning, _public, rest = token.partition("_")
    public, _line, secret = rest.partition("_")
    key = None
    if beginning == BEGINNING and secret and public.isascii() and public.isalnum():
        key = session.scalar(select(ApiKey).where(ApiKey.public == public))
    if key is None or not hmac.compare_digest(key.secret_hash, _hash(secret)):
        raise NotRecognised(_("密钥不正确；请在 Authorization 中以 Bearer 提供接口密钥"))
    if key.revoked_at is not None or not key.staff.is_active:
        raise NotRecognised(_("密钥已吊销，请向热线管理员申请新的密钥"))
    if key.expires_at <= now():
        raise NotRecognised(_("密钥已过期，请向热线管理员申请新的密钥"))
    if not key.unit.active:
        raise NotRecognised(_("单位已停用，密钥不能使用"))
    return key


def used(key: ApiKey) -> None:
    """Remember it, without waiting for another request that remembers it just now."""
    at = now()
    if key.last_used_at is not None and at - key.last_used_at < USED_EVERY:
        return
    free = select(ApiKey.id).where(ApiKey.id == key.id).with_for_update(skip_locked=True)
    session.execute(
        update(ApiKey).where(ApiKey.id.in_(free.scalar_subquery())).values(last_used_at=at)
    )


def _insist(unit: Unit, name: str, scopes: Sequence[Scope], life: timedelta) -> None:
    if not name or len(name) > LONGEST_NAME:
        raise Unacceptable(_("请填写用途，最多 %(most)s 个字", most=LONGEST_NAME))
    if not scopes:
        raise Unacceptable(_("请至少选择一项权限"))
    if not timedelta() < life <= LONGEST_LIFE:
        raise Unacceptable(_("有效期最长两年"))
    if not unit.active:
        raise Unacceptable(_("单位已停用"))


def _member(unit: Unit, name: str, public: str) -> StaffMember:
    return StaffMember(
        login=f"key-{public}",
        name=name,
        password_hash=NO_PASSWORD,
        machine=True,
        roles=[Role.UNIT],
        unit=unit,
        created_at=now(),
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
