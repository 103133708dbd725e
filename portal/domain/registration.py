"""What an EPJ registers with us; a second person approves it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import StringConstraints, model_validator

from portal.domain.bodies import Body
from portal.domain.text import HerId, Name

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
HttpsOrLoopback = Annotated[
    str,
    StringConstraints(pattern=r"^(https://[^\s#@]+|http://(127\.0\.0\.1|\[::1\]|localhost)(:[0-9]+)?(/[^\s#@]*)?)$"),
]


class SmartServer(Body):
    """The EPJ's own authorization and FHIR server (SMART App Launch 2.2), and who we are there.

    `issuer` is the FHIR base address that comes as `iss`; `origins` are further ones that its endpoints may stand at.
    With a secret, the settings hold it (PORTAL_SMART_SECRETS, by the EPJ's id). With `documents` its journal takes
    reports as DocumentReference, of `document_type` in Volven 9602, while a launch lives.
    """

    issuer: Annotated[HttpsOrLoopback, StringConstraints(max_length=200)]
    client_id: Name
    authentication: Literal["private_key_jwt", "client_secret_basic"] = "private_key_jwt"
    origins: tuple[HttpsOrLoopback, ...] = ()
    documents: bool = False
    document_type: Annotated[str, StringConstraints(pattern=r"^[A-Z][0-9]{2}-[0-9]{1,2}$")] = "J00-1"


class Epj(Body):
    """A journal system: by which doors it opens contexts, and how its journal takes messages."""

    id: Key
    name: Name
    helseid_client_ids: tuple[Name, ...] = ()
    smart: SmartServer | None = None
    start_by_query: bool = False
    her_ids: tuple[HerId, ...] = ()
    transport: Literal["simulator", "edi20"] | None = None
    transport_address: HttpsOrLoopback | None = None
    files_by_itself: bool = False

    @model_validator(mode="after")
    def _has_a_door(self) -> Self:
        if not self.helseid_client_ids and self.smart is None:
            message = "helseid_client_ids or smart must be given"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _transport_has_an_address(self) -> Self:
        if (self.transport is None) != (self.transport_address is None):
            message = "transport and transport_address go together"
            raise ValueError(message)
        return self
