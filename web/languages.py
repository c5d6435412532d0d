"""Pages in Simplified Chinese, and in English for whoever chooses it.

``_("…")`` translates at once, ``_l("…")`` when it is shown, with ``%(name)s`` for values; what is
marked by ``N_`` elsewhere is translated by the page, ``_(text)``."""

from collections.abc import Callable
from urllib.parse import urlsplit

from babel.support import NullTranslations
from flask import Blueprint, Flask, abort, current_app, redirect, request
from flask_babel import Babel, Domain, get_locale, gettext, lazy_gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from config import Settings
from models import District, Line, Topic, Unit
from web import problems
from web.access import public
from web.catalogue import english, spoken_by_scripts

_: Callable[..., str] = gettext
_l: Callable[..., str] = lazy_gettext

CHINESE, ENGLISH = "zh", "en"
LANGUAGES = (CHINESE, ENGLISH)
COOKIE = "hotline_language"
A_YEAR = 365 * 24 * 3600

bp = Blueprint("languages", __name__)


class Sentences(Domain):  # type: ignore[misc]
    """The committed catalogue, read once for each process; Chinese is what the sources say."""

    def get_translations(self) -> NullTranslations:
        return english() if language() == ENGLISH else NullTranslations()


class Languages(Babel):  # type: ignore[misc]
    domain_instance = Sentences()


def init_app(app: Flask) -> None:
    # Before gunicorn forks, so that no page waits for it and all processes share it.
    english()
    Languages(app, default_locale=CHINESE, locale_selector=_chosen)
    app.register_blueprint(bp)
    app.context_processor(_context)
    app.add_template_filter(named)
    app.add_template_filter(told)


@bp.post("/language")
@public
def choose() -> Response:
    """Everybody keeps his language; before sign-in the browser keeps it for him."""
    wanted = request.form.get("language", "")
    if wanted not in LANGUAGES:
        abort(400, _("没有这种语言"))
    if current_user.is_authenticated:
        current_user.language = wanted
    answer = redirect(own_address(request.form.get("back")) or "/")
    settings: Settings = current_app.config["SETTINGS"]
    answer.set_cookie(
        COOKIE, wanted, A_YEAR, httponly=True, samesite="Lax", secure=settings.production
    )
    return answer


def language() -> str:
    """In which language this page is; Chinese outside of pages."""
    locale = get_locale()
    return str(locale.language) if locale else CHINESE


def named(one: Line | Topic | District | Unit) -> str:
    """Districts and units have one name.  A line's English one is made to be spoken, "… questions
    about the market"."""
    if isinstance(one, District | Unit):
        return one.name
    name = one.name_in(language()).removeprefix("the ")
    return name[:1].upper() + name[1:]


def told(reason: str | None) -> str:
    """A stored reason: a sentence of the catalogue, perhaps a colon and what differs."""
    whole = str(reason or "")
    sentence, colon, detail = whole.partition("：")
    if not colon or language() == CHINESE:
        return _(whole)
    return f"{_(sentence)}: {detail}"


def own_address(wanted: str | None) -> str | None:
    """Only paths of our own: a form or link must not lead from us to somebody else's page."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return None
    # A browser drops such characters from an address, and only then looks where it leads.
    if any(ord(letter) < 0x20 for letter in wanted):
        return None
    parts = urlsplit(wanted)
    return wanted if not parts.netloc and not parts.scheme else None


def _chosen() -> str:
    if not request:
        return CHINESE
    if problems.wanted():
        return request.accept_languages.best_match(LANGUAGES, CHINESE)
    kept = current_user.language if current_user.is_authenticated else None
    asked = kept or request.cookies.get(COOKIE, "")
    return asked if asked in LANGUAGES else CHINESE


def _context() -> dict[str, object]:
    spoken = language()
    return {
        "language": spoken,
        "spoken_by_scripts": spoken_by_scripts() if spoken == ENGLISH else {},
        "here": request.full_path.rstrip("?") if _can_be_read() else "/",
    }


def _can_be_read() -> bool:
    """Whether this address is a page; one that only takes forms cannot be returned to."""
    rule = request.url_rule
    return rule is not None and "GET" in (rule.methods or ())
