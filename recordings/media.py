"""Downloads a recording from the carrier.  No transaction may be open meanwhile."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
from flask import current_app

from infra.wording import N_

TIMEOUT = (5.0, 30.0)
CHUNK = 1 << 16
LARGEST = 1 << 30


# The carrier has it no more; whatever else it answers says nothing of the recording.
NOT_THERE = {404, 410}


class MediaError(Exception):
    """The carrier did not give us the sound; it may do so later.

    ``away``: it could not be asked, or refuses for now; asked often enough this never ends."""

    permanent = False

    def __init__(self, words: str, *, away: bool = False) -> None:
        super().__init__(words)
        self.away = away


@dataclass(frozen=True)
class Media:
    size: int
    checksum: str


def download(url: str, target: Path) -> Media:
    """The WAV file of a recording's address, written to ``target``."""
    try:
        with requests.get(
            f"{url}.wav", auth=_credentials(url), timeout=TIMEOUT, stream=True
        ) as answer:
            if answer.status_code != 200:
                told = N_("运营商回答") + f"：{answer.status_code}"
                raise MediaError(told, away=answer.status_code not in NOT_THERE)
            media = _write(answer, target)
    except requests.RequestException as error:
        told = N_("下载中断") + f"：{type(error).__name__}"
        raise MediaError(told, away=True) from error
    _check(media, target, answer.headers.get("Content-Length"))
    return media


def _write(answer: requests.Response, target: Path) -> Media:
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as file:
        for chunk in answer.iter_content(CHUNK):
            size += len(chunk)
            if size > LARGEST:
                raise MediaError(N_("录音超过 1 GB"))
            digest.update(chunk)
            file.write(chunk)
    return Media(size, digest.hexdigest())


def _check(media: Media, target: Path, promised: str | None) -> None:
    told = promised or ""
    if told.isascii() and told.isdecimal() and int(told) != media.size:
        raise MediaError(N_("没有收到全部字节") + f"：{media.size} / {promised}")
    with target.open("rb") as file:
        if file.read(4) != b"RIFF":
            raise MediaError(N_("收到的不是 WAV 文件"))


def _credentials(url: str) -> tuple[str, str] | None:
    """Our account's secret goes to the carrier's own host only."""
    settings = current_app.config["SETTINGS"]
    if urlsplit(url).netloc != urlsplit(settings.twilio_api_url).netloc:
        return None
    return settings.twilio_account_sid, settings.twilio_auth_token
