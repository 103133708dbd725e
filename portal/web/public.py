"""The public page: rendered at publish for each zone and language, served from this host's disk, blind to cookies."""

from __future__ import annotations

import logging
from itertools import product
from threading import Event, Thread
from typing import TYPE_CHECKING

from flask import Blueprint, Response, current_app, g, render_template, request
from flask_babel import force_locale

from portal.domain import access
from portal.domain.access import NO_CONTEXT
from portal.errors import PortalError, Unavailable
from portal.store import catalogue as store
from portal.web import cards, language
from portal.web.guards import public
from portal.web.zone import zone

if TYPE_CHECKING:
    from datetime import datetime

    from flask import Flask

    from portal.adapters.page_files import PageFiles
    from portal.domain.catalogue import Catalogue
    from portal.store.catalogue import Pages
    from portal.store.database import Database

log = logging.getLogger(__name__)
blueprint = Blueprint("public", __name__)
EXTENSION = "public_pages"
ZONES = ("helsenett", "internett")
_LOOK_EVERY = 10.0
"""Seconds; a publish must show on every host within thirty."""


class PublicPages:
    """Keeps this host's copy of the public page up to date."""

    def __init__(self, database: Database, files: PageFiles) -> None:
        self._database = database
        self.files = files

    def refresh(self) -> None:
        """Fetch the newest revision, if it is not here yet; when the database is gone, what we have stands."""
        try:
            with self._database.read() as session:
                newest = store.newest(session)
                if newest is not None and newest != self.files.revision():
                    self.files.keep(newest, store.pages(session, newest))
        except PortalError as error:
            log.warning("public page not refreshed", extra={"code": error.code})

    def follow(self) -> None:
        """Refresh for as long as the process lives; the server calls this in each of its workers."""
        Thread(target=self._follow, name="public-pages", daemon=True).start()

    def _follow(self) -> None:
        never = Event()
        while not never.wait(_LOOK_EVERY):
            self.refresh()


@blueprint.get("/")
@public
def show() -> Response:
    """The page as it was published; nobody is recognised here, so anybody's cache may keep it."""
    wish = request.args.get("lang", language.DEFAULT)
    code = wish if wish in language.LANGUAGES else language.DEFAULT
    pages: PublicPages = current_app.extensions[EXTENSION]
    html = pages.files.page(zone(), code)
    if html is None:
        raise Unavailable("unavailable", "no catalogue has been published")
    response = Response(html, mimetype="text/html")
    response.headers["Cache-Control"] = "public, max-age=60"
    response.add_etag()
    response.make_conditional(request)
    return response


def render(app: Flask, catalogue: Catalogue, now: datetime) -> Pages:
    """The public page of a catalogue for each zone and language."""
    with app.test_request_context("/"):
        return {(at, code): _render(catalogue, at, code, now) for at, code in product(ZONES, language.LANGUAGES)}


def _render(catalogue: Catalogue, at: str, code: str, now: datetime) -> str:
    decided = [(one, access.decide(None, None, at, NO_CONTEXT, one, now)) for one in catalogue.services]
    g.zone = at
    with force_locale(code):
        groups = cards.groups(catalogue, decided, code, cards.at_address(at))
        return render_template("public.html", groups=groups)
