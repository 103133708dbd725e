"""The catalogue in force, read once per revision, with each level as high as an enabled client supports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.domain.catalogue import Catalogue, Level, effective
from portal.errors import Unavailable
from portal.store import catalogue, registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.domain.catalogue import Service
    from portal.store.database import Database


class Shelf:
    """What is on offer right now; a publish or a client's approval shows at the next look."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._key: tuple[int | None, frozenset[str]] | None = None
        self._catalogue: Catalogue | None = None

    def catalogue(self) -> Catalogue:
        """The whole catalogue with effective levels; raises Unavailable `unavailable` before the first publish."""
        with self._database.read() as session:
            revision = catalogue.newest(session)
            supported = registry.enabled_services(session)
            if revision is None:
                raise Unavailable("unavailable", "no catalogue has been published")
            key = (revision, supported)
            if self._catalogue is None or self._key != key:
                loaded = catalogue.load(session, revision)
                services = tuple(_effective(loaded.services, supported))
                # One assignment each, the catalogue first: a reader beside us sees a whole one, old or new.
                self._catalogue = loaded.model_copy(update={"services": services})
                self._key = key
        return self._catalogue

    def service(self, service_id: str) -> Service:
        """One service; raises NotFound."""
        return self.catalogue().service(service_id)

    def service_ids(self) -> frozenset[str]:
        """Every id on the shelf."""
        return frozenset(service.id for service in self.catalogue().services)


def _effective(services: Iterable[Service], supported: frozenset[str]) -> Iterable[Service]:
    for service in services:
        yield effective(service, Level.SSO_CONTEXT if service.id in supported else None)
