"""What targets call to get a document into the journal."""

from __future__ import annotations

from typing import Any

from portal.domain.bodies import WritebackPut, WritebackState, WritebackTaken
from portal.errors import DocumentRejected, NotFound, RequestRejected, TokenRejected, Unavailable
from portal.web.openapi.parts import NONCE, answer, codes, header, json_body, path, problems

_ABOUT = "`writeback_token` of one launch"
SECURITY = {
    "writeback": {"type": "http", "scheme": "DPoP", "description": f"{_ABOUT}, RFC 9449"},
    "writeback_bearer": {"type": "http", "scheme": "bearer", "description": f"{_ABOUT} that is bound to no key"},
}
_MISSING = {code: NotFound.codes[code] for code in ("document_unknown", "page_unknown")}


def paths() -> dict[str, Any]:
    """A document and where it is."""
    known = codes(TokenRejected, Unavailable) | _MISSING
    common = {
        "security": [{"writeback": []}, {"writeback_bearer": []}],
        "parameters": [
            path("document_id"),
            header("DPoP", required=False, description="A proof for this request, unless the token is a Bearer's"),
        ],
    }
    taken, stands = answer(WritebackTaken, NONCE), answer(WritebackState, NONCE)
    return {
        "/api/writeback/{document_id}": {
            "put": common
            | {
                "summary": "Put a document into the journal of the launch's patient",
                "requestBody": json_body(WritebackPut),
                "responses": {"202": taken, "200": taken}
                | problems(known | codes(DocumentRejected, RequestRejected), by_token=True),
            },
            "get": common
            | {"summary": "State and history", "responses": {"200": stands} | problems(known, by_token=True)},
        }
    }
