"""Resources and refusals as they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import g, jsonify

from portal.domain import fhir_face

if TYPE_CHECKING:
    from flask import Response

    from portal.domain.fhir_face import Resource


def sent(resource: Resource, status: int = 200) -> Response:
    """A resource in FHIR's JSON."""
    response = jsonify(resource)
    response.status_code, response.mimetype = status, fhir_face.MIME
    return response


def refused(status: int, code: str, detail: str = "") -> Response:
    """A refusal, with the reference that our log line carries."""
    return sent(fhir_face.outcome(status, code, f"{detail} ({g.get('reference', '')})".lstrip()), status)
