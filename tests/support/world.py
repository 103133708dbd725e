"""The portal on real HTTP with HelseID's stand-in beside it, and people, an EPJ and targets to use it."""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from sqlalchemy import select
from support import helseid
from support.bodies import LINE, answered, document_body, session_body
from support.keys import ec

from portal.adapters.client_keys import one_key
from portal.adapters.http import Egress
from portal.adapters.openid import OpenIdClient
from portal.app import Edges, create_app
from portal.demo.browser import Browser, Hop
from portal.domain import dpop
from portal.domain.client_registration import Client
from portal.domain.pkce import s256
from portal.settings import Settings
from portal.store import registry
from portal.store.tables.sign_on import LoginRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient

    from portal.adapters.http import Answer
    from portal.adapters.proven import ProvenClient
    from portal.demo.browser import Page
    from portal.demo.helseid.config import Person
    from portal.demo.helseid.provider import Provider
    from portal.domain.registration import Epj
    from portal.store.database import Database

AUDIENCE, SCOPE = "inngangsportalen", "inngangsportalen/context"
_PID = "helseid://scopes/identity/pid helseid://scopes/identity/security_level helseid://scopes/hpr/hpr_number"


Profile = Literal["strict", "classic"]


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
    standin: helseid.StandIn
    database: Database
    pages: Path
    epj: Epj
    profile: Profile = "strict"
    clients: dict[str, ProvenClient] = field(default_factory=dict)

    @property
    def provider(self) -> Provider:
        return self.standin.provider

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

    @contextmanager
    def app_with(self, edges: Edges | None = None, **changes: Any) -> Iterator[FlaskClient]:
        """Another host of the same portal, with other settings."""
        with self.host(Settings.model_validate(dict(self.settings) | changes), edges) as client:
            yield client

    @contextmanager
    def host(self, settings: Settings, edges: Edges | None = None) -> Iterator[FlaskClient]:
        """Another host with these settings, whether or not they would be accepted from an environment."""
        app = create_app(settings, edges)
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

    def login_of(self, person: Person) -> LoginRow:
        """The row of the person's latest login."""
        with self.database.read() as session:
            latest = select(LoginRow).where(LoginRow.sub == person.sub).order_by(LoginRow.created_at.desc()).limit(1)
            return session.scalars(latest).one()

    def id_token_of(self, person: Person) -> str:
        """HelseID's id token of the person's latest login."""
        sealed = self.app.extensions["portal"].vault.open(self.login_of(person).sealed, "login")
        return str(sealed["id_token"])

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
        self,
        method: str,
        path: str,
        token: str,
        body: Any = None,
        *,
        key: dict[str, str] | None = None,
        scheme: str = "DPoP",
        **headers: str,
    ) -> Answer:
        """One call with a token, bound by DPoP unless its scheme is another; the EPJ's key unless one is given."""
        url = f"{self.origin}{path}"
        proof = dpop.make_proof(key or ec("epj").private, method, url, self.clock(), _token(), access_token=token)
        fixed = {"Authorization": f"{scheme} {token}", "X-SOURCE-SYSTEM": "EksempelEPJ 1.0"}
        fixed |= {"DPoP": proof} if scheme == "DPoP" else {}
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
            "code_challenge": s256(verifier),
            "code_challenge_method": "S256",
        }
        pushed = {name: value for name, value in (form | changes).items() if value}
        return self.clients[client].post(f"{self.origin}/oauth/par", pushed), verifier

    def authorize(self, browser: Browser, client: str, request_uri: str) -> Page:
        """The browser at our authorization endpoint, stopped before it leaves."""
        query = urlencode({"client_id": client, "request_uri": request_uri})
        return browser.step(Hop("GET", f"{self.origin}/oauth/authorize?{query}"))

    def until_it_leaves(self, browser: Browser, hop: Hop) -> Page:
        """Follow where a request leads, and stop before a target is asked."""
        while True:
            page = browser.step(hop)
            onwards = browser.next(page, hop)
            if onwards is None or onwards.url.startswith("http://127.0.0.1:9/"):
                return page
            hop = onwards

    def put_in_force(self, client: Client) -> None:
        """Register a target, or a change of one."""
        with self.database.write() as session:
            registry.propose_client(session, client, "en")
            registry.approve_client(session, client.client_id, "to")

    def change(self, client_id: str, **fields: Any) -> None:
        """Change a target's registration, by two people."""
        with self.database.read() as session:
            before = registry.client(session, client_id)
        assert before is not None
        self.put_in_force(Client.model_validate(before.model_dump() | fields))

    def redeem(self, client: str, code: str, verifier: str, **changes: str) -> Answer:
        """The token endpoint as the client, with a proof where its profile wants one."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": f"http://127.0.0.1:9/{client}/callback",
        }
        post = self.clients[client].post_bound if self.profile == "strict" else self.clients[client].post
        return post(f"{self.origin}/oauth/token", form | changes)

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
        return self.as_target("PUT", path, launched["writeback_token"], body)

    def state_of(self, launched: dict[str, Any], document_id: str = "d-1") -> Answer:
        """Where the target hears that its document is."""
        path = f"/api/writeback/{document_id}"
        return self.as_target("GET", path, launched["writeback_token"])

    def as_target(self, method: str, path: str, token: str, body: Any = None) -> Answer:
        """A call by demo-melding, with a token as its profile has them."""
        scheme = "DPoP" if self.profile == "strict" else "Bearer"
        return self.call(method, path, token, body, key=ec("demo-melding").private, scheme=scheme)

    def _helseid_client(self, client_id: str) -> OpenIdClient:
        return OpenIdClient(
            issuer=self.provider.issuer,
            client_id=client_id,
            keys=one_key(ec(client_id).private),
            redirect_uri="http://127.0.0.1:9/epj",
            egress=self.egress,
            now=self.clock,
            token=_token,
        )


def _token() -> str:
    return secrets.token_urlsafe(32)
