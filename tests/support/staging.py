"""Puts a world on its feet: registrations, catalogue, settings, and servers on loopback."""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support import helseid
from support.keys import ec, rsa
from support.serving import served
from support.world import AUDIENCE, SCOPE, World

from portal.adapters import catalogue_file, self_service
from portal.adapters.client_keys import one_key
from portal.adapters.proven import ProvenClient
from portal.app import Edges, create_app
from portal.demo import people
from portal.demo.helseid import address_register
from portal.demo.helseid.config import Client as HelseIdClient
from portal.demo.helseid.config import Jwks, Party
from portal.demo.ports import free_port
from portal.domain.client_registration import Client, PublicKey
from portal.domain.identity import Organisation
from portal.domain.registration import Epj
from portal.settings import Settings
from portal.store import registry
from portal.store.database import Database
from portal.store.publishing import publish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.world import Profile


SMART_KEY = ec("smart", "P-384", "ES384")
"""The portal's key at the EPJs' SMART servers."""

USER_APIS = {"nhn:kjernejournal": ("nhn:kjernejournal/api",), "nhn:melde": ("nhn:melde/report/send",)}
"""What the portal's client may call for whoever is signed in."""

PARTIES = tuple(Party.model_validate(party) for party in people.PARTIES)

_ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def living(database_url: str, folder: Path, profile: Profile = "strict", **changes: Any) -> Iterator[World]:
    """Serve a world until the block ends, its targets in this profile; `changes` are settings."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    with helseid.StandIn(*_helseid_clients(origin), parties=PARTIES) as standin:
        provider = standin.provider
        settings = settings_for(origin, provider.issuer, database_url, folder / "state", changes)
        database = Database(database_url)
        register(database, profile)
        _publish(settings)
        app = create_app(settings, Edges(now=provider.now))
        (folder / "pages").mkdir()
        world = World(app, settings, standin, database, folder / "pages", EPJ, profile)
        world.clients = {name: world_client(world, name) for name in ("demo-melding", "demo-annen")}
        with served(app, port):
            yield world
        app.extensions["portal"].database.close()
        database.close()


def world_client(world: World, client_id: str) -> ProvenClient:
    """A registered target's server."""
    return ProvenClient(
        issuer=world.origin,
        client_id=client_id,
        keys=one_key(ec(client_id).private),
        egress=world.egress,
        now=world.clock,
        token=lambda: secrets.token_urlsafe(32),
    )


def register(database: Database, profile: Profile = "strict") -> None:
    """Put the EPJ and two targets in force."""
    with database.write() as session:
        registry.propose_epj(session, EPJ, "en")
        registry.approve_epj(session, "epj", "to")
        for client in (_client("demo-melding", "demo-melding", profile), _client("demo-annen", "demo-sso", profile)):
            registry.propose_client(session, client, "en")
            registry.approve_client(session, client.client_id, "to")


EPJ = Epj(
    id="epj",
    name="EksempelEPJ",
    helseid_client_ids=("epj",),
    her_ids=("99000102", "99000101"),
    transport="simulator",
    transport_address="http://127.0.0.1:9",
)


def _client(client_id: str, service: str, profile: Profile) -> Client:
    public = {name: value for name, value in ec(client_id).public.items() if name != "use"}
    return Client(
        client_id=client_id,
        service=service,
        owner="Demo-eier",
        profile=profile,
        keys=(PublicKey.model_validate(public),),
        launch_url=f"http://127.0.0.1:9/{client_id}/launch",
        redirect_uris=(f"http://127.0.0.1:9/{client_id}/callback",),
        release=("patient_number", "hpr", "organisation"),
        writeback=True,
    )


def _publish(settings: Settings) -> None:
    overlay = (_ROOT / "portal/demo/catalog.yaml").read_text(encoding="utf-8").replace("{target}", "9")
    publish(settings, catalogue_file.parse(overlay, "demo"), by="test", based_on=None)


def _helseid_clients(origin: str) -> tuple[HelseIdClient, ...]:
    office = Organisation("999977774", "999977775")
    epj = HelseIdClient(
        client_id="epj",
        jwks=Jwks(keys=[ec("epj").public]),
        redirect_uris=("http://127.0.0.1:9/epj",),
        apis={AUDIENCE: (SCOPE,)},
        organisation=office,
    )
    portal = HelseIdClient(
        client_id="portal",
        jwks=Jwks(keys=[ec("portal").public]),
        redirect_uris=(f"{origin}/login/callback",),
        post_logout_redirect_uris=(f"{origin}/logout",),
        apis={
            "nhn:selvbetjening": (self_service.SCOPE,),
            address_register.AUDIENCE: (address_register.SCOPE,),
            **USER_APIS,
        },
        offline_access=True,
        delegations=("999977774", "313325016"),
    )
    stranger = epj.model_copy(update={"client_id": "stranger", "jwks": Jwks(keys=[ec("stranger").public])})
    return portal, epj, stranger


def settings_for(origin: str, issuer: str, database_url: str, state: Path, changes: dict[str, Any]) -> Settings:
    """Settings of a portal at `origin` that trusts `issuer`."""
    key = b64encode(b"k" * 32).decode()
    settings = Settings(
        environment="test",
        base_url=origin,
        listen={"internett": origin.removeprefix("http://")},
        database_url=database_url,
        state_dir=state,
        transports=("simulator",),
        helseid_issuer=issuer,
        helseid_client_id="portal",
        helseid_client_key=json.dumps(ec("portal").private),
        address_register=f"{issuer}{address_register.PARTIES}",
        signing_keys=json.dumps([ec("catalogue").private, SMART_KEY.private, rsa("sign-on").private]),
        data_keys=json.dumps({"1": key}),
        index_key=key,
        audit_key=key,
        sender_organisation_number="310000043",
        sender_parent_her_id="99000001",
        sender_her_id="99000002",
        sender_phone="00000000",
    )
    return settings.model_copy(update=changes)
