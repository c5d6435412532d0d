"""Where recordings lie: a folder, or a bucket of an S3-compatible store."""

import hashlib
import importlib
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from flask import Flask, current_app

from config import Settings
from infra.wording import N_


class Store(Protocol):
    def put(self, key: str, file: Path) -> None:
        """Keep a copy of ``file``; the same key again is harmless.  Raises StoreError."""

    def local(self, key: str) -> Path:
        """A file on this machine with the content; raises NotKept or StoreError."""

    def older(self, prefix: str, than: datetime) -> Iterator[str]:
        """Keys below ``prefix`` that nobody has put since then.  Raises StoreError."""

    def remove(self, key: str, older: datetime) -> bool:
        """Unless somebody has put it again since ``older``; whether it is gone.
        Raises StoreError."""

    def state(self) -> str:
        """``ok``, or what is wrong, with its name."""


class NotKept(Exception):
    """The recording is not in the store."""

    permanent = True


class StoreError(Exception):
    """The store did not take or give a recording; it may do so later."""

    permanent = False


class Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, key: str, file: Path) -> None:
        target = self._root / key
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            # Renamed when whole: a reader never sees half a file, whoever else brings it too.
            partial = partial_of(target)
            shutil.copyfile(file, partial)
            _flush(partial)
            partial.replace(target)
        except OSError as error:
            raise StoreError(N_("录音目录不可写") + f"：{error.strerror}") from error

    def local(self, key: str) -> Path:
        path = self._root / key
        if not path.is_file():
            raise NotKept(key)
        return path.resolve()

    def older(self, prefix: str, than: datetime) -> Iterator[str]:
        for file in (self._root / prefix).rglob("*"):
            if _is_older(file, than):
                yield str(file.relative_to(self._root))

    def remove(self, key: str, older: datetime) -> bool:
        file = self._root / key
        try:
            if file.stat().st_mtime >= older.timestamp():
                return False
            file.unlink(missing_ok=True)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StoreError(N_("录音目录不可写") + f"：{error.strerror}") from error
        return True

    def state(self) -> str:
        try:
            self._root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            return f"{self._root}: {error.strerror}"
        return "ok"


def init_app(app: Flask) -> None:
    """Opened once; a bucket is not asked before it is needed."""
    app.extensions["recordings_store"] = _open(app.config["SETTINGS"])


def store() -> Store:
    found: Store = current_app.extensions["recordings_store"]
    return found


def state() -> str:
    return store().state()


def _open(settings: Settings) -> Store:
    if settings.recordings_bucket:
        cache = settings.var_dir / "recordings-cache"
        # boto3 takes 18 MB of every process: only where a bucket is used.
        library = importlib.import_module("recordings.bucket")
        opened: Store = library.Bucket(settings.recordings_bucket, settings.s3_endpoint_url, cache)
        return opened
    return Folder(settings.var_dir / "recordings")


def _is_older(file: Path, than: datetime) -> bool:
    """Not what is renamed or removed while somebody looks."""
    try:
        return file.is_file() and file.stat().st_mtime < than.timestamp()
    except FileNotFoundError:
        return False


def partial_of(target: Path) -> Path:
    """A file beside the target that is nobody else's."""
    return target.with_suffix(f".{uuid4().hex}.partial")


def _flush(file: Path) -> None:
    """What a row calls stored must outlive a loss of power, as the row does."""
    with file.open("rb") as content:
        os.fsync(content.fileno())


def sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
