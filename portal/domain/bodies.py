"""Bodies that cross our APIs, one model each; the OpenAPI description is made from these and from target_bodies."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, StringConstraints

from portal.domain.text import HerId, Line, Name, OpaqueId, Text

Base64Url256 = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
Sha256Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
PDF_LIMIT = 10 * 1024 * 1024


class Body(BaseModel):
    """A body with no room for what we did not ask for."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


def _written(value: object) -> object:
    # pydantic would read a number as seconds since 1970.
    if not isinstance(value, str | date):
        message = "a date is written YYYY-MM-DD"
        raise ValueError(message)  # noqa: TRY004  pydantic collects ValueErrors
    return value


class PatientIdentifier(Body):
    """Fødselsnummer or D-number, eleven digits; a help number has a system of its own, and is refused by name."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9]{11}$")]
    system: Annotated[str, StringConstraints(pattern=r"^urn:oid:2(\.[0-9]{1,9}){3,20}$")]


class PractitionerAuthorization(Body):
    """The profession that the clinician acts in (Volven 9060)."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[0-9]?$")]
    system: Literal["urn:oid:2.16.578.1.12.4.1.1.9060"]


class SessionClaims(Body):
    """Kjernejournal's own field names; `care_relationship` is passed through unread (Tillitsrammeverket)."""

    patient_identifier: PatientIdentifier
    practitioner_authorization: PractitionerAuthorization
    care_relationship: dict[str, JsonValue] | None = None


class SessionPatient(Body):
    """What a message to the journal must carry besides the number."""

    family: Name
    given: Name
    birth_date: Annotated[date, BeforeValidator(_written), Field(ge=date(1850, 1, 1))]


class SessionReplyTo(Body):
    """The journal's own address for messages; without it write-back is off."""

    her_id: HerId
    parent_her_id: HerId


class SessionCreate(Body):
    """POST /api/session/create: the patient that the EPJ has open. Person and office come from the token."""

    ehr_code_challenge: Base64Url256
    claims: SessionClaims
    patient: SessionPatient
    reply_to: SessionReplyTo | None = None
    encounter: OpaqueId | None = None
    service: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)] | None = None


class SessionCreated(Body):
    """201: open `startUrl` in the clinician's browser with `code` and the verifier within `expiresIn` seconds.

    `writeback` says whether reports may come back to this journal: not without `reply_to`, nor while NHN's address
    register, which must know it, cannot be asked.
    """

    code: str
    sessionId: str  # noqa: N815  kjernejournal's own field name
    startUrl: str  # noqa: N815
    expiresIn: int  # noqa: N815
    writeback: bool


class SessionReference(Body):
    """POST /api/session/refresh and /api/session/end."""

    sessionId: OpaqueId  # noqa: N815


class SessionRefreshed(Body):
    """200: how long the context now lives."""

    sessionId: str  # noqa: N815
    expiresIn: int  # noqa: N815


class WritebackPut(Body):
    """PUT /api/writeback/<document_id>: a short text and a PDF for the journal of the patient of one launch."""

    patient: OpaqueId
    title: Line
    text: Text
    pdf: Annotated[str, Field(max_length=PDF_LIMIT * 4 // 3 + 4, json_schema_extra={"contentEncoding": "base64"})]
    pdf_sha256: Sha256Hex
    corrects: OpaqueId | None = None


class WritebackEvent(Body):
    """One line of a document's history."""

    at: datetime
    state: str
    code: str = ""


class WritebackState(Body):
    """202, 200 and GET: where the document is. The lamps are *sendt*, *mottatt i EPJ*, *i journalen*."""

    document_id: str
    msg_id: str
    state: str
    sent: bool
    received: bool
    filed: bool
    history: list[WritebackEvent]


class OAuthProblem(Body):
    """The error answer of the OAuth endpoints (RFC 6749 §5.2)."""

    error: str
    error_description: str = ""


class Problem(Body):
    """The error answer of every other API (RFC 9457); `code` is the rule, `instance` the reference to quote."""

    type: str
    title: str
    status: int
    code: str
    detail: str = ""
    instance: str
