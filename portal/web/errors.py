"""Every refusal leaves by one of four doors: a page for people, a problem for APIs, one each for OAuth and FHIR."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from flask import Flask, g, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from portal.adapters.log_lines import place_of
from portal.domain import dpop
from portal.domain.bodies import OAuthProblem, Problem
from portal.errors import (
    ContextRejected,
    NotFound,
    OAuthError,
    PortalError,
    RequestRejected,
    SmartRejected,
    TokenRejected,
)
from portal.web.fhir.answer import refused
from portal.web.parts import parts
from portal.web.problem_texts import text_for

if TYPE_CHECKING:
    from flask import Response
    from flask.typing import ResponseReturnValue

_OAUTH = ("/oauth/token", "/oauth/par", "/oauth/revoke", "/oauth/introspect", "/logout/backchannel")
_API = ("/api/", "/.well-known/", "/fhir/.well-known/", "/health/", "/metrics")

log = logging.getLogger(__name__)

_BY_STATUS: dict[int, PortalError] = {
    404: NotFound("page_unknown"),
    405: RequestRejected("method_not_allowed"),
    413: RequestRejected("body_too_large"),
    415: RequestRejected("unsupported_media_type"),
}
_FROM_EPJ = (ContextRejected, SmartRejected)
"""What the vendor of a journal system can mend."""


def init(app: Flask) -> None:
    """Answer everything that was raised; nothing of what came from outside is repeated."""
    app.before_request(_take_a_number)
    app.register_error_handler(PortalError, answer)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(Exception, _ours)


def answer(error: PortalError) -> ResponseReturnValue:
    """The answer to a refusal, by the path that it was asked on."""
    known = {"code": error.code, "rule": error.detail, "endpoint": request.endpoint, "reference": g.get("reference")}
    log.info("refused", extra=known)
    response = make_response(_door(error))
    if error.retryable:
        response.headers["Retry-After"] = "10"
    if isinstance(error, TokenRejected):
        algorithms = " ".join(dpop.ALGORITHMS)
        response.headers["WWW-Authenticate"] = f'{g.get("scheme", "DPoP")} error="{error.code}", algs="{algorithms}"'
    return response


def _door(error: PortalError) -> ResponseReturnValue:
    if request.path.startswith(_OAUTH):
        return _oauth(error)
    if request.path.startswith(_API):
        return _problem(error)
    if f"{request.path}/".startswith("/fhir/"):
        return refused(error.status, error.code, error.detail)
    if error.code == "not_signed_in" and request.method == "GET":
        return redirect(url_for("auth.begin", next=request.path), 303)
    return _page(error)


def _take_a_number() -> None:
    """The reference that the user can quote, and that our log line carries."""
    g.reference = parts().token()[:12]


def _of_http(error: HTTPException) -> ResponseReturnValue:
    response = make_response(answer(_BY_STATUS.get(error.code or 500, RequestRejected("bad_request"))))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _ours(error: Exception) -> ResponseReturnValue:
    return answer(unforeseen(error))


def unforeseen(error: Exception) -> PortalError:
    """Note a fault of ours; the answer to it says nothing."""
    # The text of an unknown exception may hold anything; its type and place do not.
    known = {"error": type(error).__name__, "place": place_of(error), "reference": g.get("reference")}
    log.error("failed", extra=known)
    return PortalError("internal")


def as_oauth(error: PortalError) -> OAuthError:
    """The error that RFC 6749 has for it."""
    if isinstance(error, OAuthError):
        return error
    if error.retryable:
        return OAuthError("temporarily_unavailable", error.code)
    refused = error.status < 500  # noqa: PLR2004  RFC 9110's own classes
    return OAuthError("invalid_request" if refused else "server_error", error.code)


def _oauth(error: PortalError) -> Response:
    known = as_oauth(error)
    response = jsonify(OAuthProblem(error=known.code, error_description=known.detail).model_dump())
    response.status_code = error.status
    response.headers["Pragma"] = "no-cache"
    if error.code == "invalid_client" and "Authorization" in request.headers:
        response.headers["WWW-Authenticate"] = "Basic"
    return response


def _problem(error: PortalError) -> Response:
    problem = Problem(
        type=f"urn:inngangsportalen:problem:{error.code}",
        title=error.code.replace("_", " "),
        status=error.status,
        code=error.code,
        detail=error.detail,
        instance=f"urn:inngangsportalen:{g.get('reference', '')}",
    )
    response = jsonify(problem.model_dump())
    response.status_code, response.mimetype = error.status, "application/problem+json"
    return response


def _page(error: PortalError) -> Response:
    title, text = text_for(error.code)
    login_helps = error.code.startswith("login_") or error.code == "not_signed_in"
    # A login that was under way knows where it was to end.
    retry = g.get("retry") or (url_for("auth.begin") if login_helps else None)
    html = render_template(
        "problem.html",
        title=title,
        text=text,
        reference=g.get("reference"),
        retry_url=retry,
        from_epj=isinstance(error, _FROM_EPJ) or error.code == "context_unknown",
        vendor=error if isinstance(error, _FROM_EPJ) else None,
    )
    return make_response(html, error.status)
