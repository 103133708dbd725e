"""Bodies that cross our APIs, one model each; the OpenAPI description is made from these and from target_bodies."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from portal.domain.text import HerId, Line, Name, OpaqueId, Text, clean

if TYPE_CHECKING:
    from pydantic.config import JsonDict

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
    register, which must know it, cannot be asked, nor when the clinician is the patient herself (PADM rule 9999).
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


class WritebackField(Body):
    """One answer of a report."""

    label: Line
    value: Annotated[str, AfterValidator(clean), StringConstraints(min_length=1, max_length=2000)]


Fields = Annotated[tuple[WritebackField, ...], Field(min_length=1, max_length=60)]
Base64Pdf = Annotated[str, Field(max_length=PDF_LIMIT * 4 // 3 + 4, json_schema_extra={"contentEncoding": "base64"})]
_EITHER: JsonDict = {
    "oneOf": [{"required": ["pdf", "pdf_sha256"]}, {"required": ["fields"]}],
    "dependentRequired": {"pdf": ["pdf_sha256"], "pdf_sha256": ["pdf"], "reference": ["fields"]},
}


def _no_default(schema: JsonDict) -> None:
    # The schema itself does not allow it.
    del schema["default"]


class WritebackPut(Body):
    """PUT /api/writeback/<document_id>: a short text and a PDF for the journal of the patient of one launch.

    A target without a PDF sends `fields`, perhaps with a `reference` of its own, and a PDF/A-2a is made of them.
    """

    model_config = ConfigDict(json_schema_extra=_EITHER)

    patient: OpaqueId
    title: Line
    text: Text
    pdf: Base64Pdf | SkipJsonSchema[None] = Field(default=None, json_schema_extra=_no_default)
    pdf_sha256: Sha256Hex | SkipJsonSchema[None] = Field(default=None, json_schema_extra=_no_default)
    fields: Fields | SkipJsonSchema[None] = Field(default=None, json_schema_extra=_no_default)
    reference: Line | SkipJsonSchema[None] = Field(default=None, json_schema_extra=_no_default)
    corrects: OpaqueId | None = None

    @model_validator(mode="after")
    def _has_a_pdf_or_fields(self) -> Self:
        given = self.model_fields_set & {"pdf", "pdf_sha256", "fields", "reference"}
        whole = given in ({"pdf", "pdf_sha256"}, {"fields"}, {"fields", "reference"})
        if not whole or any(getattr(self, name) is None for name in given):
            message = "either pdf and pdf_sha256 must be given, or fields"
            raise ValueError(message)
        return self


class WritebackEvent(Body):
    """One line of a document's history."""

    at: datetime
    state: str
    code: str = ""


class WritebackState(Body):
    """Where the document is. The lamps are *sendt*, *mottatt i EPJ*, *i journalen*."""

    document_id: str
    msg_id: str
    state: str
    sent: bool
    received: bool
    filed: bool
    history: list[WritebackEvent]


class WritebackTaken(WritebackState):
    """202 and 200 of a PUT: how the document was taken in, beside where it is.

    `left_out` counts the characters that journals, or the PDF that we made, have no sign for. `advice` says what makes
    more noise than a clinician reads: `text_long`, `pages_many`, `pdf_large`, `many_documents`.
    """

    left_out: int
    advice: list[Literal["text_long", "pages_many", "pdf_large", "many_documents"]]


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
