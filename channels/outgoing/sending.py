"""One webhook over the wire: signed, bounded in time and size, following nobody elsewhere.

Signed as Standard Webhooks describes it (standardwebhooks.com), so that receivers can use a ready
library: HMAC-SHA256 over "id.timestamp.body" with the secret's bytes."""

import base64
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

import urllib3
from urllib3.exceptions import HTTPError

from channels.outgoing.addresses import NotAllowed, NotFound, Target, resolve
from config import Settings
from infra.wording import N_

PREFIX = "whsec_"
SECRET_BYTES = 32
TIMEOUT_S = 5.0
LARGEST_BODY = 64 * 1024
AGENT = "hotline-webhooks/1"
GONE = 410


class NotTaken(Exception):
    """The endpoint did not say that it has it.

    ``permanent``: asking again is of no use; ``status``: what it answered, if it did."""

    def __init__(self, why: str, *, permanent: bool = False, status: int | None = None) -> None:
        super().__init__(why)
        self.permanent, self.status = permanent, status


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def post(
    url: str, message_id: str, body: bytes, signers: Iterable[str], at: datetime, settings: Settings
) -> int:
    """Hand one message over and return the 2xx that was answered.  Raises NotTaken."""
    try:
        target = resolve(url, settings)
    except (NotAllowed, NotFound) as error:
        raise NotTaken(str(error), permanent=error.permanent) from error
    timestamp = int(at.timestamp())
    headers = {
        "Host": target.authority,
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(
            signature(secret, message_id, timestamp, body) for secret in signers
        ),
    }
    try:
        status = _over_the_wire(target, headers, body)
    except HTTPError as error:
        raise NotTaken(N_("接收系统无应答") + f"：{type(error).__name__}") from error
    if not 200 <= status < 300:
        answered = N_("接收系统回答") + f"：{status}"
        raise NotTaken(answered, permanent=status == GONE, status=status)
    return status


def _over_the_wire(target: Target, headers: dict[str, str], body: bytes) -> int:
    """The answer's body is not read: nothing that an endpoint says costs us time or memory."""
    with _pool(target) as pool:
        answer = pool.urlopen(
            "POST",
            target.path,
            body=body,
            headers=headers,
            retries=False,
            redirect=False,
            preload_content=False,
        )
        answer.close()
        return answer.status


def _pool(target: Target) -> urllib3.HTTPConnectionPool:
    """To the address that was looked at; the certificate must be the name's all the same."""
    limit = urllib3.Timeout(total=TIMEOUT_S)
    if not target.secure:
        return urllib3.HTTPConnectionPool(target.address, target.port, timeout=limit)
    return urllib3.HTTPSConnectionPool(
        target.address,
        target.port,
        timeout=limit,
        cert_reqs="CERT_REQUIRED",
        assert_hostname=target.host,
        server_hostname=target.host,
    )
