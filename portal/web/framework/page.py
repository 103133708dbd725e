"""The framework's pages: everyone's, with this portal's own address in every request that can be copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, current_app, g, render_template, request
from flask_babel import force_locale

from portal.errors import NotFound
from portal.web import language
from portal.web.framework import text
from portal.web.guards import public
from portal.web.parts import parts
from portal.web.public import as_made, sent
from portal.web.zone import zone

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("framework", __name__, url_prefix="/rammeverk")


@blueprint.get("/", defaults={"name": text.FIRST})
@blueprint.get("/<name>")
@public
def show(name: str) -> ResponseReturnValue:
    """One page; nobody is recognised here, so anybody's cache may keep it."""
    if name not in text.ORDER:
        raise NotFound("page_unknown")
    asked = request.args.get("lang", "")
    code = asked if asked in language.LANGUAGES else language.DEFAULT
    return sent(as_made(_render(name, code, zone()), parts().now()), "text/html")


def _render(name: str, code: str, at: str) -> str:
    pages = [text.page(code, each, parts().settings.base_url) for each in text.ORDER]
    place = text.ORDER.index(name)
    around = (pages[place - 1] if place else None, pages[place + 1] if place + 1 < len(pages) else None)
    # Nobody's request: what it renders is for everyone.
    with current_app.test_request_context(request.path), force_locale(code):
        g.zone = at
        return render_template("framework.html", page=pages[place], pages=pages, around=around)
