"""What the sandbox notes of a target portal: that something happened, and how; nothing of a patient or a secret."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, StringConstraints

from portal.domain.conformance.observed import Opaque, Word
from portal.domain.conformance.target.case import CaseId

if TYPE_CHECKING:
    from datetime import datetime

Event = Literal["launch", "push", "authorize", "token", "context", "failure", "put", "read", "fault", "declared"]
"""`launch` is a browser that we send to the target, `authorize` one that it sends to us. Its server asks for the
others: PAR, token, /api/context, /api/launch-failure, write-back, the FHIR face. `fault` is an order that was placed,
`declared` what the owner says of a case that cannot be seen."""
SERVER = frozenset({"push", "token", "context", "failure", "put", "read"})


class Fault(StrEnum):
    """What goes wrong with one launch, when somebody orders it."""

    EXPIRED = "expired"
    REPLAYED = "replayed"
    OTHER_CLIENT = "other_client"
    OTHER_PATIENT = "other_patient"
    OTHER_PERSON = "other_person"
    PARKED = "parked"
    HELSEID_DOWN = "helseid_down"
    DENIED = "access_denied"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_STATE = "wrong_state"
    UNAVAILABLE = "token_unavailable"
    NONCE = "use_dpop_nonce"
    KEY_ROTATION = "key_rotation"


class Facts(BaseModel):
    """What there may be to note; what is not known is left out.

    `code` and `rule` are our own words on a refusal, `launch` is the launch that it is about, `grant` the authorization
    code. `pushed`: the browser brought what was pushed, not plain parameters. `state_length` is in characters.
    `browser`: headers came that only browsers send. `order` is what a fault that was ordered is kept under,
    `case` what is declared.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: int = 0
    code: Word | None = None
    rule: Annotated[str, StringConstraints(max_length=300)] | None = None
    fault: Fault | None = None
    order: Opaque | None = None
    case: CaseId | None = None
    launch: Opaque | None = None
    grant: Opaque | None = None
    pushed: bool | None = None
    challenge: Opaque | None = None
    state: Opaque | None = None
    state_length: int | None = None
    scheme: Literal["dpop", "bearer", "other"] | None = None
    proof: Opaque | None = None
    nonce: bool | None = None
    browser: bool | None = None


class Observed(NamedTuple):
    """Something that a target, or a browser on its way to it or back, did."""

    at: datetime
    event: Event
    facts: Facts

    @property
    def accepted(self) -> bool:
        """Whether it went as the target wanted; at authorize that is a code, for errors are redirects too."""
        if self.event == "authorize":
            return self.facts.grant is not None and self.facts.fault is None
        return 200 <= self.facts.status < 400  # noqa: PLR2004  RFC 9110's classes
