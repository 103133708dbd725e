"""An app with our templates and languages and nothing behind them, for tests of what pages say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask

import portal.web
from portal.web import language

if TYPE_CHECKING:
    from collections.abc import Iterator

WEB = Path(portal.web.__file__).parent


def compiled(folder: Path) -> Path:
    """Compile our translations into `folder`, as the build does, and return it."""
    for source in (WEB / "translations").glob("*/LC_MESSAGES/messages.po"):
        target = (folder / source.relative_to(WEB / "translations")).with_suffix(".mo")
        target.parent.mkdir(parents=True)
        with source.open("rb") as po, target.open("wb") as mo:
            write_mo(mo, read_po(po, locale=source.parts[-3]))
    return folder


def pages_app(folder: Path) -> Flask:
    """Return the app; `folder` takes the compiled translations."""
    app = Flask("portal.web")
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(compiled(folder))
    language.init(app)
    return app


def in_each_language(app: Flask) -> Iterator[str]:
    """Speak each language in turn; yields its code."""
    for code in language.LANGUAGES:
        with app.test_request_context(f"/?lang={code}"):
            yield code
