"""The portal on real HTTP with HelseID's stand-in beside it, and people, an EPJ and targets to use it."""

from __future__ import annotations

import json
import secrets
import socket
from base64 import b64encode, urlsafe_b64encode
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from support import helseid
from support.keys import ec
from werkzeug.serving import make_server

from portal.adapters import catalogue_file
from portal.adapters.http import Egress
from portal.adapters.openid import OpenIdClient
from portal.adapters.proven import ProvenClient
from portal.app import Edges, create_app, publish
from portal.demo.browser import Browser, Hop
from portal.demo.helseid.config import Client as HelseIdClient
from portal.demo.helseid.config import Jwks
from portal.demo.standin import PathOnly
from portal.domain import dpop
from portal.domain.identity import Organisation
from portal.domain.oids import FNR, PROFESSION
from portal.domain.registration import Client, Epj, PublicKey
from portal.settings import Settings
from portal.store import registry
from portal.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from flask.testing import FlaskClient

    from portal.adapters.http import Answer
    from portal.demo.browser import Page
    from portal.demo.helseid.config import Person
    from portal.demo.helseid.provider import Provider

AUDIENCE, SCOPE = "inngangsportalen", "inngangsportalen/context"
REPLY_TO = {"her_id": "99000102", "parent_her_id": "99000101"}
LINE = {"number": "31817541278", "family": "Danser", "given": "Line", "birth_date": "1975-01-31"}
OLE = {"number": "14924831872", "family": "Havørn", "given": "Ole", "birth_date": "1948-12-14"}
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
_ROOT = Path(__file__).resolve().parents[2]


class Raw:
    """An answer that `requests` brought."""

    def __init__(self, response: requests.Response) -> None:
        self.status = response.status_code
        self.json = response.json


