"""The list that one clinician may use, as her EPJ gets it for its own menus (Portalrapporten, tiltak 1E)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from portal.domain import access
from portal.domain.access import NO_CONTEXT, ContextFacts, Reason
from portal.domain.arrangement import Offered
from portal.domain.bodies import Body
from portal.domain.catalogue import Category, Kind, Level, Service
from portal.domain.public_catalogue import PublicOwner
from portal.domain.registration import Key
from portal.domain.service_parts import Stop, Zone
from portal.domain.translated import Translated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from portal.domain.identity import Organisation, Person
    from portal.domain.stock import Stock

LIFE = timedelta(minutes=5)
TYPE = "catalogue+jwt"
_FRAME = {"iat", "exp"}
_ZONES: tuple[Zone, ...] = get_args(Zone)

Need = Literal["patient", "encounter"]
_NEEDS: Mapping[Reason, Need] = {Reason.NEEDS_PATIENT: "patient", Reason.NEEDS_ENCOUNTER: "encounter"}


class Reader(NamedTuple):
    """Whom a list is for: a person at an office, by one EPJ's HelseID client; `seen_at` is None when she is unknown."""

    person: Person
    office: Organisation
    client_id: str
    seen_at: datetime | None


class EpjAnswer(Body):
    """Open: the launch is accepted. Shown: there is no launch, and `reasons` say why."""

    answer: Literal["open", "shown"]
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class EpjAccess(Body):
    """From one network: for a patient, with all that `needs` names in session/create; and without any patient."""

    withPatient: EpjAnswer  # noqa: N815  named as the fields of session/create are
    withoutPatient: EpjAnswer  # noqa: N815


class EpjService(Body):
    """A service that this clinician may know of; the fields are those of the public catalogue.

    `needs` is what must be told in session/create for it to open.
    """

    id: Key
    parent: Key | None = None
    kind: Kind
    level: Level
    category: Category
    owner: PublicOwner
    title: Translated
    summary: Translated
    codes: tuple[str, ...] = ()
    patient: Literal["required", "optional", "none"]
    needs: tuple[Need, ...]
    access: dict[Zone, EpjAccess]
    stops: tuple[Stop, ...] = ()


class EpjOffice(Body):
    """The office of the token: legal entity and unit."""

    parent: str
    child: str | None = None


class SessionLanding(Body):
    """What to add to the body of session/create."""

    service: str


class Landing(Body):
    """How a click lands on one service (RFC 6570): for a patient, and by a link without one."""

    sessionCreate: SessionLanding  # noqa: N815
    go: str


class EpjCatalogue(Body):
    """What the JWS of GET /api/catalogue says; `person` is unknown until she has logged in here.

    `seenAt` is when HelseID last told us of her approvals in HPR; `exp` is five minutes after `iat` (RFC 7519).
    """

    iss: str
    aud: str
    sub: str
    iat: int
    exp: int
    person: Literal["known", "unknown"]
    seenAt: datetime | None = None  # noqa: N815
    organisation: EpjOffice
    landing: Landing
    services: tuple[EpjService, ...]

    @property
    def claims(self) -> dict[str, Any]:
        """All of it as JSON."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    @property
    def lasting(self) -> bytes:
        """What stays the same for as long as the list does: all but `iat` and `exp`."""
        return self.model_dump_json(exclude=_FRAME, by_alias=True, exclude_none=True).encode()


_SAME = EpjService.model_fields.keys() & Service.model_fields.keys() - {"access", "owner", "parent"}


def epj_catalogue(stock: Stock, reader: Reader, base_url: str, now: datetime) -> EpjCatalogue:
    """Decide on every service for this reader, in the catalogue's order; what is hidden from her is not in it."""
    return EpjCatalogue(
        iss=base_url,
        aud=reader.client_id,
        sub=reader.person.sub,
        iat=int(now.timestamp()),
        exp=int((now + LIFE).timestamp()),
        person="known" if reader.seen_at else "unknown",
        seenAt=reader.seen_at,
        organisation=EpjOffice(parent=reader.office.parent, child=reader.office.child),
        landing=Landing(sessionCreate=SessionLanding(service="{service}"), go=f"{base_url}/go/{{service}}"),
        services=tuple(_listed(stock, reader, now)),
    )


def _listed(stock: Stock, reader: Reader, now: datetime) -> Iterator[EpjService]:
    decided = {one.id: _access(one, reader, now) for one in stock.catalogue.services}
    for service in stock.catalogue.services:
        if told := decided[service.id]:
            parent = service.parent if service.parent and decided[service.parent] else None
            yield _described(stock, service, parent, told)


def _access(service: Service, reader: Reader, now: datetime) -> dict[Zone, EpjAccess]:
    """By network; empty when the service is hidden, as that hangs on neither network nor patient."""
    # All that an EPJ can send along; `needs` says what of it must be there.
    everything = ContextFacts(patient=True, encounter=True, reply_to=reader.person.hpr_number is not None)
    access_from: dict[Zone, EpjAccess] = {}
    for zone in _ZONES:
        along, alone = (
            Offered(service, access.decide(reader.person, reader.office, zone, facts, service, now))
            for facts in (everything, NO_CONTEXT)
        )
        if not (along.is_hidden or alone.is_hidden):
            access_from[zone] = EpjAccess(withPatient=_answer(along), withoutPatient=_answer(alone))
    return access_from


def _answer(offered: Offered) -> EpjAnswer:
    decision = offered.decision
    answer: Literal["open", "shown"] = "open" if offered.is_open else "shown"
    return EpjAnswer(answer=answer, reasons=decision.reasons, warnings=decision.warnings)


def _described(stock: Stock, service: Service, parent: str | None, told: dict[Zone, EpjAccess]) -> EpjService:
    same: dict[str, Any] = {name: getattr(service, name) for name in _SAME}
    lacking = {reason for one in told.values() for reason in one.withoutPatient.reasons}
    return EpjService(
        **same,
        parent=parent,
        owner=PublicOwner(id=service.owner, name=stock.catalogue.owners[service.owner].name),
        needs=tuple(need for reason, need in _NEEDS.items() if reason in lacking),
        access=told,
        stops=service.maintenance,
    )
