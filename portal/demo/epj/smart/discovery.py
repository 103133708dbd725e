"""What the journal says about its SMART server (SMART App Launch 2.2 "conformance", OpenID Connect Discovery §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.demo.epj.smart import scopes
from portal.demo.epj.smart.client_authentication import ALGORITHMS

if TYPE_CHECKING:
    from portal.demo.epj.smart.server import Server

CAPABILITIES = (
    "launch-ehr",
    "authorize-post",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-ehr-patient",
    "context-ehr-encounter",
    "context-banner",
    "permission-patient",
    "permission-user",
    "permission-v2",
)


def configuration(server: Server) -> dict[str, Any]:
    """Describe what is enforced; one document for SMART's address and OpenID's."""
    return {
        "issuer": server.issuer,
        "jwks_uri": f"{server.issuer}/jwks",
        "authorization_endpoint": f"{server.issuer}/authorize",
        "token_endpoint": f"{server.issuer}/token",
        "grant_types_supported": ["authorization_code"],
        "response_types_supported": ["code"],
        "capabilities": list(CAPABILITIES),
        "scopes_supported": list(scopes.SUPPORTED),
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "authorization_response_iss_parameter_supported": True,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }


def jwks(server: Server) -> dict[str, Any]:
    """Publish the key that id tokens are signed with."""
    return server.key.jwks()
