"""What journal systems call: contexts, and the list for their own menus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.domain.bodies import SessionCreate, SessionCreated, SessionReference, SessionRefreshed
from portal.domain.epj_catalogue import TYPE, EpjCatalogue
from portal.errors import ContextRejected, RequestRejected, TokenRejected, Unavailable
from portal.web.openapi.parts import NONCE, answer, codes, header, json_body, problems, schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    Json = dict[str, Any]

SECURITY = {
    "helseid": {"type": "http", "scheme": "DPoP", "description": "HelseID user token for our audience, RFC 9449"}
}
ETAG = {"ETag": {"required": True, "schema": {"type": "string"}, "description": "send it back as If-None-Match"}}
UNCHANGED = {"304": {"description": "As it was", "headers": ETAG}}

# What ContextRejected says of any call of an EPJ's, whatever it is for; at the browser, where it brings a start code;
# and of a context that is there already.
_BY_TOKEN = {"epj_unknown", "user_token_required", "person_disabled", "security_level_too_low", "organisation_missing"}
_AT_THE_BROWSER = {"start_code_invalid", "start_expired", "other_person"}
_ENDED = {"context_ended"}
_HEADERS = [
    header("X-SOURCE-SYSTEM", required=True, minLength=3, maxLength=512),
    header("DPoP", required=True, description="A proof for this request, RFC 9449 §7"),
]


def paths() -> Json:
    """Context in by door A, and the catalogue."""
    event = header("X-EVENT-ID", required=False, description="Accepted, and not stored")
    return {
        "/api/session/create": _post(
            "Open a context for the patient that the EPJ has open",
            SessionCreate,
            {"201": answer(SessionCreated, NONCE)} | _refused(ContextRejected.codes.keys() - _AT_THE_BROWSER - _ENDED),
            event,
        ),
        "/api/session/refresh": _post(
            "Keep a context alive while the patient stays open",
            SessionReference,
            {"200": answer(SessionRefreshed, NONCE)} | _refused(_BY_TOKEN | _ENDED),
        ),
        "/api/session/end": _post(
            "End a context: the patient was closed",
            SessionReference,
            {"204": {"description": "Ended", "headers": NONCE}} | _refused(_BY_TOKEN),
        ),
        "/api/catalogue": {"get": _catalogue()},
    }


def _post(summary: str, body: type[SessionCreate | SessionReference], answers: Json, *more: Json) -> Json:
    return {
        "post": {
            "summary": summary,
            "security": [{"helseid": []}],
            "parameters": [*_HEADERS, *more],
            "requestBody": json_body(body),
            "responses": answers,
        }
    }


def _refused(of_context: Iterable[str]) -> Json:
    known = {code: ContextRejected.codes[code] for code in of_context}
    return problems(known | codes(TokenRejected, RequestRejected, Unavailable), by_token=True)


def _catalogue() -> Json:
    known = {code: ContextRejected.codes[code] for code in _BY_TOKEN}
    refused = problems(known | codes(TokenRejected, Unavailable), by_token=True)
    return {
        "summary": "What this clinician may open, for the EPJ's own menus",
        "security": [{"helseid": []}],
        "parameters": [*_HEADERS, header("If-None-Match", required=False)],
        "responses": {"200": _signed()} | UNCHANGED | refused,
    }


def _signed() -> Json:
    """The payload of a JWS, said as JSON Schema says it: validation §8.5, `contentSchema`."""
    head = {"type": "object", "properties": {"typ": {"const": TYPE}, "alg": {"const": "ES256"}}}
    signed = {
        "type": "string",
        "contentMediaType": "application/jwt",
        "contentSchema": {"type": "array", "prefixItems": [head, schema(EpjCatalogue)]},
    }
    return {
        "description": "JWS, compact (RFC 7515 §7.1), by a key of /.well-known/jwks.json",
        "headers": ETAG | NONCE,
        "content": {"application/jose": {"schema": signed}},
    }
