"""What an entry of the catalogue says about one service, part by part."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    model_validator,
)

from portal.domain.bodies import Body
from portal.domain.registration import Key
from portal.domain.text import Line
from portal.domain.translated import Language, Translated

Zone = Literal["helsenett", "internett"]
Verification = Literal["verified", "partly", "unverified"]
Variable = Literal["patient_id", "encounter_id", "practitioner_hpr", "organization_nr"]

_ADDRESS = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?([/?#][^\s\"<>\\^`{|}]*)?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _address(value: str) -> str:
    if not value.isascii() or _ADDRESS.fullmatch(value) is None:
        message = "must be an http or https address, without user, space or placeholder"
        raise ValueError(message)
    return value


def _written_out(value: Any) -> Any:
    # pydantic would read a bare number as seconds since 1970.
    if not isinstance(value, date) and not (isinstance(value, str) and _DAY.match(value)):
        message = "must be written out: 2026-11-20, a time also with its zone: 2026-11-20T08:00:00+01:00"
        raise ValueError(message)
    return value


WebAddress = Annotated[str, StringConstraints(max_length=500), AfterValidator(_address)]
Day = Annotated[date, BeforeValidator(_written_out)]
Instant = Annotated[AwareDatetime, BeforeValidator(_written_out)]
EmailAddress = Annotated[str, StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s]{1,190}$")]
PhoneNumber = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 ]{2,15}$")]


class Endpoint(Body):
    """Where the service answers, for those who come from one network; no endpoint means not reachable from there."""

    zone: Zone
    url: WebAddress
    env: Literal["prod", "test"] = "prod"
    verified: Verification = "unverified"
    note: Translated | None = None


class Login(Body):
    """How the service itself logs people in; `sso` is true only when it has been tried."""

    methods: Annotated[
        tuple[Literal["helseid", "idporten", "eid", "altinn", "username_password", "epj", "none"], ...],
        Field(min_length=1),
    ]
    min_security_level: Literal[2, 3, 4] | None = None
    sso: StrictBool


class ContextNeeds(Body):
    """How the service can be told about the open patient, and what it must and may be told."""

    mechanism: Literal["none", "session_code", "smart_launch", "signed_post"]
    requires: tuple[Variable, ...] = ()
    accepts: tuple[Variable, ...] = ()


class Writeback(Body):
    """Who puts the result into the journal, and how."""

    by: Literal["service", "portal", "user", "none"]
    mechanisms: tuple[Literal["dialogmelding", "fhir_documentreference", "pdf_download", "clipboard"], ...]
    verified: Verification = "unverified"


class LegalBasis(Body):
    """The law behind a service; `duty` is what it lays on the clinician (meldeplikt …)."""

    act: Line
    section: Line | None = None
    duty: Line | None = None


class Status(Body):
    """Where the service is in its life; importance 1 is highest."""

    state: Literal["planned", "pilot", "active", "deprecated", "retired"]
    importance: Annotated[int, Field(strict=True, ge=1, le=3)] = 3
    frequency: Literal["daily", "weekly", "monthly", "yearly", "rare"] | None = None
    replaced_by: Key | None = None
    retired_on: Day | None = None
    probe_url: WebAddress | None = None

    @model_validator(mode="after")
    def _retired_has_a_day(self) -> Self:
        if (self.state == "retired") != (self.retired_on is not None):
            message = "state retired and retired_on go together"
            raise ValueError(message)
        return self


class Stop(Body):
    """When the service is down, planned or by a fault: `from` until the planned end `to`, both with their time zone."""

    model_config = ConfigDict(serialize_by_alias=True)

    kind: Literal["planned", "fault"] = "planned"
    begins: Instant = Field(alias="from")
    ends: Instant = Field(alias="to")
    message: Translated

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.begins >= self.ends:
            message = "from must be before to"
            raise ValueError(message)
        return self

    def goes_on(self, now: datetime) -> bool:
        """Whether it has begun and is not over."""
        return self.begins <= now < self.ends


class Reference(Body):
    """A guide to the service, in the language it is written in."""

    title: Line
    url: WebAddress
    lang: Language


class Contact(Body):
    """Where the service's own support is found."""

    url: WebAddress | None = None
    email: EmailAddress | None = None
    phone: PhoneNumber | None = None


class Provenance(Body):
    """Where the entry is from, when it was last checked, and what in it nobody has confirmed."""

    state: Verification
    source: Line
    checked: Day
    unverified: tuple[Line, ...] = ()
