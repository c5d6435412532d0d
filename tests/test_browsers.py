"""Stories that need a browser say so when there is none, and are never silently left out in CI."""

from pathlib import Path

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


def test_what_must_pass_before_anything_lands_is_told_that_it_is_ci():
    """Else it would skip the stories, and pass."""
    script = Path(".ci/run").read_text(encoding="utf-8")
    assert "\nexport CI=true\n" in script.split("script/test")[0]


def test_with_a_browser():
    assert insist("/usr/bin/chromium", {"CI": "true"}) == "/usr/bin/chromium"
