"""The catalogue: what can be opened, who owns it, where it answers and whom it is for."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from portal.domain.access_rules import Access
from portal.domain.bodies import Body
from portal.domain.catalogue_references import dangling
from portal.domain.organisation_number import OrganisationNumber
from portal.domain.registration import Key
from portal.domain.service_parts import (
    Contact,
    ContextNeeds,
    Endpoint,
    LegalBasis,
    Login,
    Provenance,
    Reference,
    Status,
    Stop,
    Verification,
    WebAddress,
    Writeback,
)
from portal.domain.text import Line
from portal.domain.translated import Keywords, Language, Translated
from portal.errors import CatalogueRejected, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Level(StrEnum):
    """How far the portal takes the clinician; `epj_only` is done in the journal system and stands apart."""

    LINK = "link"
    SSO = "sso"
    SSO_CONTEXT = "sso_context"
    EPJ_ONLY = "epj_only"


_LADDER = (Level.LINK, Level.SSO, Level.SSO_CONTEXT)

Kind = Literal["portal", "form", "pdf_form", "smart_app", "epj_message", "api", "phone", "knowledge"]
Category = Literal[
    "smittevern",
    "helseregister",
    "dodsfall",
    "nav",
    "arbeid",
    "forerrett",
    "attest",
    "legemidler_refusjon",
    "hendelser",
    "kommune",
    "oppslag",
    "kunnskap",
]


Minutes = Annotated[int, Field(strict=True, ge=1, le=240)]


class Owner(Body):
    """Who answers for services; a kind of owner ("your municipality") has no number of its own."""

    name: Translated
    orgnr: OrganisationNumber | None = None
    url: WebAddress | None = None


class Service(Body):
    """One entry. `parent` makes it a deep link into another, `operator` runs it for the `owner`.

    `codes` are numbers of forms and tariffs that people search by. `minutes` is how long it usually takes, `prefilled`
    what is filled in already, `returns` what comes back to the journal, `fallback` what to do when it is down.
    """

    id: Key
    parent: Key | None = None
    kind: Kind
    level: Level
    owner: Key
    operator: Key | None = None
    category: Category
    title: Translated
    summary: Translated
    keywords: Keywords = Keywords()
    codes: tuple[Line, ...] = ()
    patient: Literal["required", "optional", "none"]
    endpoints: tuple[Endpoint, ...]
    login: Login
    context: ContextNeeds
    writeback: Writeback
    access: Access
    legal: tuple[LegalBasis, ...] = ()
    deadline: Translated | None = None
    deadline_verified: Verification | None = None
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    status: Status
    maintenance: tuple[Stop, ...] = ()
    minutes: Minutes | None = None
    prefilled: Translated | None = None
    returns: Translated | None = None
    fallback: Translated | None = None
    docs: tuple[Reference, ...] = ()
    contact: Contact | None = None
    provenance: Provenance

    def address(self, zone: str) -> str | None:
        """Where it answers in production for those who come from `zone`; None when it does not."""
        return next((end.url for end in self.endpoints if end.zone == zone and end.env == "prod"), None)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if faults := "; ".join(_contradictions(self)):
            raise ValueError(faults)
        return self


def _contradictions(service: Service) -> Iterator[str]:
    places = [(end.zone, end.env) for end in service.endpoints]
    if len(set(places)) != len(places):
        yield "one endpoint for each zone and env"
    if service.kind == "epj_message" and service.level is not Level.EPJ_ONLY:
        yield "kind epj_message goes with level epj_only"
    if service.level is Level.SSO_CONTEXT and service.context.mechanism == "none":
        yield "level sso_context needs a context mechanism"
    if service.status.state == "retired" and not (service.status.replaced_by or service.fallback):
        yield "a retired service says what to use instead: status.replaced_by or fallback"


_REFERENCES: Mapping[str, Any] = {
    "owners": True,
    "services": {"__all__": {"id", "parent", "owner", "operator", "status"}},
}


class Catalogue(Body):
    """All services and their owners, with every reference between them in order."""

    schema_version: Literal[1]
    owners: dict[Key, Owner]
    services: tuple[Service, ...]

    def service(self, service_id: str) -> Service:
        """The service with that id; raises NotFound."""
        for service in self.services:
            if service.id == service_id:
                return service
        raise NotFound("service_unknown")

    @model_validator(mode="after")
    def _references_hold(self) -> Self:
        faults: list[InitErrorDetails] = [
            {"type": PydanticCustomError("dangling", "{rule}", {"rule": rule}), "loc": place, "input": None}
            for place, rule in dangling(self.model_dump(include=_REFERENCES))
        ]
        if faults:
            raise ValidationError.from_exception_data(type(self).__name__, faults)
        return self


def effective(service: Service, supported: Level | None) -> Service:
    """The service at the level that enabled, tested clients have `supported`, never above the declared one.

    None stands for no such client: a link is all that can be promised. What is done in the EPJ stays there.
    """
    if service.level is Level.EPJ_ONLY:
        return service
    level = min(service.level, supported or Level.LINK, key=_LADDER.index)
    return service.model_copy(update={"level": level})


def overlay(base: Catalogue, extra: Catalogue) -> Catalogue:
    """Both together; raises CatalogueRejected when an owner or a service of `extra` is already there."""
    owners = base.owners.keys() & extra.owners.keys()
    services = {service.id for service in base.services} & {service.id for service in extra.services}
    if owners or services:
        raise CatalogueRejected("catalogue_invalid", f"already there: {', '.join(sorted(owners | services))}")
    return Catalogue(
        schema_version=1, owners={**base.owners, **extra.owners}, services=(*base.services, *extra.services)
    )
