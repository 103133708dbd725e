"""What the sandbox notes of an EPJ: that something happened, and how; nothing of a patient, a token or a code."""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, StringConstraints

if TYPE_CHECKING:
    from datetime import datetime

Event = Literal["create", "refresh", "end", "catalogue", "start", "proceed", "launch", "callback", "fault"]
"""`proceed` is the browser at /start/videre, `callback` at /launch/callback; `fault` is an order that was placed."""
SERVER = frozenset({"create", "refresh", "end", "catalogue"})
"""What the EPJ's server calls; the others are its browser."""


class Fault(StrEnum):
    """What the sandbox answers once, when somebody orders it."""

    NONCE = "use_dpop_nonce"
    UNAVAILABLE = "unavailable"
    CONTEXT_ENDED = "context_ended"
    START_EXPIRED = "start_expired"


Opaque = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,60}$")]


class Facts(BaseModel):
    """What there may be to note; what is not known is left out.

    `code` and `rule` are our own words on a refusal, which name fields and rules alone. `epj_session` is the HelseID
    session that the EPJ works in, `person` who works in it. `matches`: the session exists and belongs to that EPJ
    session. `cookie`: the browser brought one of ours from before. `life` is how many seconds the context now lives,
    `order` what a fault that was ordered is kept under.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: int = 0
    code: Word | None = None
    rule: Annotated[str, StringConstraints(max_length=300)] | None = None
    fault: Fault | None = None
    order: Opaque | None = None
    session: Opaque | None = None
    epj_session: Opaque | None = None
    person: Opaque | None = None
    scheme: Literal["dpop", "bearer", "other"] | None = None
    proof: Opaque | None = None
    nonce: bool | None = None
    challenge: Opaque | None = None
    another_patient: bool | None = None
    matches: bool | None = None
    reply_to: bool | None = None
    writeback: bool | None = None
    service: bool | None = None
    life: int | None = None
    how: Literal["post", "fragment", "query"] | None = None
    cookie: bool | None = None
    step: Literal["login", "opened"] | None = None
    landed: bool | None = None


class Observed(NamedTuple):
    """Something that an EPJ, or the browser it opened, did."""

    at: datetime
    event: Event
    facts: Facts

    @property
    def accepted(self) -> bool:
        """Whether it went as the EPJ wanted."""
        return 200 <= self.facts.status < 400  # noqa: PLR2004  RFC 9110's classes


def opaque(*parts: str) -> str:
    """Return twelve hexadecimal digits that are the same for the same values, and say nothing about them."""
    return sha256("\n".join(parts).encode()).hexdigest()[:12]
