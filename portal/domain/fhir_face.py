"""What the FHIR face answers with: FHIR R4 (4.0.1) in the shape of HL7 Norway's basis profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.domain.oids import HPR

if TYPE_CHECKING:
    from portal.domain.context import Patient

Resource = dict[str, Any]

MIME = "application/fhir+json"
_CHANGED = "2026-11-26"
"""When what the capability statement says was last another."""
_PROFILES = "http://hl7.no/fhir/StructureDefinition/no-basis-"
_SMART = {"system": "http://terminology.hl7.org/CodeSystem/restful-security-service", "code": "SMART-on-FHIR"}
_OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_ENDPOINTS = ("authorize", "token", "introspect", "revoke")
_ISSUES = {
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    503: "transient",
}
_SERVER_ERROR = 500


def patient(resource_id: str, who: Patient) -> Resource:
    """The open patient (no-basis-Patient), named and numbered as the EPJ did.

    No gender: the profile does not demand it, and all we have to guess it from is a digit of the number.
    """
    return _resource(
        "Patient",
        resource_id,
        identifier=[_official(who.system, who.number)],
        active=True,
        # One element for all given names (no-basis-HumanName).
        name=[{"family": who.family, "given": [who.given]}],
        birthDate=who.birth_date.isoformat(),
    )


def practitioner(resource_id: str, name: str, hpr_number: str | None) -> Resource:
    """The clinician (no-basis-Practitioner); what is not known is left out.

    HelseID gives the name in one piece: its last word is taken to be the family name, `text` is what HelseID said.
    """
    *given, family = name.split() or [""]
    told = {"text": name, "family": family} | ({"given": [" ".join(given)]} if given else {})
    return _resource(
        "Practitioner",
        resource_id,
        identifier=[_official(HPR, hpr_number)] if hpr_number else [],
        active=True,
        name=[told] if family else [],
    )


def capability_statement(base_url: str, version: str) -> Resource:
    """What the face can do, and where our authorization server is, for clients that look there (SMART App Launch 1)."""
    uris = [{"url": name, "valueUri": f"{base_url}/oauth/{name}"} for name in _ENDPOINTS]
    security = {"extension": [{"url": _OAUTH_URIS, "extension": uris}], "service": [{"coding": [_SMART]}]}
    readable = [
        {"type": kind, "supportedProfile": [f"{_PROFILES}{kind}"], "interaction": [{"code": "read"}]}
        for kind in ("Patient", "Practitioner")
    ]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": _CHANGED,
        "kind": "instance",
        "software": {"name": "Inngangsportalen", "version": version},
        "implementation": {"description": "Who a launch is about, for its target", "url": f"{base_url}/fhir"},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [{"mode": "server", "security": security, "resource": readable}],
    }


def outcome(status: int, code: str, diagnostics: str) -> Resource:
    """A refusal (OperationOutcome): FHIR's own issue type for the HTTP status, and our code as a problem has it."""
    issue = {
        "severity": "error",
        "code": _ISSUES.get(status, "exception" if status >= _SERVER_ERROR else "invalid"),
        "details": {"coding": [{"system": "urn:inngangsportalen:problem", "code": code}]},
        "diagnostics": diagnostics,
    }
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _resource(kind: str, resource_id: str, **elements: Any) -> Resource:
    # An empty element is none (FHIR R4, JSON representation).
    known = {name: value for name, value in elements.items() if value}
    return {"resourceType": kind, "id": resource_id, "meta": {"profile": [f"{_PROFILES}{kind}"]}, **known}


def _official(system: str, value: str) -> Resource:
    return {"use": "official", "system": system, "value": value}
