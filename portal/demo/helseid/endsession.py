"""GET and POST /connect/endsession: out of every application at once (RP-Initiated Logout 1.0)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from flask import redirect, render_template, request

from portal.demo.helseid import sessions
from portal.demo.helseid.forms import singles

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from portal.demo.helseid.provider import Provider


def end(provider: Provider) -> Response | str:
    """End the session that the id token is from and go back to a registered address; without one, ask first."""
    parameters = singles(request.values)
    hint = provider.key.read(parameters.get("id_token_hint", ""), "JWT")
    if hint is None and "confirm" not in request.form:
        return render_template("sign_out.html")
    session = sessions.current(provider)
    if session and (hint is None or session.sid == hint["sid"]):
        sessions.end(provider)
    return _back(provider, hint, parameters) or render_template("signed_out.html")


def _back(provider: Provider, hint: dict[str, Any] | None, parameters: dict[str, str]) -> Response | None:
    client = provider.config.client(hint["aud"]) if hint else None
    address = parameters.get("post_logout_redirect_uri", "")
    if client is None or address not in client.post_logout_redirect_uris:
        return None
    if "state" not in parameters:
        return redirect(address, 303)
    separator = "&" if urlsplit(address).query else "?"
    return redirect(f"{address}{separator}{urlencode({'state': parameters['state']})}", 303)
