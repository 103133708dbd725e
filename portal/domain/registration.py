"""What an EPJ and a target portal register with us; a second person approves each."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, StringConstraints, model_validator

from portal.domain.bodies import Body
from portal.domain.text import HerId, Name

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Release = Literal["patient_number", "hpr", "organisation", "her_id", "encounter"]
HttpsOrLoopback = Annotated[
    str,
    StringConstraints(pattern=r"^(https://[^\s#@]+|http://(127\.0\.0\.1|\[::1\]|localhost)(:[0-9]+)?(/[^\s#@]*)?)$"),
]


class PublicKey(Body):
    """A public JWK (RFC 7517); private members are refused by name."""

    kty: Literal["EC", "RSA"]
    kid: Name
    alg: Literal["ES256", "PS256"]
    use: Literal["sig"] = "sig"
    crv: Literal["P-256"] | None = None
    x: str | None = None
    y: str | None = None
    n: str | None = None
    e: str | None = None


class Client(Body):
    """A target portal in the strict profile (FAPI 2.0): PAR, private_key_jwt, DPoP; DESIGN "Launch out"."""

    client_id: Key
    service: Key
    owner: Name
    keys: Annotated[tuple[PublicKey, ...], Field(min_length=1)]
    launch_url: HttpsOrLoopback
    redirect_uris: Annotated[tuple[HttpsOrLoopback, ...], Field(min_length=1)]
    release: tuple[Release, ...] = ()
    writeback: bool = False

    @model_validator(mode="after")
    def _kids_are_unique(self) -> Self:
        if len({key.kid for key in self.keys}) != len(self.keys):
            message = "two keys share a kid"
            raise ValueError(message)
        return self


class Handover(NamedTuple):
    """What an enabled client gets with a launch, and whether it may write back: what a card says before the click."""

    release: tuple[Release, ...] = ()
    writeback: bool = False


class SmartServer(Body):
    """The EPJ's own authorization and FHIR server (SMART App Launch 2.2), and who we are there.

    `issuer` is the FHIR base address that comes as `iss`; `origins` are further ones that its endpoints may stand at.
    With a secret, the settings hold it (PORTAL_SMART_SECRETS, by the EPJ's id).
    """

    issuer: Annotated[HttpsOrLoopback, StringConstraints(max_length=200)]
    client_id: Name
    authentication: Literal["private_key_jwt", "client_secret_basic"] = "private_key_jwt"
    origins: tuple[HttpsOrLoopback, ...] = ()


class Epj(Body):
    """A journal system: by which doors it opens contexts, and how its journal takes messages."""

    id: Key
    name: Name
    helseid_client_ids: tuple[Name, ...] = ()
    smart: SmartServer | None = None
    start_by_query: bool = False
    her_ids: tuple[HerId, ...] = ()
    transport: Literal["simulator"] | None = None
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
