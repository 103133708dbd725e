"""What other link pages read, and what owners tell of their services' stops."""

from __future__ import annotations

from typing import Any

from portal.domain.notice import NoticePut
from portal.domain.public_catalogue import PublicCatalogue
from portal.domain.service_parts import Stop
from portal.errors import NotFound, OAuthError, RequestRejected, Unavailable
from portal.web.openapi.epj import ETAG, UNCHANGED
from portal.web.openapi.parts import NONCE, answer, codes, header, json_body, path, problems

_REFUSED = {
    "invalid_client": OAuthError.codes["invalid_client"],
    "page_unknown": NotFound.codes["page_unknown"],
}


def paths() -> dict[str, Any]:
    """The public entries, the schema of a catalogue file, and notices."""
    known = [header("If-None-Match", required=False)]
    a_schema = {
        "description": "JSON Schema 2020-12",
        "headers": ETAG,
        "content": {"application/schema+json": {"schema": {"type": "object", "required": ["$schema", "properties"]}}},
    }
    return {
        "/api/catalogue/public": {
            "get": {
                "summary": "Every public service, for other link pages; no login",
                "parameters": known,
                "responses": {"200": answer(PublicCatalogue, ETAG)} | UNCHANGED | problems(codes(Unavailable)),
            }
        },
        "/api/catalogue/schema": {
            "get": {
                "summary": "The JSON Schema that a catalogue file is written to",
                "parameters": known,
                "responses": {"200": a_schema} | UNCHANGED | problems({}),
            }
        },
        "/api/notices/{notice_id}": {"put": _notice()},
    }


def _notice() -> dict[str, Any]:
    return {
        "summary": "Tell those who see the client's service of a planned stop or a fault",
        "parameters": [path("notice_id")],
        "requestBody": json_body(NoticePut),
        "responses": {"200": answer(Stop, NONCE)} | problems(codes(RequestRejected, Unavailable) | _REFUSED),
    }
