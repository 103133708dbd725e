"""Whom the stand-in knows: the clients of Selvbetjening and the persons of the test identity provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from portal.domain.identity import Organisation

if TYPE_CHECKING:
    from pathlib import Path


Level = Literal[2, 3, 4]
_Orgnr = Annotated[str, StringConstraints(pattern=r"^[0-9]{9}$")]
_HerId = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,8}$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Jwks(_Entry):
    """Public keys (RFC 7517 §5)."""

    keys: list[dict[str, Any]]


class Client(_Entry):
    """A client; `apis` maps each audience that it may ask for to its scopes.

    `organisation` is whose client it is; `children` are more units that it may name. A multi-tenant client has
    `delegations` instead: the organisations that gave it leave in Altinn.
    """

    client_id: str
    client_name: str = ""
    jwks: Jwks
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None
    frontchannel_logout_uri: str | None = None
    apis: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    offline_access: bool = False
    organisation: Organisation | None = None
    children: tuple[_Orgnr, ...] = ()
    delegations: tuple[_Orgnr, ...] = ()

    @property
    def api_scopes(self) -> frozenset[str]:
        """Every scope that this client may ask for besides HelseID's own."""
        return frozenset(scope for scopes in self.apis.values() for scope in scopes)

    def audiences(self, scopes: tuple[str, ...]) -> tuple[str, ...]:
        """Return the audiences that `scopes` open, in the order of the configuration."""
        return tuple(audience for audience, own in self.apis.items() if set(own) & set(scopes))


class Code(_Entry):
    """A code value as HPR writes it."""

    value: str
    description: str = ""


class Approval(_Entry):
    """One approval in HPR, in the layout of userinfo; `profession` is a code of Volven 9060."""

    profession: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[0-9]?$")]
    authorization: Code
    requisition_rights: tuple[Code, ...] = ()
    specialities: tuple[Code, ...] = ()


class Person(_Entry):
    """A made-up person; `levels` are what the identity providers can vouch for, whatever was asked."""

    sub: str
    pid: Annotated[str, StringConstraints(pattern=r"^[0-9]{11}$")] = Field(repr=False)
    given_name: str
    middle_name: str = ""
    family_name: str
    hpr_number: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*$")] | None = None
    security_level: Level = 4
    levels: tuple[Level, ...] = Field(default_factory=lambda data: (data["security_level"],), min_length=1)
    approvals: tuple[Approval, ...] = ()

    @property
    def name(self) -> str:
        """All parts of the name in one line."""
        return " ".join(part for part in (self.given_name, self.middle_name, self.family_name) if part)


class Party(_Entry):
    """A communication party in the address register; moments are Norwegian time without an offset, as it writes them.

    An organisation has a number, a service or a person a parent.
    """

    her_id: _HerId
    name: str
    kind: Literal["Organization", "Service", "Person"]
    organisation_number: _Orgnr | None = None
    parent_her_id: _HerId | None = None
    active: bool = True
    valid_from: str = "2020-01-01T00:00:00"
    valid_to: str = "9999-12-31T00:00:00"


class Config(_Entry):
    """The stand-in's whole configuration; `issuer` has no trailing slash, lifetimes are seconds.

    With `drops_old_keys` a client's new key takes the place of those before it. `parties` are in NHN's address
    register, which answers 503 when it is `address_register_down`.
    """

    issuer: Annotated[str, StringConstraints(pattern=r"^https?://[^/?#]+$")]
    clients: tuple[Client, ...]
    people: tuple[Person, ...]
    parties: tuple[Party, ...] = ()
    address_register_down: bool = False
    access_token_lifetime: Annotated[int, Field(gt=0)] = 600
    drops_old_keys: bool = False

    def client(self, client_id: str) -> Client | None:
        """Find a client by its id."""
        return next((client for client in self.clients if client.client_id == client_id), None)

    def person(self, sub: str) -> Person | None:
        """Find a person by `sub`."""
        return next((person for person in self.people if person.sub == sub), None)

    def party(self, her_id: str | None) -> Party | None:
        """Find a communication party by its HER-id."""
        return next((party for party in self.parties if party.her_id == her_id), None)


def read(path: Path) -> Config:
    """Read a JSON file; raises pydantic's ValidationError when it does not describe a stand-in."""
    return Config.model_validate_json(path.read_bytes())
