"""Stories that need a browser say so when there is none, and are never silently left out in CI."""

import pytest

from tests.browsers import insist


@pytest.mark.parametrize(
    ("environ", "outcome"),
    [
        ({}, pytest.skip.Exception),
        ({"CI": "false"}, pytest.skip.Exception),
        ({"CI": "true"}, pytest.fail.Exception),
    ],
)
def test_without_a_browser(environ, outcome):
    with pytest.raises(outcome, match="no Chromium"):
        insist(None, environ)


def test_with_a_browser():
    assert insist("/usr/bin/chromium", {"CI": "true"}) == "/usr/bin/chromium"
