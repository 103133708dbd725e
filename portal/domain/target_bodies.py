"""The bodies that target portals see: what a launch gives them, and what they ask and tell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.json_schema import SkipJsonSchema

from portal.domain.bodies import Body
from portal.domain.launch_failure import Code

if TYPE_CHECKING:
    from pydantic.config import JsonDict

# No OpaqueId: one in some thousand handles of ours has digits that could be somebody's number.
Handle = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
Sub = Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]{1,255}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,64}$"), Field(examples=[str(code) for code in Code])]
_ONE_OF: JsonDict = {"oneOf": [{"required": ["launch"]}, {"required": ["trace_id"]}]}


def _left_out(schema: JsonDict) -> None:
    # A default that the schema itself does not allow.
    del schema["default"]


class ParResponse(Body):
    """201 from /oauth/par (RFC 9126 §2.2)."""

    request_uri: str
    expires_in: int


class Identifier(Body):
    """A number and the system it belongs to."""

    system: str
    value: str


class FhirContextItem(Body):
    """An entry of `fhirContext` (SMART App Launch 2.2); `role` tells the patient and the HER-id apart."""

    type: str
    identifier: Identifier
    role: str | None = None


class Told(BaseModel):
    """What a target learns of a launch, as far as its registration goes, to its server only (SMART App Launch 2.2).

    `writeback_expires_in` is in seconds.
    """

    model_config = ConfigDict(frozen=True)

    trace_id: str
    sub: str
    patient: str | None = None
    encounter: str | None = None
    fhirContext: list[FhirContextItem] = Field(default_factory=list)  # noqa: N815  SMART's own field name
    need_patient_banner: bool = True
    smart_style_url: str | None = None
    tenant: str | None = None
    writeback_token: str | None = None
    writeback_expires_in: int | None = None


class TokenResponse(Told):
    """200 from /oauth/token: what the launch tells, with the tokens (RFC 6749 §5.1, RFC 9449 §5)."""

    access_token: str
    token_type: Literal["DPoP", "Bearer"]
    expires_in: int
    scope: str
    id_token: str | None = None
    refresh_token: str | None = None


class ContextRequest(Body):
    """POST /api/context: a target without OAuth takes up a launch, for the person that it has logged in by HelseID.

    The client's assertion (RFC 7523) has our issuer as its audience. `sub` is that of the target's own verified id
    token: that it is the same person rests on the target.
    """

    client_assertion_type: str
    client_assertion: str
    launch: Handle
    sub: Sub


class ContextResponse(Told):
    """200 from /api/context: what the launch tells. `writeback_token` is bound to the proof's key if one came."""

    writeback_token_type: Literal["DPoP", "Bearer"] | None = None


class LaunchFailure(Body):
    """POST /api/launch-failure: a launch did not get through at the target; `launch` or `trace_id` names it.

    `code` is counted as one of `domain/launch_failure.Code`; another word is counted as `other`.
    """

    model_config = ConfigDict(json_schema_extra=_ONE_OF)

    client_assertion_type: str
    client_assertion: str
    launch: Handle | SkipJsonSchema[None] = Field(default=None, json_schema_extra=_left_out)
    trace_id: Handle | SkipJsonSchema[None] = Field(default=None, json_schema_extra=_left_out)
    code: Word

    @model_validator(mode="after")
    def _names_one_launch(self) -> Self:
        if len({"launch", "trace_id"} & self.model_fields_set) != 1 or not (self.launch or self.trace_id):
            message = "either launch or trace_id must be given"
            raise ValueError(message)
        return self


class LaunchFailureNoted(Body):
    """201 from /api/launch-failure; `page` is where the target may send the browser: it says what to do."""

    trace_id: str
    page: str


class Confirmation(Body):
    """The key that a token is bound to (RFC 9449 §6.1)."""

    jkt: str


class Introspection(BaseModel):
    """200 from /oauth/introspect (RFC 7662 §2.2, SMART App Launch 2.2); only `active` of a token that is not."""

    model_config = ConfigDict(frozen=True)

    active: bool
    scope: str | None = None
    client_id: str | None = None
    exp: int | None = None
    iat: int | None = None
    token_type: Literal["DPoP", "Bearer"] | None = None
    iss: str | None = None
    sub: str | None = None
    fhirUser: str | None = None  # noqa: N815  SMART's own field name
    cnf: Confirmation | None = None
    trace_id: str | None = None
    patient: str | None = None
    encounter: str | None = None
    fhirContext: list[FhirContextItem] | None = None  # noqa: N815  SMART's own field name
    need_patient_banner: bool | None = None
    smart_style_url: str | None = None
    tenant: str | None = None
