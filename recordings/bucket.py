"""A bucket of an S3-compatible store for recordings."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.clock import now
from infra.wording import N_
from recordings.store import Folder, NotKept, StoreError, partial_of, sha256

CACHED_FOR = timedelta(days=1)
# Not every compatible store knows the newer checksums; ours travels with the object.
PATIENT = Config(
    connect_timeout=5,
    read_timeout=60,
    retries={"max_attempts": 3},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
# Whoever asks whether we are ready does not wait for long.
BRIEF = Config(connect_timeout=1, read_timeout=1, retries={"max_attempts": 0})
ABSENT = {"404", "NoSuchKey", "NoSuchBucket"}
ASK_STATE_AGAIN = timedelta(seconds=30)


class Bucket:
    """Objects are copied to a folder of this machine when they are first asked for."""

    def __init__(self, name: str, endpoint: str, cache: Path) -> None:
        self._name = name
        self._client = boto3.client("s3", endpoint_url=endpoint or None, config=PATIENT)
        self._brief = boto3.client("s3", endpoint_url=endpoint or None, config=BRIEF)
        self._cache = Folder(cache)
        self._root = cache
        self._state = "ok"
        self._ask_state_at = now()

    def put(self, key: str, file: Path) -> None:
        seal = {"Metadata": {"sha256": sha256(file)}}
        try:
            self._client.upload_file(str(file), self._name, key, ExtraArgs=seal)
        except (Boto3Error, BotoCoreError, ClientError) as error:
            raise _away(self._name, error) from error

    def local(self, key: str) -> Path:
        try:
            return self._cache.local(key)
        except NotKept:
            self._forget_old()
            return self._download(key)

    def older(self, prefix: str, than: datetime) -> Iterator[str]:
        try:
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._name, Prefix=prefix):
                for one in page.get("Contents", []):
                    if one["LastModified"] < than:
                        yield one["Key"]
        except (BotoCoreError, ClientError) as error:
            raise _away(self._name, error) from error

    def remove(self, key: str, older: datetime) -> bool:
        """A copy on this machine goes with what is old here."""
        try:
            kept = self._client.head_object(Bucket=self._name, Key=key)
            if kept["LastModified"] >= older:
                return False
            self._client.delete_object(Bucket=self._name, Key=key)
        except (BotoCoreError, ClientError) as error:
            if _reason(error) in ABSENT:
                return False
            raise _away(self._name, error) from error
        (self._root / key).unlink(missing_ok=True)
        return True

    def state(self) -> str:
        at = now()
        if at >= self._ask_state_at:
            self._state, self._ask_state_at = self._look(), at + ASK_STATE_AGAIN
        return self._state

    def _look(self) -> str:
        try:
            self._brief.head_bucket(Bucket=self._name)
        except (BotoCoreError, ClientError) as error:
            return f"bucket {self._name}: {_reason(error)}"
        return "ok"

    def _download(self, key: str) -> Path:
        target = self._root / key
        partial = partial_of(target)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            kept = self._client.head_object(Bucket=self._name, Key=key)["Metadata"].get("sha256")
            self._client.download_file(self._name, key, str(partial))
        except (Boto3Error, BotoCoreError, ClientError, OSError) as error:
            if _reason(error) in ABSENT:
                raise NotKept(key) from error
            raise _away(self._name, error) from error
        if kept is not None and sha256(partial) != kept:
            partial.unlink()
            raise StoreError(N_("录音存储给出的内容与校验和不符") + f"：{self._name}")
        partial.replace(target)
        return target.resolve()

    def _forget_old(self) -> None:
        """What lies here is a copy: it need not fill the disk, nor outlive its original."""
        for key in self._cache.older("", now() - CACHED_FOR):
            (self._root / key).unlink(missing_ok=True)


def _away(name: str, error: Exception) -> StoreError:
    return StoreError(N_("录音存储不可用") + f"：{name} {_reason(error)}")


def _reason(error: Exception) -> str:
    """The store's own code, else what kind of failure it was."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "?"))
    return type(error).__name__
