"""Recordings in an S3-compatible store: a real server on this machine, by settings only."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from flask import Flask
from moto.server import ThreadedMotoServer
from sqlalchemy import select

import recordings.bucket
import recordings.store
from infra import db
from infra.clock import now
from infra.db import session
from models import Recording, RecordingState, Role
from recordings import leftovers
from recordings.bucket import CACHED_FOR
from recordings.jobs import fetch
from recordings.store import Folder, NotKept, StoreError, store
from tests.recordings.sounds import wav
from tests.visitors import browser_of, somebody

SOUND = wav(10, [(1, 3)], [(4, 5)])
PATH = "/2010-04-01/Accounts/AC/Recordings/RE1"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(app: Flask, endpoint: str, tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "of-the-tests")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(
        settings, recordings_bucket="hotline", s3_endpoint_url=endpoint, var_dir=tmp_path
    )
    recordings.store.init_app(app)
    client = boto3.client("s3", endpoint_url=endpoint)
    client.create_bucket(Bucket="hotline")
    yield client
    for one in client.list_objects_v2(Bucket="hotline").get("Contents", []):
        client.delete_object(Bucket="hotline", Key=one["Key"])
    client.delete_bucket(Bucket="hotline")
    app.config["SETTINGS"] = settings
    recordings.store.init_app(app)


@pytest.fixture
def gone(s3, app: Flask) -> None:
    """A store that does not answer."""
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], s3_endpoint_url="http://127.0.0.1:1")
    recordings.store.init_app(app)


def only() -> Recording:
    session.expire_all()
    return session.scalars(select(Recording)).one()


def test_a_recording_is_kept_in_the_bucket_and_heard_in_pieces(
    app, s3, a_call, reports, media, tmp_path
):
    media.files[PATH + ".wav"] = SOUND
    reports.recording(media.url + PATH, status="in-progress")
    fetch(only().id)
    kept = only()
    assert kept.state is RecordingState.STORED and kept.peaks
    held = s3.get_object(Bucket="hotline", Key=kept.storage_key)
    assert held["Body"].read() == SOUND and held["Metadata"]["sha256"] == kept.checksum
    lead = browser_of(app, somebody("li", Role.LEAD))
    answer = lead.get(f"/recordings/{kept.id}/audio", headers={"Range": "bytes=100-199"})
    assert (answer.status_code, answer.data) == (206, SOUND[100:200])
    assert answer.headers["Content-Range"] == f"bytes 100-199/{len(SOUND)}"


def test_a_copy_is_fetched_once_checked_and_forgotten(s3, tmp_path, time):
    file = tmp_path / "x.wav"
    file.write_bytes(SOUND)
    store().put("2026/a.wav", file)
    copy = store().local("2026/a.wav")
    s3.delete_object(Bucket="hotline", Key="2026/a.wav")
    assert store().local("2026/a.wav") == copy
    store().put("2026/b.wav", file)
    time.forward((CACHED_FOR * 2 + timedelta(days=3650)).total_seconds())
    store().local("2026/b.wav")
    with pytest.raises(NotKept):
        store().local("2026/a.wav")
    s3.put_object(Bucket="hotline", Key="2026/c.wav", Body=b"cut", Metadata={"sha256": "0" * 64})
    with pytest.raises(StoreError, match="校验和"):
        store().local("2026/c.wav")


def test_two_who_ask_at_once_both_get_it(s3, tmp_path, monkeypatch):
    """A player asks for a recording in pieces, each from a thread of its own."""
    file = tmp_path / "x.wav"
    file.write_bytes(SOUND)
    store().put("2026/a.wav", file)
    alone = recordings.bucket.sha256
    heard = []

    def meanwhile(partial):
        if not heard:
            heard.append(partial)
            heard.append(store().local("2026/a.wav").read_bytes())
        return alone(partial)

    monkeypatch.setattr(recordings.bucket, "sha256", meanwhile)
    assert store().local("2026/a.wav").read_bytes() == SOUND == heard[1]


def test_a_store_that_is_away_keeps_the_recording_waiting_with_the_reason(
    s3, gone, a_call, reports, media, monkeypatch
):
    monkeypatch.setattr(recordings.archive, "ENOUGH_ATTEMPTS", 1)
    media.files[PATH + ".wav"] = SOUND
    reports.recording(media.url + PATH, status="in-progress")
    with pytest.raises(StoreError):
        fetch(only().id)
    # Whatever the carrier's patience, our own store is mended some day.
    assert only().state is RecordingState.FETCHING
    assert only().error == "录音存储不可用：hotline EndpointConnectionError"
    assert only().next_at > now()


def test_who_listens_meanwhile_is_told(app, s3, a_call, reports, media):
    media.files[PATH + ".wav"] = SOUND
    reports.recording(media.url + PATH, status="in-progress")
    fetch(only().id)
    lead = browser_of(app, somebody("li", Role.LEAD))
    s3.delete_object(Bucket="hotline", Key=only().storage_key)
    settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = replace(settings, var_dir=settings.var_dir / "another-machine")
    recordings.store.init_app(app)
    assert lead.get(f"/recordings/{only().id}/audio").status_code == 404
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], s3_endpoint_url="http://127.0.0.1:1")
    recordings.store.init_app(app)
    answer = lead.get(f"/recordings/{only().id}/audio")
    assert answer.status_code == 503 and "录音存储不可用" in answer.get_data(as_text=True)


def test_a_missing_bucket_is_named_by_readyz(app, s3, client):
    assert client.get("/readyz").json["storage"] == "ok"
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], recordings_bucket="nowhere")
    recordings.store.init_app(app)
    answer = client.get("/readyz").json
    assert answer["storage"] == "bucket nowhere: 404"


def test_a_store_that_is_away_is_named_too_and_asked_seldom(app, s3, gone, client):
    assert "EndpointConnectionError" in client.get("/readyz").json["storage"]
    app.extensions["recordings_store"]._look = lambda: 1 / 0
    assert "EndpointConnectionError" in client.get("/readyz").json["storage"]
    db.roll_back()


def test_what_lies_there_for_long_is_found_and_removed_with_its_copy(s3, tmp_path):
    file = tmp_path / "x.png"
    file.write_bytes(SOUND)
    for key in ("attachments/ab/x.png", "2026/x.wav"):
        store().put(key, file)
    copy = store().local("attachments/ab/x.png")
    put_at = s3.head_object(Bucket="hotline", Key="attachments/ab/x.png")["LastModified"]
    earlier, later = put_at - timedelta(hours=1), put_at + timedelta(minutes=1)
    assert list(store().older("attachments", earlier)) == []
    assert list(store().older("attachments", later)) == ["attachments/ab/x.png"]
    assert not store().remove("attachments/ab/x.png", earlier) and copy.exists()
    assert store().remove("attachments/ab/x.png", later)
    with pytest.raises(NotKept):
        store().local("attachments/ab/x.png")
    assert not store().remove("attachments/ab/x.png", later)  # gone already
    assert store().local("2026/x.wav").read_bytes() == SOUND


def test_what_is_renamed_while_somebody_looks_ends_no_search(tmp_path, monkeypatch):
    names = ("a.png", "b.partial", "c.png")
    for name in names:
        (tmp_path / name).write_bytes(SOUND)
    is_file = Path.is_file

    def meanwhile(file):
        found = is_file(file)
        if file.suffix == ".partial":
            file.replace(tmp_path / "a.png")
        return found

    monkeypatch.setattr(Path, "is_file", meanwhile)
    found = Folder(tmp_path).older("", now() + timedelta(days=9999))
    assert sorted(found) == ["a.png", "c.png"]


def test_a_store_that_is_away_ends_no_sweep(s3, gone):
    with pytest.raises(StoreError, match="录音存储不可用"):
        list(store().older("attachments", now()))
    with pytest.raises(StoreError, match="录音存储不可用"):
        store().remove("attachments/x", now())
    assert leftovers.sweep() == 0
