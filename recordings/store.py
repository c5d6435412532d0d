"""Where recordings lie: a folder, or a bucket of an S3-compatible store."""

import shutil
from pathlib import Path
from typing import Protocol

import boto3
from flask import current_app

from config import Settings


class Store(Protocol):
    def put(self, key: str, file: Path) -> None:
        """Keep a copy of ``file``; putting the same key again is harmless."""

    def local(self, key: str) -> Path:
        """A file on this machine with the content; raises NotKept when there is none."""


class NotKept(Exception):
    """The recording is not in the store."""

    permanent = True


class Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, key: str, file: Path) -> None:
        target = self._root / key
        target.parent.mkdir(parents=True, exist_ok=True)
        # Renamed when whole: a reader never sees half a file.
        partial = target.with_suffix(".partial")
        shutil.copyfile(file, partial)
        partial.replace(target)

    def local(self, key: str) -> Path:
        path = self._root / key
        if not path.is_file():
            raise NotKept(key)
        return path.resolve()


class Bucket:
    """Objects are copied to a folder of this machine when they are first asked for."""

    def __init__(self, name: str, endpoint: str, cache: Path) -> None:
        self._name = name
        self._client = boto3.client("s3", endpoint_url=endpoint or None)
        self._cache = Folder(cache)
        self._root = cache

    def put(self, key: str, file: Path) -> None:
        self._client.upload_file(str(file), self._name, key)

    def local(self, key: str) -> Path:
        try:
            return self._cache.local(key)
        except NotKept:
            return self._download(key)

    def _download(self, key: str) -> Path:
        target = self._root / key
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_suffix(".partial")
        try:
            self._client.download_file(self._name, key, str(partial))
        except self._client.exceptions.ClientError as error:
            raise NotKept(key) from error
        partial.replace(target)
        return target.resolve()


def store() -> Store:
    """The store of this application, opened once per process."""
    extensions = current_app.extensions
    if "recordings_store" not in extensions:
        extensions["recordings_store"] = _open(current_app.config["SETTINGS"])
    found: Store = extensions["recordings_store"]
    return found


def _open(settings: Settings) -> Store:
    if settings.recordings_bucket:
        cache = settings.var_dir / "recordings-cache"
        return Bucket(settings.recordings_bucket, settings.s3_endpoint_url, cache)
    return Folder(settings.var_dir / "recordings")
