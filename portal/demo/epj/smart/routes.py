"""The SMART server's endpoints and their addresses, on one page."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from flask import Blueprint, render_template, request

from portal.demo.epj.smart import authorize, discovery, fhir, filing, token
from portal.errors import OAuthError

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from werkzeug.wrappers import Response

    from portal.demo.epj.smart.server import Server

AUTHORIZE = "/authorize"


def routes(server: Server) -> Blueprint:
    """Put the endpoints together; none is behind the journal's own login."""
    blueprint = Blueprint("smart", __name__)
    for path, methods, view in (
        ("/fhir/.well-known/smart-configuration", ["GET"], discovery.configuration),
        ("/.well-known/openid-configuration", ["GET"], discovery.configuration),
        ("/jwks", ["GET"], discovery.jwks),
        (AUTHORIZE, ["GET", "POST"], authorize.ask),
        ("/token", ["POST"], token.exchange),
        ("/fhir/metadata", ["GET"], fhir.metadata),
        ("/fhir/<kind>/<own_id>", ["GET"], fhir.read),
        ("/fhir/DocumentReference/<own_id>", ["PUT"], filing.put),
    ):
        blueprint.add_url_rule(path, path.strip("/").replace(".", ""), partial(view, server), methods=methods)
    blueprint.register_error_handler(OAuthError, _refused)
    blueprint.after_request(_keep_private)
    return blueprint


def _refused(error: OAuthError) -> ResponseReturnValue:
    if request.path == AUTHORIZE:
        return render_template("sorry.html", reason=f"{error.code}: {error.detail}"), 400
    return {"error": error.code, "error_description": error.detail}, error.status


def _keep_private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
