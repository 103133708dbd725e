"""Our authorization server, as target portals and their clinicians' browsers ask it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.domain.target_bodies import Introspection, ParResponse, TokenResponse
from portal.errors import OAuthError
from portal.web.openapi.parts import NONCE, answer, fields, form, header, oauth_errors, query

if TYPE_CHECKING:
    from collections.abc import Sequence

SECURITY = {
    "client_secret_basic": {"type": "http", "scheme": "basic", "description": "Classic clients in the sandbox alone"}
}
_CLIENT = ("client_id", "client_assertion_type", "client_assertion", "client_secret")
# RFC 6749 §2.3.
_ONE_WAY = {"not": {"required": ["client_assertion", "client_secret"]}}
_ASKED = ("client_id", "redirect_uri", "scope", "code_challenge")
_MAY_BE_ASKED = ("launch", "aud", "resource", "state", "nonce", "dpop_jkt", "prompt", "max_age", "response_mode")
_FIXED = {"response_type": "code", "code_challenge_method": "S256"}
# What only the browser's redirect says.
_BY_REDIRECT = {"access_denied", "login_required", "interaction_required", "server_error"}
_REFUSED = {code: status for code, status in OAuthError.codes.items() if code not in _BY_REDIRECT}
# Unknown, unreadable, in chunks, too large, by another name, and not now.
_AT_THE_BROWSER = (400, 411, 413, 421, 503)
_PROOF = header("DPoP", required=False, description="RFC 9449 §5 and §10.1; a Bearer token is given without")
_LOCATION = {"required": True, "schema": {"type": "string", "format": "uri-reference"}}


def paths() -> dict[str, Any]:
    """From the pushed request to the tokens, and what becomes of these."""
    token = fields(("token",), ("token_type_hint", *_CLIENT))
    none = {"description": "Nothing of it is valid any more, whatever it was (RFC 7009 §2.2)", "headers": NONCE}
    return {
        "/oauth/par": _post(
            "Push an authorization request (RFC 9126)",
            fields(_ASKED[1:], (*_MAY_BE_ASKED, *_CLIENT), **_FIXED),
            answers={"201": answer(ParResponse, NONCE)},
            parameters=[_PROOF],
        ),
        "/oauth/authorize": {"get": _by_get(), "post": _by_post()},
        "/oauth/token": _post(
            "Redeem the code for the context, or a refresh token for new ones (RFC 6749 §4.1.3 and §6)",
            fields(("code", "code_verifier", "redirect_uri"), _CLIENT, grant_type="authorization_code"),
            fields(("refresh_token",), ("scope", *_CLIENT), grant_type="refresh_token"),
            answers={"200": answer(TokenResponse, NONCE)},
            parameters=[_PROOF],
        ),
        "/oauth/revoke": _post("Give a token back (RFC 7009)", token, answers={"200": none}),
        "/oauth/introspect": _post(
            "What one of the client's own tokens stands for (RFC 7662)",
            token,
            answers={"200": answer(Introspection, NONCE)},
        ),
    }


def _post(
    summary: str, *bodies: dict[str, Any], answers: dict[str, Any], parameters: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """A call of the client's server, which proves itself in the form, or by its secret in a header."""
    return {
        "post": {
            "summary": summary,
            "security": [{}, {"client_secret_basic": []}],
            "parameters": list(parameters),
            "requestBody": form(*(body | _ONE_WAY for body in bodies)),
            "responses": answers | oauth_errors(_REFUSED),
        }
    }


def _by_get() -> dict[str, Any]:
    names = ("client_id", "request_uri", *_FIXED, *_ASKED[1:], *_MAY_BE_ASKED)
    return {
        "summary": "Continue in the clinician's browser (RFC 6749 §4.1.1, RFC 9126 §4)",
        "parameters": [query(name, required=name == "client_id") for name in names],
        "responses": {"200": _page("Who it is for: the clinician confirms")} | _to_browser(),
    }


def _by_post() -> dict[str, Any]:
    return {
        "summary": "The same by POST (OpenID Connect Core §3.1.2.1): kept, and sent on by GET",
        "requestBody": form(fields(("client_id", "request_uri")), fields(_ASKED, _MAY_BE_ASKED, **_FIXED)),
        "responses": _to_browser(),
    }


def _to_browser() -> dict[str, Any]:
    onwards = "To the registered redirect_uri with code or error, state, iss (RFC 9207); or first to the login"
    refused = {str(status): _page("Nothing is sent to any redirect_uri") for status in _AT_THE_BROWSER}
    return {"303": {"description": onwards, "headers": {"Location": _LOCATION}}} | refused


def _page(what: str) -> dict[str, Any]:
    return {"description": what, "content": {"text/html": {"schema": {"type": "string"}}}}
