"""What a file is called that somebody takes out: in words, whatever his language and browser."""

import re
from urllib.parse import quote

from werkzeug import Response

# A file system takes none of these, and a header no line.
UNFIT = re.compile(r'[\\/:*?"<>|\s\x00-\x1f]+')

# A cell that begins so is a formula to a spreadsheet, and the words are not ours.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def name_it(answer: Response, *parts: str, kind: str, plain: str) -> None:
    """Call it by its parts: what it is, whose, of which day; ``plain`` is for who reads no UTF-8.

    Source: RFC 6266, 4.3 and appendix D: both, the plain one first."""
    name = "-".join(UNFIT.sub(" ", part).strip() for part in parts if part)
    told = quote(f"{name}.{kind}", safe="")
    answer.headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain}.{kind}\"; filename*=UTF-8''{told}"
    )
    answer.headers["Cache-Control"] = "no-store"
