"""The public page: everyone's, made from this host's own copy of the public catalogue, blind to cookies."""

from __future__ import annotations

import logging
from datetime import timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING, NamedTuple

from flask import Blueprint, Response, current_app, g, render_template, request
from flask_babel import force_locale
from werkzeug.http import generate_etag

from portal.domain import access
from portal.domain.access import NO_CONTEXT
from portal.domain.arrangement import Offered, Wish
from portal.errors import PortalError, Unavailable
from portal.web import language
from portal.web.cards.card import Cards
from portal.web.cards.place import Place
from portal.web.guards import public
from portal.web.listing import listing, wish
from portal.web.parts import parts
from portal.web.zone import zone

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from portal.adapters.kept_stock import KeptStock
    from portal.domain.stock import Stock
    from portal.web.catalogue import Shelf

log = logging.getLogger(__name__)
blueprint = Blueprint("public", __name__)
EXTENSION = "public_pages"
_LOOK_EVERY = 10.0
"""Seconds; a publish must show on every host within thirty."""
_STANDS = timedelta(minutes=1)
"""How long what was made stands before the clock is looked at again: stops begin and end."""


class Made(NamedTuple):
    """Something as it is sent, its entity tag (RFC 9110 §8.8.3), and until when it need not be made again."""

    content: bytes
    etag: str
    until: datetime


class PublicPages:
    """The public catalogue in this process's memory: read from the host's disk at start, then kept up to date."""

    def __init__(self, shelf: Shelf, kept: KeptStock) -> None:
        self._shelf, self._kept = shelf, kept
        self._on_disk = kept.read()
        self._stock = self._on_disk

    def stock(self) -> Stock:
        """What everyone may know of; raises Unavailable when it was never fetched."""
        if self._stock is None:
            raise Unavailable("unavailable", "no catalogue has been published")
        return self._stock

    def made(self, what: Hashable, make: Callable[[Stock], str], now: datetime) -> Made:
        """What `make` makes of the stock, made anew once a minute, and when the stock changes."""
        stock = self.stock()
        made: Made | None = stock.made.get(what)
        if made is None or made.until <= now:
            made = stock.made[what] = as_made(make(stock), now + _STANDS)
        return made

    def refresh(self) -> None:
        """Fetch what is on offer, if it is not here yet; when database or disk is gone, what we have stands."""
        try:
            stock = self._shelf.stock().public()
            if stock != self._stock:
                self._stock = stock
            if stock != self._on_disk:
                self._kept.keep(stock)
                self._on_disk = stock
        except PortalError as error:
            log.warning("public page not refreshed", extra={"code": error.code})
        except OSError as error:
            # It is tried again at the next look.
            log.warning("public page not kept on disk", extra={"error": error.strerror})

    def follow(self) -> None:
        """Refresh for as long as the process lives; the server calls this in each of its workers."""
        Thread(target=self._follow, name="public-pages", daemon=True).start()

    def _follow(self) -> None:
        never = Event()
        while not never.wait(_LOOK_EVERY):
            self.refresh()


@blueprint.get("/")
@public
def show() -> ResponseReturnValue:
    """Every public service; nobody is recognised here, so anybody's cache may keep it."""
    asked, wanted, warned = request.args.get("lang", ""), wish(), "person" in request.args
    at, code, now = zone(), asked if asked in language.LANGUAGES else language.DEFAULT, parts().now()
    if wanted.is_plain and not warned:
        return sent(pages().made((at, code), lambda stock: _render(stock, at, code, wanted), now), "text/html")
    return sent(as_made(_render(pages().stock(), at, code, wanted, warned=warned), now), "text/html")


def pages() -> PublicPages:
    """The public pages of the app that answers this request."""
    made: PublicPages = current_app.extensions[EXTENSION]
    return made


def as_made(content: str, until: datetime) -> Made:
    """Make something ready to be sent."""
    encoded = content.encode()
    return Made(encoded, generate_etag(encoded), until)


def sent(made: Made, mimetype: str) -> Response:
    """An answer for everyone, which is not sent again when nothing has changed."""
    response = Response(made.content, mimetype=mimetype)
    response.headers["Cache-Control"] = "public, max-age=60"
    response.set_etag(made.etag)
    response.make_conditional(request)
    return response


def decided(stock: Stock, at: str, now: datetime) -> list[Offered]:
    """What somebody whom nobody knows may do with each public service, from one network."""
    return [Offered(one, access.decide(None, None, at, NO_CONTEXT, one, now)) for one in stock.catalogue.services]


def _render(stock: Stock, at: str, code: str, wanted: Wish, *, warned: bool = False) -> str:
    now = parts().now()
    offered = decided(stock, at, now)
    known = {one.service.id: one.service.title for one in offered if not one.is_hidden}
    cards = Cards(stock=stock, language=code, now=now, place=Place(at), known=known, poor={})
    # Nobody's request: what it renders is for everyone.
    with current_app.test_request_context("/?person=1" if warned else "/"), force_locale(code):
        g.zone = at
        return render_template("public.html", listing=listing(offered, wanted, cards))
