"""What we tell the world about ourselves (OpenID Connect Discovery, RFC 8414, SMART App Launch 2.2 conformance)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from flask import Blueprint, jsonify

from portal.domain import dpop, scopes
from portal.domain.client_key import public_half
from portal.domain.client_registration import CLASSIC_ALGORITHMS, Authentication
from portal.web.guards import public
from portal.web.oauth.server import GRANTS
from portal.web.openapi.description import description
from portal.web.parts import parts

if TYPE_CHECKING:
    from flask import Response

blueprint = Blueprint("metadata", __name__)

_CAPABILITIES = (
    "launch-ehr",
    "authorize-post",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-ehr-patient",
    "context-ehr-encounter",
    "context-banner",
    "context-style",
    "permission-user",
    "permission-patient",
    "permission-v1",
    "permission-v2",
    "permission-online",
)
_SANDBOX_CAPABILITIES = ("client-confidential-symmetric", "client-public")


@blueprint.get("/.well-known/openid-configuration")
@blueprint.get("/.well-known/oauth-authorization-server")
@public
def server() -> Response:
    """Metadata of the authorization server and OpenID provider."""
    return _cacheable(_server())


@blueprint.get("/fhir/.well-known/smart-configuration")
@public
def smart() -> Response:
    """The same for those who come by SMART; `iss` of a launch is this address without `/.well-known/…`."""
    more = _SANDBOX_CAPABILITIES if parts().settings.takes_secrets else ()
    return _cacheable(_server() | {"capabilities": [*_CAPABILITIES, *more]})


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


def _server() -> dict[str, Any]:
    issuer = parts().settings.base_url
    methods = get_args(Authentication) if parts().settings.takes_secrets else ["private_key_jwt"]
    proving = {
        f"{endpoint}_endpoint_auth_{what}_supported": value
        for endpoint in ("token", "revocation", "introspection")
        for what, value in {"methods": methods, "signing_alg_values": CLASSIC_ALGORITHMS}.items()
    }
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "pushed_authorization_request_endpoint": f"{issuer}/oauth/par",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": sorted(GRANTS),
        "scopes_supported": sorted(scopes.EVERY),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["iss", "sub", "aud", "iat", "exp", "nonce", "auth_time", "acr", "amr", "fhirUser"],
        "prompt_values_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "authorization_response_iss_parameter_supported": True,
        "service_documentation": f"{issuer}/rammeverk/",
        **proving,
    }


def _cacheable(value: dict[str, Any]) -> Response:
    response = jsonify(value)
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
