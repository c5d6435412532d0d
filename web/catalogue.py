"""The catalogue of translations: sentences are Chinese in the sources, English in one file.

``script/translate`` brings the file up to date with the sources.  The application reads the same
file: nothing is compiled, so nothing can be out of date."""

from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from babel.support import Translations

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "web" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
PACKAGES = [
    *("web", "staff", "models", "infra", "assist"),
    *("tickets", "recordings", "queues", "agent_desk", "analytics", "channels"),
    *("callbacks", "dispatching", "erasing", "followups", "units"),
]
METHODS = [
    ("**.py", "python"),
    ("**/templates/**.html", "jinja2"),
    ("**/static/vendor/**", "ignore"),
    ("**/static/**.js", "javascript"),
]
KEYWORDS = {"_": None, "_l": None, "N_": None}


def main() -> None:
    """Add what is new, drop what is gone, and name what still has no English."""
    kept = committed()
    kept.update(extracted(), no_fuzzy_matching=True)
    kept.obsolete.clear()
    with FILE.open("wb") as file:
        write_po(file, kept, width=100, sort_by_file=True, include_lineno=False, omit_header=True)
    lacking = [str(one.id) for one in kept if one.id and not one.string]
    for text in lacking:
        print(f"no English yet: {text}")  # noqa: T201
    print(f"{FILE.relative_to(ROOT)}: {len(kept)} sentences, {len(lacking)} to translate")  # noqa: T201


def extracted() -> Catalog:
    """Every sentence of the sources, and in which files it is said."""
    found = Catalog(locale="en", fuzzy=False)
    for package in PACKAGES:
        for name, line, text, _notes, _context in extract_from_dir(
            ROOT / package, METHODS, keywords=KEYWORDS
        ):
            found.add(text, locations=[(f"{package}/{name}", line)])
    return found


def committed() -> Catalog:
    with FILE.open("rb") as file:
        return read_po(file, locale="en")


@cache
def english() -> Translations:
    whole = BytesIO()
    write_mo(whole, committed())
    whole.seek(0)
    return Translations(whole)


@cache
def spoken_by_scripts() -> dict[str, str]:
    """The English of what the browser's modules say by themselves."""
    return {
        str(one.id): str(one.string)
        for one in committed()
        if one.string and any(name.endswith(".js") for name, _line in one.locations)
    }


if __name__ == "__main__":
    main()
