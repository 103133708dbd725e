"""What holds for every request and every answer: the name, the origin, the headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

from flask import Flask, current_app, redirect, request

from portal.domain import dpop
from portal.errors import NotAllowed, RequestRejected
from portal.web.parts import parts

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from werkzeug.wrappers import Response

    View = TypeVar("View", bound=Callable[..., Any])

CSP = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CSP,
    # Not no-referrer: that makes browsers send `Origin: null` with our own forms. Pages that leave us are stricter.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "interest-cohort=()",
}
_LOOKED_AT = frozenset({"public", "catalogue_api", "framework", "accessibility", "health", "metadata", "style"})
_PROVEN = frozenset({"target_client", "epj", "writeback_grant", "launch_access"})
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_NUMBER = 11
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def init(app: Flask) -> None:
    """Let nothing in under another name, no form in from another page, nothing out without the headers."""
    app.before_request(_right_name)
    app.before_request(_readable)
    app.before_request(_nobody_s_number)
    app.before_request(_right_method)
    app.before_request(_right_origin)
    app.after_request(_headers)


def cross_origin(view: View) -> View:
    """Let other pages post to this view: the EPJ's own page posts to /start."""
    view.cross_origin = True  # type: ignore[attr-defined]
    return view


def _right_name() -> None:
    # Probes come by address.
    if request.blueprint != "health" and request.headers.get("Host") != parts().settings.host:
        raise NotAllowed("unknown_host")


def _readable() -> None:
    """A body whose length is known, and no NUL in path, query or form: the database would refuse it less kindly.

    HelseID's answer is read more strictly still, by whoever can say what went wrong with the login.
    """
    if request.endpoint == "auth.callback":
        return
    # Werkzeug cuts a chunked body at the limit without a word.
    if "Transfer-Encoding" in request.headers:
        raise RequestRejected("length_required")
    given = [request.path, *request.args.values()]
    if request.mimetype in _FORMS:
        given += request.form.values()
    if any("\0" in value for value in given):
        raise RequestRejected("bad_request", "NUL")


def _nobody_s_number() -> Response | None:
    """A number that was typed where services are searched for does not stay in the address, nor in the history.

    Eleven digits, right or mistyped; no code of the catalogue has as many.
    """
    if sum(map(str.isdigit, request.args.get("q", ""))) < _NUMBER:
        return None
    rest = {name: value for name, value in request.args.items() if name != "q"}
    return redirect(f"{request.path}?{urlencode(rest | {'person': '1'})}", 303)


def _right_method() -> None:
    """HEAD is for what anyone may see; elsewhere Flask would run the GET, and some of those begin something."""
    if request.method == "HEAD" and request.blueprint not in {None, *_LOOKED_AT}:
        raise RequestRejected("method_not_allowed")


def _right_origin() -> None:
    """A browser's unsafe request must come from our own page; servers prove themselves by token instead."""
    by_browser = _guard() in {"public", "signed_in"} and not getattr(_view(), "cross_origin", False)
    if request.method in _SAFE or not by_browser:
        return
    if request.headers.get("Origin") != parts().settings.base_url:
        raise NotAllowed("foreign_origin")


def _view() -> object:
    return current_app.view_functions.get(request.endpoint or "")


def _guard() -> str:
    return str(getattr(_view(), "guard", ""))


def _headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    if _guard() in _PROVEN:
        response.headers["DPoP-Nonce"] = dpop.issue_nonce(parts().nonce_secret, parts().now())
    if parts().settings.secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    return response
