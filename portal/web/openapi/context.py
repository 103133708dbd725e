"""What targets call to learn of a launch's people: without OAuth, or as FHIR; and to tell that a launch failed."""

from __future__ import annotations

from typing import Any

from portal.domain.target_bodies import ContextRequest, ContextResponse, LaunchFailure, LaunchFailureNoted
from portal.errors import HandoverRejected, NotFound, OAuthError, RequestRejected, TokenRejected, Unavailable
from portal.web.openapi.parts import CACHED, NONCE, answer, codes, fhir_errors, header, json_body, path, problems

_ABOUT = "`access_token` of a launch whose context still lives"
SECURITY = {
    "access": {"type": "http", "scheme": "DPoP", "description": f"{_ABOUT}, RFC 9449"},
    "access_bearer": {"type": "http", "scheme": "bearer", "description": f"{_ABOUT} and that is bound to no key"},
}
_FHIR_ID = {"type": "string", "pattern": r"^[A-Za-z0-9.-]{1,64}$"}
_FORMAT = {
    "name": "_format",
    "in": "query",
    "required": False,
    "schema": {"enum": ["json", "application/json", "application/fhir+json"]},
    "description": "Goes before Accept; FHIR's JSON is all there is",
}
_PROOF = header("DPoP", required=False, description="A proof for this request, RFC 9449 §7")
_CLIENT = {"invalid_client": OAuthError.codes["invalid_client"]}
_OF_PROOF = {code: TokenRejected.codes[code] for code in ("invalid_dpop_proof", "use_dpop_nonce")}
_UNKNOWN = {"launch_unknown": HandoverRejected.codes["launch_unknown"]}
_NOT_JSON = {"not_acceptable": 406}


def paths() -> dict[str, Any]:
    """The context without OAuth, the FHIR face, and failures."""
    return {
        "/api/context": {"post": _context()},
        "/api/launch-failure": {"post": _failure()},
        "/fhir/metadata": {
            "get": {
                "summary": "What the FHIR face can do, and where our authorization server is (`oauth-uris`)",
                "parameters": [_FORMAT],
                "responses": {"200": _resource("CapabilityStatement", CACHED)} | fhir_errors(_NOT_JSON),
            }
        },
        "/fhir/Patient/{resource_id}": {"get": _read("Patient", "The patient of the launch")},
        "/fhir/Practitioner/{resource_id}": {"get": _read("Practitioner", "The clinician of the launch")},
    }


def _context() -> dict[str, Any]:
    refused = codes(HandoverRejected, RequestRejected, Unavailable) | _CLIENT | _OF_PROOF
    return {
        "summary": "Take up a launch without OAuth, for the person whom the target has logged in by HelseID",
        "parameters": [_PROOF],
        "requestBody": json_body(ContextRequest),
        "responses": {"200": answer(ContextResponse, NONCE)} | problems(refused),
    }


def _failure() -> dict[str, Any]:
    refused = codes(RequestRejected, Unavailable) | _CLIENT | _UNKNOWN
    return {
        "summary": "Tell that a launch did not get through; nothing of it is used up",
        "requestBody": json_body(LaunchFailure),
        "responses": {"201": answer(LaunchFailureNoted, NONCE)} | problems(refused),
    }


def _read(kind: str, summary: str) -> dict[str, Any]:
    refused = codes(TokenRejected, Unavailable) | _NOT_JSON | {"page_unknown": NotFound.codes["page_unknown"]}
    return {
        "summary": f"{summary}; no other id is there (FHIR R4)",
        "security": [{"access": []}, {"access_bearer": []}],
        "parameters": [path("resource_id", _FHIR_ID), _FORMAT, _PROOF],
        "responses": {"200": _resource(kind, NONCE)} | fhir_errors(refused, by_token=True),
    }


def _resource(kind: str, headers: dict[str, Any]) -> dict[str, Any]:
    said = {"type": "object", "required": ["resourceType"], "properties": {"resourceType": {"const": kind}}}
    return {"description": kind, "headers": headers, "content": {"application/fhir+json": {"schema": said}}}