@dataclass
class World:
    """One portal, empty but for its catalogue and registrations; `clock` is the time of everything in it."""

    app: Flask
    settings: Settings
    provider: Provider
    database: Database
    pages: Path
    clients: dict[str, ProvenClient] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return self.settings.base_url

    @property
    def clock(self) -> helseid.Clock:
        assert isinstance(self.provider.now, helseid.Clock)
        return self.provider.now

    @property
    def egress(self) -> Egress:
        return Egress({self.origin, self.provider.issuer})

    @property
    def epj(self) -> Epj:
        return EPJ

    @contextmanager
    def app_with(self, edges: Edges | None = None, **changes: Any) -> Iterator[FlaskClient]:
        """Another host of the same portal, with other settings."""
        app = create_app(Settings.model_validate(dict(self.settings) | changes), edges)
        try:
            yield app.test_client()
        finally:
            app.extensions["portal"].database.close()

    def browser(self) -> Browser:
        return Browser(self.pages)

    def log_in(self, browser: Browser, person: Person, path: str = "/mine") -> Page:
        """Ask for a page, choose the person at HelseID, and follow to where it ends."""
        asked = browser.open(f"{self.origin}{path}")
        return browser.submit(asked, asked.form(), person=person.sub)

    def epj_token(self, person: Person, client_id: str = "epj") -> str:
        """A HelseID user token for our audience, as the EPJ's own login gives it."""
        client = self._helseid_client(client_id)
        begun = client.begin({"scope": f"openid profile {SCOPE} {_PID}", "resource": AUDIENCE})
        browser = self.browser()
        asked = browser.step(Hop("GET", begun.url))
        answered = browser.step(browser.pressed(asked, asked.form(), person=person.sub))
        code = parse_qs(urlsplit(answered.response.headers["Location"]).query)["code"][0]
        return str(client.redeem(code, begun.verifier)["access_token"])

    def call(
        self, method: str, path: str, token: str, body: Any = None, *, key: dict[str, str] | None = None, **headers: str
    ) -> Answer:
        """One call with a DPoP-bound token; the EPJ's key unless another is given."""
        url = f"{self.origin}{path}"
        proof = dpop.make_proof(key or ec("epj").private, method, url, self.clock(), _token(), access_token=token)
        fixed = {"Authorization": f"DPoP {token}", "DPoP": proof, "X-SOURCE-SYSTEM": "EksempelEPJ 1.0"}
        data = None if body is None else json.dumps(body).encode()
        return self.egress.send(
            method, url, headers={**fixed, "Content-Type": "application/json", **headers}, data=data
        )

    def call_raw(self, method: str, path: str, token: str, raw: bytes, *, chunked: bool = False) -> Raw:
        """The demo target's call with a body of bytes, whole or in chunks."""
        url = f"{self.origin}{path}"
        proof = dpop.make_proof(ec("demo-melding").private, method, url, self.clock(), _token(), access_token=token)
        headers = {"Authorization": f"DPoP {token}", "DPoP": proof, "Content-Type": "application/json"}
        body = iter([raw]) if chunked else raw
        return Raw(requests.request(method, url, data=body, headers=headers, timeout=20))

    def open_session(self, token: str, patient: dict[str, str] | None = None, **changes: Any) -> dict[str, str]:
        """session/create; the answer with the verifier beside it."""
        verifier = _token()
        answer = self.call("POST", "/api/session/create", token, session_body(verifier, patient or LINE, **changes))
        assert answer.status == 201, answer.json()
        return {**answer.json(), "verifier": verifier}

    def start(self, browser: Browser, opened: dict[str, str]) -> Page:
        """The browser arrives from the EPJ by POST."""
        data = {"code": opened["code"], "ehr_code_verifier": opened["verifier"]}
        return browser.follow(Hop("POST", opened["startUrl"], data, "https://epj.test"))

    def open_patient(self, browser: Browser, person: Person, patient: dict[str, str] | None = None) -> Page:
        """From the EPJ's button to the patient's list; the browser is logged in on the way when it must be."""
        page = self.start(browser, self.open_session(self.epj_token(person), patient))
        if page.url.startswith(self.provider.issuer):
            page = browser.submit(page, page.form(), person=person.sub)
        return page

    def handle(self, browser: Browser, listed: Page, service: str = "demo-melding") -> str:
        """Click a service in the list, and read the handle of the launch."""
        click = browser.pressed(listed, listed.form(f"/open/{service}"))
        onwards = browser.next(browser.step(click), click)
        assert onwards is not None
        return onwards.query()["launch"]

    def push(self, client: str, handle: str, **changes: str) -> tuple[Answer, str]:
        """PAR as the client; the answer and the verifier."""
        verifier = _token()
        form = {
            "response_type": "code",
            "redirect_uri": f"http://127.0.0.1:9/{client}/callback",
            "scope": "launch",
            "aud": self.settings.fhir_issuer,
            "launch": handle,
            "state": "opaque-state",
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
        }
        pushed = {name: value for name, value in (form | changes).items() if value}
        return self.clients[client].post(f"{self.origin}/oauth/par", pushed), verifier

    def authorize(self, browser: Browser, client: str, request_uri: str) -> Page:
        """The browser at our authorization endpoint, stopped before it leaves."""
        query = urlencode({"client_id": client, "request_uri": request_uri})
        return browser.step(Hop("GET", f"{self.origin}/oauth/authorize?{query}"))

    def redeem(self, client: str, code: str, verifier: str, **changes: str) -> Answer:
        """The token endpoint as the client."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": f"http://127.0.0.1:9/{client}/callback",
        }
        return self.clients[client].post_bound(f"{self.origin}/oauth/token", form | changes)

    def launch(self, browser: Browser, listed: Page, client: str = "demo-melding") -> dict[str, Any]:
        """A whole launch: the token response."""
        pushed, verifier = self.push(client, self.handle(browser, listed))
        arrived = self.authorize(browser, client, pushed.json()["request_uri"])
        answer = self.redeem(client, answered(arrived)["code"], verifier)
        assert answer.status == 200, answer.json()
        return dict(answer.json())

    def put(self, launched: dict[str, Any], document_id: str = "d-1", **changes: Any) -> Answer:
        """Put a document with the grant of a launch."""
        path = f"/api/writeback/{document_id}"
        body = document_body(launched["patient"]) | changes
        return self.call("PUT", path, launched["writeback_token"], body, key=ec("demo-melding").private)

    def _helseid_client(self, client_id: str) -> OpenIdClient:
        return OpenIdClient(
            issuer=self.provider.issuer,
            client_id=client_id,
            key=ec(client_id).private,
            redirect_uri="http://127.0.0.1:9/epj",
            egress=self.egress,
            now=self.clock,
            token=_token,
        )


_PID = "helseid://scopes/identity/pid helseid://scopes/identity/security_level helseid://scopes/hpr/hpr_number"


def session_body(verifier: str, who: dict[str, str], **changes: Any) -> dict[str, Any]:
    """A right body of session/create."""
    body = {
        "ehr_code_challenge": challenge(verifier),
        "claims": {
            "patient_identifier": {"id": who["number"], "system": FNR},
            "practitioner_authorization": {"code": "LE", "system": PROFESSION},
        },
        "patient": {name: who[name] for name in ("family", "given", "birth_date")},
        "reply_to": REPLY_TO,
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


def document_body(patient_id: str, pdf: bytes = PDF) -> dict[str, Any]:
    """A right body of a write-back."""
    return {
        "patient": patient_id,
        "title": "Demomelding",
        "text": "Melding er sendt. Se PDF.",
        "pdf": b64encode(pdf).decode(),
        "pdf_sha256": sha256(pdf).hexdigest(),
    }


def challenge(verifier: str) -> str:
    """S256."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def answered(page: Page) -> dict[str, str]:
    """The parameters that a redirect carries to a client."""
    assert page.status == 303, page.text
    return {name: values[0] for name, values in parse_qs(urlsplit(page.response.headers["Location"]).query).items()}


