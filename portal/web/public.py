"""The public page: rendered at publish for each zone and language, served from this host's copy, blind to cookies."""

from __future__ import annotations

import logging
from itertools import product
from threading import Event, Thread
from typing import TYPE_CHECKING, NamedTuple

from flask import Blueprint, Response, current_app, g, render_template, request
from flask_babel import force_locale
from werkzeug.http import generate_etag

from portal.adapters.page_files import Kept
from portal.domain import access
from portal.domain.access import NO_CONTEXT
from portal.errors import PortalError, Unavailable
from portal.store import catalogue as store
from portal.web import cards, language
from portal.web.guards import public
from portal.web.zone import zone

if TYPE_CHECKING:
    from collections.abc import Mapping
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


class Page(NamedTuple):
    """A page as it is sent, and its entity tag (RFC 9110 §8.8.3)."""

    html: bytes
    etag: str


class PublicPages:
    """The public page in this process's memory: read from the host's disk at start, then kept up to date."""

    def __init__(self, database: Database, files: PageFiles) -> None:
        self._database = database
        self._files = files
        self._pages: Mapping[tuple[str, str], Page] = {}
        self._on_disk: int | None = None
        if kept := files.read():
            self._on_disk = kept.revision
            self._show(kept)

    def page(self, at: str, code: str) -> Page | None:
        """The page for one zone and language, if any was ever fetched."""
        return self._pages.get((at, code))

    def refresh(self) -> None:
        """Fetch the newest revision, if it is not here yet; when database or disk is gone, what we have stands."""
        try:
            with self._database.read() as session:
                newest = store.newest(session)
                if newest is None or newest == self._on_disk:
                    return
                kept = Kept(newest, store.pages(session, newest))
            self._show(kept)
            self._files.keep(kept)
            self._on_disk = newest
        except PortalError as error:
            log.warning("public page not refreshed", extra={"code": error.code})
        except OSError as error:
            # It is tried again at the next look.
            log.warning("public page not kept on disk", extra={"error": error.strerror})

    def _show(self, kept: Kept) -> None:
        sent = {where: html.encode() for where, html in kept.pages.items()}
        self._pages = {where: Page(html, generate_etag(html)) for where, html in sent.items()}

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
    page = pages.page(zone(), code)
    if page is None:
        raise Unavailable("unavailable", "no catalogue has been published")
    response = Response(page.html, mimetype="text/html")
    response.headers["Cache-Control"] = "public, max-age=60"
    response.set_etag(page.etag)
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
