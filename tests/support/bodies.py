"""Right bodies, and the made-up people in them."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from portal.demo.target import pdf
from portal.domain.oids import FNR, PROFESSION
from portal.domain.pkce import s256

if TYPE_CHECKING:
    from portal.demo.browser import Page

REPLY_TO = {"her_id": "99000102", "parent_her_id": "99000101"}
LINE = {"number": "31817541278", "family": "Danser", "given": "Line", "birth_date": "1975-01-31"}
OLE = {"number": "14924831872", "family": "Havørn", "given": "Ole", "birth_date": "1948-12-14"}
PDF = pdf.write(["Demomelding", "Melding er sendt."])


def session_body(verifier: str, who: dict[str, str], **changes: Any) -> dict[str, Any]:
    """A right body of session/create."""
    body = {
        "ehr_code_challenge": s256(verifier),
        "claims": {
            "patient_identifier": {"id": who["number"], "system": FNR},
            "practitioner_authorization": {"code": "LE", "system": PROFESSION},
        },
        "patient": {name: who[name] for name in ("family", "given", "birth_date")},
        "reply_to": REPLY_TO,
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


def document_body(patient_id: str, content: bytes = PDF) -> dict[str, Any]:
    """A right body of a write-back."""
    said = {"patient": patient_id, "title": "Demomelding", "text": "Melding er sendt. Se PDF."}
    return said | with_pdf(content)


def with_pdf(content: bytes) -> dict[str, str]:
    """What a write-back says of these bytes."""
    return {"pdf": b64encode(content).decode(), "pdf_sha256": sha256(content).hexdigest()}


def with_fields(patient_id: str, **answers: str) -> dict[str, Any]:
    """A right body of a write-back without a PDF."""
    fields = [{"label": label, "value": value} for label, value in (answers or {"Årsak": "Hjertesvikt"}).items()]
    said = {"patient": patient_id, "title": "Dødsmelding", "text": "Dødsmelding er sendt. Se PDF."}
    return said | {"fields": fields, "reference": "FHI-2026-0001"}


def answered(page: Page) -> dict[str, str]:
    """The parameters that a redirect carries to a client."""
    assert page.status == 303, page.text
    return {name: values[0] for name, values in parse_qs(urlsplit(page.response.headers["Location"]).query).items()}
