"""GET and POST /connect/endsession: out of every application at once (RP-Initiated Logout 1.0)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import make_response, redirect, render_template, request

from portal.demo.helseid import logout, sessions
from portal.demo.helseid.forms import singles, with_query

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from portal.demo.helseid.provider import Provider


def end(provider: Provider) -> Response | str:
    """End the session that the id token is from and go back to a registered address; without one, ask first.

    The clients that were told who it is are told that it is over, those behind the browser in a frame each.
    """
    parameters = singles(request.values)
    hint = provider.key.read(parameters.get("id_token_hint", ""), "JWT")
    if hint is None and "confirm" not in request.form:
        return render_template("sign_out.html")
    return _away(_end(provider, hint), _back(provider, hint, parameters))


def _end(provider: Provider, hint: dict[str, Any] | None) -> list[str]:
    """The frames to show: what is left to do in the browser."""
    session = sessions.current(provider)
    if session is None or (hint and session.sid != hint["sid"]) or sessions.end(provider) is None:
        return []
    logout.tell(provider, session)
    return logout.frames(provider, session)


def _away(frames: list[str], back: str | None) -> Response:
    if back and not frames:
        return redirect(back, 303)
    page = make_response(render_template("signed_out.html", frames=frames, back=back))
    if back:
        page.headers["Refresh"] = f"1; url={back}"  # the frames get a second
    return page


def _back(provider: Provider, hint: dict[str, Any] | None, parameters: dict[str, str]) -> str | None:
    client = provider.config.client(hint["aud"]) if hint else None
    address = parameters.get("post_logout_redirect_uri", "")
    if client is None or address not in client.post_logout_redirect_uris:
        return None
    return with_query(address, {name: value for name, value in parameters.items() if name == "state"})
