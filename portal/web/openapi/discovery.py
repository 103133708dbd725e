"""What we tell the world about ourselves: addresses, abilities and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.web.openapi.parts import CACHED, problems

if TYPE_CHECKING:
    from collections.abc import Iterable

_ADDRESSES = (
    "authorization_endpoint",
    "token_endpoint",
    "pushed_authorization_request_endpoint",
    "revocation_endpoint",
    "introspection_endpoint",
    "jwks_uri",
)
_LISTS = (
    "response_types_supported",
    "grant_types_supported",
    "scopes_supported",
    "code_challenge_methods_supported",
    "token_endpoint_auth_methods_supported",
)
_PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")


def paths() -> dict[str, Any]:
    """OpenID Connect Discovery, RFC 8414, SMART App Launch 2.2 conformance, RFC 7517."""
    server = _document(_ADDRESSES, _LISTS)
    return {
        "/.well-known/openid-configuration": _get("Our authorization server, as OpenID Connect has it", server),
        "/.well-known/oauth-authorization-server": _get("The same, as RFC 8414 has it", server),
        "/fhir/.well-known/smart-configuration": _get(
            "The same for those who come by SMART; `iss` of a launch is this address without `/.well-known/…`",
            _document(_ADDRESSES, (*_LISTS, "capabilities")),
        ),
        "/.well-known/jwks.json": _get("Every key that we sign with, or have signed with until lately", _keys()),
    }


def _get(summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    known = {"description": "Known", "headers": CACHED, "content": {"application/json": {"schema": schema}}}
    return {"get": {"summary": summary, "responses": {"200": known} | problems({})}}


def _document(addresses: Iterable[str], lists: Iterable[str]) -> dict[str, Any]:
    known: dict[str, Any] = {name: {"type": "string", "format": "uri"} for name in ("issuer", *addresses)}
    known |= {name: {"type": "array", "minItems": 1, "items": {"type": "string"}} for name in lists}
    return {"type": "object", "required": list(known), "properties": known}


def _keys() -> dict[str, Any]:
    # `false` is the schema that nothing satisfies: a private member would be one too many.
    public = {"type": "object", "required": ["kty", "kid", "alg"], "properties": dict.fromkeys(_PRIVATE, False)}
    keys = {"type": "array", "minItems": 1, "items": public}
    return {"type": "object", "required": ["keys"], "properties": {"keys": keys}}
