"""Sound that a test can reason about, and a carrier's media server on a real port."""

import io
import threading
import wave
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

RATE = 8000


def wav(seconds: float, *channels: list[tuple[float, float]], level: float = 0.5) -> bytes:
    """A WAV file: on each channel a tone in the given spans, line noise elsewhere."""
    count = int(seconds * RATE)
    noise = np.random.default_rng(12345).normal(0, 0.0008, (count, len(channels)))
    at = np.arange(count) / RATE
    for number, spans in enumerate(channels):
        for start, end in spans:
            inside = (at >= start) & (at < end)
            noise[inside, number] += level * np.sin(2 * np.pi * 440 * at[inside])
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(len(channels))
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((noise * 32767).astype("<i2").tobytes())
    return file.getvalue()


@dataclass
class MediaServer:
    """Gives a file to who knows the account's secret; can be late, rude or broken off."""

    secret: str
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    not_ready: int = 0
    refused: int = 0
    cut_short: bool = False
    url: str = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        given = handler.headers.get("Authorization")
        self.asked.append((handler.path, given))
        body = self.files.get(handler.path)
        if given != self.secret:
            return _send(handler, 401, b"")
        if self.refused > 0:
            self.refused -= 1
            return _send(handler, 503, b"")
        if body is None or self.not_ready > 0:
            self.not_ready -= 1
            return _send(handler, 404, b"")
        return _send(handler, 200, body, short=self.cut_short)


def _send(
    handler: BaseHTTPRequestHandler, status: int, body: bytes, *, short: bool = False
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2] if short else body)


@contextmanager
def serving(account: str, token: str) -> Iterator[MediaServer]:
    media = MediaServer("Basic " + b64encode(f"{account}:{token}".encode()).decode())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            media.answer(self)

        def log_message(self, *_ignored: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    media.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield media
    server.shutdown()
    server.server_close()
    thread.join()
