"""Where a webhook may go: never to a place inside that only this server can reach.

Whoever may enter an address could otherwise have our server ask the database, the neighbour's
printer or a cloud's metadata service.  So the name is resolved here, once, every address behind
it is looked at, and the connection goes to the very one that was looked at."""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from config import Settings
from infra.wording import N_
from models.outgoing import LONGEST_URL

Address = IPv4Address | IPv6Address

PORTS = {"https": 443, "http": 80}
# IPv4 written inside IPv6: what looks public may lead into the house.
TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"), IPv6Network("2002::/16"))


class NotAllowed(Exception):
    """No webhook is sent there; the message says why."""

    permanent = True


class NotFound(Exception):
    """The name leads nowhere now; it may later."""

    permanent = False


@dataclass(frozen=True)
class Target:
    """An endpoint's address, resolved and looked at."""

    secure: bool
    host: str
    port: int
    address: str
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        plain = PORTS["https" if self.secure else "http"] == self.port
        return host if plain else f"{host}:{self.port}"


def resolve(url: str, settings: Settings) -> Target:
    """Raises NotAllowed, NotFound."""
    parts, port = _split(url)
    host = parts.hostname or ""
    found = _addresses(host, port)
    for one in found:
        _insist(one, parts.scheme, settings)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme == "https", host, port, str(found[0]), path)


def _split(url: str) -> tuple[SplitResult, int]:
    if not url.isascii() or not url.isprintable() or " " in url or len(url) > LONGEST_URL:
        raise NotAllowed(N_("地址只能用英文字母、数字和符号，不超过 500 个字符"))
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise NotAllowed(N_("这不是一个完整的网址")) from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise NotAllowed(N_("地址应以 https:// 开头"))
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise NotAllowed(N_("地址中不能带账号、密码或 #"))
    return parts, port


def _addresses(host: str, port: int) -> list[Address]:
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotFound(N_("找不到这个主机") + f"：{host}") from error
    return [ip_address(row[4][0]) for row in rows]


def _insist(address: Address, scheme: str, settings: Settings) -> None:
    plain = _unwrapped(address)
    if scheme == "http" and (settings.production or not plain.is_loopback):
        raise NotAllowed(N_("地址应以 https:// 开头"))
    if any(plain in network for network in settings.webhook_networks):
        return
    if plain.is_global and not plain.is_multicast and not _translated(plain):
        return
    at_home = plain.is_loopback or plain.is_private
    if settings.production or not at_home or plain.is_link_local or plain.is_unspecified:
        raise NotAllowed(N_("这个地址在内部网络，未列入允许的网段") + f"：{plain}")


def _unwrapped(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _translated(address: Address) -> bool:
    return any(address in network for network in TRANSLATED if address.version == network.version)
