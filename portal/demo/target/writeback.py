"""The target's calls to `/api/writeback/<document_id>`."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from portal.demo.bound_api import BoundApi
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from portal.adapters.http import Answer, Egress
    from portal.demo.target.report import Document, Report
    from portal.domain.target_bodies import Told


def body(launched: Told, document: Document) -> dict[str, Any]:
    """Return what is put for the journal of the launch's own patient."""
    return {
        "patient": launched.patient,
        "title": document.title,
        "text": document.text,
        "pdf": b64encode(document.pdf).decode(),
        "pdf_sha256": sha256(document.pdf).hexdigest(),
    }


class Writeback:
    """Puts documents and asks where they are; methods raise UpstreamError when the portal says no."""

    def __init__(self, portal: str, key: dict[str, str], egress: Egress) -> None:
        self._api = BoundApi(key, egress)
        self._portal = portal

    def put(self, report: Report, document: Document) -> dict[str, Any]:
        """Put the report's document for the journal; the same document again changes nothing."""
        return self._call("PUT", report, body(report.launched, document))

    def state(self, report: Report) -> dict[str, Any]:
        """Where the document is now."""
        return self._call("GET", report)

    def _call(self, method: str, report: Report, put: dict[str, Any] | None = None) -> dict[str, Any]:
        url = f"{self._portal}/api/writeback/{report.document_id}"
        answer = self._api.call(method, url, report.launched.writeback_token or "", put)
        return _accepted(answer)


def _accepted(answer: Answer) -> dict[str, Any]:
    if answer.status not in {200, 202}:
        raise UpstreamError("upstream_refused", str(answer.json().get("code")), retryable=False)
    found: dict[str, Any] = answer.json()
    return found
