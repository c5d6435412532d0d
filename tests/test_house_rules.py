"""Rules of this code base that no library checks; each failure says why the rule is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOT_OURS = {"tests", "migrations", "docs", "script", "node_modules", "var", "benchmarks"}
OURS = sorted(
    one.name
    for one in ROOT.iterdir()
    if one.is_dir() and one.name.isidentifier() and one.name not in NOT_OURS
)
FILES = [path for name in OURS for path in sorted((ROOT / name).rglob("*.py"))]
TOP = sorted(ROOT.glob("*.py"))
LONGEST_FUNCTION = 40
LONGEST_FILE = 320
VAGUE = {"utils", "helpers", "manager", "common", "misc"}


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_door_says_who_may_come_through(app):
    """A page that somebody forgot to protect is a page that everybody reads."""
    open_doors = [
        name
        for name, view in app.view_functions.items()
        if not name.endswith("static") and not getattr(view, "access", None)
    ]
    assert open_doors == [], "declare @requires(role), @signed or @public"


def test_every_address_of_the_carrier_is_signed(app):
    """Whoever finds the address of a webhook could otherwise end calls of others."""
    unsigned = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/voice")
        and getattr(app.view_functions[rule.endpoint], "access", "") != "signed"
    ]
    assert unsigned == []


@pytest.mark.parametrize("path", FILES + TOP, ids=shown)
def test_imports_stand_at_the_top(path):
    """An import inside a function hides a dependency and delays its failure to a live call."""
    inside = [
        node.lineno
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inside == [], f"{shown(path)}: lines {inside}"


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_nobody_commits_but_the_foundation(path):
    """One transaction per request and job: a commit in between saves half a change."""
    if path.relative_to(ROOT).as_posix() == "infra/db.py":
        return
    found = re.findall(r"session\.(?:commit|rollback)\(", path.read_text(encoding="utf-8"))
    assert found == [], f"{shown(path)}: leave it to infra.db"


@pytest.mark.parametrize("path", FILES + TOP, ids=shown)
def test_names_say_what_is_inside(path):
    """A module called utils collects whatever has no home."""
    assert path.stem not in VAGUE


@pytest.mark.parametrize("path", [p for p in FILES if "emulator" in p.parts], ids=shown)
def test_the_emulator_knows_nothing_of_ours(path):
    """It stands for any carrier: what it knew of us, a real one would not."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names += [
        one.name for node in ast.walk(tree) if isinstance(node, ast.Import) for one in node.names
    ]
    ours = set(OURS) - {"emulator"} | {"app", "config"}
    assert not {name.split(".")[0] for name in names} & ours


@pytest.mark.parametrize("path", [p for p in FILES if "models" in p.parts], ids=shown)
def test_models_know_no_framework(path):
    """Rows outlive web frameworks and carriers."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"^(?:from|import) (?:flask|redis|rq|twilio)", text, re.MULTILINE)


def test_sentences_are_complete_in_both_languages():
    """A caller who chose English must not meet a KeyError in the middle."""
    names = {}
    for code in ("zh", "en"):
        text = (ROOT / "telephony" / "tongues" / f"{code}.toml").read_text(encoding="utf-8")
        names[code] = set(re.findall(r"^(\w+) = ", text, re.MULTILINE))
    assert names["zh"] == names["en"]


def test_every_setting_is_documented():
    """An operator reads docs/operations.md, not our code: what is not there is never set."""
    source = (ROOT / "config.py").read_text(encoding="utf-8")
    names = set(re.findall(r'"([A-Z][A-Z_]{3,})"', source))
    told = set(re.findall(r"`([A-Z][A-Z_0-9]+)`", (ROOT / "docs/operations.md").read_text("utf-8")))
    assert len(names) >= 25, "the settings are no longer found by their names in quotes"
    assert sorted(names - told) == [], "describe them in docs/operations.md, section Settings"


@pytest.mark.parametrize("path", FILES + TOP, ids=shown)
def test_functions_and_files_are_short_enough_to_read(path):
    """What does not fit on a screen is not understood at a glance: say its parts by name.

    A list of the names that a package hands on, at its end, is looked up and not read."""
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n__all__ = [", maxsplit=1)[0].count("\n")
    assert lines <= LONGEST_FILE, f"{shown(path)} has {lines} lines: it is about two things"
    long = [
        f"{node.name} ({node.end_lineno - node.lineno + 1} lines)"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == [], f"{shown(path)}: say the parts by name: {', '.join(long)}"


def test_every_shortcut_is_shown_on_the_desk():
    """A key that no button names is known to nobody, or pressed by accident."""
    desk = ROOT / "agent_desk"
    script = (desk / "static" / "keys.js").read_text(encoding="utf-8")
    page = (desk / "templates" / "desk.html").read_text(encoding="utf-8")
    table = script.split("const KEYS = {")[1].split("};")[0]
    keys = set(re.findall(r"^  \"?([\w+?]+)\"?: \{", table, re.MULTILINE))
    shown_keys = {key.replace(" ", "+") for key in re.findall(r"<kbd>([^<]+)</kbd>", page)}
    assert keys, "the shortcuts are no longer found in keys.js"
    assert keys == shown_keys, "each key stands as <kbd> on the button that it presses"


def test_no_script_hides_the_translation_behind_a_parameter():
    """``_`` is how a page speaks: a parameter of that name makes its words something else."""
    hiding = re.compile(r"\(\s*_\s*[,)][^\n]*=>|(?<![\w.$])_\s*=>")
    scripts = [path for name in OURS for path in (ROOT / name).rglob("static/*.js")]
    assert scripts
    guilty = [str(path) for path in scripts if hiding.search(path.read_text("utf-8"))]
    assert not guilty


def test_every_job_is_shown_to_survive_being_killed():
    """A job without a sweep is lost with the first restart of Redis, and nobody notices."""
    jobs = [
        f"{path.relative_to(ROOT).with_suffix('').as_posix().replace('/', '.')}.{name}"
        for path in FILES
        if "infra" not in path.parts  # where jobs are made, and explained by an example
        for name in re.findall(r"^@job\(.*\)\ndef (\w+)", path.read_text("utf-8"), re.MULTILINE)
    ]
    shown_to = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(jobs) >= 5, "the jobs are no longer found by their decorator"
    missing = [name for name in jobs if name not in shown_to]
    assert missing == [], "let a test kill it in the middle and name it in its docstring"
