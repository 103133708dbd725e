"""The entry of the catalogue that a target gets in the sandbox, made of its registration alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.domain.access_rules import Access
from portal.domain.catalogue import Level, Owner, Service
from portal.domain.service_parts import ContextNeeds, Endpoint, Login, Provenance, Status, Writeback
from portal.domain.stock import Stock
from portal.domain.translated import Translated

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from portal.domain.client_registration import Client


def beside(published: Stock, clients: Sequence[Client], today: date) -> Stock:
    """Return the stock with an entry for each target whose service the catalogue does not have."""
    new = [client for client in clients if not published.has(client.service)]
    owners = {client.service: Owner(name=Translated(nb=client.owner)) for client in new}
    services = [entry(client, today) for client in new]
    catalogue = published.catalogue.model_copy(
        update={
            "owners": {**published.catalogue.owners, **owners},
            "services": (*published.catalogue.services, *services),
        }
    )
    return Stock(revision=published.revision, catalogue=catalogue, handovers=published.handovers)


def entry(client: Client, today: date) -> Service:
    """Return a service for whoever is logged in, from either network; raises pydantic's ValidationError."""
    address = client.launch_url or client.initiate_login_uri or client.redirect_uris[0]
    by_launch = client.launch_url is not None
    return Service(
        id=client.service,
        kind="portal",
        level=Level.SSO_CONTEXT if by_launch else Level.SSO,
        owner=client.service,
        category="oppslag",
        title=Translated(nb=f"{client.owner}: {client.client_id}"),
        summary=Translated(
            nb="Registrert av eieren selv i sandkassen.",
            nn="Registrert av eigaren sjølv i sandkassen.",
            en="Registered by its owner in the sandbox.",
        ),
        patient="required" if by_launch else "none",
        endpoints=(Endpoint(zone="helsenett", url=address), Endpoint(zone="internett", url=address)),
        login=Login(methods=("helseid",), sso=True),
        context=ContextNeeds(mechanism="smart_launch" if by_launch else "none"),
        writeback=Writeback(by="portal", mechanisms=("dialogmelding",))
        if client.writeback
        else Writeback(by="none", mechanisms=()),
        access=Access(visibility="authenticated"),
        languages=("nb",),
        status=Status(state="pilot"),
        provenance=Provenance(state="unverified", source="registered in the sandbox by its owner", checked=today),
    )
