"""Which browser the tests use; without one they are reported as not run, and in CI they fail."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "not run: no Chromium on this machine; install one, or `playwright install chromium`"


def installed() -> str | None:
    """The machine's own Chromium, else the one that Playwright has fetched."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is not None:
        return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def insist(path: str | None, environ: Mapping[str, str] = os.environ) -> str:  # noqa: TID251
    """Skipping is for a laptop: where everything is checked, a skipped story is a silent gap."""
    if path is not None:
        return path
    if environ.get("CI", "").lower() in {"1", "true", "yes"}:
        pytest.fail(MISSING)
    pytest.skip(MISSING)


class Browsers:
    """Of each kind one for all tests of this process: to start it takes longer than most stories.

    Nobody's pages, cookies or stored things are another's, as long as each has his own context."""

    def __init__(self, playwright: Playwright, path: str) -> None:
        self._playwright, self._path = playwright, path
        self._running: dict[tuple[str, ...], Browser] = {}

    def of(self, *arguments: str) -> Browser:
        known = self._running.get(arguments)
        # A test may have killed it.
        if known is None or not known.is_connected():
            self._running[arguments] = self._playwright.chromium.launch(
                executable_path=self._path, args=["--no-sandbox", *arguments]
            )
        return self._running[arguments]

    def close(self) -> None:
        for one in self._running.values():
            one.close()
