"""What the stand-in says about itself, with HelseID's own paths (OpenID Connect Discovery 1.0, RFC 8414)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.demo.helseid.client_authentication import ALGORITHMS
from portal.demo.helseid.scopes import OWN

if TYPE_CHECKING:
    from portal.demo.helseid.provider import Provider

METADATA = "/.well-known/openid-configuration"
JWKS = f"{METADATA}/jwks"
PAR = "/connect/par"
AUTHORIZE = "/connect/authorize"
TOKEN = "/connect/token"
USERINFO = "/connect/userinfo"
END_SESSION = "/connect/endsession"
REVOCATION = "/connect/revocation"


def metadata(provider: Provider) -> dict[str, Any]:
    """Describe only what is enforced; HelseID's own document also lists much that it refuses to new clients."""
    issuer = provider.issuer
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}{JWKS}",
        "authorization_endpoint": f"{issuer}{AUTHORIZE}",
        "token_endpoint": f"{issuer}{TOKEN}",
        "userinfo_endpoint": f"{issuer}{USERINFO}",
        "end_session_endpoint": f"{issuer}{END_SESSION}",
        "revocation_endpoint": f"{issuer}{REVOCATION}",
        "pushed_authorization_request_endpoint": f"{issuer}{PAR}",
        "require_pushed_authorization_requests": True,
        "authorization_response_iss_parameter_supported": True,
        "scopes_supported": sorted(OWN),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "code_challenge_methods_supported": ["S256"],
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
    }


def jwks(provider: Provider) -> dict[str, Any]:
    """Publish the keys that tokens are and were signed with."""
    return provider.key.jwks()
