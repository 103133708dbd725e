"""What we tell the world about ourselves (OpenID Connect Discovery, SMART App Launch 2.2 conformance)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, jsonify

from portal.domain import assertion, dpop
from portal.domain.client_key import public_half
from portal.domain.launch import SCOPES
from portal.web.guards import public
from portal.web.oauth.client import METHOD
from portal.web.openapi import description
from portal.web.parts import parts

if TYPE_CHECKING:
    from flask import Response

blueprint = Blueprint("metadata", __name__)


@blueprint.get("/.well-known/openid-configuration")
@public
def server() -> Response:
    """RFC 8414 and RFC 9126 metadata of the authorization server."""
    return _cacheable(_server(parts().settings.base_url))


@blueprint.get("/fhir/.well-known/smart-configuration")
@public
def smart() -> Response:
    """The same for those who come by SMART; `iss` of a launch is this address without `/.well-known/…`."""
    capabilities = ["launch-ehr", "client-confidential-asymmetric", "context-ehr-patient", "context-banner"]
    return _cacheable(_server(parts().settings.base_url) | {"capabilities": capabilities})


@blueprint.get("/.well-known/jwks.json")
@public
def keys() -> Response:
    """Every key that we sign with, or have signed with until lately (RFC 7517)."""
    return _cacheable({"keys": [public_half(key) for key in parts().settings.signing_keys]})


@blueprint.get("/api/openapi.json")
@public
def openapi() -> Response:
    """The contract."""
    return _cacheable(description(parts().settings.base_url))


def _server(issuer: str) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "pushed_authorization_request_endpoint": f"{issuer}/oauth/par",
        "require_pushed_authorization_requests": True,
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "scopes_supported": sorted(SCOPES),
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": [METHOD],
        "token_endpoint_auth_signing_alg_values_supported": list(assertion.ALGORITHMS),
        "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "authorization_response_iss_parameter_supported": True,
    }


def _cacheable(value: dict[str, Any]) -> Response:
    response = jsonify(value)
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
