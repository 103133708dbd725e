"""What a target portal registers with us: who it is, how it proves it, where it is opened, and what it may learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from portal.domain import dpop
from portal.domain.bodies import Body, Sha256Hex
from portal.domain.public_address import public_url
from portal.domain.registration import HttpsOrLoopback, Key
from portal.domain.text import Name

if TYPE_CHECKING:
    from collections.abc import Iterator

Release = Literal["patient_number", "hpr", "organisation", "her_id", "encounter"]
Authentication = Literal["private_key_jwt", "client_secret_basic", "client_secret_post", "none"]
HttpsUrl = Annotated[str, StringConstraints(pattern=r"^https://[^\s#@]+$", max_length=500), AfterValidator(public_url)]

STRICT_ALGORITHMS = ("ES256", "PS256")
CLASSIC_ALGORITHMS = (*STRICT_ALGORITHMS, "ES384", "RS384")
_CURVES = {"ES256": "P-256", "ES384": "P-384"}


class PublicKey(Body):
    """A public JWK (RFC 7517); private members are refused by name."""

    kty: Literal["EC", "RSA"]
    kid: Name
    alg: Literal["ES256", "PS256", "ES384", "RS384"]
    use: Literal["sig"] = "sig"
    crv: Literal["P-256", "P-384"] | None = None
    x: str | None = None
    y: str | None = None
    n: str | None = None
    e: str | None = None

    @model_validator(mode="after")
    def _curve_is_the_algorithms(self) -> Self:
        _refuse_if(self.crv != _CURVES.get(self.alg), f"crv: {self.alg} does not go with it")
        return self


class Client(Body):
    """A target portal; the strict profile (FAPI 2.0) unless it registers the classic one (SMART App Launch 2.2).

    `launch_url` is where a launch with context goes; a target of sign-on alone may have `initiate_login_uri` instead
    (OpenID Connect Core §4). With a secret, only its SHA-256 is here.
    """

    client_id: Key
    service: Key
    owner: Name
    profile: Literal["strict", "classic"] = "strict"
    authentication: Authentication = "private_key_jwt"
    keys: tuple[PublicKey, ...] = ()
    jwks_uri: HttpsUrl | None = None
    secret_sha256: Sha256Hex | None = None
    launch_url: HttpsOrLoopback | None = None
    launch_method: Literal["get", "post"] = "get"
    initiate_login_uri: HttpsOrLoopback | None = None
    redirect_uris: Annotated[tuple[HttpsOrLoopback, ...], Field(min_length=1)]
    sign_on: bool = False
    access_token: Literal["opaque", "jwt"] = "opaque"  # noqa: S105  a kind, not a secret
    refresh: Literal["none", "online"] = "none"
    fhir_user: Literal["relative", "absolute"] = "relative"
    release: tuple[Release, ...] = ()
    writeback: bool = False

    @property
    def is_strict(self) -> bool:
        """Whether every request is pushed and every token bound to a key."""
        return self.profile == "strict"

    @property
    def algorithms(self) -> tuple[str, ...]:
        """What it may sign its assertions with."""
        return STRICT_ALGORITHMS if self.is_strict else CLASSIC_ALGORITHMS

    @property
    def proof_algorithms(self) -> tuple[str, ...]:
        """What its DPoP proofs may be signed with (FAPI 2.0 §5.4)."""
        return STRICT_ALGORITHMS if self.is_strict else dpop.ALGORITHMS

    @property
    def proves_itself(self) -> bool:
        """Whether it does so by a key of its own; by a secret, or not at all, is for sandboxes alone."""
        return self.authentication == "private_key_jwt"

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        for fault in (*_of_proof(self), *_of_profile(self), *_of_places(self)):
            _refuse_if(True, fault)
        return self


class Handover(NamedTuple):
    """What an enabled client gets with a launch, and whether it may write back: what a card says before the click.

    `context` is False for a target that we only sign on.
    """

    release: tuple[Release, ...] = ()
    writeback: bool = False
    context: bool = True


def _of_proof(client: Client) -> Iterator[str]:
    if len({key.kid for key in client.keys}) != len(client.keys):
        yield "keys: two keys share a kid"
    by_key = client.authentication == "private_key_jwt"
    if by_key and bool(client.keys) == (client.jwks_uri is not None):
        yield "keys: either keys or jwks_uri must be given"
    if not by_key and (client.keys or client.jwks_uri):
        yield "keys: only private_key_jwt has keys"
    if client.authentication.startswith("client_secret") != (client.secret_sha256 is not None):
        yield "secret_sha256: goes with client_secret_basic and client_secret_post"


def _of_profile(client: Client) -> Iterator[str]:
    if client.refresh == "online" and not client.sign_on:
        yield "refresh: goes with sign_on"
    if not client.is_strict:
        return
    if client.authentication != "private_key_jwt":
        yield "authentication: must be private_key_jwt in the strict profile"
    if any(key.alg not in STRICT_ALGORITHMS for key in client.keys):
        yield "keys: must be for ES256 or PS256 in the strict profile"
    if client.access_token != "opaque" or client.refresh == "online":  # noqa: S105  a kind
        yield "access_token, refresh: jwt and online are for the classic profile"


def _of_places(client: Client) -> Iterator[str]:
    if client.launch_url is None and not client.sign_on:
        yield "launch_url: must be given, unless sign_on"
    if client.initiate_login_uri and not client.sign_on:
        yield "initiate_login_uri: goes with sign_on"
    if client.launch_url is None and (client.release or client.writeback):
        yield "release, writeback: go with launch_url"


def _refuse_if(wrong: bool, fault: str) -> None:  # noqa: FBT001  reads as a sentence
    if wrong:
        raise ValueError(fault)
