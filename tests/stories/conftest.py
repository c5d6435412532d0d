"""One hotline and one browser for all stories."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browsers import Browsers
from tests.stories.hotline import Hotline
from tests.stories.people import Agent, Citizen, Lead
from web import vendor

ARGUMENTS = [
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
]


@pytest.fixture(scope="session")
def hotline(chromium: str) -> Iterator[Hotline]:
    vendor.fetch()
    folder = Path(tempfile.mkdtemp(prefix="hotline-stories-"))
    folder.chmod(0o755)
    running = Hotline(folder, free_block())
    try:
        running.start()
        yield running
        running.insist_on_discretion(Citizen.told)
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def browser(all_browsers: Browsers) -> Browser:
    return all_browsers.of(*ARGUMENTS)


@pytest.fixture
def comes(browser: Browser, hotline: Hotline) -> Iterator[object]:
    """People come, and are gone at the end of their story, whatever became of it."""
    present: list[Agent | Citizen | Lead] = []

    def arrive(who: str, **known: object) -> Agent | Citizen | Lead:
        if who == "citizen":
            one: Agent | Citizen | Lead = Citizen.comes(browser, hotline, **known)
        elif who.startswith("lead"):
            one = Lead.comes(browser, hotline, who)
        else:
            one = Agent.comes(browser, hotline, who, **known)
        present.append(one)
        return one

    yield arrive
    hotline.faults(rest=0, drop=0, double=0, late=0)
    for one in present:
        one.page.context.close()
    # The next story need not wait until leases and wrap-ups are over by themselves.
    hotline.until("SELECT count(*) FROM call WHERE status <> 'ended'", wanted=0, within=40)
    hotline.execute("UPDATE seat SET desired = 'offline', desk = NULL, lease_until = NULL")
    hotline.execute("UPDATE seat SET wrap_up_until = now() WHERE activity = 'wrap_up'")
    hotline.until("SELECT count(*) FROM seat WHERE activity <> 'idle'", wanted=0)


def free_block() -> int:
    """A port with four free ones after it, of a range that no other test process looks in."""
    first = 5800 + 400 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for port in range(first, first + 400, 10):
        if all(_free(port + step) for step in range(5)):
            return port
    raise AssertionError("no five free ports in a row")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
