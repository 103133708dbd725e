"""The contract as OpenAPI 3.1: every API path, one schema per body, one problem code per rule."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

from portal.domain import bodies
from portal.domain.epj_catalogue import TYPE, EpjCatalogue
from portal.domain.notice import NoticePut
from portal.domain.oids import CONTEXT_VARIABLES
from portal.domain.public_catalogue import PublicCatalogue
from portal.domain.service_parts import Stop
from portal.errors import (
    ContextRejected,
    DocumentRejected,
    NotFound,
    OAuthError,
    PortalError,
    RequestRejected,
    TokenRejected,
    Unavailable,
)

if TYPE_CHECKING:
    from pydantic import BaseModel

_REF = "#/components/schemas/{model}"
_MODELS = (
    bodies.SessionCreate,
    bodies.SessionCreated,
    bodies.SessionReference,
    bodies.SessionRefreshed,
    bodies.WritebackPut,
    bodies.WritebackState,
    bodies.ParResponse,
    bodies.TokenResponse,
    bodies.OAuthProblem,
    bodies.Problem,
    EpjCatalogue,
    NoticePut,
    PublicCatalogue,
    Stop,
)
_PAR_FIELDS = [
    "client_id",
    "response_type",
    "redirect_uri",
    "scope",
    "state",
    "aud",
    "launch",
    "code_challenge",
    "code_challenge_method",
    "client_assertion_type",
    "client_assertion",
]
_TOKEN_FIELDS = [
    "grant_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "client_id",
    "client_assertion_type",
    "client_assertion",
]


def description(base_url: str) -> dict[str, Any]:
    """The whole description as a JSON object; `base_url` is the one server it speaks of."""
    _, schemas = models_json_schema([(model, "serialization") for model in _MODELS], ref_template=_REF)
    licence = {"name": "MIT", "identifier": "MIT"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Inngangsportalen", "version": version("inngangsportalen"), "license": licence},
        "servers": [{"url": base_url}],
        "paths": _epj_paths() | _oauth_paths() | _writeback_paths() | _catalogue_paths() | _health_paths(),
        "components": {"schemas": schemas["$defs"], "securitySchemes": _SECURITY},
        "x-context-variables": [variable._asdict() for variable in CONTEXT_VARIABLES],
    }


_SECURITY = {
    "helseid": {"type": "http", "scheme": "DPoP", "description": "HelseID user token for our audience, RFC 9449"},
    "writeback": {"type": "http", "scheme": "DPoP", "description": "`writeback_token` of one launch, RFC 9449"},
}


# What ContextRejected also says, to the browser that brings a start code.
_AT_THE_BROWSER = {"start_code_invalid", "start_expired", "other_person"}
# What it says of any call of an EPJ's, whatever it is for.
_BY_TOKEN = {"epj_unknown", "user_token_required", "person_disabled", "security_level_too_low", "organisation_missing"}


def _epj_paths() -> dict[str, Any]:
    codes = _codes(ContextRejected, TokenRejected, RequestRejected, Unavailable)
    errors = _problems({code: status for code, status in codes.items() if code not in _AT_THE_BROWSER})
    source = _header("X-SOURCE-SYSTEM", required=True)
    event = _header("X-EVENT-ID", required=False) | {"description": "Accepted, and not stored"}
    common = {"security": [{"helseid": []}], "parameters": [source]}
    return {
        "/api/session/create": {
            "post": common
            | {
                "summary": "Open a context for the patient that the EPJ has open",
                "parameters": [source, event],
                "requestBody": _json(bodies.SessionCreate),
                "responses": {"201": _answer(bodies.SessionCreated)} | errors,
            }
        },
        "/api/session/refresh": {
            "post": common
            | {
                "summary": "Keep a context alive while the patient stays open",
                "requestBody": _json(bodies.SessionReference),
                "responses": {"200": _answer(bodies.SessionRefreshed)} | errors,
            }
        },
        "/api/session/end": {
            "post": common
            | {
                "summary": "End a context: the patient was closed",
                "requestBody": _json(bodies.SessionReference),
                "responses": {"204": {"description": "Ended"}} | errors,
            }
        },
    }


def _oauth_paths() -> dict[str, Any]:
    errors = {
        str(status): {
            "description": ", ".join(sorted(code for code, of in OAuthError.codes.items() if of == status)),
            "content": {"application/json": {"schema": _schema(bodies.OAuthProblem)}},
        }
        for status in sorted(set(OAuthError.codes.values()))
    }
    return {
        "/oauth/par": {
            "post": {
                "summary": "Push an authorization request (RFC 9126, private_key_jwt)",
                "requestBody": _form(_PAR_FIELDS),
                "responses": {"201": _answer(bodies.ParResponse)} | errors,
            }
        },
        "/oauth/authorize": {
            "get": {
                "summary": "Continue in the clinician's browser (RFC 6749 §4.1.1, only client_id and request_uri)",
                "parameters": [_query("client_id"), _query("request_uri")],
                "responses": {"303": {"description": "To the registered redirect_uri with code or error, state, iss"}},
            }
        },
        "/oauth/token": {
            "post": {
                "summary": "Redeem the code for the context (DPoP, RFC 9449)",
                "parameters": [_header("DPoP", required=True)],
                "requestBody": _form(_TOKEN_FIELDS),
                "responses": {"200": _answer(bodies.TokenResponse)} | errors,
            }
        },
    }


def _writeback_paths() -> dict[str, Any]:
    unknown = {"document_unknown": NotFound.codes["document_unknown"]}
    errors = _problems(_codes(DocumentRejected, TokenRejected, RequestRejected, Unavailable) | unknown)
    common = {"security": [{"writeback": []}], "parameters": [_path("document_id")]}
    return {
        "/api/writeback/{document_id}": {
            "put": common
            | {
                "summary": "Put a document into the journal of the launch's patient",
                "requestBody": _json(bodies.WritebackPut),
                "responses": {"202": _answer(bodies.WritebackState), "200": _answer(bodies.WritebackState)} | errors,
            },
            "get": common
            | {"summary": "State and history", "responses": {"200": _answer(bodies.WritebackState)} | errors},
        }
    }


_ETAG = {"ETag": {"schema": {"type": "string"}, "description": "send it back as If-None-Match"}}
_UNCHANGED = {"304": {"description": "As it was"}}


def _epj_catalogue_path() -> dict[str, Any]:
    """The payload of a JWS, said as JSON Schema says it: validation §8.5, `contentSchema`."""
    codes = {code: status for code, status in _codes(ContextRejected).items() if code in _BY_TOKEN}
    errors = _problems(codes | _codes(TokenRejected, RequestRejected, Unavailable))
    header = {"type": "object", "properties": {"typ": {"const": TYPE}, "alg": {"const": "ES256"}}}
    signed = {
        "type": "string",
        "contentMediaType": "application/jwt",
        "contentSchema": {"type": "array", "prefixItems": [header, _schema(EpjCatalogue)]},
    }
    answer = {
        "description": "JWS, compact (RFC 7515 §7.1), by a key of /.well-known/jwks.json",
        "headers": _ETAG,
        "content": {"application/jose": {"schema": signed}},
    }
    return {
        "/api/catalogue": {
            "get": {
                "summary": "What this clinician may open, for the EPJ's own menus",
                "security": [{"helseid": []}],
                "parameters": [_header("X-SOURCE-SYSTEM", required=True), _header("If-None-Match", required=False)],
                "responses": {"200": answer} | _UNCHANGED | errors,
            }
        }
    }


def _catalogue_paths() -> dict[str, Any]:
    refused = {"invalid_client": OAuthError.codes["invalid_client"]}
    return _epj_catalogue_path() | {
        "/api/catalogue/public": {
            "get": {
                "summary": "Every public service, for other link pages; no login",
                "responses": {"200": _answer(PublicCatalogue) | {"headers": _ETAG}}
                | _UNCHANGED
                | _problems(_codes(Unavailable)),
            }
        },
        "/api/catalogue/schema": {
            "get": {
                "summary": "The JSON Schema that a catalogue file is written to",
                "responses": {"200": {"description": "Done", "content": {"application/schema+json": {}}}} | _UNCHANGED,
            }
        },
        "/api/notices/{notice_id}": {
            "put": {
                "summary": "Tell those who see the client's service of a planned stop or a fault",
                "parameters": [_path("notice_id")],
                "requestBody": _json(NoticePut),
                "responses": {"200": _answer(Stop)} | _problems(_codes(RequestRejected, Unavailable) | refused),
            }
        },
    }


def _health_paths() -> dict[str, Any]:
    alive = {"responses": {"200": {"description": "Yes"}}}
    ready = {"responses": {"200": {"description": "Yes"}, "503": {"description": "Not now"}}}
    return {
        "/health/live": {"get": {"summary": "The process answers"} | alive},
        "/health/ready": {"get": {"summary": "The process can do its work"} | ready},
    }


def _codes(*families: type[PortalError]) -> dict[str, int]:
    return {code: status for family in families for code, status in family.codes.items()}


def _problems(codes: dict[str, int]) -> dict[str, Any]:
    return {
        str(status): {
            "description": ", ".join(sorted(code for code, of in codes.items() if of == status)),
            "content": {"application/problem+json": {"schema": _schema(bodies.Problem)}},
        }
        for status in sorted(set(codes.values()))
    }


def _schema(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}


def _json(model: type[BaseModel]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": _schema(model)}}}


def _answer(model: type[BaseModel]) -> dict[str, Any]:
    return {"description": str(model.__doc__), "content": {"application/json": {"schema": _schema(model)}}}


def _form(fields: list[str]) -> dict[str, Any]:
    schema = {"type": "object", "required": fields, "properties": {field: {"type": "string"} for field in fields}}
    return {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}}


def _header(name: str, *, required: bool) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "schema": {"type": "string"}}


def _query(name: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": True, "schema": {"type": "string"}}


def _path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