@contextmanager
def living(database_url: str, folder: Path, **changes: Any) -> Iterator[World]:
    """Serve a world until the block ends; `changes` are settings."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    with helseid.running(*_helseid_clients(origin)) as provider:
        settings = settings_for(origin, provider.issuer, database_url, folder / "state", changes)
        database = Database(database_url)
        register(database)
        _publish(settings)
        app = create_app(settings, Edges(now=provider.now))
        (folder / "pages").mkdir()
        world = World(app, settings, provider, database, folder / "pages")
        world.clients = {name: world_client(world, name) for name in ("demo-melding", "demo-annen")}
        with served(app, port):
            yield world
        app.extensions["portal"].database.close()
        database.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def served(app: Flask, port: int) -> Iterator[None]:
    """Serve an app on loopback until the block ends."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=PathOnly)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def world_client(world: World, client_id: str) -> ProvenClient:
    """A registered target's server."""
    return ProvenClient(
        issuer=world.origin,
        client_id=client_id,
        key=ec(client_id).private,
        egress=world.egress,
        now=world.clock,
        token=_token,
    )


def register(database: Database) -> None:
    """Put the EPJ and two targets in force."""
    with database.write() as session:
        registry.propose_epj(session, EPJ, "en")
        registry.approve_epj(session, "epj", "to")
        for client in (_client("demo-melding", "demo-melding"), _client("demo-annen", "demo-sso")):
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


def _client(client_id: str, service: str) -> Client:
    public = {name: value for name, value in ec(client_id).public.items() if name != "use"}
    return Client(
        client_id=client_id,
        service=service,
        owner="Demo-eier",
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
    )
    stranger = epj.model_copy(update={"client_id": "stranger", "jwks": Jwks(keys=[ec("stranger").public])})
    return portal, epj, stranger


def settings_for(origin: str, issuer: str, database_url: str, state: Path, changes: dict[str, Any]) -> Settings:
    """Settings of a portal at `origin` that trusts `issuer`."""
    key = b64encode(b"k" * 32).decode()
    settings = Settings(
        environment="demo",
        base_url=origin,
        listen={"internett": origin.removeprefix("http://")},
        database_url=database_url,
        state_dir=state,
        transports=("simulator",),
        helseid_issuer=issuer,
        helseid_client_id="portal",
        helseid_client_key=json.dumps(ec("portal").private),
        data_keys=json.dumps({"1": key}),
        index_key=key,
        audit_key=key,
        sender_organisation_number="310000043",
        sender_parent_her_id="99000001",
        sender_her_id="99000002",
        sender_phone="00000000",
    )
    return settings.model_copy(update=changes)


def _token() -> str:
    return secrets.token_urlsafe(32)
