"""PUT /fhir/DocumentReference/<id>: the portal files a report under an id of its own (FHIR R4, update as create)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, request

from portal.demo.epj.smart import documents, fhir, scopes
from portal.demo.epj.smart.documents import Fault

if TYPE_CHECKING:
    from portal.demo.epj.smart.documents import Document
    from portal.demo.epj.smart.memory import Launch
    from portal.demo.epj.smart.server import Server


def put(server: Server, own_id: str) -> Response:
    """File a document about the patient of the token's launch, or answer with an OperationOutcome."""
    grant = fhir.granted(server)
    if isinstance(grant, Response):
        return grant
    if server.cabinet.fault is Fault.FAILS:
        return fhir.refusal(500, "exception")
    if not scopes.may_file(grant.scopes) or server.cabinet.fault is Fault.REFUSES:
        return fhir.refusal(403, "forbidden")
    document = documents.read(request.get_json(force=True, silent=True), own_id)
    return _filed(server, grant.launch, document) if document else fhir.refusal(422, "invalid")


def _filed(server: Server, launch: Launch, document: Document) -> Response:
    if document.subject.reference != server.memory.ids.reference("Patient", launch.patient.id):
        return fhir.refusal(403, "forbidden")
    fresh = server.cabinet.file(document, launch.patient.id, server.now())
    if server.cabinet.fault is Fault.HTML:
        return Response("<!doctype html><title>Logg inn</title>", 200, mimetype="text/html")
    return fhir.answer(201 if fresh else 200, document.model_dump(mode="json"))
