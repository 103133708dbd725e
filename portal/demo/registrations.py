"""Registers the demo's EPJ and target portals, each proposed by one and approved by another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.demo import people
from portal.demo.keys import public
from portal.demo.standin_files import EPJ_CLIENT, PORTAL_AT_EPJ, TARGET_AT_PORTAL
from portal.domain.client_registration import Client, PublicKey
from portal.domain.registration import Epj, SmartServer
from portal.store import registry
from portal.store.database import Database

if TYPE_CHECKING:
    from portal.demo.keys import Keys
    from portal.demo.ports import Addresses

OTHER_AT_PORTAL = "demo-annen"
PROPOSER, APPROVER = "demo-foreslår", "demo-godkjenner"


def register(database_url: str, addresses: Addresses, keys: Keys) -> None:
    """Put EksempelEPJ, Demomelding and another client in force."""
    epj = _epj(addresses)
    with Database(database_url).write() as session:
        registry.propose_epj(session, epj, PROPOSER)
        registry.approve_epj(session, epj.id, APPROVER)
        for client in (_target(addresses, keys), _other(addresses, keys)):
            registry.propose_client(session, client, PROPOSER)
            registry.approve_client(session, client.client_id, APPROVER)


def _epj(addresses: Addresses) -> Epj:
    return Epj(
        id=EPJ_CLIENT,
        name="EksempelEPJ",
        helseid_client_ids=(EPJ_CLIENT,),
        smart=SmartServer(issuer=f"{addresses.epj}/fhir", client_id=PORTAL_AT_EPJ, documents=True),
        her_ids=(people.OFFICE_HER_ID, people.OFFICE_PARENT_HER_ID),
        transport="simulator",
        transport_address=addresses.epj,
    )


def _target(addresses: Addresses, keys: Keys) -> Client:
    return Client(
        client_id=TARGET_AT_PORTAL,
        service="demo-melding",
        owner="Demo-eier",
        keys=(PublicKey.model_validate(public(keys.target_at_portal)),),
        launch_url=f"{addresses.target}/launch",
        redirect_uris=(f"{addresses.target}/launch/callback",),
        release=("patient_number", "hpr", "organisation"),
        writeback=True,
    )


def _other(addresses: Addresses, keys: Keys) -> Client:
    return Client(
        client_id=OTHER_AT_PORTAL,
        service="demo-sso",
        owner="Demo-eier",
        keys=(PublicKey.model_validate(public(keys.other_at_portal)),),
        launch_url=f"{addresses.target}/sso",
        redirect_uris=(f"{addresses.target}/launch/callback",),
    )
