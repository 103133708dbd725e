"""Which language a page speaks: `?lang=`, else the person's own choice, else this browser's, else bokmål."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from flask import Blueprint, g, has_request_context, redirect, request
from flask_babel import Babel, get_locale

from portal.errors import RequestRejected
from portal.store import people
from portal.web import cookies
from portal.web.guards import login, signed_in
from portal.web.parts import parts
from portal.web.safe_next import safe_next

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask, Response
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("language", __name__)

LANGUAGES = {"nb": "Bokmål", "nn": "Nynorsk", "en": "English"}
DEFAULT = "nb"
COOKIE = "lang"
_COOKIE_LIFE = timedelta(days=365)
# What browsers may ask for, and what that is here.
_BROWSERS = {"nb": "nb", "no": "nb", "nn": "nn", "en": "en"}


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
            cookies.put(response, COOKIE, code, _COOKIE_LIFE)
        return response


@blueprint.post("/mine/sprak")
@signed_in
def choose() -> ResponseReturnValue:
    """Speak this language to this person from now on, on every machine."""
    code = request.form.get("lang")
    if code not in LANGUAGES:
        raise RequestRejected("bad_request", "lang")
    portal = parts()
    with portal.database.write() as session:
        people.speak(session, login().person.sub, code, portal.now())
    response = redirect(safe_next(request.form.get("next", "")), 303)
    # For the pages of this browser that know nobody.
    cookies.put(response, COOKIE, code, _COOKIE_LIFE)
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
    return next((wish for wish in _wishes() if wish in LANGUAGES), DEFAULT)


def _wishes() -> Iterator[str | None]:
    yield request.args.get("lang")
    yield g.get("speaks")
    yield cookies.read(COOKIE)
    yield _BROWSERS.get(request.accept_languages.best_match(_BROWSERS) or "")
