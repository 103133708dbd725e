"""Which language a page speaks: `?lang=` first, then the `lang` cookie, else bokmål."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from flask import has_request_context, request
from flask_babel import Babel, get_locale

from portal.web import cookies

if TYPE_CHECKING:
    from flask import Flask, Response

LANGUAGES = {"nb": "Bokmål", "nn": "Nynorsk", "en": "English"}
DEFAULT = "nb"
COOKIE = "lang"


class LanguageLink(NamedTuple):
    """A link to the same page in another language; `name` is the language's own."""

    code: str
    name: str
    url: str


def init(app: Flask) -> None:
    """Make every page know its language; bokmål is the source text, so it has no catalogue of its own."""
    Babel(app, default_locale=DEFAULT, default_timezone="Europe/Oslo", locale_selector=_asked_for)
    app.context_processor(lambda: {"lang": current()})

    @app.after_request
    def remember(response: Response) -> Response:
        code = request.args.get("lang")
        # What any cache may keep is the same for everyone, so it sets no cookie.
        if code in LANGUAGES and response.mimetype == "text/html" and not response.cache_control.public:
            cookies.put(response, COOKIE, code, timedelta(days=365))
        return response


def current() -> str:
    """Return the code of the language that is being spoken: nb, nn or en."""
    locale = get_locale()
    return str(locale.language) if locale else DEFAULT


def links(path: str) -> list[LanguageLink]:
    """Return a link for each language to the page at `path`, which has no query of its own."""
    return [LanguageLink(code, name, f"{path}?lang={code}") for code, name in LANGUAGES.items()]


def _asked_for() -> str:
    if not has_request_context():
        return DEFAULT
    wish = request.args.get("lang") or cookies.read(COOKIE)
    return wish if wish in LANGUAGES else DEFAULT
