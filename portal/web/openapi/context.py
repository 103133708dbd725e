"""What targets call to learn of a launch's people: without OAuth, or as FHIR; and to tell that a launch failed."""

from __future__ import annotations

from typing import Any

from portal.domain.target_bodies import ContextRequest, ContextResponse, LaunchFailure, LaunchFailureNoted
from portal.errors import OAuthError, RequestRejected, TokenRejected, Unavailable
from portal.web.openapi.parts import NONCE, answer, codes, fhir_errors, header, json_body, path, problems

_ABOUT = "`access_token` of a launch whose context still lives"
SECURITY = {
    "access": {"type": "http", "scheme": "DPoP", "description": f"{_ABOUT}, RFC 9449"},
    "access_bearer": {"type": "http", "scheme": "bearer", "description": f"{_ABOUT} and that is bound to no key"},
}
_FHIR_ID = {"type": "string", "pattern": r"^[A-Za-z0-9.-]{1,64}$"}
_PROOF = header("DPoP", required=False, description="A proof for this request, RFC 9449 §7")
_CLIENT = {"invalid_client": OAuthError.codes["invalid_client"]}


def paths() -> dict[str, Any]:
    """The context without OAuth, the FHIR face, and failures."""
    return {
        "/api/context": {"post": _context()},
        "/api/launch-failure": {"post": _failure()},
        "/fhir/metadata": {
            "get": {
                "summary": "What the FHIR face can do, and where our authorization server is (`oauth-uris`)",
                "responses": {"200": _resource("CapabilityStatement")} | fhir_errors({}),
            }
        },
        "/fhir/Patient/{id}": {"get": _read("Patient", "The patient of the launch")},
        "/fhir/Practitioner/{id}": {"get": _read("Practitioner", "The clinician of the launch")},
    }


def _context() -> dict[str, Any]:
    refused = {"invalid_request": 400, "invalid_grant": 400, "access_denied": 403}
    return {
        "summary": "Take up a launch without OAuth, for the person whom the target has logged in by HelseID",
        "parameters": [_PROOF],
        "requestBody": json_body(ContextRequest),
        "responses": {"200": answer(ContextResponse, NONCE)}
        | problems(codes(RequestRejected, Unavailable) | _CLIENT | refused),
    }


def _failure() -> dict[str, Any]:
    return {
        "summary": "Tell that a launch did not get through; nothing of it is used up",
        "requestBody": json_body(LaunchFailure),
        "responses": {"200": answer(LaunchFailureNoted, NONCE)}
        | problems(codes(RequestRejected, Unavailable) | _CLIENT),
    }


def _read(kind: str, summary: str) -> dict[str, Any]:
    missing = {"not-found": 404}
    return {
        "summary": f"{summary}; no other id is there (FHIR R4)",
        "security": [{"access": []}, {"access_bearer": []}],
        "parameters": [path("id", _FHIR_ID), _PROOF],
        "responses": {"200": _resource(kind)} | fhir_errors(codes(TokenRejected, Unavailable) | missing, by_token=True),
    }


def _resource(kind: str) -> dict[str, Any]:
    said = {"type": "object", "required": ["resourceType"], "properties": {"resourceType": {"const": kind}}}
    return {"description": kind, "content": {"application/fhir+json": {"schema": said}}}
