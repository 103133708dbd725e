"""Documents that the portal files in the journal by itself (FHIR R4 DocumentReference), with faults to order."""

from __future__ import annotations

import time
from base64 import b64decode
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

if TYPE_CHECKING:
    from datetime import datetime


class Fault(StrEnum):
    """What goes wrong with a document; HANGS and HTML come after it was filed, the others instead."""

    NONE = "none"
    REFUSES = "refuses"
    FAILS = "fails"
    HTML = "html"
    HANGS = "hangs"


def _base64(value: str) -> str:
    b64decode(value, validate=True)
    return value


class _Element(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")


class _Reference(_Element):
    reference: str


class _Attachment(_Element):
    contentType: Literal["application/pdf"]  # noqa: N815  FHIR's own field name
    title: str
    data: Annotated[str, AfterValidator(_base64)]


class _Content(_Element):
    attachment: _Attachment


class Document(_Element):
    """As much of a DocumentReference as the journal shows; the rest is kept as it came."""

    resourceType: Literal["DocumentReference"]  # noqa: N815  FHIR's own field name
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,64}$")]
    status: Literal["current"]
    subject: _Reference
    description: str
    content: Annotated[tuple[_Content, ...], Field(min_length=1, max_length=1)]

    @property
    def title(self) -> str:
        """What stands on it."""
        return self.content[0].attachment.title

    @property
    def pdf(self) -> bytes:
        """The document itself."""
        return b64decode(self.content[0].attachment.data)


@dataclass(frozen=True)
class Filed:
    """A document in the journal of the patient that it knows by `patient_id`."""

    document: Document
    patient_id: str
    filed_at: datetime


@dataclass
class Cabinet:
    """Every document by its id; one that comes again takes the place of the first."""

    fault: Fault = Fault.NONE
    hangs: float = 20.0
    filed: dict[str, Filed] = field(default_factory=dict)

    def file(self, document: Document, patient_id: str, now: datetime) -> bool:
        """File a document; whether it is new here."""
        fresh = document.id not in self.filed
        self.filed[document.id] = Filed(document, patient_id, now)
        if self.fault is Fault.HANGS:
            time.sleep(self.hangs)
        return fresh

    def about(self, patient_id: str) -> dict[str, Filed]:
        """The documents of one patient by id, the newest first."""
        return {own_id: one for own_id, one in reversed(self.filed.items()) if one.patient_id == patient_id}


def read(resource: Any, own_id: str) -> Document | None:
    """Return the document that stands at `own_id`; None for anything else."""
    try:
        document = Document.model_validate(resource)
    except ValidationError:
        return None
    return document if document.id == own_id else None
