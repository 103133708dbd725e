"""What we remember while the browser is away at HelseID: sealed, once, and never a URL that somebody chose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import current_app, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from portal.store import one_time
from portal.web.parts import parts

if TYPE_CHECKING:
    from datetime import timedelta


def remember(kind: str, key: str, value: dict[str, Any], life: timedelta | None = None) -> None:
    """Keep a value that `key` gives back once."""
    portal = parts()
    until = portal.now() + (life or portal.settings.lifetimes.login)
    sealed = portal.vault.seal(value, kind)
    with portal.database.write() as session:
        one_time.put(session, kind, key, payload=sealed, expires_at=until, keep_until=until)


def recall(kind: str, key: str) -> dict[str, Any] | None:
    """The value, spent; None when unknown, spent or too old."""
    portal = parts()
    with portal.database.write() as session:
        sealed = one_time.spend(session, kind, key, now=portal.now())
    return portal.vault.open(sealed, kind) if sealed else None


def look(kind: str, key: str) -> dict[str, Any] | None:
    """The value, left as it is."""
    portal = parts()
    with portal.database.read() as session:
        sealed = one_time.peek(session, kind, key, now=portal.now())
    return portal.vault.open(sealed, kind) if sealed else None


def safe_next(path: str) -> str:
    """A page of ours, built anew from its route; anything else becomes the clinician's list."""
    wish = urlsplit(path)
    try:
        if wish.scheme or wish.netloc:
            return url_for("services.mine")
        endpoint, arguments = current_app.url_map.bind("").match(wish.path, method="GET")
    except (HTTPException, RequestRedirect, ValueError):
        return url_for("services.mine")
    return url_for("services.mine") if endpoint == "static" else url_for(endpoint, **arguments)
