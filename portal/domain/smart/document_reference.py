"""A note for a journal as FHIR R4 DocumentReference (no-basis-DocumentReference; navikt/syk-inn ADR01)."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from portal.domain.journal_text import journal_text
from portal.domain.text import letters

if TYPE_CHECKING:
    from portal.domain.journal_note import JournalNote
    from portal.domain.smart.access import Access

_PROFILE = "http://hl7.no/fhir/StructureDefinition/no-basis-DocumentReference"
_TYPES = "urn:oid:2.16.578.1.12.4.1.1.9602"
_NAMES = {
    "J00-1": "Attester, melding og erklæringer",
    "J01-2": "Sykmeldinger og trygdesaker",
    "B02-2": "Journalnotat",
    "I00-1": "Korrespondanse",
    "I02-2": "Brev",
}


def id_of(msg_id: str) -> str:
    """Return the FHIR id of a message's document: the same for the same MsgId, and nobody's number."""
    return letters(msg_id.replace("-", ""))


def build(note: JournalNote, access: Access, kind: str) -> bytes:
    """Return the document as JSON: always the same bytes for the same note; `kind` is a code of Volven 9602."""
    return json.dumps(_document(note, access, kind), ensure_ascii=False).encode()


def is_it(resource: Any, msg_id: str) -> bool:
    """Whether what a journal answered is the document of this MsgId, and not merely an answer."""
    told = resource if isinstance(resource, dict) else {}
    return (told.get("resourceType"), told.get("id")) == ("DocumentReference", id_of(msg_id))


def _document(note: JournalNote, access: Access, kind: str) -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference",
        "id": id_of(note.msg_id),
        "meta": {"profile": [_PROFILE]},
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{note.msg_id}"},
        "status": "current",
        "type": {"coding": [_coding(kind)]},
        "subject": {"reference": access.patient},
        "date": note.generated_at.isoformat(),
        "author": [{"reference": access.practitioner}],
        "description": journal_text(note.text)[0],
        "content": [{"attachment": _attachment(note)}],
        **({"context": {"encounter": [{"reference": access.encounter}]}} if access.encounter else {}),
    }


def _coding(kind: str) -> dict[str, str]:
    return {"system": _TYPES, "code": kind} | ({"display": _NAMES[kind]} if kind in _NAMES else {})


def _attachment(note: JournalNote) -> dict[str, str]:
    return {
        "contentType": "application/pdf",
        "language": "nb-NO",  # BCP-47 (FHIR R4 Attachment.language); NAV's own NO-nb is none
        "data": b64encode(note.pdf).decode(),
        "title": journal_text(note.title)[0],
    }
