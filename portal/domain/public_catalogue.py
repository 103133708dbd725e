"""The public entries as other link pages read them: one document for both networks, with its own schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from portal.domain.bodies import Body
from portal.domain.catalogue import Category, Kind, Level, Service
from portal.domain.service_parts import Contact, LegalBasis, Login, Reference, Stop, Zone
from portal.domain.translated import Keywords, Language, Translated

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from portal.domain.arrangement import Offered
    from portal.domain.stock import Stock


class PublicOwner(Body):
    """Who answers for a service."""

    id: str
    name: Translated


class PublicAccess(Body):
    """What somebody whom nobody knows may do from one network; `url` is where an open service answers."""

    answer: Literal["open", "shown"]
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    url: str | None = None


class PublicService(Body):
    """One public entry. `go` is its short link here: it logs in, and takes the patient along where that is possible."""

    id: str
    parent: str | None = None
    kind: Kind
    level: Level
    category: Category
    owner: PublicOwner
    title: Translated
    summary: Translated
    keywords: Keywords
    codes: tuple[str, ...] = ()
    go: str
    access: dict[Zone, PublicAccess]
    login: Login
    patient: Literal["required", "optional", "none"]
    legal: tuple[LegalBasis, ...] = ()
    deadline: Translated | None = None
    minutes: int | None = None
    prefilled: Translated | None = None
    returns: Translated | None = None
    fallback: Translated | None = None
    stops: tuple[Stop, ...] = ()
    docs: tuple[Reference, ...] = ()
    contact: Contact | None = None
    languages: tuple[Language, ...]
    state: str
    checked: str


class PublicCatalogue(Body):
    """GET /api/catalogue/public: every public entry of the revision in force, in its order."""

    revision: int
    services: tuple[PublicService, ...]


_SAME = PublicService.model_fields.keys() & Service.model_fields.keys() - {"access", "owner", "parent"}


def public_catalogue(stock: Stock, by_zone: Mapping[Zone, Iterable[Offered]], base_url: str) -> PublicCatalogue:
    """Describe what is decided for nobody in particular; what is hidden in every network is not in it."""
    access: dict[str, dict[Zone, PublicAccess]] = {}
    for zone, offered in by_zone.items():
        for one in offered:
            if not one.is_hidden:
                access.setdefault(one.service.id, {})[zone] = _access(one, zone)
    services = [
        _described(stock, one.id, access[one.id], base_url) for one in stock.catalogue.services if one.id in access
    ]
    return PublicCatalogue(revision=stock.revision, services=tuple(services))


def _access(offered: Offered, zone: Zone) -> PublicAccess:
    service, decision = offered
    return PublicAccess(
        answer="open" if offered.is_open else "shown",
        reasons=tuple(decision.reasons),
        warnings=tuple(decision.warnings),
        url=service.address(zone) if offered.is_open else None,
    )


def _described(stock: Stock, service_id: str, access: dict[Zone, PublicAccess], base_url: str) -> PublicService:
    service, listed = stock.service(service_id), {one.id for one in stock.catalogue.services}
    same: dict[str, Any] = {name: getattr(service, name) for name in _SAME}
    return PublicService(
        **same,
        parent=service.parent if service.parent in listed else None,
        owner=PublicOwner(id=service.owner, name=stock.catalogue.owners[service.owner].name),
        go=f"{base_url}/go/{service.id}",
        access=access,
        stops=service.maintenance,
        state=service.status.state,
        checked=service.provenance.checked.isoformat(),
    )
