"""Webhooks over https: to the address that was looked at, and only to whom it belongs."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from channels.outgoing import sending
from infra.clock import now

NAME = "unit.example"


def certificate(folder: Path) -> Path:
    """Of a made-up authority that is its own proof; key and certificate in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    at = datetime.now(UTC)  # noqa: TID251 - the library that checks it looks at the wall
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    whole = folder / "unit.pem"
    whole.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return whole


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[int, list[str], Path]]:
    """The port of a server with that certificate, the hosts that it was called by, and its file."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.headers["Host"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            return

    whole = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(whole)
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, asked, whole
    server.shutdown()
    server.server_close()


@pytest.fixture
def found_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name leads to this machine."""

    def lookup(_host: str, port: int, *_more: object, **_known: object) -> list[tuple]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


def send(app, url: str) -> int:
    return sending.post(url, "m", b"{}", [sending.new_secret()], now(), app.config["SETTINGS"])


def test_a_name_that_its_certificate_proves_is_trusted(app, secure, found_at_home, monkeypatch):
    port, asked, whole = secure
    monkeypatch.setenv("SSL_CERT_FILE", str(whole))
    assert send(app, f"https://{NAME}:{port}/hook") == 204
    assert asked == [f"{NAME}:{port}"]


def test_a_certificate_of_another_name_is_not(app, secure, found_at_home, monkeypatch):
    port, asked, whole = secure
    monkeypatch.setenv("SSL_CERT_FILE", str(whole))
    with pytest.raises(sending.NotTaken, match="SSLError"):
        send(app, f"https://other.example:{port}/hook")
    assert asked == []


def test_a_certificate_that_nobody_vouches_for_is_not(app, secure, found_at_home):
    port, asked, _whole = secure
    with pytest.raises(sending.NotTaken, match="SSLError"):
        send(app, f"https://{NAME}:{port}/hook")
    assert asked == []
