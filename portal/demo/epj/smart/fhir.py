"""GET /fhir/<type>/<id>: what the access token is for, and nothing else (FHIR R4 §3.1.0.1, RFC 6750)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import Response, request

from portal.demo.epj.smart import resources, scopes

if TYPE_CHECKING:
    from portal.demo.epj.smart.memory import Grant
    from portal.demo.epj.smart.server import Server

MIME = "application/fhir+json"


def read(server: Server, kind: str, own_id: str) -> Response:
    """Answer with a resource of the token's launch, or with an OperationOutcome that says why not."""
    grant = granted(server)
    if isinstance(grant, Response):
        return grant
    if kind not in scopes.readable(grant.scopes):
        return refusal(403, "forbidden")
    filed = server.cabinet.about(grant.launch.patient.id).get(own_id) if kind == "DocumentReference" else None
    found = (
        filed.document.model_dump(mode="json")
        if filed
        else resources.seen(server, grant.launch).get(f"{kind}/{own_id}")
    )
    return answer(200, found) if found else refusal(404, "not-found")


def granted(server: Server) -> Grant | Response:
    """What the access token of this request stands for, or the answer to one that stands for nothing."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    grant = server.memory.access_tokens.look(given, server.now()) if scheme.lower() == "bearer" else None
    if grant is not None:
        return grant
    refused = refusal(401, "login")
    refused.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if given else "Bearer"
    return refused


def metadata(server: Server) -> Response:
    """What this FHIR server can do: read, and take documents, when SMART says so (FHIR R4 CapabilityStatement)."""
    smart = {"system": "http://terminology.hl7.org/CodeSystem/restful-security-service", "code": "SMART-on-FHIR"}
    profiled: list[dict[str, Any]] = [
        {"type": kind, "profile": f"{resources.PROFILES}/no-basis-{kind}", "interaction": [{"code": "read"}]}
        for kind in sorted(scopes.readable(scopes.SUPPORTED))
    ]
    (documents,) = (one for one in profiled if one["type"] == "DocumentReference")
    documents |= {"interaction": [{"code": "read"}, {"code": "update"}], "updateCreate": True}
    statement = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-26",
        "kind": "instance",
        "software": {"name": "EksempelEPJ"},
        "implementation": {"description": "EksempelEPJ", "url": server.fhir},
        "fhirVersion": "4.0.1",
        "format": [MIME],
        "rest": [{"mode": "server", "security": {"service": [{"coding": [smart]}]}, "resource": profiled}],
    }
    return answer(200, statement)


def refusal(status: int, code: str) -> Response:
    """An issue with a code of FHIR's IssueType."""
    issue = {"severity": "error", "code": code}
    return answer(status, {"resourceType": "OperationOutcome", "issue": [issue]})


def answer(status: int, resource: dict[str, Any]) -> Response:
    """A resource as FHIR's JSON."""
    return Response(json.dumps(resource, ensure_ascii=False), status, mimetype=MIME)
