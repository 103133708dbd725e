"""The stand-in as a Flask application: every endpoint and its address, on one page."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from flask import Flask, render_template, request

from portal.demo.helseid import (
    address_register,
    authorize,
    discovery,
    endsession,
    par,
    proof,
    refresh,
    self_service,
    token,
    userinfo,
)
from portal.errors import OAuthError, TokenRejected

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from werkzeug.wrappers import Response

    from portal.demo.helseid.provider import Provider

PAGES = {discovery.AUTHORIZE, discovery.END_SESSION}


def create_app(provider: Provider) -> Flask:
    """Put the endpoints together."""
    app = Flask(__name__, static_folder=None, template_folder="../templates/helseid")
    for path, methods, view in (
        (discovery.METADATA, ["GET"], discovery.metadata),
        (discovery.JWKS, ["GET"], discovery.jwks),
        (discovery.PAR, ["POST"], par.push),
        (discovery.AUTHORIZE, ["GET"], authorize.show),
        (discovery.AUTHORIZE, ["POST"], authorize.choose),
        (discovery.TOKEN, ["POST"], token.exchange),
        (discovery.REVOCATION, ["POST"], refresh.revoke),
        (discovery.USERINFO, ["GET", "POST"], userinfo.tell),
        (discovery.END_SESSION, ["GET", "POST"], endsession.end),
        (self_service.CLIENT_SECRET, ["POST"], self_service.register),
        (f"{address_register.PARTIES}/<int:her_id>", ["GET"], address_register.look_up),
    ):
        app.add_url_rule(path, f"{view.__module__}.{view.__name__}", partial(view, provider), methods=methods)
    app.add_url_rule("/health/ready", "ready", lambda: {"ready": True})
    app.register_error_handler(OAuthError, partial(_refused, provider))
    app.register_error_handler(TokenRejected, _token_refused)
    app.after_request(_keep_private)
    return app


def _refused(provider: Provider, error: OAuthError) -> ResponseReturnValue:
    if request.path in PAGES:
        return render_template("refused.html", error=error), 400
    headers = {"DPoP-Nonce": proof.fresh_nonce(provider)} if error.code == "use_dpop_nonce" else {}
    return {"error": error.code, "error_description": error.detail}, error.status, headers


def _token_refused(error: TokenRejected) -> ResponseReturnValue:
    scheme = "DPoP" if error.code == "invalid_dpop_proof" else "Bearer"
    return {"error": error.code}, error.status, {"WWW-Authenticate": f'{scheme} error="{error.code}"'}


def _keep_private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
