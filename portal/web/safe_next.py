"""Where a login ends: a page of ours, never an address that somebody chose."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import current_app, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect


def safe_next(path: str) -> str:
    """A page of ours, built anew from its route; anything else becomes the clinician's list."""
    try:
        wish = urlsplit(path)
        if wish.scheme or wish.netloc:
            return url_for("services.mine")
        endpoint, arguments = current_app.url_map.bind("").match(wish.path, method="GET")
    except (HTTPException, RequestRedirect, ValueError):
        return url_for("services.mine")
    # Not to where a login begins or ends: that would be another one.
    if endpoint.partition(".")[0] in {"static", "auth", "logout"}:
        return url_for("services.mine")
    return url_for(endpoint, **arguments, **_parked(endpoint, wish.query))


def _parked(endpoint: str, query: str) -> dict[str, Any]:
    """A launch that waits for the login is named in the query; no other page is."""
    if endpoint != "authorize.authorize":
        return {}
    return {name: value for name, value in parse_qsl(query) if name in {"client_id", "request_uri"}}
