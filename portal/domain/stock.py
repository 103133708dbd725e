"""What is on offer right now: the catalogue in force, at the levels that clients support, with the stops of today."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import Field

from portal.domain.bodies import Body
from portal.domain.catalogue import Catalogue, Level, effective
from portal.domain.client_registration import Handover
from portal.domain.search import SearchIndex

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from portal.domain.catalogue import Service
    from portal.domain.service_parts import Stop


class Stock(Body):
    """One moment's catalogue; `handovers` are by service, for those with an enabled client."""

    revision: int
    catalogue: Catalogue
    handovers: dict[str, Handover] = Field(default_factory=dict)

    @cached_property
    def index(self) -> SearchIndex:
        """Every word of it, for searching."""
        return SearchIndex(self.catalogue)

    @cached_property
    def made(self) -> dict[Hashable, Any]:
        """What has been made of this very stock, so that it need not be made again."""
        return {}

    def service(self, service_id: str) -> Service:
        """The service with that id; raises NotFound."""
        return self.catalogue.service(service_id)

    def has(self, service_id: str) -> bool:
        """Whether there is such a service."""
        return any(service.id == service_id for service in self.catalogue.services)

    def handover(self, service: Service) -> Handover | None:
        """What the service's client gets with a launch; None for a service that is launched without a context."""
        return self.handovers.get(service.id) if service.level is Level.SSO_CONTEXT else None

    def public(self) -> Stock:
        """The part that everyone may know of."""
        services = tuple(service for service in self.catalogue.services if service.access.visibility == "public")
        known = {service.id for service in services}
        handovers = {service_id: given for service_id, given in self.handovers.items() if service_id in known}
        return Stock(
            revision=self.revision,
            catalogue=self.catalogue.model_copy(update={"services": services}),
            handovers=handovers,
        )


def stock_of(
    revision: int,
    catalogue: Catalogue,
    handovers: Mapping[str, Handover],
    stops: Mapping[str, tuple[Stop, ...]],
) -> Stock:
    """Put a catalogue on offer: each level as high as clients support, each service with what its owner says of it."""
    services = tuple(_on_offer(service, handovers, stops.get(service.id, ())) for service in catalogue.services)
    on_offer = catalogue.model_copy(update={"services": services})
    return Stock(revision=revision, catalogue=on_offer, handovers=dict(handovers))


def _on_offer(service: Service, handovers: Mapping[str, Handover], stops: tuple[Stop, ...]) -> Service:
    offered = effective(service, _supported(service, handovers))
    return offered.model_copy(update={"maintenance": (*service.maintenance, *stops)}) if stops else offered


def _supported(service: Service, handovers: Mapping[str, Handover]) -> Level | None:
    """A deep link is a page of its parent's: who signs people on there does so here; a context has its own client."""
    if given := handovers.get(service.id):
        return Level.SSO_CONTEXT if given.context else Level.SSO
    return Level.SSO if service.parent in handovers else None
